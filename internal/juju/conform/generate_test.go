//go:build conformance

package conform

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"

	"github.com/charmkit/charmkit/internal/juju/hook"
)

// generator makes scripts of random calls. Calls mix what is right with what is
// nearly right.
type generator struct{ *rand.Rand }

func pick[T any](g generator, all []T) T { return all[g.IntN(len(all))] }

// maybe returns the arguments half the time.
func (g generator) maybe(args ...string) []string {
	if g.IntN(2) == 0 {
		return nil
	}
	return args
}

var (
	words   = []string{"a", "b", "key", "name", "host", "token", "k1", "own", "shared", "nosuch", "", "-", "ü", "x y", "a=b", "<&>", "--", "port", "database", "version"}
	values  = []string{"", "v", "1", "true", "a b", " padded ", "ü\n", "<b>&", "x=y", "10", "null", "~", "{}", "-1", "'q'", `"dq"`, "a: b", "#c", "yes", "1.5", "1e3", "1.", "0x1f", "1_0", "012.5"}
	formats = []string{"--format=json", "--format=yaml", "--format=smart", "--format=xml", "--format", "-o"}
	rels    = []string{"0", "1", "2", "db:1", "peers:0", "9", "x", "-1", "", "website:2"}
	units   = []string{"myapp/0", "myapp/1", "postgresql/0", "postgresql/1", "postgresql/2", "postgresql/9", "web/0", "postgresql", "myapp", "other/0", "bad name", "-", ""}
	secrets = []string{ownedID, unitID, grantedID, forbiddenID, credID, missingID, "nonsense", "<0.0>", "<0.1>", "secret:", "db:1", "http://x/y", "a\nb", "//host/" + ownedID, otherUUID + "x"}
	labels  = []string{"mine", "unitsecret", "dbcreds", "new", "other", "nosuch"}
	periods = []string{"never", "hourly", "daily", "weekly", "monthly", "quarterly", "yearly", "x"}
	expires = []string{"48h", "2035-01-02T03:04:05Z", "2036-01-02T03:04:05", "-5h", "soon"}
	ports   = []string{"80", "80/tcp", "81/udp", "443", "8080", "icmp", "100-200", "150", "99999", "x", "0", "80/sctp"}
	points  = []string{"db", "website", "peers", "cache", "public", "juju-info", "nosuch", "db,website", "*", ""}
	states  = []string{"active", "blocked", "waiting", "maintenance", "error", "unknown", "x"}
)

func (g generator) pairs() []string {
	var args []string
	for range g.IntN(4) {
		args = append(args, pick(g, words)+"="+pick(g, values))
	}
	return args
}

func (g generator) content() []string {
	var args []string
	for range g.IntN(3) {
		args = append(args, pick(g, []string{"token", "user-name", "data#base64", "key3", "Bad"})+"="+pick(g, []string{"v", "aGk=", "one", "x y", "", "ü"}))
	}
	return args
}

func (g generator) secret() string {
	id := pick(g, secrets)
	if strings.HasPrefix(id, "<") || g.IntN(3) > 0 {
		return id
	}
	return pick(g, []string{"secret:", "secret://" + modelUUID + "/", ""}) + id
}

func (g generator) secretFlags() []string {
	args := g.maybe("--label", pick(g, labels))
	args = append(args, g.maybe("--description", pick(g, values))...)
	if g.IntN(4) == 0 {
		args = append(args, "--rotate", pick(g, periods))
	}
	if g.IntN(4) == 0 {
		args = append(args, "--expire", pick(g, expires))
	}
	if g.IntN(3) == 0 {
		args = append(args, "--owner", pick(g, []string{"unit", "application", "x"}))
	}
	return args
}

