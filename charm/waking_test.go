package charm_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// A check that waits is not started anew by each hook: where hooks come often
// it would never end.
func TestAWakeUpThatWaitsGoesOn(t *testing.T) {
	t.Parallel()
	w := &waker{after: 66 * time.Second}
	first, _ := w.run(t, charmtest.UpdateStatus())
	require.NotEmpty(t, first.ChangeID)
	// A tenth late is soon enough.
	for _, after := range []time.Duration{66 * time.Second, time.Hour, 60 * time.Second} {
		w.after = after
		check, period := w.run(t, charmtest.UpdateStatus())
		require.Equal(t, first.ChangeID, check.ChangeID, "asked for %s", after)
		require.Equal(t, 66*time.Second, period)
	}
}

// A check that has ended is used again for about the same time, and not for
// another.
func TestAWakeUpThatHasEndedIsUsedAgain(t *testing.T) {
	t.Parallel()
	w := &waker{}
	for _, step := range []struct{ after, period time.Duration }{
		{30 * time.Minute, 30 * time.Minute}, {31 * time.Minute, 30 * time.Minute}, {29 * time.Minute, 30 * time.Minute},
		// A tenth less is the most that it may be.
		{2000 * time.Second, 30 * time.Minute}, {2001 * time.Second, 2001 * time.Second},
		{time.Hour, time.Hour}, {time.Second, time.Second}, {time.Minute, time.Minute},
	} {
		w.after = step.after
		check, period := w.run(t, charmtest.UpdateStatus())
		require.Equal(t, step.period, period, "asked for %s", step.after)
		require.Equal(t, pebble.CheckUp, check.Status)
		w.after = 0
		check, _ = w.run(t, charmtest.UpdateStatus())
		require.Equal(t, pebble.CheckInactive, check.Status)
	}
}

// An action that waits for something asks for a hook too.
func TestAnActionAsksForAHook(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{}, memory.Options{})
	for _, after := range []time.Duration{0, time.Minute} {
		options := charm.Options{
			Getenv: environment("JUJU_DISPATCH_PATH", "actions/wait", "JUJU_UNIT_NAME", "wiki/0"), Transport: silent, Pebble: p.Container,
		}
		require.NoError(t, runRecorded(t, "", charm.RecordOptions{}, options, func(b *charm.Base) {
			b.WakeUpBy(b.Container("app"))
			charm.OnAction(b, "wait", func(context.Context, charm.None) (charm.None, error) {
				if after > 0 {
					b.After(after)
				}
				return charm.None{}, nil
			})
		}))
		check, period := (&waker{container: charmtest.Container{Pebble: p.State()}}).look(t)
		require.Equal(t, after, period)
		require.Equal(t, after > 0, check.Status == pebble.CheckUp)
	}
}

// Neither event of the check is a handler's.
func TestTheRecoveryOfAWakeUpIsNoEvent(t *testing.T) {
	t.Parallel()
	_, err := runAnswered(t, nil, func(b *charm.Base) {
		app := b.Container("app")
		b.WakeUpBy(app)
		app.OnCheckRecovered(func(context.Context, *charm.PebbleCheckRecoveredEvent) error { panic("handled") })
	}, "hooks/app-pebble-check-recovered", "JUJU_WORKLOAD_NAME", "app", "JUJU_PEBBLE_CHECK_NAME", charm.CheckWakeUp)
	require.NoError(t, err)
}

// A wake-up that cannot be arranged fails the hook, whichever request it is that
// Pebble does not answer.
func TestNoFailureOfAWakeUpGoesUnnoticed(t *testing.T) {
	t.Parallel()
	run := func(p *memory.Pebble, after time.Duration, fail int) (requests int, err error) {
		ctx := pebble.WithMiddleware(t.Context(), func(_ string, next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(req *http.Request) (*http.Response, error) {
				if requests++; requests == fail {
					return &http.Response{
						StatusCode: http.StatusInternalServerError, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
						Body: io.NopCloser(strings.NewReader(`{"type": "error", "status-code": 500, "result": {"message": "Pebble is unwell"}}`)),
					}, nil
				}
				return next.RoundTrip(req)
			})
		})
		_, err = charm.Run(ctx, func(b *charm.Base) (*charm.Base, error) {
			b.WakeUpBy(b.Container("app"))
			b.On.Start(func(context.Context, *charm.StartEvent) error { b.After(after); return nil })
			return b, nil
		}, charm.Options{
			Getenv: environment("JUJU_DISPATCH_PATH", "hooks/start", "JUJU_UNIT_NAME", "wiki/0"), Transport: silent,
			Files: fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}}, Pebble: p.Container,
		})
		return requests, err
	}
	// A sooner one takes all kinds of requests: to read, stop, change and start.
	last := 4
	for fail := -1; fail <= last; fail++ {
		p := memory.New(memory.State{}, memory.Options{})
		_, err := run(p, time.Hour, -1)
		require.NoError(t, err)
		n, err := run(p, time.Minute, fail)
		if fail < 1 {
			require.NoError(t, err)
			require.GreaterOrEqual(t, n, last)
			last = n
			continue
		}
		require.ErrorContains(t, err, "Pebble is unwell", "request %d of %d", fail, last)
		require.ErrorContains(t, err, "cannot arrange for the next hook: ")
	}
}

// roundTrip is a function that answers requests.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
