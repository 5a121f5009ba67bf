// Package metadata reads the YAML files that describe a charm to Juju:
// metadata.yaml, config.yaml, actions.yaml and manifest.yaml.
//
// [Load] reads all of them from a charm directory (or any [io/fs.FS]: an
// unpacked archive, an embedded tree). It reads them the way Juju 3.6.11 does
// (module github.com/juju/charm/v12): unknown keys are ignored, short forms of
// relations are understood, names that Juju refuses are refused here.
//
// In a charm's sources charmcraft.yaml may describe all of it instead; [Source]
// reads it as charmcraft does.
//
// The hook binary reads only metadata.yaml at each hook, to know the names the
// charm declares; the engine and the tests read everything.
package metadata
