package memory_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// The contract: what a Pebble does, held to the real ones and to the one in memory alike.

// contractCase is one of its clauses.
type contractCase struct {
	name string

	// differs says what the versions of Pebble do differently, if they do.
	differs string

	setup setup
	run   func(c *contract)
}

// setup is what a Pebble starts with.
type setup struct {
	layers []memory.Layer
	uid    int // Pebble runs as root if 0
	env    map[string]string
}

// target is a Pebble that a clause is held to: what only those who have started it can do.
type target interface {
	container() *pebble.Container

	// dir is a folder of the clause's own.
	dir() string

	// process says how "service NAME" behaves from its next start on.
	process(service string, p memory.Process)

	// starts returns the environments that "service NAME" was started with.
	starts(service string) []map[string]string

	// signals returns the signals that the service got.
	signals(service string) []string

	// executable adds an executable, as a shell script and as a function.
	executable(name, script string, run func(process *memory.Running) int)

	// checkURL is where the check of that name looks.
	checkURL(name string) string

	// setCheck makes the check of that name fail with a line of output, or succeed if there is none.
	setCheck(name, failure string)

	// until lets time pass until something holds.
	until(what string, holds func() bool)

	// restart starts Pebble again, recreate the container.
	restart()
	recreate()

	// mount mounts something at a file or folder.
	mount(path string)

	// do sends a request to the API.
	do(method, path, body string) (status int, answer json.RawMessage)
}

// contract is a clause at work on a target.
type contract struct {
	target
	*testing.T
	newer bool // this is Pebble 1.32.1, not 1.19.2
}

var targets = []struct {
	name, version string
	start         func(t *testing.T, version string, s setup) target
}{
	{"memory-1.19.2", "1.19.2", startMemory},
	{"memory-1.32.1", "1.32.1", startMemory},
	{"real-1.19.2", "1.19.2", startReal},
	{"real-1.32.1", "1.32.1", startReal},
}

func contractCases() map[string][]contractCase {
	return map[string][]contractCase{
		"plan":     planCases,
		"refusals": refusalCases,
		"services": serviceCases,
		"exits":    exitCases,
		"checks":   checkCases,
		"notices":  noticeCases,
		"exec":     execCases,
		"files":    fileCases,
		"writing":  writeCases,
		"daemon":   daemonCases,
	}
}

// atOnce is how many clauses are tried at once. They wait for Pebble more than they work.
const atOnce = 32

func TestContract(t *testing.T) {
	t.Parallel()
	work := make(chan func())
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for job := range work {
				job()
			}
		})
	}
	for _, real := range []bool{true, false} {
		for group, cases := range contractCases() {
			for _, clause := range cases {
				for _, target := range targets {
					if real != strings.HasPrefix(target.name, "real") {
						continue
					}
					// Parallel subtests are as many as there are processors, and these only wait.
					work <- func() {
						t.Run(target.name+"/"+group+"/"+clause.name, func(t *testing.T) {
							c := &contract{target: target.start(t, target.version, clause.setup), T: t, newer: target.version != memory.DefaultVersion}
							clause.run(c)
						})
					}
				}
			}
		}
	}
	close(work)
	workers.Wait()
}

func TestContractIsLarge(t *testing.T) {
	t.Parallel()
	require.Equal(t, pebbletest.DefaultVersion, memory.DefaultVersion)
	names := map[string]bool{}
	for group, cases := range contractCases() {
		for _, clause := range cases {
			require.False(t, names[group+clause.name], "%s/%s is there twice", group, clause.name)
			names[group+clause.name] = true
		}
	}
	require.GreaterOrEqual(t, len(names), 80)
}

// add adds a layer given as YAML.
func (c *contract) add(label, text string) error {
	status, answer := c.do("POST", "/v1/layers", asJSON(map[string]any{
		"action": "add", "combine": true, "label": label, "format": "yaml", "layer": text,
	}))
	return apiError(status, answer)
}

// must adds a layer that is accepted.
func (c *contract) must(label, text string) {
	c.Helper()
	require.NoError(c, c.add(label, text))
}

