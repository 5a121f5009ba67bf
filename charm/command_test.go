package charm_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/testdata/notes"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"wiki": func() {
			runtime.LockOSThread() // all its breakpoints are in one thread
			charm.Main(newRecorded)
		},
		"notes":    func() { charm.Main(notes.New) },
		"nameless": func() { charm.Main(func(b *charm.Base) (*charm.Base, error) { return b, nil }) },
		"generic":  func() { charm.Main(generic[int]) },
		"detacher": detacher,
	})
}

// newRecorded declares the charm of the scripts: it is recorded, reads a secret,
// and says what it reads.
func newRecorded(b *charm.Base) (*charm.Base, error) {
	b.Record(charm.RecordOptions{Hooks: 2})
	config := charm.Config[struct {
		Level string `charm:"log-level"`
	}](b)
	app := b.Container("app")
	b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
		b.Log.DebugContext(ctx, "before")
		b.Breakpoint(ctx, "first-start")
		b.Log.DebugContext(ctx, "after")
		return nil
	})
	b.On.Stop(func(ctx context.Context, _ *charm.StopEvent) error {
		v, err := charm.ReadSecret[struct {
			Password string `charm:"password"`
		}](ctx, b, "secret:abc", "login")
		return errors.Join(err, errors.New("cannot log in with "+v.Password))
	})
	b.Reconcile(func(ctx context.Context, st *charm.Status) error {
		c, err := config.Get(ctx)
		if err != nil {
			return err
		}
		if c.Level == "panic" {
			panic("level\x1b[2J")
		}
		st.Active("level " + c.Level)
		return app.Ready(ctx)
	})
	return b, nil
}

// generic declares a charm that no test can be printed of.
func generic[T any](b *charm.Base) (*charm.Base, error) { return b, nil }

func TestCommands(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}
