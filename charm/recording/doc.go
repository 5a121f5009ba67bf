// Package recording is the flight recorder of a charm: what a hook was given
// and what it was answered, one file per hook, in lines of JSON.
//
// A [Writer] writes each line as it happens, so that a hook that was killed has
// a recording up to there. A [Recording] is read back with [Read]; a [Player]
// answers a second run of the hook from it, and tells where that run differs.
//
// Secrets do not get into it ([Redactor]): the content of secrets and of cloud
// credentials, results of actions, and whatever stands under a key that sounds
// like a password are replaced by placeholders, there and wherever the same
// value comes again. A placeholder stands for the same value throughout a
// recording.
package recording
