//go:build conformance

package conform

import (
	"strings"

	"github.com/charmkit/charmkit/internal/juju/hook"
)

var secretFiles = map[string]string{
	"secret.yaml": "username: user\npassword#base64: aHVudGVyMg==\n", "value.txt": "from a file\n", "bad.yaml": "[1, 2]", "empty": "",
	"short.yaml": "ab: x\n", "big.txt": strings.Repeat("x", 800_000), "huge.yaml": "key: " + strings.Repeat("x", 1_100_000),
	"numbers.yaml": "key-one: 12\nkey-two: true\nkey-three: 1.50\n", "emptyvalue.yaml": "key: \"\"\n",
}

func addScripts() []Script {
	var calls []Call
	for _, args := range [][]string{
		{}, {"token=abc"}, {"user=name", "password=word"}, {"token"}, {"k3y="}, {"ab=x"}, {"Abc=x"}, {"a--b=x"}, {"a-b-c=x"}, {"1ab=x"}, {"abc-=x"}, {"tok=a=b"}, {"tok= v "}, {" tok=v"}, {"tok=v", "tok=w"},
		{"data#base64=aGk="}, {"data#base64=!!!"}, {"data#file=<DIR>/value.txt"}, {"data#file=<DIR>/nosuch"}, {"data#nosuch=x"}, {"data#=x"}, {"data#file=<DIR>/big.txt"}, {"data#base64#file=x"},
		{"--file", "<DIR>/secret.yaml"}, {"--file", "<DIR>/secret.yaml", "username=arg", "third=x"}, {"--file", "<DIR>/bad.yaml"}, {"--file", "<DIR>/empty"}, {"--file", "<DIR>/nosuch"}, {"--file", "<DIR>/short.yaml"}, {"--file", "<DIR>/huge.yaml"}, {"--file", "-"}, {"--file", "<DIR>/numbers.yaml"}, {"--file", "<DIR>/emptyvalue.yaml"}, {"--file", ""}, {"--file", "<DIR>"},
		{"--owner", "unit", "token=abc"}, {"--owner", "application", "token=abc"}, {"--owner", "x", "token=abc"}, {"--owner", "", "token=abc"}, {"--owner=Unit", "token=abc"},
		{"--label", "new", "token=abc"}, {"--label", "mine", "token=abc"}, {"--label", "unitsecret", "token=abc"}, {"--label", "unitsecret", "--owner", "unit", "token=abc"}, {"--label", "mine", "--owner", "unit", "token=abc"}, {"--label", "dbcreds", "--owner", "unit", "token=abc"}, {"--label", "dbcreds", "token=abc"}, {"--label", "", "token=abc"},
		{"--description", "text ü", "token=abc"}, {"--rotate", "daily", "token=abc"}, {"--rotate", "never", "token=abc"}, {"--rotate", "hourly", "token=abc"}, {"--rotate", "weekly", "token=abc"}, {"--rotate", "monthly", "token=abc"}, {"--rotate", "quarterly", "token=abc"}, {"--rotate", "yearly", "token=abc"}, {"--rotate", "sometimes", "token=abc"}, {"--rotate", "", "token=abc"}, {"--rotate", "Daily", "token=abc"},
		{"--expire", "48h", "token=abc"}, {"--expire", "-5h", "token=abc"}, {"--expire", "0s", "token=abc"}, {"--expire", "2035-01-02T03:04:05", "token=abc"}, {"--expire", "2035-01-02T03:04:05+02:00", "token=abc"}, {"--expire", "2035-01-02T03:04:05Z", "token=abc"}, {"--expire", "2001-01-01T00:00:00Z", "token=abc"}, {"--expire", "tomorrow", "token=abc"}, {"--expire", "", "token=abc"}, {"--expire", "2035-01-02", "token=abc"}, {"--expire", "1.5h", "token=abc"},
		{"--nosuch", "token=abc"}, {"token=" + strings.Repeat("x", 749_997)}, {"token=" + strings.Repeat("x", 750_003)}, {"one=" + strings.Repeat("x", 400_000), "two=" + strings.Repeat("x", 400_000)}, {"abc=ü\n"},
	} {
		calls = append(calls, call("secret-add", args...))
	}
	var scripts []Script
	for _, unit := range []string{"myapp/0", "myapp/1"} {
		for _, s := range each("secret-add on "+unit, unit, configChanged, calls...) {
			s.Files = secretFiles
			scripts = append(scripts, s)
		}
	}
	sequence := []Call{
		call("secret-add", "--label", "new", "--description", "d", "--rotate", "daily", "--expire", "48h", "token=abc"), call("secret-get", "<0.0>"), call("secret-get", "--label", "new", "--format=json"), call("secret-get", "<0.0>", "token"), call("secret-get", "<0.0>", "nosuch"), call("secret-get", "<0.0>", "token#base64"),
		call("secret-info-get", "<0.0>", "--format=json"), call("secret-info-get", "--label", "new"), call("secret-ids"), call("secret-ids", "--format=json"), call("secret-add", "--label", "new", "again=abc"), call("secret-add", "--owner", "unit", "--label", "new", "again=abc"), call("secret-get", "<0.0>", "--label", "renamed"), call("secret-get", "--label", "renamed"), call("secret-info-get", "<0.0>"),
		call("secret-grant", "<0.0>", "-r", "1"), call("secret-info-get", "<0.0>", "--format=json"), call("secret-set", "<0.0>", "token=new"), call("secret-get", "<0.0>", "--peek"), call("secret-get", "<0.0>", "--refresh"), call("secret-set", "<0.0>", "--label", "third"), call("secret-info-get", "<0.0>"),
	}
	for n := range len(sequence) {
		for _, exit := range []int{0, 1} {
			h := on("myapp/0", configChanged, sequence[:n+1]...)
			h.Exit = exit
			scripts = append(scripts, script("a secret's first hook", h, on("myapp/0", configChanged, call("secret-ids"), call("secret-get", "<0.0>", "--format=json"), call("secret-info-get", "<0.0>", "--format=json")), on("myapp/1", configChanged, call("secret-get", "<0.0>"), call("secret-info-get", "<0.0>"), call("secret-ids"))))
		}
	}
	h := on("myapp/0", configChanged, call("secret-add", "token=abc"), call("secret-remove", "<0.0>"), call("secret-ids"), call("secret-get", "<0.0>"))
	twice := on("myapp/0", configChanged, call("secret-add", "--label", "mine", "token=abc"), call("secret-add", "--label", "unitsecret", "--owner", "unit", "token=abc"), call("secret-add", "--owner", "unit", "--label", "fine", "token=abc"), call("state-set", "a=b"))
	lost := script("leadership lost", on("myapp/0", configChanged, call("secret-add", "token=abc")))
	texts := on("myapp/0", configChanged, call("secret-add", "--label", "1.", "--description", "10", "--expire", "2035-01-02T03:04:05Z", "token=abc"), call("secret-info-get", "--label", "1."))
	return append(scripts, script("added and removed", h), script("two labels taken", twice), lost, script("numbers and times", texts, on("myapp/0", configChanged, call("secret-info-get", "--label", "1."))))
}

