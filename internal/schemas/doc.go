// Package schemas keeps the JSON schemas of charmcraft and rockcraft, so that
// tests can check the project's files without a network.
//
// Both are unchanged copies:
//
//   - charmcraft.json: github.com/canonical/charmcraft, schema/charmcraft.json
//     at 15966e958a7bc09748cd9aeceb0e24cfa3990bca, Apache-2.0;
//   - rockcraft.json: github.com/canonical/rockcraft, schema/rockcraft.json at
//     3f947837658283e99547269e312bdac6c51c7a77, GPL-3.0.
//
// Charmcraft's describes one document with everything in it. A charmcraft.yaml
// beside a metadata.yaml holds only a part of that, so the two are merged
// before they are compared with the schema.
package schemas

import _ "embed"

// Charmcraft is the schema of charmcraft.yaml.
//
//go:embed charmcraft.json
var Charmcraft []byte

// Rockcraft is the schema of rockcraft.yaml.
//
//go:embed rockcraft.json
var Rockcraft []byte
