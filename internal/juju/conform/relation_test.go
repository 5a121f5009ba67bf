//go:build conformance

package conform

import (
	"strings"

	"github.com/charmkit/charmkit/internal/juju/hook"
)

func relationScripts() []Script {
	reads := []Call{
		call("relation-ids", "db"), call("relation-ids", "db", "--format=json"), call("relation-ids", "nosuch", "--format=json"),
		call("relation-ids", "nosuch"), call("relation-ids"), call("relation-ids", "--format=json"), call("relation-ids", "peers"),
		call("relation-ids", "a", "b"), call("relation-ids", "website", "-o", "out"), call("relation-ids", "db", "--output=out"),
		call("relation-ids", "website", "--format=yaml"),
		call("relation-list"), call("relation-list", "-r", "1"), call("relation-list", "-r", "db:1", "--format=json"),
		call("relation-list", "--relation", "nosuch:1", "--format=json"), call("relation-list", "-r", "1", "--app"),
		call("relation-list", "-r", "1", "--app", "--format=json"), call("relation-list", "-r", "0", "--app", "--format=json"),
		call("relation-list", "-r", "0", "--format=json"), call("relation-list", "-r", "99"), call("relation-list", "-r", "xx"),
		call("relation-list", "-r", "xx:"), call("relation-list", "-r", ":1"), call("relation-list", "-r", "-1"), call("relation-list", "-r", ""),
		call("relation-list", "x"), call("relation-list", "-r", "1", "-o", "out"), call("relation-list", "-r", "1", "--output", "out"), call("relation-list", "--format=json"),
		call("relation-model-get"), call("relation-model-get", "-r", "2", "--format=json"), call("relation-model-get", "-r", "1"),
		call("relation-model-get", "--relation", "0", "--format=yaml"), call("relation-model-get", "x"), call("relation-model-get", "-r", "9"),
		call("relation-model-get", "-r", "2", "-o", "out"), call("relation-model-get", "-r", "2", "--output", "out", "--format=smart"),
		call("relation-get"), call("relation-get", "--format=json"), call("relation-get", "-r", "1"), call("relation-get", "--app"),
		call("relation-get", "-r", "1", "--app"), call("relation-get", "-r", "1", "-", "postgresql/0"),
		call("relation-get", "-r", "1", "--format=json", "-", "postgresql/0"), call("relation-get", "-r", "1", "host", "postgresql/0"),
		call("relation-get", "-r", "1", "--format=json", "html", "postgresql/0"), call("relation-get", "-r", "1", "nosuch", "postgresql/0"),
		call("relation-get", "-r", "1", "nosuch", "postgresql/0", "--format=json"), call("relation-get", "-r", "1", "-", "postgresql/1", "--format=json"),
		call("relation-get", "-r", "1", "-", "postgresql/1"), call("relation-get", "-r", "1", "-", "postgresql/2", "--format=json"),
		call("relation-get", "-r", "1", "-", "postgresql/99"), call("relation-get", "-r", "1", "-", "other/0"),
		call("relation-get", "-r", "1", "-", "postgresql"), call("relation-get", "-r", "1", "-", "bad name"), call("relation-get", "-r", "1", "--app", "-", "bad name"),
		call("relation-get", "-r", "1", "--app", "-", "postgresql"), call("relation-get", "-r", "1", "--app", "-", "postgresql/7"),
		call("relation-get", "-r", "1", "--app", "-", "other"), call("relation-get", "-r", "1", "--app", "version", "postgresql"),
		call("relation-get", "-r", "1", "--app", "-", "myapp"), call("relation-get", "-r", "1", "--app", "-", "myapp/0", "--format=json"), call("relation-get", "-r", "1", "--app", "-", "myapp/1", "--format=json"),
		call("relation-get", "-r", "0", "--app", "-", "myapp", "--format=json"), call("relation-get", "-r", "0", "-", "myapp/1", "--format=json"),
		call("relation-get", "-r", "0", "-", "myapp/0", "--format=json"), call("relation-get", "-r", "1", "-", "myapp/0", "--format=json"),
		call("relation-get", "-r", "1", "-", "myapp/1", "--format=json"), call("relation-get", "-r", "1", "own", "myapp/0"), call("relation-get", "-r", "0", "--app"),
		call("relation-get", "-r", "9"), call("relation-get", "-r", "xx"), call("relation-get", "a", "b", "c"), call("relation-get", "a", "postgresql/0", "c", "d", "-r", "1"), call("relation-get", ""),
		call("relation-get", "-r", "1", "", "postgresql/0"), call("relation-get", "-r", "1", "-", ""), call("relation-get", "--relation", "1", "-", "postgresql/0", "--format=yaml"),
		call("relation-get", "-r", "1", "-", "postgresql/0", "-o", "out"), call("relation-get", "-r", "1", "-", "postgresql/0", "--output", "out"), call("relation-get", "postgresql/0"), call("relation-get", "-", "postgresql/0"),
		call("relation-get", "host"), call("relation-get", "--app", "version"), call("relation-get", "--app=false", "host"),
		call("relation-get", "-r", "2", "-", "web/0"), call("relation-get", "-r", "1", "--format=bad"),
	}
	var scripts []Script
	infos := []hook.Info{
		configChanged, action, dbHook(hook.RelationChanged, "postgresql/0"), dbHook(hook.RelationChanged, ""), dbHook(hook.RelationCreated, ""),
		dbHook(hook.RelationJoined, "postgresql/1"), dbHook(hook.RelationDeparted, "postgresql/1"),
		{Kind: hook.RelationChanged, Endpoint: "peers", RelationID: 0, RemoteApp: "myapp", RemoteUnit: "myapp/1"},
	}
	for _, info := range infos {
		scripts = append(scripts, each("relation reads in "+string(info.Kind), "myapp/0", info, reads...)...)
	}
	for _, info := range []hook.Info{configChanged, dbHook(hook.RelationChanged, "postgresql/0")} {
		scripts = append(scripts, each("relation reads, not leader", "myapp/1", info, reads...)...)
	}
	scripts = append(scripts, writeScripts()...)
	return append(scripts, brokenScripts()...)
}

