package inprocess

import (
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/recording"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// Describe puts into a description what an application and its units are
// responsible for: statuses, versions, ports, state, their databags and secrets.
func Describe(s *model.State, app string, into map[string]any) {
	a, ok := s.Applications[app]
	if !ok {
		return
	}
	into[app+" status"] = pair(a.Status.Current())
	for _, name := range s.UnitsOf(app) {
		u := s.Units[name]
		into[name+" status"] = pair(u.Workload.Current())
		into[name+" version"], into[name+" ports"], into[name+" state"] = u.WorkloadVersion, u.Ports, u.CharmState
	}
	for id, r := range s.Relations {
		if _, ok := r.Endpoint(app); !ok {
			continue
		}
		key := fmt.Sprintf("relation %d of ", id)
		if bag := r.ApplicationData[app]; bag != nil {
			into[key+app] = bag.Data
		}
		for name, ru := range r.Units {
			if ru.InScope && model.ApplicationOf(name) == app {
				into[key+name] = ru.Data
			}
		}
	}
	for _, secret := range s.Secrets {
		if model.ApplicationOf(secret.Owner.Name) == app {
			into["secret "+secret.Label+" of "+secret.Owner.Name] = []any{
				secret.Grants, len(secret.Revisions), slices.Sorted(maps.Keys(secret.Latest().Content)),
			}
		}
	}
}

func pair(s model.Status) []string { return []string{s.Status, s.Message} }

// Named replaces the ids and the contents of the secrets in a text by their names:
// what is random differs from life to life.
func Named(s *model.State, text string) string {
	var pairs []string
	for id, secret := range s.Secrets {
		name := secret.Label + " of " + secret.Owner.Name
		pairs = append(pairs, id, "<id of "+name+">", s.UUID, "<model>")
		for key, value := range secret.Latest().Content {
			if plain, err := base64.StdEncoding.DecodeString(value); err == nil && len(plain) >= 12 {
				pairs = append(pairs, string(plain), "<"+key+" of "+name+">")
			}
		}
	}
	// The digest is that of files with random content. Whether they are those that
	// the service has loaded is for the workload to say.
	return digest.ReplaceAllString(strings.NewReplacer(pairs...).Replace(text), "$1<digest>")
}

var digest = regexp.MustCompile(`(_DIGEST": ")[0-9a-f]+`)

// Changes tells whether a call changes anything. The version does not count: it
// cannot be read, so a charm that knows it says it again; nor do logs.
func Changes(call hooktool.Call) bool {
	return recording.IsWrite(call) && call.Tool != "application-version-set" && call.Tool != "juju-log"
}

// Difference shows the lines that only one of two texts has.
func Difference(want, got string) string {
	var text strings.Builder
	show := func(sign, of, other string) {
		lines := map[string]bool{}
		for line := range strings.Lines(other) {
			lines[line] = true
		}
		for line := range strings.Lines(of) {
			if !lines[line] {
				text.WriteString(sign + line)
			}
		}
	}
	show("-", want, got)
	show("+", got, want)
	return text.String()
}
