package charmbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/charmbox"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/uniter"
)

var deaths = flag.Int("deaths", 10, "at how many points the daemon dies, evenly spread; 0 means at all of them")

// mortalCharm is a charm that keeps what its hooks did, and shows its
// configuration.
func mortalCharm(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"metadata.yaml": "name: hello\nsummary: s\ndescription: d\n",
		"config.yaml":   "options:\n  greeting: {type: string, default: Hello}\n  name: {type: string}\n",
		"actions.yaml":  "greet:\n  description: d\n",
		"dispatch": `#!/bin/sh -e
case $JUJU_DISPATCH_PATH in
hooks/install) state-set installed=yes ;;
hooks/config-changed) status-set active "$(config-get greeting)" ;;
actions/greet) action-set said=hello ;;
esac
`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o755))
	}
	return dir
}

// The steps of the session, in their order.
const (
	deployed = iota + 1
	started
	configured
	reconfigured
	greeted
	removed
	gone
)

// session asks for one thing after the other, and returns the last step that
// was acknowledged, and why the next one was not.
func session(ctx context.Context, client *charmbox.Client, charm string) (last int, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	steps := []func() error{
		deployed: func() error {
			return client.Deploy(ctx, charmbox.DeployRequest{Charm: charm, Config: map[string]string{"name": "World"}})
		},
		started: func() error { return awaitStatus(ctx, client, showing("Hello")) },
		configured: func() error {
			_, err := client.Config(ctx, charmbox.ConfigRequest{Application: "hello", Set: map[string]string{"greeting": "Moin"}})
			return err
		},
		reconfigured: func() error { return awaitStatus(ctx, client, showing("Moin")) },
		greeted: func() error {
			result, err := client.Run(ctx, charmbox.RunRequest{Unit: "hello/0", Action: "greet"})
			if err == nil && result.Status != model.ActionCompleted {
				err = fmt.Errorf("the action is %s: %s", result.Status, result.Message)
			}
			return err
		},
		removed: func() error { return client.Remove(ctx, "hello") },
		gone:    func() error { return awaitStatus(ctx, client, empty) },
	}
	for step := deployed; step <= gone; step++ {
		if err := steps[step](); err != nil {
			return step - 1, fmt.Errorf("step %d: %w", step, err)
		}
	}
	return gone, nil
}

// showing is a status in which all is settled and the unit shows one of these
// greetings.
func showing(greetings ...string) func(charmbox.Status) bool {
	return func(s charmbox.Status) bool {
		for _, greeting := range greetings {
			if s.Settled("hello") && s.Applications["hello"].Units["hello/0"].Workload.Message == greeting {
				return true
			}
		}
		return false
	}
}

func empty(s charmbox.Status) bool { return len(s.Applications) == 0 }

func either(a, b func(charmbox.Status) bool) func(charmbox.Status) bool {
	return func(s charmbox.Status) bool { return a(s) || b(s) }
}