func writeScripts() []Script {
	long := strings.Repeat("x", 100_000)
	writes := []Call{
		call("relation-set", "a=b"), call("relation-set", "-r", "1", "a=b", "c=d"), call("relation-set", "-r", "1", "own="),
		call("relation-set", "-r", "1", "a= b ", " c =d", ""), call("relation-set", "-r", "1", "a=b", "a=c"), call("relation-set", "-r", "1", "nokey"),
		call("relation-set", "-r", "1", "=v"), call("relation-set", "-r", "1", "a=b=c"), call("relation-set", "--app", "-r", "1", "a=b"),
		call("relation-set", "--app", "-r", "1", "database="), call("relation-set", "-r", "9", "a=b"), call("relation-set", "-r", "xx", "a=b"),
		call("relation-set", "--relation=1", "a=b"), call("relation-set", "-r", "1"), call("relation-set", "--format=json", "-r", "1", "a=b"), call("relation-set", "--format", "nonsense", "-r", "1", "a=b"),
		call("relation-set", "-r", "1", "--file", "data.yaml"), call("relation-set", "-r", "1", "--file", "<DIR>/data.yaml", "k=arg"),
		call("relation-set", "-r", "1", "--file", "nosuch.yaml"), call("relation-set", "-r", "1", "--file", "-"), call("relation-set", "--app", "-r", "0", "shared=2"),
		call("relation-set", "-r", "1", "k.$ ü=wert ö"), call("relation-set", "-r", "1", "big="+long), call("relation-set", "-r", "1", "own=x"), call("relation-set", "--", "-a=b"),
	}
	for _, content := range []string{
		"k: yes", "k: 010", "k: 1.50", `{"k": true}`, `{"k": 12345678901234567890}`, "k: null", "k: ~", "k:", `{"k": "\u003ctag\u003e \u2028"}`,
		`{"k": "\ud83d\ude00"}`, `{"k": "a\/b"}`, "k: \xff", "k: [a]", "k: {a: b}", "text", "- a", "k: 1\nk: 2", "", "\n", "{}", "null", `{"k": "tab\tnew\nline\u0000"}`,
		"k: |\n  two\n  lines\n", "a: b: c", "k: 0x10", "k: 1e3", "k: 2024-01-01", "1: x", "true: y", "k: 'single'", "? a\n: b", "k: &a x\nl: *a", "<<: {a: b}\nk: v", "k: !!str 5", "k: .inf", "k: 1_000", "k: 0o7", "k: NO", "k: off", "~: x", "k: !!binary aGk=", "\tk: v", "k: \"open", "%YAML 1.1\n---\nk: v", "---\nk: v\n---\nl: w", "k : v", "k:v", "a: 1\n b: 2", "k: @x", "k: `x", "[a, b]: c", "{a: b}: c",
	} {
		writes = append(writes, stdin(content, "relation-set", "-r", "1", "--file", "-"))
	}
	var scripts []Script
	for _, s := range each("relation-set", "myapp/0", configChanged, writes...) {
		s.Files = map[string]string{"data.yaml": "k: file\nl: 'other'\n"}
		scripts = append(scripts, s)
	}
	scripts = append(scripts, each("relation-set in a hook", "myapp/0", dbHook(hook.RelationChanged, "postgresql/0"), writes[:12]...)...)
	scripts = append(scripts, each("relation-set, not leader", "myapp/1", dbHook(hook.RelationChanged, "postgresql/0"), writes[:12]...)...)
	sequence := []Call{
		call("relation-set", "-r", "1", "a=b", "own="), call("relation-get", "-r", "1", "-", "myapp/0", "--format=json"), call("relation-set", "--app", "-r", "1", "x=y", "database="),
		call("relation-get", "--app", "-r", "1", "-", "myapp", "--format=json"), call("relation-set", "--app", "-r", "0", "x=y"), call("relation-get", "--app", "-r", "0", "-", "myapp", "--format=json"),
		call("relation-get", "--app", "-r", "0", "-", "myapp/1", "--format=json"),
		call("relation-set", "-r", "0", "p=q"), call("relation-get", "-r", "0", "p", "myapp/0"),
	}
	for _, exit := range []int{0, 3} {
		h := on("myapp/0", configChanged, sequence...)
		h.Exit = exit
		scripts = append(scripts, script("relation-set and what is seen", h,
			on("myapp/1", configChanged, call("relation-get", "-r", "0", "-", "myapp/0"), call("relation-get", "-r", "0", "--app", "-", "myapp"))))
	}
	return scripts
}

