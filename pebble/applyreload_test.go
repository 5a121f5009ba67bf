package pebble_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// teller is a service that tells what it has loaded, by the answers that it is given: the last one for ever.
type teller struct {
	*memory.Pebble

	mu      sync.Mutex
	answers []string
	asked   []time.Time
	reloads int
	// reloaded are the answers after a reload.
	reloaded []string
}

func newTeller(state memory.State, answers ...string) *teller {
	s := &teller{answers: answers}
	s.Pebble = memory.New(state, memory.Options{Commands: []memory.Command{{Args: []string{"reload"}, Run: func(_ context.Context, process *memory.Running) int {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.reloads++
		s.answers = s.reloaded
		return len(process.Args) - 1
	}}}})
	return s
}

// answer makes the service give answers; "error" is one.
func (s *teller) answer(answers ...string) { s.answers, s.asked = answers, nil }

func (s *teller) loaded(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, time.Now())
	answer := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	if answer == "error" {
		return "", errors.New("no answer")
	}
	return answer, nil
}

// want wants a generation to be loaded.
func (s *teller) want(generation string, args ...string) pebble.Want {
	want := services(map[string]*pebble.Service{"web": {Startup: pebble.StartupEnabled, Command: "web"}})
	want.Reloads = []pebble.Reload{{
		Service: "web", Generation: generation, Loaded: s.loaded, Command: &pebble.Command{Args: append([]string{"reload"}, args...)}, Timeout: 10 * time.Minute,
	}}
	return want
}

// running is a teller whose service was started long ago.
func running(t *testing.T) *teller {
	t.Helper()
	s := newTeller(memory.State{}, "1")
	require.Equal(t, []string{"web"}, apply(t, s.Container("app"), s.want("1")).Started)
	require.Len(t, s.asked, 1, "one that was started needs no more than one right answer")
	require.Zero(t, s.reloads)
	return s
}

func TestWhatIsLoadedIsNotReloaded(t *testing.T) {
	t.Parallel()
	s := running(t)
	s.answer("1")
	require.Equal(t, &pebble.Applied{}, apply(t, s.Container("app"), s.want("1")))
	require.Len(t, s.asked, 1)
	require.Zero(t, s.reloads)
}

// NGINX has old and new workers side by side for a while: one right answer is not enough.
func TestAReloadHoldsForAQuarterOfASecond(t *testing.T) {
	t.Parallel()
	s := running(t)
	s.answer("1")
	s.reloaded = []string{"2", "2", "1", "2", "error", "2"}
	require.Equal(t, &pebble.Applied{Reloaded: []string{"web"}}, apply(t, s.Container("app"), s.want("2")))
	require.Equal(t, 1, s.reloads)
	last := s.asked[len(s.asked)-1]
	firstRight := s.asked[6] // after one before the reload and five after it
	require.GreaterOrEqual(t, last.Sub(firstRight), 250*time.Millisecond-time.Millisecond)
}

// A service that was started is waited for, and not told to load what it is about to load.
func TestAStartIsNoReload(t *testing.T) {
	t.Parallel()
	s := newTeller(memory.State{}, "error", "0", "1")
	require.Equal(t, &pebble.Applied{LayerAdded: true, Started: []string{"web"}}, apply(t, s.Container("app"), s.want("1")))
	require.Zero(t, s.reloads)
	require.Len(t, s.asked, 3)

	// Nor is one that an Apply has started that was killed: its first second is its own.
	young := newTeller(memory.State{Time: time.Now().Add(time.Hour)}, "1")
	apply(t, young.Container("app"), young.want("1"))
	young.answer("1", "error", "2")
	require.Equal(t, &pebble.Applied{}, apply(t, young.Container("app"), young.want("2")))
	require.Zero(t, young.reloads)
	require.Len(t, young.asked, 3)
}

func TestReloadsThatFail(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reloaded []string
		args     []string
		err      pebble.ReloadError
		wrong    string
	}{
		"the old one goes on": {reloaded: []string{"1"}, err: pebble.ReloadError{Service: "web", Want: "2", Got: "1"}},
		"it does not answer":  {reloaded: []string{"error"}, wrong: `cannot reload service "web": cannot ask what it has loaded within 100ms: no answer`},
		"it is refused":       {reloaded: []string{"1"}, args: []string{"wrongly"}, wrong: `cannot reload service "web": `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := running(t)
			s.answer("1")
			s.reloaded = test.reloaded
			want := s.want("2", test.args...)
			want.Reloads[0].Timeout = 100 * time.Millisecond
			applied, err := s.Container("app").Apply(t.Context(), want)
			var failed *pebble.ReloadError
			require.ErrorAs(t, err, &failed)
			require.Equal(t, 1, s.reloads)
			require.Equal(t, len(test.args) == 0, len(applied.Reloaded) == 1)
			if test.wrong == "" {
				require.Equal(t, test.err, *failed)
			} else {
				require.ErrorContains(t, err, test.wrong)
				require.Equal(t, "2", failed.Want)
			}
			var exit *pebble.ExecError
			require.Equal(t, len(test.args) > 0, errors.As(err, &exit))

			// The next one tries again.
			s.answer("1")
			s.reloaded = []string{"2"}
			require.Equal(t, []string{"web"}, apply(t, s.Container("app"), s.want("2")).Reloaded)
		})
	}
}

// Time that runs out while the answers are right is no failure.
func TestAReloadThatIsRightWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	s := running(t)
	s.answer("1")
	s.reloaded = []string{"2"}
	want := s.want("2")
	want.Reloads[0].Timeout = 100 * time.Millisecond
	require.Equal(t, []string{"web"}, apply(t, s.Container("app"), want).Reloaded)
}

func TestAReloadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := running(t)
	s.answer("1")
	s.reloaded = []string{"1"}
	ctx, cancel := context.WithCancel(t.Context())
	want := s.want("2")
	want.Reloads[0].Loaded = func(ctx context.Context) (string, error) {
		if s.reloads > 0 {
			cancel()
		}
		return s.loaded(ctx)
	}
	_, err := s.Container("app").Apply(ctx, want)
	require.ErrorIs(t, err, context.Canceled)
}

// A service that runs is reloaded even if another one fails; one that does not run is not.
func TestReloadsGoOn(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{}, memory.Options{Commands: []memory.Command{{Args: []string{"bad"}, ExitCode: 1}, {Args: []string{"good"}}}})
	want := func(content string) pebble.Want {
		want := services(map[string]*pebble.Service{
			"a": {Startup: pebble.StartupEnabled, Command: "a"}, "b": {Startup: pebble.StartupEnabled, Command: "b"}, "c": {Command: "c"},
		})
		want.Files = []pebble.File{{Path: "/f", Content: []byte(content), Reloads: []string{"a", "b", "c"}}}
		want.Reloads = []pebble.Reload{
			{Service: "b", Command: &pebble.Command{Args: []string{"bad"}}},
			{Service: "c", Command: &pebble.Command{Args: []string{"bad"}}},
			{Service: "a", Command: &pebble.Command{Args: []string{"good"}, Timeout: 3 * time.Second}, Timeout: time.Minute},
		}
		return want
	}
	apply(t, p.Container("app"), want("1"))
	applied, err := p.Container("app").Apply(t.Context(), want("2"))
	var failed *pebble.ReloadError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "b", failed.Service)
	require.Equal(t, []string{"a"}, applied.Reloaded)
	execs := p.State().Execs
	require.Len(t, execs, 2)
	require.Equal(t, 10*time.Second, execs[0].Timeout)
	require.Equal(t, 3*time.Second, execs[1].Timeout)
}
