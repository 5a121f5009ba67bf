//go:build conformance

package conform

import (
	"slices"
	"strings"

	"github.com/charmkit/charmkit/internal/juju/hook"
)

func statusScripts() []Script {
	calls := []Call{
		call("status-set"), call("status-set", "active"), call("status-set", "active", ""), call("status-set", "blocked", "a message"), call("status-set", "waiting", "x", "y"),
		call("status-set", "maintenance", "ü & <b>"), call("status-set", "error", "x"), call("status-set", "unknown"), call("status-set", "Active"), call("status-set", "active", "-x"),
		call("status-set", "active", "--", "-x"), call("status-set", "--application", "active", "up"), call("status-set", "--application=false", "active", "up"), call("status-set", "--nosuch", "active"),
		call("status-get"), call("status-get", "--format=json"), call("status-get", "--include-data"), call("status-get", "--include-data", "--format=json"),
		call("status-get", "--application"), call("status-get", "--application", "--format=json"), call("status-get", "--include-data", "--application"), call("status-get", "--include-data", "--application", "--format=json"),
		call("status-get", "--include-data", "--application", "--format=yaml"), call("status-get", "x"), call("status-get", "-o", "out"), call("status-get", "--output", "out"), call("status-get", "--format=yaml"), call("status-get", "--format=yaml", "--include-data"),
	}
	scripts := each("status", "myapp/0", configChanged, calls...)
	scripts = append(scripts, each("status, not leader", "myapp/1", configChanged, calls...)...)
	scripts = append(scripts, each("status, in an action", "myapp/0", action, calls...)...)
	for _, exit := range []int{0, 1} {
		h := on("myapp/0", configChanged, call("status-get"), call("status-set", "blocked", "b"), call("status-get"), call("status-get", "--application"), call("status-set", "--application", "waiting", "w"), call("status-get", "--application", "--include-data", "--format=json"))
		h.Exit = exit
		scripts = append(scripts, script("status twice", h, on("myapp/0", configChanged, call("status-set", "active", "now"), call("status-get", "--include-data"))))
	}
	for _, pair := range [][2]string{{"maintenance", "waiting"}, {"blocked", "maintenance"}, {"waiting", "active"}, {"terminated", "active"}, {"error", "blocked"}} {
		w := baseWorld()
		w.Units["myapp/0"].Status, w.Units["myapp/1"].Status = Status{pair[0], "zero"}, Status{pair[1], "one"}
		scripts = append(scripts, Script{Name: "the worst status", World: w, Hooks: []Hook{on("myapp/0", configChanged, call("status-get", "--application", "--include-data", "--format=json"))}})
	}
	return scripts
}

func leaderScripts() []Script {
	calls := []Call{
		call("is-leader"), call("is-leader", "--format=json"), call("is-leader", "--format=yaml"), call("is-leader", "x"), call("is-leader", "-o", "out"), call("is-leader", "--output", "out"),
		call("leader-get"), call("leader-get", "--format=json"), call("leader-get", "k"), call("leader-get", "nosuch", "--format=json"), call("leader-get", "-"), call("leader-get", "a", "b"), call("leader-get", "K=V"),
		call("leader-get", "-o", "out"), call("leader-get", "--output", "out", "k"), call("leader-get", ""),
		call("leader-set"), call("leader-set", "a=b"), call("leader-set", "a=b", "k="), call("leader-set", "nokey"), call("leader-set", "a=b", "a=c"), call("leader-set", " a = b "), call("leader-set", "--x", "a=b"), call("leader-set", "=b"),
	}
	with := func(unit string) []Script {
		var scripts []Script
		for _, c := range calls {
			w := baseWorld()
			w.Applications["myapp"].LeaderSettings = map[string]string{"k": "v", "html": "<&>"}
			scripts = append(scripts, Script{Name: "leadership", World: w, Hooks: []Hook{on(unit, configChanged, c)}})
		}
		return scripts
	}
	scripts := append(with("myapp/0"), with("myapp/1")...)
	h := on("myapp/0", configChanged, call("leader-get"), call("leader-set", "a=b"), call("leader-get"), call("is-leader"))
	h.Exit = 2
	return append(scripts, script("leader settings at once", h), script("leader settings of another", on("myapp/1", configChanged, call("is-leader"), call("leader-set", "a=b"), call("leader-get"))))
}

