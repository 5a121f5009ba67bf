package pebble_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

// startCommand starts a command, and requires that it works.
func startCommand(t *testing.T, c *pebble.Container, cmd pebble.Command) *pebble.Process {
	t.Helper()
	p, err := c.StartCommand(t.Context(), cmd)
	require.NoError(t, err)
	return p
}

func TestProcessTalks(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		p := startCommand(t, start(t, version).Container("app"), pebble.Command{
			Args: sh(`while read x; do echo "got $x"; echo "saw $x" >&2; done; echo bye`),
		})
		stdout, stderr := bufio.NewReader(p.Stdout), bufio.NewReader(p.Stderr)
		for _, word := range []string{"one", "two"} {
			_, err := io.WriteString(p.Stdin, word+"\n")
			require.NoError(t, err)
			line, err := stdout.ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "got "+word+"\n", line)
			line, err = stderr.ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "saw "+word+"\n", line)
		}
		require.NoError(t, p.Stdin.Close())
		rest, err := io.ReadAll(stdout)
		require.NoError(t, err)
		require.Equal(t, "bye\n", string(rest))
		rest, err = io.ReadAll(stderr)
		require.NoError(t, err)
		require.Empty(t, rest)
		require.NoError(t, p.Wait())
		require.NoError(t, p.Wait(), "as often as one likes")
		require.ErrorIs(t, p.Signal("SIGTERM"), os.ErrProcessDone)
	})
}

func TestProcessGetsSignals(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		p := startCommand(t, start(t, version).Container("app"), pebble.Command{
			Args: sh(`trap 'echo hup; exit 5' HUP; echo ready; while :; do sleep 0.01; done`),
		})
		stdout := bufio.NewReader(p.Stdout)
		line, err := stdout.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "ready\n", line)
		require.ErrorContains(t, p.Signal("HUP"), "not the name of a signal")
		require.NoError(t, p.Signal("SIGHUP"))
		err = p.Wait()
		var failed *pebble.ExecError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, 5, failed.ExitCode)
		require.Equal(t, "ready\nhup\n", failed.Stdout, "what was read counts too")
		rest, err := io.ReadAll(stdout)
		require.NoError(t, err)
		require.Equal(t, "hup\n", string(rest))

		p = startCommand(t, start(t, version).Container("app"), pebble.Command{Args: []string{"sleep", "3600"}})
		require.NoError(t, p.Signal("SIGKILL"))
		require.ErrorAs(t, p.Wait(), &failed)
		require.Equal(t, 128+9, failed.ExitCode)
	})
}

// What nobody reads holds up the command as a full pipe would, but not Wait.
func TestProcessKeepsWhatIsNotRead(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		c := start(t, version).Container("app")
		p := startCommand(t, c, pebble.Command{Args: sh("yes | head -c 3000000; yes no | head -c 2000000 >&2")})
		require.NoError(t, p.Wait())
		out, err := io.ReadAll(p.Stdout)
		require.NoError(t, err)
		require.Equal(t, 3000000, len(out))
		out, err = io.ReadAll(p.Stderr)
		require.NoError(t, err)
		require.Equal(t, 2000000, len(out))

		p = startCommand(t, c, pebble.Command{Args: sh("yes | head -c 3000000; echo end >&2")})
		require.NoError(t, p.Stdout.Close())
		out, err = io.ReadAll(p.Stderr)
		require.NoError(t, err)
		require.Equal(t, "end\n", string(out))
		require.NoError(t, p.Wait())
		_, err = p.Stdout.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.ErrClosedPipe)
	})
}

func TestProcessWithItsStderrCombined(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		c := start(t, version).Container("app")
		cmd := pebble.Command{Args: sh("echo one; echo two >&2; echo three"), CombineStderr: true}
		p := startCommand(t, c, cmd)
		require.Nil(t, p.Stderr)
		out, err := io.ReadAll(p.Stdout)
		require.NoError(t, err)
		require.Equal(t, "one\ntwo\nthree\n", string(out))
		require.NoError(t, p.Wait())

		result, err := c.Exec(t.Context(), cmd)
		require.NoError(t, err)
		require.Equal(t, "one\ntwo\nthree\n", string(result.Stdout))
		require.Empty(t, result.Stderr)
		cmd.Stderr = io.Discard
		_, err = c.Exec(t.Context(), cmd)
		require.ErrorContains(t, err, "has a writer of its own")
	})
}