func setScripts() []Script {
	var calls []Call
	for _, id := range []string{ownedID, unitID, grantedID, forbiddenID, credID, missingID} {
		for _, args := range [][]string{
			{}, {"token=new"}, {"token=one"}, {"data#base64=AP8="}, {"--label", "renamed"}, {"--label", "mine"}, {"--label", "unitsecret"}, {"--description", "new"}, {"--rotate", "daily"}, {"--rotate", "never"}, {"--expire", "48h"}, {"--expire", "48h", "token=new"}, {"--owner", "unit", "token=new"}, {"--owner", "x", "token=new"}, {"--file", "<DIR>/secret.yaml"}, {"--label", ""}, {"--description", ""}, {"ab=x"}, {"--rotate", "x", "token=new"}, {"--expire", "x"}, {"--label", "dbcreds"},
		} {
			calls = append(calls, call("secret-set", append([]string{"secret:" + id}, args...)...))
		}
		calls = append(calls, call("secret-remove", "secret:"+id), call("secret-remove", id, "--revision", "1"), call("secret-remove", id, "--revision", "2"), call("secret-remove", id, "--revision", "0"), call("secret-remove", id, "--revision", "-1"), call("secret-remove", id, "--revision=9"))
	}
	calls = append(calls, call("secret-set"), call("secret-set", "token=new"), call("secret-set", "secret:nonsense", "token=new"), call("secret-set", "secret://"+modelUUID+"/"+ownedID, "token=new"), call("secret-set", "secret://"+otherUUID+"/"+ownedID, "token=new"), call("secret-set", ownedID, "--nosuch"),
		call("secret-remove"), call("secret-remove", "secret:nonsense"), call("secret-remove", ownedID, "x"), call("secret-remove", ownedID, "--revision", "x"), call("secret-remove", "secret://"+otherUUID+"/"+ownedID))
	var scripts []Script
	for _, unit := range []string{"myapp/0", "myapp/1"} {
		for _, c := range calls {
			s := script("changing a secret on "+unit, on(unit, configChanged, c, call("secret-ids", "--format=json")), on("myapp/0", configChanged, call("secret-info-get", ownedID), call("secret-info-get", unitID)))
			s.Files = map[string]string{"secret.yaml": secretFiles["secret.yaml"]}
			scripts = append(scripts, s)
		}
	}
	sequences := [][]Call{
		{call("secret-get", unitID), call("secret-set", unitID, "data=new"), call("secret-get", unitID), call("secret-get", unitID, "--peek"), call("secret-get", unitID, "--refresh"), call("secret-info-get", unitID)},
		{call("secret-set", ownedID, "token=new"), call("secret-get", ownedID), call("secret-get", "--label", "mine"), call("secret-get", "--label", "mine", "--peek"), call("secret-set", ownedID, "token=newer", "--label", "other"), call("secret-get", "--label", "other", "--peek"), call("secret-get", "--label", "other")},
		{call("secret-set", ownedID, "token=new"), call("secret-set", ownedID, "token=one"), call("secret-get", ownedID, "--peek")},
		{call("secret-set", ownedID, "token=new"), call("secret-remove", ownedID), call("secret-get", ownedID)},
		{call("secret-remove", ownedID, "--revision", "1"), call("secret-remove", ownedID, "--revision", "2"), call("secret-set", ownedID, "token=new")},
		{call("secret-set", ownedID, "--rotate", "hourly"), call("secret-info-get", ownedID), call("secret-set", ownedID, "--rotate", "daily"), call("secret-info-get", ownedID), call("secret-set", ownedID, "--expire", "48h"), call("secret-info-get", ownedID)},
		{call("secret-set", ownedID, "--description", "one"), call("secret-set", ownedID, "--label", "two"), call("secret-set", ownedID, "token=three"), call("secret-info-get", ownedID)},
		{call("secret-set", ownedID, "token=new"), call("secret-grant", ownedID, "-r", "1"), call("secret-revoke", ownedID, "-r", "1")},
		{call("secret-remove", ownedID), call("secret-grant", ownedID, "-r", "1")},
		{call("secret-remove", unitID), call("secret-remove", ownedID), call("secret-ids", "--format=json")},
	}
	for _, calls := range sequences {
		for _, exit := range []int{0, 1} {
			h := on("myapp/0", configChanged, calls...)
			h.Exit = exit
			after := []Call{call("secret-get", ownedID), call("secret-get", ownedID, "--peek"), call("secret-info-get", ownedID), call("secret-get", unitID), call("secret-get", ownedID, "--refresh")}
			scripts = append(scripts, script("secrets in sequence", h, on("myapp/0", configChanged, after...), on("myapp/1", configChanged, after...), on("myapp/0", configChanged, call("secret-set", ownedID, "token=last"), call("secret-get", ownedID))))
		}
	}
	for _, rotate := range []string{"", "never", "daily"} {
		for _, set := range []string{"never", "hourly", "weekly"} {
			w := baseWorld()
			w.Secrets[unitID].Rotate = rotate
			if rotate == "daily" {
				due := since.AddDate(5, 0, 0)
				w.Secrets[unitID].NextRotate = &due
			}
			scripts = append(scripts, Script{Name: "rotation " + rotate + " to " + set, World: w, Hooks: []Hook{on("myapp/0", configChanged, call("secret-set", unitID, "--rotate", set), call("secret-info-get", unitID)), on("myapp/0", configChanged, call("secret-info-get", unitID, "--format=json"))}})
		}
	}
	return scripts
}

