package charm_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
)

// What is as long as may be stays whole. One byte more, and a status is cut, and
// shows it.
func TestHowLongTextsMayBe(t *testing.T) {
	t.Parallel()
	for more, end := range map[int]string{0: "", 1: "..."} {
		log, status := strings.Repeat("l", 100<<10), strings.Repeat("s", 1000+more)
		lines, err := runAnswered(t, nil, func(b *charm.Base) {
			b.Reconcile(func(ctx context.Context, st *charm.Status) error {
				b.Log.InfoContext(ctx, log)
				st.Active(status)
				return nil
			})
		}, "hooks/start")
		require.NoError(t, err)
		require.True(t, slices.Contains(lines, "juju-log -l INFO -- "+log))
		require.Equal(t, "status-set -- active "+status[:1000-len(end)]+end, lines[len(lines)-1])
	}
}

// The state is full with what fits, keys and what lies around them counted.
func TestHowMuchStateThereMayBe(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	// Each pair takes its key, its value and eight bytes.
	size := limit - len("notes.text") - 8 - len("notes.old") - 8 - len("o")
	for more, fits := range map[int]bool{0: true, 1: false} {
		state := with(func(b *charm.Base) *charm.UnitState[memo] { return charm.UnitStateOf[memo](b, "notes") },
			func(ctx context.Context, s *charm.UnitState[memo]) error {
				return s.Set(ctx, memo{Text: strings.Repeat("t", size+more), Old: "o"})
			})
		_, err := runAnswered(t, nil, state, "hooks/start")
		require.Equal(t, fits, err == nil, "%d bytes more", more)
		if fits {
			continue
		}
		var full *charm.StateFullError
		require.ErrorAs(t, err, &full)
		require.Equal(t, charm.StateFullError{For: `state "notes"`, Size: limit + 1, Limit: limit}, *full)
		require.ErrorContains(t, err, `cannot store state "notes": the unit's state would have 1048577 bytes, and may have 1048576`)
	}
}

// What is too much already can be made less.
func TestAFullStateCanBeEmptied(t *testing.T) {
	t.Parallel()
	answers := map[string]string{"state-get": `{"notes.text": "t", "notes.old": "o", "more": "` + strings.Repeat("m", 2<<20) + `"}`}
	lines, err := runAnswered(t, answers, with(func(b *charm.Base) *charm.UnitState[memo] { return charm.UnitStateOf[memo](b, "notes") },
		func(ctx context.Context, s *charm.UnitState[memo]) error {
			require.NoError(t, s.Set(ctx, memo{Text: "t"}))
			// It is gone already.
			require.NoError(t, s.Set(ctx, memo{Text: "t"}))
			kept, err := s.Get(ctx)
			require.Equal(t, memo{Text: "t"}, kept)
			return err
		}), "hooks/start")
	require.NoError(t, err)
	require.Equal(t, 1, count(tool(lines), "state-delete"))
	require.Contains(t, lines, "state-delete -- notes.old")
}

func TestLogOfNoHook(t *testing.T) {
	t.Parallel()
	_, err := charm.Events(func(b *charm.Base) (*charm.Base, error) {
		handler := b.Log.Handler()
		require.Equal(t, handler, handler.WithGroup(""))
		err := handler.Handle(t.Context(), slog.Record{Message: "hello"})
		require.EqualError(t, err, `cannot log "hello": no hook is running`)
		return b, nil
	})
	require.NoError(t, err)
}

// What Juju does not take into the log is no failure of the hook.
func TestLogThatJujuRefuses(t *testing.T) {
	t.Parallel()
	_, err := runAnswered(t, map[string]string{"juju-log": "ERROR full"}, func(b *charm.Base) {
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			b.Log.InfoContext(ctx, "hello")
			require.ErrorContains(t, b.Log.Handler().Handle(ctx, slog.Record{Message: "hello"}), "full")
			return nil
		})
	}, "hooks/start")
	require.NoError(t, err)
}

// A status that is shown already is not set again.
func TestStatusIsSetWhenItChanges(t *testing.T) {
	t.Parallel()
	lines, err := runAnswered(t, nil, func(b *charm.Base) {
		b.Reconcile(func(ctx context.Context, st *charm.Status) error {
			for range 2 {
				require.NoError(t, st.Progress(ctx, "working"))
			}
			return charm.Maintenance("working")
		})
	}, "hooks/start")
	require.NoError(t, err)
	require.Equal(t, 1, count(tool(lines), "status-get"))
	require.Equal(t, 1, count(tool(lines), "status-set"))
}

func TestMetadataThatIsNone(t *testing.T) {
	t.Parallel()
	_, err := charm.Run(t.Context(), doNothing, charm.Options{
		Getenv: environment("JUJU_DISPATCH_PATH", "hooks/start"), Transport: silent,
		Files: fstest.MapFS{"metadata.yaml": {Data: []byte("- no\n- map\n")}},
	})
	require.ErrorContains(t, err, "cannot parse metadata.yaml: ")
}

func TestTextsOfErrors(t *testing.T) {
	t.Parallel()
	require.EqualError(t, &charm.AbsentError{Endpoint: "database"}, `no relation on endpoint "database"`)
	require.EqualError(t, charm.WithPriority(charm.Blocked("set a password"), 3), "blocked: set a password")
}
