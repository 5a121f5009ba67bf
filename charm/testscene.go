package charm

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/charm/recording"
)

// defaultVersion is that of Juju in a test that says nothing of it.
const defaultVersion = "3.6.11"

// missingID is how the id of a secret begins of which none has been told.
const missingID = "missing"

// testScene is what a recorded hook has found, as far as it has asked.
type testScene struct {
	unit, model, modelUUID, version string
	leader, trust                   bool
	status                          hooktool.Status
	config                          map[string]any
	params                          map[string]any
	stored                          map[string]string
	ports                           []string
	storage                         map[string]string
	relations                       map[string]*testRelation
	secrets                         map[string]*testSecret
	// containers are the lines of what their Pebbles have answered; silent says that the
	// one that the event is of has not.
	containers map[string]string
	silent     bool
	// made are the URIs of secrets that the hook has made.
	made []string
}

type testRelation struct {
	endpoint, app                string
	number                       int
	appData, localApp, localUnit map[string]string
	units                        map[string]map[string]string
}

type testSecret struct {
	owner, label, rotate string
	content              map[string]string
	revision, tracked    int
	denied               bool
}

// scene finds out what the hook has found.
func scene(r *recording.Recording, e event, files *metadata.Charm) *testScene {
	getenv := recorded(r)
	s := &testScene{
		unit: getenv("JUJU_UNIT_NAME"), model: getenv("JUJU_MODEL_NAME"), modelUUID: getenv("JUJU_MODEL_UUID"), version: getenv("JUJU_VERSION"),
		leader: e.kind == kindLeaderElected, storage: map[string]string{}, relations: map[string]*testRelation{}, secrets: map[string]*testSecret{},
		containers: map[string]string{},
	}
	if e.relationID != "" {
		relation := s.relation(e.relationID)
		relation.app = e.remoteApp
		if e.remoteUnit != "" {
			relation.units[e.remoteUnit] = map[string]string{}
		}
	}
	if e.storageID != "" {
		s.storage[e.storageID] = e.storageLocation
	}
	answered := map[string]bool{}
	for _, entry := range r.Entries {
		if entry.Tool != nil {
			s.tool(entry.Tool, files)
		}
		if p := entry.Pebble; p != nil {
			if line, err := json.Marshal(entry); err == nil {
				s.containers[p.Container] += string(line) + "\n"
			}
			answered[p.Container] = answered[p.Container] || p.Error == ""
		}
	}
	maps.DeleteFunc(s.containers, func(name, _ string) bool { return !answered[name] })
	switch e.kind {
	case kindPebbleReady, kindPebbleCustomNotice, kindPebbleCheckFailed, kindPebbleCheckRecovered:
		if s.silent = !answered[e.subject]; s.silent {
			s.containers[e.subject] = ""
		}
	}
	s.ownSecrets(e)
	for _, relation := range s.relations {
		for unit := range relation.units {
			relation.app = applicationOf(unit)
		}
		if relation.app == s.app() {
			relation.app = ""
		}
	}
	return s
}

func (s *testScene) app() string { return applicationOf(s.unit) }

func applicationOf(unit string) string {
	app, _, _ := strings.Cut(unit, "/")
	return app
}

func (s *testScene) relation(id string) *testRelation {
	if s.relations[id] == nil {
		endpoint, number, _ := strings.Cut(id, ":")
		n, _ := strconv.Atoi(number)
		s.relations[id] = &testRelation{endpoint: endpoint, number: n, units: map[string]map[string]string{}}
	}
	return s.relations[id]
}

