package pebble

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"slices"

	"gopkg.in/yaml.v3"
)

// entry is what the three kinds of entries in a layer, *Service, *Check and *LogTarget, have in common.
type entry[V any] interface {
	*V
	clone() *V
	// merge puts what the other sets on top.
	merge(*V)
	override() *Override
	// onlyNew drops from lists what the other has already, since merging appends.
	onlyNew(*V)
	// retired is the entry without any effect, as close as Pebble gets to deleting it.
	retired() *V
	// normalize fills in what Pebble fills in.
	normalize()
}

func (s *Service) override() *Override   { return &s.Override }
func (c *Check) override() *Override     { return &c.Override }
func (t *LogTarget) override() *Override { return &t.Override }

func (s *Service) normalize()   {}
func (t *LogTarget) normalize() {}

func (c *Check) normalize() {
	if c.Threshold == 0 {
		c.Threshold = defaultThreshold
	}
}

func (s *Service) onlyNew(old *Service) {
	s.After = without(s.After, old.After)
	s.Before = without(s.Before, old.Before)
	s.Requires = without(s.Requires, old.Requires)
}

func (c *Check) onlyNew(*Check) {}

func (t *LogTarget) onlyNew(old *LogTarget) {
	t.Services = without(t.Services, old.Services)
}

func without(list, drop []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(drop, s) })
}

func (s *Service) retired() *Service {
	return &Service{Override: OverrideReplace, Summary: s.Summary, Startup: StartupDisabled, Command: s.Command}
}

func (c *Check) retired() *Check {
	out := &Check{Override: OverrideReplace, Startup: StartupDisabled}
	switch {
	case c.HTTP != nil:
		out.HTTP = &HTTPCheck{URL: c.HTTP.URL}
	case c.TCP != nil:
		out.TCP = &TCPCheck{Host: c.TCP.Host, Port: c.TCP.Port}
	case c.Exec != nil:
		out.Exec = &ExecCheck{Command: c.Exec.Command}
	}
	return out
}

func (t *LogTarget) retired() *LogTarget {
	return &LogTarget{Override: OverrideReplace, Type: t.Type, Location: t.Location}
}

// canonical is a form of an entry that is equal for entries that mean the same.
func canonical[V any, P entry[V]](e P) string {
	c := P(e.clone())
	*c.override() = ""
	c.normalize()
	data, err := yaml.Marshal(c)
	if err != nil {
		// Entries are plain structs; they always marshal.
		panic(err)
	}
	return string(data)
}

// same reports whether two entries mean the same. Most that do look the same, which is seen without writing YAML.
func same[V any, P entry[V]](a, b P) bool {
	c, d := P(a.clone()), P(b.clone())
	for _, e := range []P{c, d} {
		*e.override() = ""
		e.normalize()
	}
	return reflect.DeepEqual(c, d) || canonical(a) == canonical(b)
}

func digestOf[V any, P entry[V]](e P) string {
	sum := sha256.Sum256([]byte(canonical(e)))
	return hex.EncodeToString(sum[:8])
}

// difference is what has to be sent so that the entries of one kind become what is wanted.
type difference[P any] struct {
	send  map[string]P // as it goes into the layer
	final map[string]P // all that is wanted or retired, as the plan should have it
}

// diff compares a plan with what is wanted. owned are the names that this label has ever had; of them, those that are not
// wanted are retired. hidden holds the digests of entries that were sent and do not show, since a layer above changes them.
func diff[V any, P entry[V]](kind string, plan, want map[string]P, owned []string, hidden map[string]string) difference[P] {
	d := difference[P]{send: map[string]P{}, final: map[string]P{}}
	consider := func(name string, send, final P) {
		d.final[name] = final
		if old, ok := plan[name]; ok && same(old, final) {
			return
		}
		if hidden[kind+" "+name] != digestOf(final) {
			d.send[name] = send
		}
	}
	for name, e := range want {
		old, exists := plan[name]
		if !exists || *e.override() == OverrideReplace {
			consider(name, e, e)
			continue
		}
		send, final := P(e.clone()), P(old.clone())
		send.onlyNew(old)
		final.merge(send)
		consider(name, send, final)
	}
	for _, name := range owned {
		old, exists := plan[name]
		if _, wanted := want[name]; exists && !wanted {
			consider(name, old.retired(), old.retired())
		}
	}
	return d
}

// findHidden adds to hidden the entries that the plan does not have as they should be, although they were just sent.
func findHidden[V any, P entry[V]](kind string, plan map[string]P, d difference[P], hidden map[string]string) {
	for name, final := range d.final {
		if now, ok := plan[name]; !ok || !same(now, final) {
			hidden[kind+" "+name] = digestOf(final)
		}
	}
}

// forgetHidden takes from hidden the entries that are sent.
func forgetHidden[P any](kind string, d difference[P], hidden map[string]string) {
	for name := range d.send {
		delete(hidden, kind+" "+name)
	}
}