func logScripts() []Script {
	calls := []Call{
		call("juju-log"), call("juju-log", "hello", "world"), call("juju-log", "-l", "DEBUG", "x"), call("juju-log", "--log-level", "warning", "x"), call("juju-log", "-l", "WARN", "x"), call("juju-log", "-l", "nonsense", "x"), call("juju-log", "-l", "", "x"),
		call("juju-log", "--debug", "x"), call("juju-log", "--debug", "-l", "ERROR", "x"), call("juju-log", ""), call("juju-log", "--", "-x"), call("juju-log", "-x"), call("juju-log", "--format=json", "x"), call("juju-log", "two\nlines"), call("juju-log", "-l", "critical", "x"), call("juju-log", "-l", "trace", "x"), call("juju-log", "-l", "unspecified", "x"),
		call("application-version-set"), call("application-version-set", "1.2"), call("application-version-set", ""), call("application-version-set", "a", "b"), call("application-version-set", "--x"), call("application-version-set", strings.Repeat("9", 300)),
	}
	scripts := each("log", "myapp/0", configChanged, calls...)
	scripts = append(scripts, each("log in a relation hook", "myapp/0", dbHook(hook.RelationChanged, "postgresql/0"), calls[:6]...)...)
	h := on("myapp/0", configChanged, call("application-version-set", "3"), call("juju-log", "x"))
	h.Exit = 1
	return append(scripts, script("version and log survive", h))
}

func portScripts() []Script {
	var calls []Call
	for _, tool := range []string{"open-port", "close-port"} {
		for _, args := range [][]string{
			{}, {"80"}, {"80/tcp"}, {"80/udp"}, {"443"}, {"9000/udp"}, {"99999/tcp"}, {"80/sctp"}, {"abc"}, {"abc/tcp"}, {"300-200/tcp"}, {"100-200/tcp"}, {"100-100/tcp"}, {"icmp"}, {"ICMP"}, {"icmp/tcp"}, {"0"}, {"0/tcp"}, {"-1"}, {"--", "-1"}, {"65535"}, {"65536"}, {"80/"}, {"/tcp"}, {""}, {"80/tcp/x"}, {"80-"}, {"-80"}, {"80-90-100"}, {"80/TCP"}, {"80/icmp"}, {"0/icmp"}, {"-1/icmp"}, {" 80"}, {"+80"}, {"0x50"}, {"80", "90"}, {"080"}, {"1-0"}, {"70000-80000"},
			{"--endpoints", "db", "81"}, {"--endpoints", "db,website", "81"}, {"--endpoints", "nosuch", "81"}, {"--endpoints", "", "81"}, {"--endpoints", "db, website", "81"}, {"--endpoints", "db,", "81"}, {"--endpoints", "*", "81"}, {"--endpoints", "public", "81"}, {"--endpoints", "juju-info", "81"}, {"--format=json", "81"}, {"--format", "x", "81"}, {"80/tcp", "--endpoints", "website"}, {"--nosuch", "80"},
			{"8080", "--endpoints", "db"}, {"8080", "--endpoints", "website"},
		} {
			calls = append(calls, call(tool, args...))
		}
	}
	calls = append(calls, call("opened-ports"), call("opened-ports", "--format=json"), call("opened-ports", "--endpoints"), call("opened-ports", "--endpoints", "--format=json"), call("opened-ports", "--format=yaml"), call("opened-ports", "x"), call("opened-ports", "-o", "out"), call("opened-ports", "--output", "out", "--endpoints"))
	var scripts []Script
	for _, ports := range [][]string{nil, {"* 80/tcp", "* 9000/udp", "db 8080/tcp", "website 8080/tcp"}} {
		for _, c := range calls {
			w := baseWorld()
			w.Units["myapp/0"].Ports = ports
			scripts = append(scripts, Script{Name: "ports", World: w, Hooks: []Hook{
				on("myapp/0", configChanged, c, call("opened-ports", "--endpoints"), call("opened-ports", "--format=json")),
			}})
		}
	}
	sequences := [][]Call{
		{call("open-port", "80"), call("close-port", "80"), call("opened-ports")},
		{call("close-port", "80"), call("open-port", "80"), call("opened-ports")},
		{call("open-port", "80"), call("open-port", "80"), call("opened-ports")},
		{call("open-port", "82", "--endpoints", "db"), call("close-port", "82"), call("opened-ports", "--endpoints")},
		{call("open-port", "82"), call("close-port", "82", "--endpoints", "db"), call("opened-ports", "--endpoints")},
		{call("close-port", "8080"), call("opened-ports", "--endpoints"), call("open-port", "8080"), call("opened-ports", "--endpoints")},
		{call("close-port", "8080", "--endpoints", "db"), call("opened-ports", "--endpoints"), call("close-port", "80")},
		{call("open-port", "80/udp"), call("open-port", "7"), call("open-port", "icmp"), call("opened-ports")},
		{call("open-port", "5"), call("open-port", "10"), call("open-port", "9"), call("open-port", "9/udp"), call("opened-ports")},
		{call("close-port", "icmp"), call("opened-ports")},
		{call("open-port", "81", "--endpoints", "nosuch"), call("secret-add", "token=abc"), call("state-set", "a=b")},
		{call("close-port", "81", "--endpoints", "nosuch"), call("state-set", "a=b")},
	}
	for _, exit := range []int{0, 1} {
		for _, ports := range [][]string{nil, {"* 80/tcp", "db 8080/tcp"}} {
			for _, calls := range sequences {
				w := baseWorld()
				w.Units["myapp/0"].Ports = ports
				h := on("myapp/0", configChanged, calls...)
				h.Exit = exit
				scripts = append(scripts, Script{Name: "ports in sequence", World: w, Hooks: []Hook{h, on("myapp/0", configChanged, call("opened-ports", "--endpoints"))}})
			}
		}
	}
	return scripts
}