func getScripts() []Script {
	var calls []Call
	for _, id := range []string{ownedID, unitID, grantedID, forbiddenID, credID, missingID} {
		for _, args := range [][]string{
			{}, {"--format=json"}, {"token"}, {"token", "--format=json"}, {"token#base64"}, {"data"}, {"data#base64", "--format=json"}, {"username"}, {"nosuch"}, {"--peek"}, {"--refresh"}, {"--peek", "--refresh"}, {"--label", "mine"}, {"--label", "other"}, {"--label", "unitsecret"}, {"--label", "dbcreds"}, {"--label", "other", "--peek"}, {"--label", "other", "--refresh"}, {"-o", "out"}, {"--output", "out", "--format=yaml"}, {"a", "b"}, {"--format=smart"}, {"token#nosuch"}, {""},
		} {
			calls = append(calls, call("secret-get", append([]string{"secret:" + id}, args...)...))
		}
		calls = append(calls, call("secret-info-get", "secret:"+id), call("secret-info-get", id, "--format=json"), call("secret-info-get", id, "--label", "x"), call("secret-info-get", "secret://"+modelUUID+"/"+id))
	}
	for _, label := range []string{"mine", "unitsecret", "dbcreds", "nosuch", ""} {
		calls = append(calls, call("secret-get", "--label", label), call("secret-get", "--label", label, "--peek"), call("secret-get", "--label", label, "--refresh"), call("secret-get", "--label", label, "token"), call("secret-info-get", "--label", label))
	}
	calls = append(calls, call("secret-get"), call("secret-get", "secret:nonsense"), call("secret-get", "nonsense"), call("secret-get", "secret://"+modelUUID+"/"+ownedID), call("secret-get", "secret:"), call("secret-get", "secret://x/"+ownedID), call("secret-get", "--nosuch"), call("secret-get", ownedID, "token", "extra"),
		call("secret-info-get"), call("secret-info-get", "nonsense"), call("secret-info-get", ownedID, "x"), call("secret-info-get", "-o", "out", ownedID), call("secret-info-get", "--output", "out", ownedID), call("secret-info-get", "--format=smart", ownedID), call("secret-info-get", "--nosuch"),
		call("secret-ids"), call("secret-ids", "--format=json"), call("secret-ids", "--format=yaml"), call("secret-ids", "x"))
	var scripts []Script
	for _, unit := range []string{"myapp/0", "myapp/1"} {
		for _, c := range calls {
			scripts = append(scripts, script("reading secrets on "+unit, on(unit, configChanged, c), on(unit, configChanged, call("secret-get", grantedID), call("secret-get", "--label", "other"))))
		}
	}
	none := baseWorld()
	none.Secrets = nil
	scripts = append(scripts, Script{Name: "no secrets", World: none, Hooks: []Hook{on("myapp/1", configChanged, call("secret-ids"), call("secret-ids", "--format=json"), call("secret-ids", "--format=yaml"))}})
	single := baseWorld()
	delete(single.Secrets, ownedID)
	scripts = append(scripts, Script{Name: "ids in a file", World: single, Hooks: []Hook{on("myapp/0", configChanged, call("secret-ids", "-o", "out", "--format=json"), call("secret-ids", "--output", "out2"))}})
	full := baseWorld()
	expire, rotate := since.AddDate(3, 0, 0), since.AddDate(4, 0, 0)
	full.Secrets[ownedID].Rotate, full.Secrets[ownedID].NextRotate = "monthly", &rotate
	full.Secrets[ownedID].Revisions[0].Expire = &expire
	full.Secrets[ownedID].Grants = []Grant{{"postgresql", "myapp:db postgresql:database"}, {"web/0", "web:site myapp:website"}}
	scripts = append(scripts, Script{Name: "a full secret", World: full, Hooks: []Hook{on("myapp/0", configChanged, call("secret-info-get", ownedID), call("secret-info-get", ownedID, "--format=json"))}})
	other := baseWorld()
	other.Secrets[grantedID].Revisions[0].Obsolete = false
	other.Secrets[grantedID].Consumers = nil
	return append(scripts, Script{Name: "a first read", World: other, Hooks: []Hook{
		on("myapp/1", configChanged, call("secret-get", grantedID, "--peek"), call("secret-get", grantedID), call("secret-get", grantedID, "--label", "mylabel"), call("secret-get", "--label", "mylabel")),
		on("myapp/0", configChanged, call("secret-get", grantedID, "--label", "mylabel"), call("secret-get", grantedID, "--label", "mine"), call("secret-get", grantedID, "--label", "unitsecret"), call("secret-get", credID, "--label", "mylabel")),
	}})
}

