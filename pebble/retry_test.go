package pebble_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

// bounded is a context with a deadline that a test does not reach.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	t.Cleanup(cancel)
	return ctx
}

func TestWaitReady(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := start(t, version)
		c := d.Container("app")
		require.NoError(t, c.WaitReady(bounded(t)))
		require.ErrorContains(t, c.WaitReady(t.Context()), "no deadline")

		d.Stop()
		short, cancel := context.WithTimeout(t.Context(), 120*time.Millisecond)
		defer cancel()
		err := c.WaitReady(short)
		require.ErrorIs(t, err, pebble.ErrNotReady)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		result := make(chan error, 1)
		go func() { result <- c.WaitReady(bounded(t)) }()
		d.Restart()
		require.NoError(t, <-result)
	})
}

// Pebble goes away between two steps, and comes back without what the first one did.
func TestRetryOverARestart(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := start(t, version)
		c := d.Container("app")
		restarted := make(chan struct{})
		attempts := 0
		err := c.Retry(bounded(t), func(ctx context.Context) error {
			attempts++
			if _, err := c.Apply(ctx, services(map[string]*pebble.Service{"a": sleeper()})); err != nil {
				return err
			}
			if attempts == 1 {
				d.Stop()
				go func() {
					defer close(restarted)
					d.Restart()
				}()
			}
			return c.Restart(ctx, "a")
		})
		<-restarted
		require.NoError(t, err)
		require.Equal(t, 2, attempts)
		require.Equal(t, pebble.StatusActive, status(t, c, "a"))
	})
}

func TestRetryReturnsOtherErrors(t *testing.T) {
	t.Parallel()
	c := start(t, "1.19.2").Container("app")
	other := errors.New("other")
	attempts := 0
	err := c.Retry(bounded(t), func(context.Context) error { attempts++; return other })
	require.Equal(t, other, err)
	require.Equal(t, 1, attempts)

	require.ErrorContains(t, c.Retry(t.Context(), func(context.Context) error { return nil }), "no deadline")

	short, cancel := context.WithTimeout(t.Context(), 120*time.Millisecond)
	defer cancel()
	err = c.Retry(short, func(context.Context) error { return fmt.Errorf("x: %w", pebble.ErrNotReady) })
	require.ErrorIs(t, err, pebble.ErrNotReady)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// A restart that no call has met shows in the boot id.
func TestRetrySeesARestart(t *testing.T) {
	t.Parallel()
	var boot atomic.Int32
	c := mute(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, syncAnswer(fmt.Sprintf(`{"version": "v1.19.2", "boot-id": "%d"}`, boot.Load())))
	})
	attempts := 0
	require.NoError(t, c.Retry(bounded(t), func(context.Context) error {
		if attempts++; attempts == 1 {
			boot.Add(1)
		}
		return nil
	}))
	require.Equal(t, 2, attempts)
}

func TestWaitReadyForAPebbleThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	c := mute(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, c.WaitReady(short), pebble.ErrNotReady)
}

// A Pebble that answers at the last moment is ready.
func TestWaitReadyUntilTheLastMoment(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(answering(bounded(t), "application/json", syncAnswer(`{"version": "v1.19.2", "boot-id": "1"}`)))
	ctx = pebble.WithMiddleware(ctx, func(_ string, next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			defer cancel()
			return next.RoundTrip(req)
		})
	})
	require.NoError(t, nowhere.WaitReady(ctx))
}
