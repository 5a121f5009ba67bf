//go:build conformance

package conform

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"
)

var (
	idPattern     = regexp.MustCompile(`\b[0-9a-v]{20}\b`)
	timePattern   = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z`)
	socketPattern = regexp.MustCompile(`^JUJU_AGENT_SOCKET_ADDRESS=.*`)
	idTail        = regexp.MustCompile(`^(JUJU_CONTEXT_ID=.*-)[0-9a-f]{32}$`)
)

// normal makes one side's texts comparable: new ids become numbers in the order
// in which they appear, times become distances from now.
type normal struct {
	dir   string
	known map[string]bool
	ids   map[string]string
	now   time.Time
}

func newNormal(w World, dir string) *normal {
	n := &normal{dir: dir, known: map[string]bool{}, ids: map[string]string{}, now: time.Now()}
	for id := range w.Secrets {
		n.known[id] = true
	}
	return n
}

func (n *normal) text(s string) string {
	s = strings.ReplaceAll(s, n.dir, "<DIR>")
	s = idPattern.ReplaceAllStringFunc(s, func(id string) string {
		if n.known[id] {
			return id
		}
		if _, ok := n.ids[id]; !ok {
			n.ids[id] = fmt.Sprintf("<id %d>", len(n.ids)+1)
		}
		return n.ids[id]
	})
	return timePattern.ReplaceAllStringFunc(s, func(text string) string {
		t, err := time.Parse(time.RFC3339, strings.Replace(text, " ", "T", 1))
		if err != nil {
			return text
		}
		if t.Equal(since) || t.Sub(n.now).Abs() < 10*time.Minute {
			return "<now>"
		}
		return "<" + t.Sub(n.now).Round(10*time.Minute).String() + text[10:11] + ">"
	})
}

func (n *normal) env(vars []string) []string {
	out := make([]string, len(vars))
	for i, v := range vars {
		v = socketPattern.ReplaceAllString(v, "JUJU_AGENT_SOCKET_ADDRESS=<SOCKET>")
		out[i] = idTail.ReplaceAllString(v, "$1<ID>")
	}
	sort.Strings(out)
	return out
}

// answer normalises the answer to a call. Lists of ids come in random order.
func (n *normal) answer(c Call, a Answer) string {
	out := n.text(string(a.Stdout))
	if c.Command == "secret-ids" {
		var ids []string
		if json.Unmarshal([]byte(out), &ids) == nil {
			sort.Strings(ids)
			out = strings.Join(ids, ",") + "\n"
		} else {
			lines := strings.Split(out, "\n")
			sort.Strings(lines)
			out = strings.Join(lines, "\n")
		}
	}
	return fmt.Sprintf("exit %d %s\nstdout %q\nstderr %q", a.Code, n.text(a.Error), out, n.text(string(a.Stderr)))
}

// world normalises a world, as plain JSON data.
func (n *normal) world(w *World) (map[string]any, error) {
	data, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	var plain any
	if err := json.Unmarshal([]byte(n.text(string(data))), &plain); err != nil {
		return nil, err
	}
	m, _ := prune(plain).(map[string]any)
	return m, nil
}

// prune drops what is empty, and orders what has no order.
func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			value = prune(value)
			if value == nil || key == "Life" && value == "alive" || key == "Rotate" && value == "never" {
				delete(v, key)
				continue
			}
			v[key] = value
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
		if len(v) == 0 {
			return nil
		}
		slices.SortStableFunc(v, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	case string:
		if v == "" {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	}
	return v
}

// Difference is one difference between the two sides.
type Difference struct {
	// Subject is a tool's name, or environment, commit, log, files, script.
	Subject      string
	Where        string
	Engine, Juju string
}

func (d Difference) String() string {
	return fmt.Sprintf("%s: %s\n  engine: %s\n  Juju:   %s", d.Subject, d.Where, indent(d.Engine), indent(d.Juju))
}

func indent(s string) string { return strings.ReplaceAll(s, "\n", "\n          ") }

// compare lists the differences between the results of a script.
func compare(s Script, engine, juju Result, engineDir, jujuDir string) []Difference {
	if engine.Error != "" || juju.Error != "" {
		return []Difference{{Subject: "script", Where: s.Name, Engine: engine.Error, Juju: juju.Error}}
	}
	var all []Difference
	add := func(subject, where, e, j string) {
		if e != j {
			all = append(all, Difference{Subject: subject, Where: s.Name + ": " + where, Engine: e, Juju: j})
		}
	}
	en, jn := newNormal(s.World, engineDir), newNormal(s.World, jujuDir)
	for i, h := range s.Hooks {
		e, j := engine.Hooks[i], juju.Hooks[i]
		for k, c := range h.Calls {
			add(c.Command, fmt.Sprintf("hook %d, call %d: %s %q", i, k, c.Command, c.Args), en.answer(c, e.Answers[k]), jn.answer(c, j.Answers[k]))
		}
		where := fmt.Sprintf("hook %d: %s on %s", i, h.Info.Kind, h.Unit)
		add("environment", where, strings.Join(en.env(e.Env), "\n"), strings.Join(jn.env(j.Env), "\n"))
		add("commit", where, failure(en.text(e.Failure)), failure(jn.text(j.Failure)))
		add("log", where, strings.Join(e.Log, "\n"), strings.Join(j.Log, "\n"))
	}
	ew, err1 := en.world(engine.World)
	jw, err2 := jn.world(juju.World)
	if err1 != nil || err2 != nil {
		return append(all, Difference{Subject: "script", Where: s.Name, Engine: fmt.Sprint(err1), Juju: fmt.Sprint(err2)})
	}
	for _, d := range diff("", ew, jw) {
		d.Where = s.Name + ": " + d.Where
		all = append(all, d)
	}
	add("files", "written", files(s, en, engineDir), files(s, jn, jujuDir))
	return all
}

// severalSecrets is a failure that may tell of several secrets.
var severalSecrets = regexp.MustCompile(`^((?:creating|updating|removing) secrets|(?:granting|revoking) secrets access): (?s)(.*)$`)

// failure puts the errors of several secrets in order: Juju's is random.
func failure(text string) string {
	m := severalSecrets.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	lines := strings.Split(m[2], "\n")
	sort.Strings(lines)
	return m[1] + ": " + strings.Join(lines, "\n")
}

// diff finds the places where two worlds differ.
func diff(path string, engine, juju any) []Difference {
	e, ok1 := engine.(map[string]any)
	j, ok2 := juju.(map[string]any)
	if !ok1 || !ok2 {
		e, text1 := engine.(string)
		j, text2 := juju.(string)
		// An action's results tell why its commit was refused.
		if reflect.DeepEqual(engine, juju) || text1 && text2 && failure(e) == failure(j) {
			return nil
		}
		return []Difference{{Subject: "commit", Where: "world" + path, Engine: fmt.Sprint(engine), Juju: fmt.Sprint(juju)}}
	}
	keys := map[string]bool{}
	for key := range e {
		keys[key] = true
	}
	for key := range j {
		keys[key] = true
	}
	var all []Difference
	for _, key := range slices.Sorted(func(yield func(string) bool) {
		for key := range keys {
			if !yield(key) {
				return
			}
		}
	}) {
		all = append(all, diff(path+"."+key, e[key], j[key])...)
	}
	return all
}

// files lists what was written into a folder.
func files(s Script, n *normal, dir string) string {
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if s.Files[e.Name()] == string(data) && s.Files[e.Name()] != "" {
			return err
		}
		fmt.Fprintf(&b, "%s %q\n", strings.TrimPrefix(path, dir), n.text(string(data)))
		return err
	})
	if err != nil {
		return err.Error()
	}
	return b.String()
}