func TestProcessWithStreamsOfTheCaller(t *testing.T) {
	t.Parallel()
	var stdout bytes.Buffer
	p := startCommand(t, start(t, "1.19.2").Container("app"), pebble.Command{
		Args: sh("cat; echo trouble >&2"), Stdin: strings.NewReader("input"), Stdout: &stdout,
	})
	require.Nil(t, p.Stdin)
	require.Nil(t, p.Stdout)
	require.NoError(t, p.Wait())
	require.Equal(t, "input", stdout.String())
	rest, err := io.ReadAll(p.Stderr)
	require.NoError(t, err)
	require.Equal(t, "trouble\n", string(rest))
}

// users starts what uses all streams of a process that never ends, and returns what they end with.
func users(p *pebble.Process) (results chan error, names []string) {
	uses := map[string]func() error{
		"stdin": func() error {
			for {
				if _, err := p.Stdin.Write(make([]byte, 64<<10)); err != nil {
					return err
				}
			}
		},
		"stdout": func() error { _, err := io.Copy(io.Discard, p.Stdout); return err },
		"stderr": func() error { _, err := io.Copy(io.Discard, p.Stderr); return err },
		"wait":   p.Wait,
	}
	results = make(chan error, len(uses))
	for name, use := range uses {
		names = append(names, name)
		go func() { results <- use() }()
	}
	return results, names
}

func TestProcessWhosePebbleDies(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		p := startCommand(t, start(t, version).Container("app"), pebble.Command{
			Args: sh("trap 'kill -9 $PPID; exit' HUP; echo ready; while :; do sleep 0.01; done"),
		})
		line, err := bufio.NewReaderSize(p.Stdout, 16).ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "ready\n", line)
		results, names := users(p)
		require.NoError(t, p.Signal("SIGHUP"))
		notReady := 0
		for range names {
			err := <-results
			require.Error(t, err)
			if errors.Is(err, pebble.ErrNotReady) {
				notReady++
			} else {
				require.ErrorIs(t, err, io.ErrClosedPipe)
			}
		}
		require.Equal(t, 3, notReady, "all but stdin")
		require.ErrorIs(t, p.Signal("SIGTERM"), os.ErrProcessDone)
	})
}

// A Pebble that is told to stop kills the command, and may or may not still tell so.
func TestProcessWhosePebbleStops(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := start(t, version)
		p := startCommand(t, d.Container("app"), pebble.Command{Args: []string{"sleep", "3600"}})
		results, names := users(p)
		d.Stop()
		for range names {
			// Only the end of the output is no error.
			<-results
		}
		require.Error(t, p.Wait())
	})
}

// This test runs alone, since it counts goroutines.
func TestProcessEndsWithItsContext(t *testing.T) {
	c := start(t, "1.19.2").Container("app")
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	p, err := c.StartCommand(ctx, pebble.Command{Args: []string{"sleep", "3600"}})
	require.NoError(t, err)
	results, names := users(p)
	cancel()
	for range names {
		err := <-results
		require.True(t, errors.Is(err, context.Canceled) || errors.Is(err, io.ErrClosedPipe), err)
	}
	requireGoroutines(t, before)

	// Nobody uses it at all, and its output is more than is kept.
	ctx, cancel = context.WithCancel(t.Context())
	_, err = c.StartCommand(ctx, pebble.Command{Args: sh("yes; yes >&2")})
	require.NoError(t, err)
	cancel()
	requireGoroutines(t, before)

	// Input without an end, for a command that does not read it.
	for range 5 {
		_, err = c.Exec(t.Context(), pebble.Command{Args: []string{"true"}, Stdin: endless{}})
		require.NoError(t, err)
	}
	requireGoroutines(t, before)
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// A writer that never returns holds up neither Wait nor the context.
func TestProcessWithAWriterThatHangs(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	defer func() { _ = r.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p, err := start(t, "1.19.2").Container("app").StartCommand(ctx, pebble.Command{Args: sh("echo x"), Stdout: w})
	require.NoError(t, err)
	buf := make([]byte, 1)
	_, err = r.Read(buf)
	require.NoError(t, err)
	cancel()
	require.ErrorIs(t, p.Wait(), context.Canceled)
}

// Pebble kills the command, and then waits for a second for what it has started, which is as long as the client waits.
func TestExecTimeoutOfACommandThatLeavesAChild(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		timesOut(t, start(t, version).Container("app"), "echo so far; sleep 3600 & exec sleep 3600")
	})
}
