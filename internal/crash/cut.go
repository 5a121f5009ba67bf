package crash

import (
	"encoding/json"
	"regexp"

	"github.com/charmkit/charmkit/internal/juju/inprocess"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// Cut says where a life is disturbed. The zero value is nowhere.
type Cut = inprocess.Cut

// gate is that of a container's Pebble.
func gate(r *inprocess.Reaper, container string) func(pebbletest.Request) (answered, reached bool) {
	return func(request pebbletest.Request) (bool, bool) {
		answered, done := r.Pass(container + " " + request.String())
		if !answered {
			r.End()
		}
		return answered, done
	}
}

// varying is what differs between two calls of a kind.
var varying = regexp.MustCompile(`^[^:]*: |\d+|\?.*`)

// kinds returns the first call of each kind, and the last.
func kinds(calls []string) []int {
	seen := map[string]bool{}
	var first []int
	for i, call := range calls {
		kind := varying.ReplaceAllString(call, "")
		if !seen[kind] || i == len(calls)-1 {
			seen[kind] = true
			first = append(first, i+1)
		}
	}
	return first
}

// asText is for comparing.
func asText(v any) (string, error) {
	text, err := json.MarshalIndent(v, "", " ")
	return string(text), err
}
