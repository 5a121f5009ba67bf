package pebble_test

import (
	"context"
	"io"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/canonical/pebble/client"
	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

// calls is every method that talks to Pebble.
var calls = map[string]func(context.Context, *pebble.Container) error{
	"Ready":      func(ctx context.Context, c *pebble.Container) error { return c.Ready(ctx) },
	"SystemInfo": func(ctx context.Context, c *pebble.Container) error { _, err := c.SystemInfo(ctx); return err },
	"Version":    func(ctx context.Context, c *pebble.Container) error { _, err := c.Version(ctx); return err },
	"Plan":       func(ctx context.Context, c *pebble.Container) error { _, err := c.Plan(ctx); return err },
	"AddLayer":   func(ctx context.Context, c *pebble.Container) error { return c.AddLayer(ctx, "l", &pebble.Layer{}) },
	"AddLayer with a new field": func(ctx context.Context, c *pebble.Container) error {
		return c.AddLayer(ctx, "l", &pebble.Layer{Services: map[string]*pebble.Service{"a": {Workload: "w"}}})
	},
	"Health":      func(ctx context.Context, c *pebble.Container) error { _, err := c.Health(ctx, ""); return err },
	"Services":    func(ctx context.Context, c *pebble.Container) error { _, err := c.Services(ctx); return err },
	"Start":       func(ctx context.Context, c *pebble.Container) error { return c.Start(ctx, "a") },
	"Stop":        func(ctx context.Context, c *pebble.Container) error { return c.Stop(ctx, "a") },
	"Restart":     func(ctx context.Context, c *pebble.Container) error { return c.Restart(ctx, "a") },
	"Autostart":   func(ctx context.Context, c *pebble.Container) error { return c.Autostart(ctx) },
	"Replan":      func(ctx context.Context, c *pebble.Container) error { return c.Replan(ctx) },
	"Signal":      func(ctx context.Context, c *pebble.Container) error { return c.Signal(ctx, "SIGHUP", "a") },
	"Checks":      func(ctx context.Context, c *pebble.Container) error { _, err := c.Checks(ctx); return err },
	"StartChecks": func(ctx context.Context, c *pebble.Container) error { _, err := c.StartChecks(ctx, "a"); return err },
	"StopChecks":  func(ctx context.Context, c *pebble.Container) error { _, err := c.StopChecks(ctx, "a"); return err },
	"Notify": func(ctx context.Context, c *pebble.Container) error {
		_, err := c.Notify(ctx, "a.b/c", nil)
		return err
	},
	"Notice":  func(ctx context.Context, c *pebble.Container) error { _, err := c.Notice(ctx, "1"); return err },
	"Notices": func(ctx context.Context, c *pebble.Container) error { _, err := c.Notices(ctx, nil); return err },
	"Exec": func(ctx context.Context, c *pebble.Container) error {
		_, err := c.Exec(ctx, pebble.Command{Args: []string{"true"}})
		return err
	},
	"Push": func(ctx context.Context, c *pebble.Container) error {
		return c.Push(ctx, "/a", strings.NewReader("x"), nil)
	},
	"Pull":    func(ctx context.Context, c *pebble.Container) error { _, err := c.Pull(ctx, "/a"); return err },
	"Stat":    func(ctx context.Context, c *pebble.Container) error { _, err := c.Stat(ctx, "/a"); return err },
	"List":    func(ctx context.Context, c *pebble.Container) error { _, err := c.List(ctx, "/a", ""); return err },
	"MakeDir": func(ctx context.Context, c *pebble.Container) error { return c.MakeDir(ctx, "/a", nil) },
	"Remove":  func(ctx context.Context, c *pebble.Container) error { return c.Remove(ctx, "/a", nil) },
	"Apply": func(ctx context.Context, c *pebble.Container) error {
		_, err := c.Apply(ctx, pebble.Want{})
		return err
	},
	"AppendLayer": func(ctx context.Context, c *pebble.Container) error { return c.AppendLayer(ctx, "l", &pebble.Layer{}) },
	"Begin": func(ctx context.Context, c *pebble.Container) error {
		_, err := c.Begin(ctx, pebble.KindStart, "a")
		return err
	},
	"Changes":     func(ctx context.Context, c *pebble.Container) error { _, err := c.Changes(ctx, nil); return err },
	"Change":      func(ctx context.Context, c *pebble.Container) error { _, err := c.Change(ctx, "1"); return err },
	"WaitChange":  func(ctx context.Context, c *pebble.Container) error { _, err := c.WaitChange(ctx, "1"); return err },
	"AbortChange": func(ctx context.Context, c *pebble.Container) error { _, err := c.AbortChange(ctx, "1"); return err },
	"RefreshCheck": func(ctx context.Context, c *pebble.Container) error {
		_, _, err := c.RefreshCheck(ctx, "a")
		return err
	},
	"Logs": func(ctx context.Context, c *pebble.Container) error { _, err := c.Logs(ctx, nil); return err },
	"FollowLogs": func(ctx context.Context, c *pebble.Container) error {
		for _, err := range c.FollowLogs(ctx, nil) {
			return err
		}
		return nil
	},
	"Metrics":     func(ctx context.Context, c *pebble.Container) error { _, err := c.Metrics(ctx); return err },
	"WaitNotices": func(ctx context.Context, c *pebble.Container) error { _, err := c.WaitNotices(ctx, nil); return err },
	"Warnings": func(ctx context.Context, c *pebble.Container) error {
		_, err := c.Warnings(ctx, time.Time{})
		return err
	},
	"Identities": func(ctx context.Context, c *pebble.Container) error { _, err := c.Identities(ctx); return err },
	"AddIdentities": func(ctx context.Context, c *pebble.Container) error {
		return c.AddIdentities(ctx, map[string]*pebble.Identity{"a": {Access: pebble.AccessRead, UserID: ptr(uint32(1))}})
	},
	"AddIdentities with a certificate": func(ctx context.Context, c *pebble.Container) error {
		return c.AddIdentities(ctx, map[string]*pebble.Identity{"a": {Access: pebble.AccessRead, Certificate: "x"}})
	},
	"UpdateIdentities":  func(ctx context.Context, c *pebble.Container) error { return c.UpdateIdentities(ctx, nil) },
	"ReplaceIdentities": func(ctx context.Context, c *pebble.Container) error { return c.ReplaceIdentities(ctx, nil) },
	"RemoveIdentities":  func(ctx context.Context, c *pebble.Container) error { return c.RemoveIdentities(ctx, "a") },
	"StartCommand": func(ctx context.Context, c *pebble.Container) error {
		_, err := c.StartCommand(ctx, pebble.Command{Args: []string{"true"}})
		return err
	},
	"PushDir": func(ctx context.Context, c *pebble.Container) error {
		_, err := c.PushDir(ctx, fstest.MapFS{"a": {}}, "/a", nil)
		return err
	},
	"PullDir": func(ctx context.Context, c *pebble.Container) error {
		_, err := c.PullDir(ctx, "/a", nil)
		return err
	},
	"Client": func(ctx context.Context, c *pebble.Container) error {
		return c.Client(ctx, func(client *client.Client) error { _, err := client.SysInfo(); return err })
	},
}

// prompt is below the 5 seconds for which Pebble's client would retry, and far above what a busy machine needs.
const prompt = 4500 * time.Millisecond

// promptly runs a call that must not retry.
func promptly(t *testing.T, name string, call func() error) error {
	t.Helper()
	begin := time.Now()
	err := call()
	require.Less(t, time.Since(begin), prompt, name)
	return err
}

func TestContainerThatIsNotThere(t *testing.T) {
	t.Parallel()
	// The second one is a socket on which nobody listens any more.
	dead := filepath.Join(t.TempDir(), "s")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: dead, Net: "unix"})
	require.NoError(t, err)
	listener.SetUnlinkOnClose(false)
	require.NoError(t, listener.Close())

	for _, socket := range []string{"/no/such.socket", dead} {
		c := pebble.NewContainer("app", socket)
		for name, call := range calls {
			err := promptly(t, name, func() error { return call(t.Context(), c) })
			require.ErrorIs(t, err, pebble.ErrNotReady, name)
			require.ErrorContains(t, err, `container "app"`, name)
		}
	}
}