func networkScripts() []Script {
	var calls []Call
	for _, binding := range []string{"db", "website", "peers", "cache", "public", "juju-info", "nosuch", ""} {
		for _, flags := range [][]string{{}, {"--format=json"}, {"--bind-address"}, {"--ingress-address"}, {"--egress-subnets"}, {"--primary-address"}, {"-r", "1"}, {"--relation", "2", "--format=json"}} {
			calls = append(calls, call("network-get", append([]string{binding}, flags...)...))
		}
	}
	calls = append(calls, call("network-get"), call("network-get", "a", "b"), call("network-get", "db", "--bind-address", "--ingress-address", "--egress-subnets", "--format=json"),
		call("network-get", "db", "--bind-address", "--format=json"), call("network-get", "db", "--egress-subnets", "--format=json"), call("network-get", "db", "--egress-subnets", "--ingress-address"),
		call("network-get", "db", "--primary-address", "--bind-address"), call("network-get", "db", "--primary-address", "--format=json"), call("network-get", "db", "-r", "9"), call("network-get", "db", "-r", "x"), call("network-get", "-o", "out", "db"), call("network-get", "--output", "out", "db", "--format=yaml"), call("network-get", "-r", "1"), call("network-get", "db", "db"))
	units := []Call{
		call("unit-get"), call("unit-get", "private-address"), call("unit-get", "public-address"), call("unit-get", "nosuch"), call("unit-get", "private-address", "x"), call("unit-get", "private-address", "--format=json"), call("unit-get", "-o", "out", "private-address"), call("unit-get", "--output", "out", "public-address"), call("unit-get", "public-address", "--format=yaml"), call("unit-get", ""),
	}
	scripts := each("network", "myapp/0", configChanged, calls...)
	scripts = append(scripts, each("network in a relation hook", "myapp/0", dbHook(hook.RelationChanged, "postgresql/0"), calls...)...)
	scripts = append(scripts, each("addresses", "myapp/0", configChanged, units...)...)
	for _, address := range []string{"8.8.8.8", "2001:db8::1", "fd00::5"} {
		for _, c := range append(units, call("network-get", "db")) {
			w := baseWorld()
			w.Applications["myapp"].ServiceAddress = address
			scripts = append(scripts, Script{Name: "service at " + address, World: w, Hooks: []Hook{on("myapp/0", configChanged, c)}})
		}
	}
	for _, service := range []string{"", "10.152.183.20"} {
		for _, c := range slices.Concat(units, calls[:8], []Call{call("network-get", "db", "--egress-subnets", "--format=json"), call("network-get", "db", "--ingress-address", "--egress-subnets")}) {
			if slices.Contains(c.Args, "--bind-address") {
				continue // Juju's agent dies of it
			}
			w := baseWorld()
			w.Applications["myapp"].ServiceAddress, w.Units["myapp/0"].Address = service, ""
			scripts = append(scripts, Script{Name: "no address, service at " + service, World: w, Hooks: []Hook{on("myapp/0", configChanged, c)}})
		}
	}
	return scripts
}