// awaitStatus waits until a model's status is as wanted.
func awaitStatus(ctx context.Context, client *charmbox.Client, wanted func(charmbox.Status) bool) error {
	for {
		status, err := client.Status(ctx)
		if err != nil || wanted(status) {
			return err
		}
		select {
		case <-ctx.Done():
			var table bytes.Buffer
			return errors.Join(context.Cause(ctx), status.WriteTable(&table), errors.New(table.String()))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// TestDeathOfTheDaemon kills a daemon with SIGKILL before and right after its
// writes, in the middle of a session with a real pod, and checks that a new
// daemon has all that was acknowledged and goes on.
//
// By default only some of the points are tried, spread over the whole session:
// each takes two daemons and their pods. -deaths=0 tries all. (C-119.)
func TestDeathOfTheDaemon(t *testing.T) {
	t.Parallel()
	charm := mortalCharm(t)
	immortal := startMortal(t, 0, false)
	last, err := session(t.Context(), charmbox.NewClient(immortal.Dir), charm)
	require.NoError(t, err)
	require.Equal(t, gone, last)
	_, writes := immortal.acknowledged(t)
	require.NoError(t, charmbox.Destroy(t.Context(), immortal.Dir))

	points := 2 * writes
	tried := points
	if *deaths > 0 {
		tried = min(*deaths, points)
	}
	queue := make(chan int, tried)
	for i := range tried {
		queue <- i * points / tried
	}
	close(queue)
	var ran, died atomic.Int32
	var workers sync.WaitGroup
	for range 6 {
		workers.Go(func() {
			for point := range queue {
				dieAt, after := point/2+1, point%2 == 1
				t.Run(fmt.Sprintf("write=%d,after=%v", dieAt, after), func(t *testing.T) {
					ran.Add(1)
					if dieOnce(t, charm, dieAt, after) {
						died.Add(1)
					}
				})
			}
		})
	}
	workers.Wait()
	t.Logf("%d writes; %d deaths at %d of %d points", writes, died.Load(), ran.Load(), points)
	// What the unit does between two verbs takes now more writes, now less.
	require.GreaterOrEqual(t, 4*died.Load(), 3*ran.Load())
}

// dieOnce reports whether the daemon died: a session may be over before.
func dieOnce(t *testing.T, charm string, dieAt int, after bool) bool {
	m := startMortal(t, dieAt, after)
	last, err := session(t.Context(), charmbox.NewClient(m.Dir), charm)
	if last == gone {
		require.NoError(t, charmbox.Destroy(t.Context(), m.Dir))
		return false
	}
	m.requireDead(t, err)
	acknowledged, _ := m.acknowledged(t)
	require.Equal(t, acknowledged, m.stored(t), "the file has what the store acknowledged")
	m.requireRecovery(t, last, state(t, acknowledged))
	return true
}

// requireRecovery starts a new daemon, and checks that it has what was
// acknowledged: the steps until last, and what the old one had stored.
func (m *mortal) requireRecovery(t *testing.T, last int, before model.State) {
	t.Helper()
	client := m.reopen(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	found, err := client.Status(ctx)
	require.NoError(t, err)
	if last >= deployed && last < greeted {
		require.Contains(t, found.Applications, "hello")
		options, err := client.Config(ctx, charmbox.ConfigRequest{Application: "hello"})
		require.NoError(t, err)
		require.Equal(t, "World", options["name"].Value)
		if last >= configured {
			require.Equal(t, "Moin", options["greeting"].Value)
		}
	}
	// The step after the last is done, or not at all.
	wanted := map[int]func(charmbox.Status) bool{
		0: either(empty, showing("Hello")), deployed: showing("Hello"), started: showing("Hello", "Moin"),
		configured: showing("Moin"), reconfigured: showing("Moin"), greeted: either(showing("Moin"), empty), removed: empty,
	}
	require.NoError(t, awaitStatus(ctx, client, wanted[last]), "after step %d", last)

	m.requireWork(t, client, before, state(t, m.stored(t)))
}

// requireWork checks that hooks and actions that were done before the death
// still are.
func (m *mortal) requireWork(t *testing.T, client *charmbox.Client, before, now model.State) {
	t.Helper()
	for name, unit := range before.Units {
		var agent uniter.Local
		if len(unit.AgentState) > 0 {
			require.NoError(t, json.Unmarshal(unit.AgentState, &agent))
		}
		if !agent.Installed {
			continue
		}
		if after := now.Units[name]; after != nil {
			require.Equal(t, "yes", after.CharmState["installed"])
		}
		log, err := client.Log(t.Context(), charmbox.LogRequest{})
		require.NoError(t, err)
		for _, r := range log.Records {
			require.NotContains(t, r.Message, `ran "install" hook`, "the hook was acknowledged")
		}
	}
	for id, old := range before.Actions {
		action := now.Actions[id]
		require.NotNil(t, action, "action %s was taken", id)
		require.NotNil(t, action.Completed, "action %s is %s for ever", id, action.Status)
		if old.Completed != nil {
			require.Equal(t, model.ActionCompleted, action.Status)
			require.Equal(t, "hello", action.Results["said"])
		}
	}
}
