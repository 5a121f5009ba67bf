package hooktool

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// payload returns values as JSON that is YAML too: the tools read files as YAML
// 1.1, which takes neither all characters that JSON does, nor all as they are.
// The ones in question are escaped; JSON's own escapes for larger ones, two at a
// time, Juju refuses.
func payload(values map[string]string) []byte {
	data, _ := json.Marshal(values) // texts always fit
	var out bytes.Buffer
	for _, r := range string(data) {
		switch {
		case r >= 0x7f && r < 0xa0, r == 0xfeff, r == 0xfffe, r == 0xffff:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.Bytes()
}
