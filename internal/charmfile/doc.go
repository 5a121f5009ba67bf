// Package charmfile writes and reads .charm archives: zip files with the
// charm's YAML files, a manifest, and the hook binary as "dispatch".
//
// [Pack] does what charmcraft does for a charm whose binary is already built,
// so that `make charm` needs no snap; [Unpack] is what a unit agent does with
// it, and trusts nothing in the archive.
package charmfile