func stateScripts() []Script {
	calls := []Call{
		call("state-get"), call("state-get", "--format=json"), call("state-get", "k1"), call("state-get", "k1", "--format=json"), call("state-get", "nosuch"), call("state-get", "nosuch", "--format=json"), call("state-get", "--strict", "nosuch"), call("state-get", "--strict", "k1"), call("state-get", "-"), call("state-get", "a", "b"), call("state-get", "-o", "out"), call("state-get", "--output", "out"), call("state-get", "--strict"), call("state-get", ""), call("state-get", "--strict", ""), call("state-get", "--format=yaml"),
		call("state-set"), call("state-set", "a=b"), call("state-set", "a=b", "c=d"), call("state-set", "a="), call("state-set", "nokey"), call("state-set", "=v"), call("state-set", " a = b "), call("state-set", "a=b", "a=c"), call("state-set", strings.Repeat("K", 300)+"=v"), call("state-set", strings.Repeat("K", 256)+"=v"), call("state-set", "k="+strings.Repeat("v", 65536)), call("state-set", "k="+strings.Repeat("v", 65537)),
		call("state-set", "--file", "data.yaml"), call("state-set", "--file", "nosuch"), call("state-set", "--file", "-"), call("state-set", "--file", "data.yaml", "k=arg"), stdin("a: 1\nb: yes\n", "state-set", "--file", "-"), stdin("a: [1]", "state-set", "--file", "-"), stdin("", "state-set", "--file", "-"), call("state-set", "k1=v1"), call("state-set", "k.$=x", "ü=ö"), call("state-set", "--format=json", "a=b"),
		call("state-delete"), call("state-delete", "k1"), call("state-delete", "nosuch"), call("state-delete", "a", "b"), call("state-delete", ""), call("state-delete", "--x"),
	}
	var scripts []Script
	for _, s := range each("state", "myapp/0", configChanged, calls...) {
		s.Files = map[string]string{"data.yaml": "k: file\n"}
		scripts = append(scripts, s)
	}
	scripts = append(scripts, each("empty state", "myapp/1", configChanged, calls[:16]...)...)
	for _, exit := range []int{0, 4} {
		h := on("myapp/0", configChanged, call("state-set", "a=b", "c="), call("state-get"), call("state-delete", "k1"), call("state-get", "--format=json"), call("state-get", "c", "--format=json"), call("state-delete", "a"), call("state-set", "d=e"))
		h.Exit = exit
		scripts = append(scripts, script("state in sequence", h, on("myapp/0", configChanged, call("state-get"))))
	}
	for _, size := range []int{0, 10, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 60} {
		w := baseWorld()
		w.MaxCharmStateSize = 40
		scripts = append(scripts, Script{Name: "state over its size", World: w, Hooks: []Hook{on("myapp/0", configChanged, call("state-set", "k="+strings.Repeat("v", size)), call("status-set", "active"), call("relation-set", "-r", "1", "lost=1"), call("secret-add", "--owner", "unit", "kept=abc"))}})
	}
	w := baseWorld()
	w.Units["myapp/0"].State = nil
	w.MaxCharmStateSize = 20
	return append(scripts, Script{Name: "first state over its size", World: w, Hooks: []Hook{on("myapp/0", configChanged, call("state-set", "key=a long enough value"))}})
}

