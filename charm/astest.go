package charm

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/charmkit/charmkit/charm/internal/bind"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/charm/recording"
)

// asTestCommand prints a recorded hook as a test. The test is text: nothing of what
// it uses is in this binary.
func asTestCommand[C any](newCharm Constructor[C], path string, o commandOptions) error {
	r, err := openRecording(path)
	if err != nil {
		return err
	}
	files, err := metadata.LoadSource(os.DirFS("."))
	if err != nil {
		return fmt.Errorf("cannot write a test here, which is no charm's folder: %w", err)
	}
	subject, err := subjectOf(bind.FuncName(newCharm))
	if err != nil {
		return err
	}
	event, err := eventFromEnvironment(recorded(r))
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(o.stdout, writeTest(subject, scene(r, event, files), r, event))
	return err
}

// testSubject is how a test names the charm.
type testSubject struct {
	// packageName is the test's, imports the charm's if that is another one.
	packageName, imports string
	constructor          string
	// files is where the charm's files are, seen from the test.
	files string
}

// subjectOf finds out how a test names the constructor of the charm.
func subjectOf(name, file string) (testSubject, error) {
	slash := strings.LastIndexByte(name, '/')
	path, function, _ := strings.Cut(name[slash+1:], ".")
	path = name[:slash+1] + path
	if function == "" || strings.ContainsAny(function, ".[(") {
		return testSubject{}, fmt.Errorf("cannot write a test of %s: the charm's constructor must be a function with a name, such as New", name)
	}
	s := testSubject{packageName: "main", constructor: function, files: "."}
	if path != "main" {
		if !unicode.IsUpper(rune(function[0])) {
			return testSubject{}, fmt.Errorf("cannot write a test of %s: the charm's constructor must be exported", name)
		}
		base := path[strings.LastIndexByte(path, '/')+1:]
		s = testSubject{packageName: base + "_test", imports: path, constructor: base + "." + function, files: ".."}
	}
	// The source is not there if the binary was built with -trimpath.
	if here, err := os.Getwd(); err == nil && filepath.IsAbs(file) {
		if _, err := os.Stat(file); err == nil {
			if dir, err := filepath.Rel(filepath.Dir(file), here); err == nil {
				s.files = filepath.ToSlash(dir)
			}
		}
	}
	return s, nil
}

// writeTest writes the test.
func writeTest(subject testSubject, s *testScene, r *recording.Recording, e event) string {
	w := &testWriter{uuid: s.modelUUID}
	w.line("package %s\n", subject.packageName)
	w.line("import (\n\t\"os\"\n\t\"testing\"\n\n\t\"github.com/stretchr/testify/require\"\n")
	imports := []string{"github.com/charmkit/charmkit/charm/charmtest"}
	if s.silent {
		imports = append(imports, "github.com/charmkit/charmkit/pebble/pebbletest/memory")
	}
	if subject.imports != "" {
		imports = append(imports, subject.imports)
	}
	for _, path := range slices.Sorted(slices.Values(imports)) {
		w.line("\t%q", path)
	}
	w.line(")\n")
	w.line("// %s was recorded: %s.", testName(e.name), describe(r))
	w.line("func %s(t *testing.T) {", testName(e.name))
	w.line("\tsubject := charmtest.New(%s, os.DirFS(%q))", subject.constructor, subject.files)
	w.state(s)
	w.line("\tout := charmtest.Run(t, subject, state, %s)", w.event(e, s))
	w.outcome(s, r)
	w.line("}")
	return w.out.String()
}