// mute listens on a socket, takes requests and does with them what handle does.
func mute(t *testing.T, handle http.HandlerFunc) *pebble.Container {
	t.Helper()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	require.NoError(t, err)
	server := &http.Server{Handler: handle}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		<-done
	})
	return pebble.NewContainer("app", listener.Addr().String())
}

// This test runs alone, since it counts goroutines.
func TestCallsEndWithTheirContext(t *testing.T) {
	arrived := make(chan struct{}, 1)
	c := mute(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case arrived <- struct{}{}:
		case <-r.Context().Done():
		}
		<-r.Context().Done()
	})
	before := runtime.NumGoroutine()
	for name, call := range calls {
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { result <- call(ctx, c) }()
		<-arrived
		cancel()
		require.ErrorIs(t, promptly(t, name, func() error { return <-result }), context.Canceled, name)

		require.ErrorIs(t, call(ctx, c), context.Canceled, name)
		timeout, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		require.ErrorIs(t, promptly(t, name, func() error { return call(timeout, c) }), context.DeadlineExceeded, name)
		cancel()
		select { // on a busy machine it may not have come so far
		case <-arrived:
		default:
		}
	}
	requireGoroutines(t, before)
}

// requireGoroutines waits until no more goroutines run than before.
func requireGoroutines(t *testing.T, before int) {
	t.Helper()
	// Eventually would run the condition in a goroutine of its own.
	for deadline := time.Now().Add(wait); runtime.NumGoroutine() > before; time.Sleep(poll) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Fatalf("goroutines are left behind:\n%s", buf[:runtime.Stack(buf, true)])
		}
	}
}