func actionScripts() []Script {
	calls := []Call{
		call("action-get"), call("action-get", "--format=json"), call("action-get", "path"), call("action-get", "deep.a.b"), call("action-get", "deep.a", "--format=json"), call("action-get", "deep"), call("action-get", "nosuch"), call("action-get", "nosuch", "--format=json"), call("action-get", "deep.x.y", "--format=json"), call("action-get", "path.x", "--format=json"), call("action-get", "level"), call("action-get", "a", "b"), call("action-get", "-o", "out"), call("action-get", "--output", "out"), call("action-get", ""), call("action-get", "."), call("action-get", "--format=yaml"),
		call("action-set"), call("action-set", "outcome=ok", "size.total=10", "size.unit=MB"), call("action-set", "Bad=1"), call("action-set", "a.stdout=x"), call("action-set", "stdout=x"), call("action-set", "stderr=x"), call("action-set", "stdout-encoding=x"), call("action-set", "stderr-encoding=x"), call("action-set", "return-code=5"), call("action-set", "noequals"), call("action-set", "a="), call("action-set", "=b"), call("action-set", "a=b=c"), call("action-set", "a= b "), call("action-set", "a..b=c"), call("action-set", ".a=c"), call("action-set", "a-=c"), call("action-set", "a_b=c"), call("action-set", "a=1", "a.b=2"), call("action-set", "a.b=1", "a=2"), call("action-set", "a.b.c=1", "a.b.d=2"), call("action-set", "--x"), call("action-set", "a=1", "Bad=2"),
		call("action-fail"), call("action-fail", "why"), call("action-fail", "a", "b"), call("action-fail", ""), call("action-fail", "--x"),
		call("action-log"), call("action-log", "one", "two"), call("action-log", ""), call("action-log", "--", "-x"), call("action-log", "--x"),
		call("relation-ids"), call("relation-list"), call("config-get", "name"),
	}
	scripts := each("action", "myapp/0", action, calls...)
	scripts = append(scripts, each("outside actions", "myapp/0", configChanged, calls[:len(calls)-3]...)...)
	sequence := []Call{call("action-set", "a=b"), call("action-fail", "first"), call("action-fail", "second"), call("action-log", "x"), call("state-set", "in=action"), call("relation-set", "-r", "1", "in=action"), call("secret-add", "--owner", "unit", "token=abc")}
	for _, exit := range []int{0, 1, 42} {
		for n := range len(sequence) + 1 {
			h := on("myapp/0", action, sequence[:n]...)
			h.Exit = exit
			scripts = append(scripts, script("an action's end", h))
		}
	}
	missing := on("myapp/0", action, call("action-set", "a=b"))
	missing.Missing = true
	refused := on("myapp/0", action, call("action-set", "a=b"), call("open-port", "icmp"))
	failed := on("myapp/0", action, call("action-fail", "mine"), call("open-port", "icmp"))
	return append(scripts, script("a missing action", missing), script("an action's commit refused", refused), script("a failed action's commit refused", failed))
}

func goalStateScripts() []Script {
	calls := []Call{call("goal-state"), call("goal-state", "--format=json"), call("goal-state", "--format=smart"), call("goal-state", "x"), call("goal-state", "-o", "out"), call("goal-state", "--output", "out", "--format=yaml")}
	scripts := each("goal state", "myapp/0", configChanged, calls...)
	for _, change := range []func(*World){
		func(w *World) { w.Units["myapp/1"].Life = "dying"; w.Units["postgresql/1"].Life = "dead" },
		func(w *World) { w.Relations[1].Suspended = true },
		func(w *World) { w.Relations = nil },
		func(w *World) { delete(w.Relations, 1); delete(w.Relations, 2) },
		func(w *World) { delete(w.Units, "postgresql/0"); delete(w.Units, "postgresql/1") },
	} {
		w := baseWorld()
		change(&w)
		scripts = append(scripts, Script{Name: "goal state", World: w, Hooks: []Hook{on("myapp/0", configChanged, call("goal-state"), call("goal-state", "--format=json"))}})
	}
	return scripts
}