// tool learns from one answer. Of two to the same question the first tells what was
// there before the hook.
func (s *testScene) tool(t *recording.ToolEntry, files *metadata.Charm) {
	args := slices.DeleteFunc(slices.Clone(t.Args), func(arg string) bool { return strings.HasPrefix(arg, "--format") })
	option := func(name string) string {
		if i := slices.Index(args, name); i >= 0 && i+1 < len(args) {
			return args[i+1]
		}
		return ""
	}
	out := []byte(t.Stdout)
	if t.Code != 0 || t.Error != "" {
		if t.Name == "secret-get" && strings.Contains(t.Stderr, "permission denied") && len(args) > 0 {
			s.secrets[secretIn(args, option("--label"))] = &testSecret{denied: true, content: map[string]string{"unknown": "unknown"}}
		}
		return
	}
	if strings.HasPrefix(t.Name, "relation-") && t.Name != "relation-ids" && option("-r") == "" {
		return // package hooktool names the relation always
	}
	switch t.Name {
	case "is-leader":
		s.leader = s.leader || strings.TrimSpace(t.Stdout) == "true"
	case "config-get":
		if s.config == nil {
			s.config = configOf(out, files)
		}
	case "action-get":
		s.params, _ = decoded[map[string]any](out)
	case "state-get":
		if values, ok := decoded[map[string]string](out); ok && s.stored == nil {
			s.stored = nonNil(values)
		}
	case "status-get":
		if status, ok := decoded[hooktool.Status](out); ok && s.status.Status == "" && status.Status != "unknown" {
			s.status = status
		}
	case "opened-ports":
		if ports, ok := decoded[[]string](out); ok && s.ports == nil {
			s.ports = ports
		}
	case "storage-list":
		ids, _ := decoded[[]string](out)
		for _, id := range ids {
			if _, known := s.storage[id]; !known {
				s.storage[id] = ""
			}
		}
	case "credential-get":
		s.trust = true
	case "relation-ids":
		ids, _ := decoded[[]string](out)
		for _, id := range ids {
			s.relation(id)
		}
	case "relation-list":
		r := s.relation(option("-r"))
		if slices.Contains(args, "--app") {
			r.app, _ = decoded[string](out)
			return
		}
		units, _ := decoded[[]string](out)
		for _, unit := range units {
			r.units[unit] = nonNil(r.units[unit])
		}
	case "relation-get":
		if values, ok := decoded[map[string]string](out); ok {
			s.databag(option("-r"), args[len(args)-1], values)
		}
	case "secret-add":
		s.made = append(s.made, strings.TrimSpace(t.Stdout))
	case "secret-get", "secret-info-get":
		s.secret(t.Name, args, option("--label"), out)
	}
}

func (s *testScene) databag(id, owner string, values map[string]string) {
	r := s.relation(id)
	keep := func(bag *map[string]string) {
		if *bag == nil {
			*bag = nonNil(values)
		}
	}
	switch {
	case owner == s.unit:
		keep(&r.localUnit)
	case owner == s.app():
		keep(&r.localApp)
	case isUnit(owner):
		if len(r.units[owner]) == 0 {
			r.units[owner] = nonNil(values)
		}
	default:
		r.app = owner
		keep(&r.appData)
	}
}

// secret learns of a secret, which is asked for by URI or by label.
func (s *testScene) secret(tool string, args []string, label string, out []byte) {
	id := secretIn(args, label)
	if slices.ContainsFunc(s.made, func(uri string) bool { return id != "" && SecretURI(uri).ID() == id }) {
		return
	}
	if tool == "secret-info-get" {
		infos, _ := decoded[map[string]struct {
			Revision int    `json:"revision"`
			Label    string `json:"label"`
			Owner    string `json:"owner"`
			Rotation string `json:"rotation"`
		}](out)
		for id, info := range infos {
			secret := s.secretOf(id, info.Label)
			secret.revision = info.Revision
			if info.Rotation != "never" {
				secret.rotate = info.Rotation
			}
			if info.Owner == "unit" {
				secret.owner = s.unit
			} else {
				secret.owner = s.app()
			}
		}
		return
	}
	if content, ok := decoded[map[string]string](out); ok {
		if secret := s.secretOf(id, label); secret.content == nil {
			secret.content = content
		}
	}
}

// secretIn returns the id of the secret that a call names; empty if it names none.
func secretIn(args []string, label string) string {
	for _, arg := range args {
		if arg != label && !strings.HasPrefix(arg, "-") {
			return SecretURI(arg).ID()
		}
	}
	return ""
}

// secretOf returns what is known of a secret. One of which the id has not been told
// is known by its label.
func (s *testScene) secretOf(id, label string) *testSecret {
	for known, secret := range s.secrets {
		if label != "" && secret.label == label && (id == "" || id != known) {
			if id != "" && strings.HasPrefix(known, missingID) {
				delete(s.secrets, known)
				s.secrets[id] = secret
			}
			return secret
		}
	}
	if id == "" {
		// An id that Juju could have given.
		id = fmt.Sprintf("%s%012d0", missingID, len(s.secrets))
	}
	if s.secrets[id] == nil {
		s.secrets[id] = &testSecret{}
	}
	if label != "" {
		s.secrets[id].label = label
	}
	return s.secrets[id]
}