func TestCallsWhosePebbleGoesAway(t *testing.T) {
	t.Parallel()
	for name, handle := range map[string]http.HandlerFunc{
		"without an answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"within an answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"type": "sync", "status-code": 200, "result": `)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := mute(t, handle)
			for name, call := range calls {
				require.ErrorIs(t, promptly(t, name, func() error { return call(t.Context(), c) }), pebble.ErrNotReady, name)
			}
		})
	}
}

func TestSystemInfoIsAskedOnce(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		proxy := start(t, version).Proxy(t)
		c := proxy.Container("app")
		require.Equal(t, "app", c.Name())
		require.Equal(t, proxy.Socket, c.Socket())
		for range 3 {
			got, err := c.Version(t.Context())
			require.NoError(t, err)
			require.Equal(t, "v"+version, got)
		}
		require.Len(t, proxy.Requests(), 1)
		require.NoError(t, c.Ready(t.Context()))
		require.Len(t, proxy.Requests(), 2, "Ready asks each time")
		info, err := c.SystemInfo(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, info.BootID)
	})
}

func TestServices(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		require.NoError(t, c.AddLayer(ctx, "l", &pebble.Layer{Services: map[string]*pebble.Service{
			"a":   {Override: pebble.OverrideReplace, Command: "sleep 3600", Startup: pebble.StartupEnabled},
			"b":   {Override: pebble.OverrideReplace, Command: "sleep 3600", Requires: []string{"a"}},
			"bad": {Override: pebble.OverrideReplace, Command: "sh -c 'echo out of luck; exit 7'", OnFailure: pebble.ActionIgnore},
		}}))
		services, err := c.Services(ctx)
		require.NoError(t, err)
		require.Len(t, services, 3)
		require.Equal(t, pebble.ServiceInfo{Name: "a", Startup: pebble.StartupEnabled, Status: pebble.StatusInactive}, services["a"])

		require.NoError(t, c.Autostart(ctx))
		require.NoError(t, c.Replan(ctx))
		require.Equal(t, pebble.StatusActive, status(t, c, "a"))
		require.NoError(t, c.Start(ctx, "b"))
		require.NoError(t, c.Restart(ctx, "b"))
		services, err = c.Services(ctx, "b", "unknown")
		require.NoError(t, err)
		require.Len(t, services, 1)
		require.WithinDuration(t, time.Now(), services["b"].Since, time.Minute)

		err = c.Start(ctx, "bad")
		var change *pebble.ChangeError
		require.ErrorAs(t, err, &change)
		require.Equal(t, []string{"bad"}, change.Services())
		require.Equal(t, "start", change.Kind)
		require.ErrorContains(t, err, `cannot start service "bad"`)
		require.ErrorContains(t, err, "out of luck")
		require.ErrorContains(t, err, "code 7")

		require.NoError(t, c.Stop(ctx, "a"))
		require.Equal(t, pebble.StatusInactive, status(t, c, "b"), "b requires a")

		var refused *pebble.APIError
		require.ErrorAs(t, c.Start(ctx, "unknown"), &refused)
		require.Equal(t, http.StatusBadRequest, refused.StatusCode)
		require.ErrorAs(t, c.Signal(ctx, "SIGHUP", "a"), &refused)
	})
}

func TestClientIsPebblesOwn(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		c := start(t, version).Container("app")
		require.NoError(t, c.Client(t.Context(), func(client *client.Client) error {
			info, err := client.SysInfo()
			require.Equal(t, "v"+version, info.Version)
			return err
		}))
		err := c.Client(t.Context(), func(client *client.Client) error { _, err := client.Notice("4711"); return err })
		require.ErrorIs(t, err, fs.ErrNotExist, "errors are explained")
	})
}

func TestPebbleThatRefusesThisUser(t *testing.T) {
	t.Parallel()
	c := mute(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"type": "error", "status-code": 401, "status": "Unauthorized",
			"result": {"kind": "login-required", "message": "access denied"}}`)
	})
	for name, call := range calls {
		require.ErrorIs(t, call(t.Context(), c), pebble.ErrDenied, name)
	}
}