// testName is the name of the test of a hook.
func testName(event string) string {
	name := "TestRecorded"
	for word := range strings.SplitSeq(event, "-") {
		if word != "" {
			name += strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return name
}

// testWriter writes Go in the form that gofmt gives it.
type testWriter struct {
	out strings.Builder
	// uuid is the model's, in place of which the test has its own.
	uuid string
}

func (w *testWriter) line(format string, args ...any) { fmt.Fprintf(&w.out, format+"\n", args...) }

// quote writes a string.
func (w *testWriter) quote(text string) string {
	const own = `" + charmtest.ModelUUID + "`
	quoted := strconv.Quote(text)
	if w.uuid == "" || !strings.Contains(quoted, w.uuid) {
		return quoted
	}
	quoted = strings.ReplaceAll(quoted, w.uuid, own)
	return strings.TrimSuffix(strings.TrimPrefix(quoted, `"" + `), ` + ""`)
}

// argument writes a string that is one of several arguments, where gofmt leaves
// no room around operators.
func (w *testWriter) argument(text string) string {
	const name = "charmtest.ModelUUID"
	return strings.NewReplacer(`" + `+name, `"+`+name, name+` + "`, name+`+"`).Replace(w.quote(text))
}

// strings writes a map of strings.
func (w *testWriter) strings(m map[string]string) string {
	pairs := make([]string, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		pairs = append(pairs, w.quote(key)+": "+w.quote(m[key]))
	}
	return "map[string]string{" + strings.Join(pairs, ", ") + "}"
}

// value writes what JSON can hold.
func (w *testWriter) value(v any) string {
	switch v := v.(type) {
	case string:
		return w.quote(v)
	case map[string]any:
		pairs := make([]string, 0, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			pairs = append(pairs, w.quote(key)+": "+w.value(v[key]))
		}
		return "map[string]any{" + strings.Join(pairs, ", ") + "}"
	case []any:
		elements := make([]string, len(v))
		for i, element := range v {
			elements[i] = w.value(element)
		}
		return "[]any{" + strings.Join(elements, ", ") + "}"
	case json.Number:
		return v.String()
	case nil:
		return "nil"
	}
	return fmt.Sprint(v)
}

// fields writes a composite literal without its zero values.
func (w *testWriter) fields(pairs ...string) string {
	var parts []string
	for pair := range slices.Chunk(pairs, 2) {
		switch pair[1] {
		case "", `""`, "0", "false", "map[string]string{}", "map[string]map[string]string{}":
		default:
			parts = append(parts, pair[0]+": "+pair[1])
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (w *testWriter) state(s *testScene) {
	version := s.version
	if version == defaultVersion {
		version = ""
	}
	w.line("\tstate := charmtest.State%s", w.fields(
		"Unit", w.quote(s.unit), "Leader", fmt.Sprint(s.leader), "Model", w.quote(s.model), "Version", w.quote(version), "Trust", fmt.Sprint(s.trust)))
	if s.status.Status != "" {
		w.line("\tstate.Status = charmtest.Status%s", w.fields("Status", w.quote(s.status.Status), "Message", w.quote(s.status.Message)))
	}
	if len(s.config) > 0 {
		w.line("\tstate.Config = %s", w.value(s.config))
	}
	if len(s.stored) > 0 {
		w.line("\tstate.Stored = %s", w.strings(s.stored))
	}
	if len(s.ports) > 0 {
		w.line("\tstate.Ports = %#v", s.ports)
	}
	if len(s.storage) > 0 {
		w.line("\tstate.Storage = []charmtest.Storage{")
		for _, id := range slices.Sorted(maps.Keys(s.storage)) {
			w.line("\t\t%s,", w.fields("ID", w.quote(id), "Location", w.quote(s.storage[id])))
		}
		w.line("\t}")
	}
	if len(s.relations) > 0 {
		w.line("\tstate.Relations = []charmtest.Relation{")
		// A number that is left out is the place in the list.
		relations := slices.SortedFunc(maps.Values(s.relations), func(a, b *testRelation) int { return a.number - b.number })
		for _, r := range relations {
			units := make([]string, 0, len(r.units))
			for _, unit := range slices.Sorted(maps.Keys(r.units)) {
				units = append(units, w.quote(unit)+": "+strings.TrimPrefix(w.strings(r.units[unit]), "map[string]string"))
			}
			w.line("\t\t%s,", w.fields(
				"Endpoint", w.quote(r.endpoint), "ID", strconv.Itoa(r.number), "RemoteApp", w.quote(r.app), "RemoteAppData", w.strings(r.appData),
				"RemoteUnits", "map[string]map[string]string{"+strings.Join(units, ", ")+"}",
				"LocalAppData", w.strings(r.localApp), "LocalUnitData", w.strings(r.localUnit)))
		}
		w.line("\t}")
	}
	if len(s.secrets) > 0 {
		w.line("\tstate.Secrets = []charmtest.Secret{")
		for _, id := range slices.Sorted(maps.Keys(s.secrets)) {
			secret := s.secrets[id]
			owner := w.quote(secret.owner)
			if secret.owner == "" && secret.label == "" {
				owner = "charmtest.OwnerModel"
			}
			w.line("\t\t%s,", w.fields(
				"ID", w.quote(id), "Owner", owner, "Label", w.quote(secret.label), "Rotate", w.quote(secret.rotate), "Content", w.strings(secret.content),
				"Revision", strconv.Itoa(secret.revision), "Tracked", strconv.Itoa(secret.tracked), "Denied", fmt.Sprint(secret.denied)))
		}
		w.line("\t}")
	}
	if len(s.containers) > 0 {
		w.line("\tstate.Containers = map[string]charmtest.Container{}")
	}
	for _, name := range slices.Sorted(maps.Keys(s.containers)) {
		content := "Recorded: " + w.quote(s.containers[name])
		if s.containers[name] == "" {
			content = "Pebble: memory.State{Unreachable: true}"
		}
		w.line("\tstate.Containers[%q] = charmtest.Container{%s}", name, content)
	}
}

// event writes the event.
func (w *testWriter) event(e event, s *testScene) string {
	call := func(name string, args ...string) string {
		return "charmtest." + name + "(" + strings.Join(args, ", ") + ")"
	}
	name := ""
	for word := range strings.SplitSeq(e.kind, "-") {
		name += strings.ToUpper(word[:1]) + word[1:]
	}
	q := w.argument
	_, number, _ := strings.Cut(e.relationID, ":")
	in := ".In(" + number + ")"
	id := q(e.secretURI.ID())
	switch e.kind {
	case kindRelationCreated, kindRelationBroken:
		return call(name, q(e.subject)) + in
	case kindRelationJoined, kindRelationDeparted, kindRelationChanged:
		whose := e.remoteUnit
		if whose == "" {
			whose = e.remoteApp
		}
		text := call(name, q(e.subject), q(whose)) + in
		if e.departingUnit != "" && e.departingUnit != e.remoteUnit {
			text += ".Departing(" + q(e.departingUnit) + ")"
		}
		return text
	case kindPebbleReady:
		return call(name, q(e.subject))
	case kindPebbleCustomNotice:
		return call(name, q(e.subject), q(e.noticeID), q(e.noticeKey))
	case kindPebbleCheckFailed, kindPebbleCheckRecovered:
		return call(name, q(e.subject), q(e.check))
	case kindStorageAttached, kindStorageDetaching:
		return call(name, q(e.storageID))
	case kindSecretChanged, kindSecretRotate:
		return call(name, id, `""`)
	case kindSecretExpired, kindSecretRemove:
		return call(name, id, `""`, strconv.Itoa(e.secretRevision))
	case kindAction:
		return call("RunAction", q(e.name), w.value(s.params))
	case kindPreSeriesUpgrade:
		return call(name, q(e.targetBase), q(e.targetSeries))
	}
	return call(name)
}