func grantScripts() []Script {
	var calls []Call
	for _, id := range []string{ownedID, unitID, grantedID, credID, missingID} {
		for _, args := range [][]string{
			{}, {"-r", "1"}, {"--relation", "db:1"}, {"-r", "9"}, {"-r", "x"}, {"-r", "1", "--unit", "postgresql/0"}, {"-r", "1", "--unit", "other/0"}, {"-r", "1", "--unit", "bad"}, {"-r", "1", "--unit", "postgresql/9"}, {"-r", "0"}, {"-r", "0", "--unit", "myapp/1"}, {"-r", "2"}, {"--unit", "postgresql/0"}, {"-r", "1", "x"}, {"-r", "1", "--unit", ""},
		} {
			calls = append(calls, call("secret-grant", append([]string{"secret:" + id}, args...)...))
		}
		for _, args := range [][]string{
			{}, {"-r", "1"}, {"--relation", "1"}, {"-r", "9"}, {"--app", "postgresql"}, {"--application", "postgresql"}, {"--app", "bad/0"}, {"--unit", "postgresql/0"}, {"--unit", "bad"}, {"-r", "1", "--app", "postgresql"}, {"-r", "1", "--unit", "postgresql/0"}, {"--app", "a", "--unit", "b/0"}, {"--app", "nosuch"}, {"--unit", "nosuch/0"}, {"--app", "postgresql", "x"},
		} {
			calls = append(calls, call("secret-revoke", append([]string{"secret:" + id}, args...)...))
		}
	}
	calls = append(calls, call("secret-grant"), call("secret-grant", "nonsense", "-r", "1"), call("secret-grant", "-r", "1"), call("secret-revoke"), call("secret-revoke", "nonsense", "--app", "a"), call("secret-grant", ownedID, "--nosuch"), call("secret-revoke", ownedID, "--nosuch"))
	var scripts []Script
	for _, unit := range []string{"myapp/0", "myapp/1"} {
		for _, info := range []hook.Info{configChanged, dbHook(hook.RelationChanged, "postgresql/0")} {
			for _, c := range calls {
				scripts = append(scripts, script("grants on "+unit, on(unit, info, c, call("secret-info-get", ownedID, "--format=json"))))
			}
		}
	}
	granted := func(grants ...Grant) World {
		w := baseWorld()
		w.Secrets[ownedID].Grants = grants
		return w
	}
	key := "myapp:db postgresql:database"
	sequences := [][]Call{
		{call("secret-grant", ownedID, "-r", "1"), call("secret-grant", ownedID, "-r", "1")},
		{call("secret-grant", ownedID, "-r", "1"), call("secret-grant", ownedID, "-r", "1", "--unit", "postgresql/0")},
		{call("secret-grant", ownedID, "-r", "1", "--unit", "postgresql/0"), call("secret-grant", ownedID, "-r", "1")},
		{call("secret-grant", ownedID, "-r", "1", "--unit", "postgresql/0"), call("secret-grant", ownedID, "-r", "1", "--unit", "postgresql/1")},
		{call("secret-grant", ownedID, "-r", "1"), call("secret-grant", ownedID, "-r", "2")},
		{call("secret-grant", ownedID, "-r", "1"), call("secret-revoke", ownedID, "-r", "1")},
		{call("secret-revoke", ownedID, "-r", "1"), call("secret-grant", ownedID, "-r", "1")},
		{call("secret-revoke", ownedID, "--app", "postgresql")}, {call("secret-revoke", ownedID, "--unit", "postgresql/0")}, {call("secret-revoke", ownedID, "-r", "1", "--unit", "postgresql/0")},
		{call("secret-grant", ownedID, "-r", "1", "--unit", "postgresql/0"), call("secret-revoke", ownedID, "--unit", "postgresql/0")},
		{call("secret-revoke", ownedID, "--unit", "postgresql/0"), call("secret-revoke", ownedID, "--app", "postgresql")},
		{call("secret-revoke", ownedID, "-r", "1"), call("secret-revoke", ownedID, "--unit", "postgresql/0")},
		{call("secret-revoke", ownedID, "-r", "1", "--unit", "postgresql/1"), call("secret-revoke", ownedID, "--unit", "postgresql/0")},
		{call("secret-revoke", ownedID, "--unit", "postgresql/1"), call("secret-revoke", ownedID, "-r", "1", "--unit", "postgresql/0")},
		{call("secret-revoke", forbiddenID, "-r", "1"), call("secret-revoke", forbiddenID, "--app", "postgresql"), call("secret-revoke", missingID, "-r", "1")},
	}
	for _, w := range []func() World{
		func() World { return granted() }, func() World { return granted(Grant{"postgresql", key}) }, func() World { return granted(Grant{"postgresql/0", key}) },
		func() World {
			w := granted(Grant{"postgresql", key}, Grant{"postgresql/0", key})
			w.Secrets[ownedID].Consumers = map[string]Consumer{"postgresql/0": {Tracked: 1}}
			return w
		},
	} {
		for _, calls := range sequences {
			full := append([]Call{}, calls...)
			for range calls {
				full = append(full, call("secret-info-get", ownedID, "--format=json"))
			}
			scripts = append(scripts, Script{Name: "grants in sequence", World: w(), Hooks: []Hook{on("myapp/0", configChanged, full...), on("myapp/0", configChanged, call("secret-info-get", ownedID, "--format=json"))}})
		}
	}
	dying := granted()
	dying.Relations[1].Life = "dying"
	return append(scripts, Script{Name: "a grant in a dying relation", World: dying, Hooks: []Hook{on("myapp/0", configChanged, call("secret-grant", ownedID, "-r", "1"), call("state-set", "a=b"))}})
}