// apiError returns the error in an answer.
func apiError(status int, answer json.RawMessage) error {
	var result struct {
		Message string
		Kind    string
	}
	if status < 400 {
		return nil
	}
	if err := json.Unmarshal(answer, &result); err != nil {
		return err
	}
	return fmt.Errorf("%d %s: %s", status, result.Kind, result.Message)
}

func asJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// get returns the result of a request.
func get[V any](c *contract, path string) V {
	c.Helper()
	status, answer := c.do("GET", path, "")
	require.Less(c, status, 400, "%s", answer)
	var v V
	require.NoError(c, json.Unmarshal(answer, &v), "%s", answer)
	return v
}

// temporary is the name of a file that is written before it is renamed.
var temporary = regexp.MustCompile(`\.[0-9A-Za-z]+~`)

// logTime is the time before a line of a log.
var logTime = regexp.MustCompile(`[0-9]{4}-[0-9-]+T[0-9:]+(Z|[+-][0-9:]+) `)

// clean makes texts of different targets comparable.
func (c *contract) clean(text string) string {
	return temporary.ReplaceAllString(strings.ReplaceAll(text, c.dir(), "DIR"), ".TMP~")
}

// refused requires an error with a text.
func (c *contract) refused(err error, text string) {
	c.Helper()
	require.Error(c, err)
	require.Equal(c, text, c.clean(err.Error()))
}

// refusedBy requires an error that ends with a text, behind what package pebble puts before it.
func (c *contract) refusedBy(err error, text string) {
	c.Helper()
	require.Error(c, err)
	got := c.clean(err.Error())
	require.True(c, strings.HasSuffix(got, ": "+text), "%q does not end with %q", got, text)
}

// plan returns the plan without what has no effect.
func (c *contract) plan() *pebble.Plan {
	c.Helper()
	plan, err := c.container().Plan(c.Context())
	require.NoError(c, err)
	return plan
}

// statuses returns the status of all services.
func (c *contract) statuses() map[string]pebble.ServiceStatus {
	c.Helper()
	infos, err := c.container().Services(c.Context())
	require.NoError(c, err)
	out := map[string]pebble.ServiceStatus{}
	for name, info := range infos {
		out[name] = info.Status
	}
	return out
}

func (c *contract) status(service string) pebble.ServiceStatus { return c.statuses()[service] }

// checkInfo returns a check.
func (c *contract) checkInfo(name string) pebble.CheckInfo {
	c.Helper()
	infos, err := c.container().Checks(c.Context(), name)
	require.NoError(c, err)
	return infos[name]
}

// change is a change as the API tells it.
type change struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Summary string `json:"summary"`
	Status  string `json:"status"`
	Ready   bool   `json:"ready"`
	Err     string `json:"err"`
	Tasks   []struct {
		Kind    string   `json:"kind"`
		Summary string   `json:"summary"`
		Status  string   `json:"status"`
		Log     []string `json:"log"`
	} `json:"tasks"`
}

// lastChange returns the last change of a kind.
func (c *contract) lastChange(kind string) change {
	c.Helper()
	var last change
	for _, one := range get[[]change](c, "/v1/changes?select=all") {
		if one.Kind == kind && (len(one.ID) > len(last.ID) || len(one.ID) == len(last.ID) && one.ID > last.ID) {
			last = one
		}
	}
	require.NotEmpty(c, last.ID, "there is no change of kind %s", kind)
	return last
}

// tasks returns what a change did, and what became of it.
func (c change) tasks() []string {
	var out []string
	for _, task := range c.Tasks {
		out = append(out, task.Summary+": "+task.Status)
	}
	return out
}

// logs returns the log of a change's tasks without times.
func (c change) logs() []string {
	var out []string
	for _, task := range c.Tasks {
		for _, line := range task.Log {
			_, text, _ := strings.Cut(line, " ")
			out = append(out, text)
		}
	}
	return out
}

func ptr[V any](v V) *V { return &v }

// How long something may take that is bound to happen, and how often it is looked at.
const (
	patience = 30 * time.Second
	poll     = 10 * time.Millisecond
)