// ownSecrets finds out whose the secrets are, and completes what the event tells.
func (s *testScene) ownSecrets(e event) {
	if id := e.secretURI.ID(); id != "" {
		secret := s.secretOf(id, e.secretLabel)
		switch e.kind {
		case kindSecretChanged:
			secret.tracked = max(secret.revision, 1)
		case kindSecretRotate:
			secret.rotate = cmp.Or(secret.rotate, "daily")
		case kindSecretExpired, kindSecretRemove:
			secret.revision = max(secret.revision, e.secretRevision)
		}
		if e.kind != kindSecretChanged {
			secret.owner, s.leader = cmp.Or(secret.owner, s.app()), true
		}
	}
	for id, secret := range s.secrets {
		if secret.content == nil {
			secret.content = map[string]string{"unknown": "unknown"}
		}
		for _, r := range s.relations {
			for _, value := range r.appData {
				if secret.owner == "" && strings.HasSuffix(value, id) {
					secret.owner = r.app
				}
			}
		}
		if secret.owner == "" && secret.label != "" {
			secret.owner = s.app()
		}
	}
}

// configOf returns the options that differ from their defaults.
func configOf(out []byte, files *metadata.Charm) map[string]any {
	values, _ := decoded[map[string]any](out)
	config := map[string]any{}
	for name, value := range values {
		option := files.Config.Options[name]
		number, isNumber := value.(json.Number)
		switch {
		case isNumber && option.Type == "int":
			n, _ := strconv.ParseFloat(number.String(), 64)
			value = int(n)
		case isNumber && option.Type == "float":
			n, _ := strconv.ParseFloat(number.String(), 64)
			if option.Default == n {
				continue
			}
			if value = number; !strings.ContainsAny(number.String(), ".e") {
				value = json.Number(number.String() + ".0")
			}
		}
		if value != nil && value != option.Default {
			config[name] = value
		}
	}
	return config
}

// decoded reads an answer; numbers stay as they are written.
func decoded[T any](out []byte) (value T, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(out))
	decoder.UseNumber()
	return value, decoder.Decode(&value) == nil
}

// outcome writes what the hook came to.
func (w *testWriter) outcome(s *testScene, r *recording.Recording) {
	end := r.End()
	switch {
	case end == nil:
		w.line("\t// The hook was killed.")
	case end.Error != "":
		message, _, _ := strings.Cut(end.Error, "\n")
		w.line("\trequire.ErrorContains(t, out.Err, %s)", w.argument(message))
	default:
		w.line("\trequire.NoError(t, out.Err)")
	}
	var tools []string
	type bag struct{ relation, owner string }
	var bags []bag
	written := map[bag]map[string]string{}
	for _, entry := range r.Entries {
		t := entry.Tool
		if t == nil || t.Name == "juju-log" {
			continue
		}
		tools = append(tools, strconv.Quote(t.Name))
		if t.Code != 0 {
			continue
		}
		switch t.Name {
		case "status-set":
			if n := len(t.Args); n >= 2 && !slices.Contains(t.Args, "--application") {
				s.status = hooktool.Status{Status: t.Args[n-2], Message: t.Args[n-1]}
			}
		case "relation-set":
			at := slices.Index(t.Args, "-r")
			if at < 0 || t.Stdin == nil {
				continue
			}
			b := bag{t.Args[at+1], s.unit}
			if slices.Contains(t.Args, "--app") {
				b.owner = s.app()
			}
			values, _ := decoded[map[string]string]([]byte(*t.Stdin))
			if written[b] == nil {
				bags, written[b] = append(bags, b), map[string]string{}
			}
			maps.Copy(written[b], values)
		}
	}
	if s.status.Status != "" {
		w.line("\trequire.Equal(t, charmtest.Status%s, out.State.Status)", w.fields("Status", w.quote(s.status.Status), "Message", w.quote(s.status.Message)))
	}
	if end != nil && end.Error == "" {
		for _, b := range bags {
			w.written(s, b.relation, b.owner, written[b])
		}
	}
	if end != nil {
		w.line("\trequire.Equal(t, []string{%s}, out.Calls.Without(\"juju-log\").Tools())", strings.Join(tools, ", "))
	}
}

// written writes what the hook has written into a databag. Values that differ from
// run to run are only said to be there.
func (w *testWriter) written(s *testScene, relation, owner string, values map[string]string) {
	random := func(value string) bool {
		return strings.Contains(value, "redacted-") || slices.ContainsFunc(s.made, func(uri string) bool { return strings.Contains(value, SecretURI(uri).ID()) })
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		switch value := values[key]; {
		case value == "":
			w.line("\trequire.Contains(t, out.Wrote(%s, %s).Deleted, %s)", w.argument(relation), w.argument(owner), w.argument(key))
		case random(value):
			w.line("\trequire.Contains(t, out.Wrote(%s, %s).Set, %s)", w.argument(relation), w.argument(owner), w.argument(key))
		default:
			w.line("\trequire.Equal(t, %s, out.Wrote(%s, %s).Set[%s])", w.argument(value), w.argument(relation), w.argument(owner), w.argument(key))
		}
	}
}