// makers make the arguments of each tool.
var makers = map[string]func(generator) []string{
	"config-get": func(g generator) []string {
		return append(g.maybe(pick(g, []string{"name", "count", "big", "token", "text", "on"})), g.maybe("--all")...)
	},
	"relation-ids": func(g generator) []string { return g.maybe(pick(g, points)) },
	"relation-list": func(g generator) []string {
		return append(g.maybe(pick(g, []string{"-r", "--relation"}), pick(g, rels)), g.maybe("--app")...)
	},
	"relation-model-get": func(g generator) []string { return g.maybe("-r", pick(g, rels)) },
	"relation-get": func(g generator) []string {
		args := append(g.maybe("-r", pick(g, rels)), g.maybe("--app")...)
		return append(args, g.maybe(append([]string{pick(g, words)}, g.maybe(pick(g, units))...)...)...)
	},
	"relation-set": func(g generator) []string {
		return append(append(g.maybe("-r", pick(g, rels)), g.maybe("--app")...), g.pairs()...)
	},
	"status-get": func(g generator) []string { return append(g.maybe("--include-data"), g.maybe("--application")...) },
	"status-set": func(g generator) []string { return append(g.maybe("--application"), pick(g, states), pick(g, values)) },
	"is-leader":  func(generator) []string { return nil },
	"leader-get": func(g generator) []string { return g.maybe(pick(g, words)) },
	"leader-set": func(g generator) []string { return g.pairs() },
	"juju-log": func(g generator) []string {
		return append(g.maybe("-l", pick(g, []string{"DEBUG", "info", "x"})), pick(g, values))
	},
	"open-port":    func(g generator) []string { return append(g.maybe("--endpoints", pick(g, points)), pick(g, ports)) },
	"close-port":   func(g generator) []string { return append(g.maybe("--endpoints", pick(g, points)), pick(g, ports)) },
	"opened-ports": func(g generator) []string { return g.maybe("--endpoints") },
	"network-get": func(g generator) []string {
		args := append([]string{pick(g, points)}, g.maybe("-r", pick(g, rels))...)
		return append(args, g.maybe(pick(g, []string{"--bind-address", "--ingress-address", "--egress-subnets", "--primary-address"}))...)
	},
	"unit-get": func(g generator) []string {
		return []string{pick(g, []string{"private-address", "public-address", "x"})}
	},
	"application-version-set": func(g generator) []string { return g.maybe(pick(g, values)) },
	"state-get":               func(g generator) []string { return append(g.maybe("--strict"), g.maybe(pick(g, words))...) },
	"state-set":               func(g generator) []string { return g.pairs() },
	"state-delete":            func(g generator) []string { return g.maybe(pick(g, words)) },
	"goal-state":              func(generator) []string { return nil },
	"action-get": func(g generator) []string {
		return g.maybe(pick(g, []string{"path", "deep", "deep.a", "deep.a.b", "level", "x", "path.x"}))
	},
	"action-set": func(g generator) []string {
		return []string{pick(g, []string{"a", "a.b", "a.b.c", "Bad", "stdout", "x"}) + "=" + pick(g, values)}
	},
	"action-fail": func(g generator) []string { return g.maybe(pick(g, values)) },
	"action-log":  func(g generator) []string { return g.maybe(pick(g, values)) },
	"secret-add":  func(g generator) []string { return append(g.secretFlags(), g.content()...) },
	"secret-set": func(g generator) []string {
		return append(append([]string{g.secret()}, g.secretFlags()...), g.content()...)
	},
	"secret-get": func(g generator) []string {
		args := append(g.maybe(pick(g, []string{"--peek", "--refresh"})), g.maybe("--label", pick(g, labels))...)
		return append(args, g.maybe(g.secret())...)
	},
	"secret-info-get": func(g generator) []string {
		if g.IntN(3) == 0 {
			return []string{"--label", pick(g, labels)}
		}
		return []string{g.secret()}
	},
	"secret-ids": func(generator) []string { return nil },
	"secret-remove": func(g generator) []string {
		return append([]string{g.secret()}, g.maybe("--revision", pick(g, []string{"1", "2", "0", "-1"}))...)
	},
	"secret-grant": func(g generator) []string {
		return append(append([]string{g.secret()}, g.maybe("-r", pick(g, rels))...), g.maybe("--unit", pick(g, units))...)
	},
	"secret-revoke": func(g generator) []string {
		return append(append([]string{g.secret()}, g.maybe("-r", pick(g, rels))...), g.maybe(pick(g, []string{"--unit", "--app", "--application"}), pick(g, units))...)
	},
	"storage-list": func(g generator) []string { return g.maybe(pick(g, []string{"data", "logs", "x"})) },
	"storage-get": func(g generator) []string {
		return append(g.maybe("-s", pick(g, []string{"data/0", "logs/2", "data/9", "x"})), g.maybe(pick(g, []string{"kind", "location", "x"}))...)
	},
	"storage-add": func(g generator) []string {
		return []string{pick(g, []string{"data", "data=1", "data=2", "logs", "x"})}
	},
	"resource-get": func(g generator) []string { return []string{pick(g, []string{"software", "image", "x"})} },
	"payload-status-set": func(g generator) []string {
		return []string{"monitoring", pick(g, []string{"id0", "x"}), pick(g, []string{"running", "stopped", "x"})}
	},
}