func brokenScripts() []Script {
	calls := []Call{
		call("relation-ids", "db"), call("relation-ids"), call("relation-list"), call("relation-list", "--app"), call("relation-get"), call("relation-get", "-", "postgresql/0"),
		call("relation-get", "-", "myapp/0"), call("relation-set", "a=b"), call("relation-set", "--app", "a=b"), call("relation-get", "--app", "-", "myapp"),
		call("relation-model-get"), call("relation-ids", "website"), call("network-get", "db"),
	}
	var scripts []Script
	for _, change := range []func(*Relation){
		func(r *Relation) { r.Life = "dying" },
		func(r *Relation) { r.Suspended = true },
	} {
		for _, kind := range []hook.Kind{hook.RelationBroken, hook.RelationDeparted} {
			w := baseWorld()
			change(w.Relations[1])
			unit := ""
			if kind == hook.RelationDeparted {
				unit = "postgresql/0"
			} else {
				w.Relations[1].Units["postgresql/0"].InScope = false
			}
			w.Relations[1].Units["postgresql/1"].InScope = false
			info := dbHook(kind, unit)
			info.DepartingUnit = unit
			scripts = append(scripts, Script{Name: "an ending relation", World: w, Hooks: []Hook{on("myapp/0", info, calls...)}})
		}
	}
	numbers := []Call{}
	for _, v := range []string{"1e3", "1.", "007.5", "1_0e2", "+1.", "0x1f", "1_0", "1.5", "1e+3", ".5", "1.e1", "-0.", "12:30", "2024-01-01", "0o7", "08"} {
		numbers = append(numbers, call("relation-set", "-r", "1", "k="+v, v+"=key"))
	}
	numbers = append(numbers, call("relation-get", "-r", "1", "-", "myapp/0"))
	for _, n := range numbers[:len(numbers)-1] {
		scripts = append(scripts, script("numbers", on("myapp/0", configChanged, n, numbers[len(numbers)-1], call("relation-get", "-r", "1", "k", "myapp/0"))))
	}
	h := on("myapp/0", dbHook(hook.RelationJoined, "postgresql/1"), call("relation-list"), call("relation-get"))
	h.Members = map[int][]string{1: {"postgresql/0"}}
	later := on("myapp/0", configChanged, call("relation-list", "-r", "1"))
	later.Members = map[int][]string{1: {}}
	return append(scripts, script("members that the agent knows", h, later))
}
