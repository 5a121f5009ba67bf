package e2e_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/charmbox"
	"github.com/charmkit/charmkit/internal/testenv"
	"github.com/charmkit/charmkit/pebble"
)

// patience is how long a test waits for anything to come about: longer than the
// minute for which a hook itself waits for Unleash, which a busy machine needs.
const patience = 3 * time.Minute

// box is a model with its daemon in this process.
type box struct {
	*charmbox.Client
	dir string
}

// newBox starts a daemon, whose model is destroyed at the end of the test.
// Nothing of it may be left then.
func newBox(t *testing.T, options charmbox.Options) *box {
	t.Helper()
	b := &box{dir: shortTempDir(t)}
	b.Client = charmbox.NewClient(b.dir)
	options.Dir, options.Model = b.dir, "e2e"
	options.Pebble, options.Tools = testenv.Pebble(t, "1.19.2"), "/proc/self/exe"
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- charmbox.RunDaemon(context.Background(), options, func() { close(ready) })
	}()
	select {
	case <-ready:
	case err := <-ended:
		require.NoError(t, err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(b.log())
		}
		require.NoError(t, charmbox.Destroy(context.Background(), b.dir))
		require.NoError(t, <-ended)
		requireNothingLeft(t, b.dir)
	})
	return b
}

// shortTempDir returns a folder with a short name: the paths of sockets are
// limited.
func shortTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cb")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

func (b *box) log() string {
	var text strings.Builder
	answer, err := b.Log(context.Background(), charmbox.LogRequest{})
	if err != nil {
		return err.Error()
	}
	for _, r := range answer.Records {
		text.WriteString(r.Time.Format("04:05.000 ") + r.Level + " " + r.Unit + " " + r.Module + " " + r.Message + "\n")
	}
	return text.String()
}

// charmFile is a charm that the Makefile packs.
func charmFile(t *testing.T, name string) string {
	return testenv.Built(t, name+"_"+runtime.GOARCH+".charm")
}

func (b *box) deployPostgreSQL(t *testing.T) {
	t.Helper()
	require.NoError(t, b.Deploy(t.Context(), charmbox.DeployRequest{
		Charm:     charmFile(t, "postgresql"),
		Resources: map[string]string{"postgresql-image": filepath.Join(testenv.Root(t), "examples", "postgresql")},
	}))
}

func (b *box) deployUnleash(t *testing.T, config map[string]string) {
	t.Helper()
	rock := filepath.Join(testenv.Root(t), "rock")
	require.NoError(t, b.Deploy(t.Context(), charmbox.DeployRequest{
		Charm: charmFile(t, "unleash-k8s"), Application: "unleash", Config: config,
		Resources: map[string]string{"nginx-image": filepath.Join(rock, "nginx"), "app-image": filepath.Join(rock, "app")},
	}))
}

// integrate relates the two.
func (b *box) integrate(t *testing.T) {
	t.Helper()
	require.NoError(t, b.Integrate(t.Context(), charmbox.IntegrateRequest{Endpoints: [2]string{"unleash", "postgresql"}}))
}

func (b *box) configure(t *testing.T, application, option, value string) {
	t.Helper()
	_, err := b.Config(t.Context(), charmbox.ConfigRequest{Application: application, Set: map[string]string{option: value}})
	require.NoError(t, err)
}

// run runs an action of unleash/0 that succeeds.
func (b *box) run(t *testing.T, action string, params map[string]any) map[string]any {
	t.Helper()
	result, err := b.Run(t.Context(), charmbox.RunRequest{Unit: "unleash/leader", Action: action, Params: params})
	require.NoError(t, err)
	require.Equal(t, "completed", result.Status, "%+v", result)
	return result.Results
}

// settle waits until everything is active and idle.
func (b *box) settle(t *testing.T) {
	t.Helper()
	b.await(t, "all is settled", func(s charmbox.Status) bool { return s.Settled() })
}

// awaitUnit waits until a unit's workload has a status whose message has all of
// these parts.
func (b *box) awaitUnit(t *testing.T, unit, status string, parts ...string) {
	t.Helper()
	b.await(t, unit+" is "+status+": "+strings.Join(parts, ", "), func(s charmbox.Status) bool {
		app, _, _ := strings.Cut(unit, "/")
		workload := s.Applications[app].Units[unit].Workload
		for _, part := range parts {
			if !strings.Contains(workload.Message, part) {
				return false
			}
		}
		return workload.Current == status
	})
}

func (b *box) await(t *testing.T, what string, reached func(charmbox.Status) bool) {
	t.Helper()
	awaitStatus(t, b.Client, what, reached)
}

// awaitStatus waits until a model's status is as wanted.
func awaitStatus(t *testing.T, client *charmbox.Client, what string, reached func(charmbox.Status) bool) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		status, err := client.Status(t.Context())
		require.NoError(t, err)
		if reached(status) {
			return
		}
		if time.Now().After(end) {
			var table bytes.Buffer
			require.NoError(t, status.WriteTable(&table))
			require.Fail(t, "not reached: "+what, table.String())
		}
	}
}

// eventually waits for a condition that is no part of the status.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			require.Fail(t, "not reached: "+what)
		}
	}
}

// unitDir is the place of a unit's pod on the host.
func (b *box) unitDir(unit string) string {
	return filepath.Join(b.dir, "units", charmbox.UnitTag(unit))
}

// socket is that of a container's Pebble.
func (b *box) socket(unit, container string) string {
	return filepath.Join(b.unitDir(unit), "shared", container, "pebble.socket")
}

// container is a workload container, reached from outside.
func (b *box) container(unit, name string) *pebble.Container {
	return pebble.NewContainer(name, b.socket(unit, name))
}