// weights lists tools more often that have more to go wrong.
var weights = func() []string {
	var names []string
	for name := range makers {
		names = append(names, name)
		if strings.HasPrefix(name, "secret-") || strings.HasPrefix(name, "relation-") || strings.HasSuffix(name, "-port") {
			names = append(names, name, name)
		}
	}
	sort.Strings(names)
	return names
}()

// generated makes a script of the seed: two or three hooks, of six calls each. Odd
// seeds are on Kubernetes, even ones on machines.
func generated(seed uint64) Script {
	g := generator{rand.New(rand.NewPCG(seed, 1))}
	w := baseWorld()
	if seed%2 == 0 {
		onMachines(&w)
		g.machines(&w)
	}
	w.Units["myapp/0"].Storage = []Storage{{"data/0", "filesystem", "/srv/data/0"}, {"logs/2", "filesystem", "/srv/logs"}}
	w.Applications["myapp"].Resources = map[string]string{"software": "zip"}
	s := Script{Name: fmt.Sprintf("seed %d", seed), World: w}
	infos := []hook.Info{
		configChanged, configChanged, {Kind: hook.UpdateStatus}, dbHook(hook.RelationChanged, "postgresql/0"), dbHook(hook.RelationChanged, ""), dbHook(hook.RelationDeparted, "postgresql/1"), dbHook(hook.RelationCreated, ""),
		{Kind: hook.RelationChanged, Endpoint: "peers", RelationID: 0, RemoteApp: "myapp", RemoteUnit: "myapp/1"},
	}
	for range 2 + g.IntN(2) {
		h := Hook{Unit: pick(g, []string{"myapp/0", "myapp/0", "myapp/1"}), Info: pick(g, infos)}
		if h.Info.RemoteUnit == h.Unit {
			h.Unit = "myapp/0"
		}
		if h.Unit == "myapp/0" && len(s.Hooks) == 0 && g.IntN(4) == 0 {
			h.Info = action
		}
		if g.IntN(5) == 0 {
			h.Exit = 1
		}
		for range 6 {
			name := pick(g, weights)
			// What is quoted later must not be in random order, and how two
			// additions of storage count together only a database can tell.
			for name == "secret-ids" && len(s.Hooks) == 0 || name == "storage-add" && h.has(name) {
				name = pick(g, weights)
			}
			args := makers[name](g)
			// Of two secrets with one label, of the unit and of its application, any
			// is told of.
			for name == "secret-info-get" && args[0] == "--label" && s.labelled(args[1], h) > 1 {
				args = makers[name](g)
			}
			if g.IntN(4) == 0 && name != "secret-ids" {
				args = append(args, pick(g, formats))
			}
			h.Calls = append(h.Calls, call(name, args...))
		}
		s.Hooks = append(s.Hooks, h)
	}
	return s
}

// machines changes what machines differ in.
func (g generator) machines(w *World) {
	u, beside := w.Units["myapp/0"], w.Units["postgresql/0"]
	if g.IntN(2) == 0 {
		u.PublicAddress = "203.0.113.7"
	}
	if g.IntN(2) == 0 {
		u.Links = append(u.Links, link("eth1", "192.168.3.4", "192.168.3.0/24", "2001:db8::7", "2001:db8::/64"))
	}
	if g.IntN(4) == 0 {
		u.Address = ""
	}
	if g.IntN(2) == 0 {
		beside.Machine, beside.Ports = u.Machine, []string{"* 443/tcp"}
	}
	if g.IntN(2) == 0 {
		u.Ports = []string{pick(g, []string{"* 80/tcp", "* 100-200/tcp", "db 8080/tcp"})}
	}
}

// labelled counts what may have a label, at the begin and by what was called.
func (s Script) labelled(label string, current Hook) (n int) {
	for _, secret := range s.World.Secrets {
		if secret.Label == label {
			n++
		}
	}
	for _, h := range append(slices.Clip(s.Hooks), current) {
		for _, c := range h.Calls {
			if c.Command != "secret-info-get" && slices.Contains(c.Args, label) {
				n++
			}
		}
	}
	return n
}

func (h Hook) has(command string) bool {
	for _, c := range h.Calls {
		if c.Command == command {
			return true
		}
	}
	return false
}
