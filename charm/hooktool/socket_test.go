package hooktool_test

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// The messages of net/rpc, as far as the agent uses them.
type (
	requestHeader struct {
		ServiceMethod string
		Seq           uint64
	}
	requestBody struct {
		CommandName string
		Args        []string
	}
	responseHeader struct {
		ServiceMethod string
		Seq           uint64
		Error         string
	}
	responseBody struct {
		Code           int
		Stdout, Stderr []byte
	}
)

// wire is an agent's end of a connection, which a test can do anything with.
type wire struct {
	net.Conn
	reader *bufio.Reader
	dec    *gob.Decoder
	enc    *gob.Encoder
}

// asked reads one call.
func (w *wire) asked() (requestHeader, requestBody, error) {
	var header requestHeader
	var body requestBody
	return header, body, errors.Join(w.dec.Decode(&header), w.dec.Decode(&body))
}

// answer answers a call.
func (w *wire) answer(seq uint64, stdout string) error {
	return errors.Join(w.enc.Encode(responseHeader{Seq: seq}), w.enc.Encode(responseBody{Stdout: []byte(stdout)}))
}

// refuse answers a call that is not to be run.
func (w *wire) refuse(seq uint64, text string) error {
	return errors.Join(w.enc.Encode(responseHeader{Seq: seq, Error: text}), w.enc.Encode(struct{}{}))
}

// quiet tells whether nothing else has been asked so far.
func (w *wire) quiet() (bool, error) {
	if w.reader.Buffered() > 0 {
		return false, nil
	}
	raw, err := w.Conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return false, err
	}
	var waiting error
	err = raw.Control(func(fd uintptr) {
		_, _, waiting = syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	})
	return errors.Is(waiting, syscall.EAGAIN), err
}

// listen runs an agent of one connection, and returns its address. What the
// agent complains of fails the test.
func listen(t *testing.T, agent func(*wire) error) string {
	t.Helper()
	listener, err := net.Listen("unix", filepath.Join(shortDir(t), "s"))
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			done <- err
			return
		}
		defer conn.Close()
		reader := bufio.NewReader(conn)
		done <- agent(&wire{conn, reader, gob.NewDecoder(reader), gob.NewEncoder(conn)})
	}()
	t.Cleanup(func() {
		listener.Close()
		require.NoError(t, <-done)
	})
	return listener.Addr().String()
}

// serve runs an agent and returns a client of it.
func serve(t *testing.T, agent func(*wire) error) *hooktool.Client {
	t.Helper()
	transport, err := hooktool.Dial(t.Context(), hooktool.SocketOptions{Address: listen(t, agent)})
	require.NoError(t, err)
	t.Cleanup(func() { transport.Close() })
	return hooktool.NewClient(transport)
}

// serveAddress runs an agent and returns the environment of its hook.
func serveAddress(t *testing.T, agent func(*wire) error) func(string) string {
	t.Helper()
	env := map[string]string{
		"JUJU_AGENT_SOCKET_ADDRESS": listen(t, agent), "JUJU_AGENT_SOCKET_NETWORK": "unix", "JUJU_CONTEXT_ID": "x",
	}
	return func(name string) string { return env[name] }
}

// bags names so many databags.
func bags(n int) []hooktool.Databag {
	all := make([]hooktool.Databag, n)
	for i := range all {
		all[i] = hooktool.Databag{Relation: "db:0", Owner: fmt.Sprintf("pg/%d", i)}
	}
	return all
}

// The agent has several calls before it answers the first, but not more than a
// window's: neither side's buffers fill while the other waits.
func TestCallsAreUnderWayTogether(t *testing.T) {
	t.Parallel()
	const window = 64
	c := serve(t, func(w *wire) error {
		for seq := range uint64(window) {
			header, body, err := w.asked()
			if err != nil {
				return err
			}
			if header.Seq != seq || header.ServiceMethod != "Jujuc.Main" || body.CommandName != "relation-get" {
				return fmt.Errorf("call %d is %+v %+v", seq, header, body)
			}
		}
		for seq := range uint64(window) {
			quiet, err := w.quiet()
			if err != nil {
				return err
			}
			if !quiet {
				return fmt.Errorf("more than %d calls are under way after %d answers", window, seq)
			}
			if err := w.answer(seq, fmt.Sprintf(`{"n": "%d"}`, seq)); err != nil {
				return err
			}
			if seq >= 36 {
				continue
			}
			// Another call takes the place of each that was answered.
			if header, _, err := w.asked(); err != nil || header.Seq != window+seq {
				return fmt.Errorf("after answer %d came %+v: %w", seq, header, err)
			}
		}
		// Answers need not come in order.
		for seq := uint64(99); seq >= window; seq-- {
			if err := w.answer(seq, fmt.Sprintf(`{"n": "%d"}`, seq)); err != nil {
				return err
			}
		}
		return nil
	})
	contents, err := c.RelationGetAll(t.Context(), bags(100))
	require.NoError(t, err)
	for i, content := range contents {
		require.Equal(t, map[string]string{"n": fmt.Sprint(i)}, content)
	}
}

// An agent that refuses a call still answers those after it.
func TestRefusedCallLeavesTheConnection(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w *wire) error {
		for range 3 {
			if _, _, err := w.asked(); err != nil {
				return err
			}
		}
		if err := errors.Join(w.answer(0, "{}"), w.refuse(1, "bad request: no"), w.answer(2, "{}")); err != nil {
			return err
		}
		header, _, err := w.asked()
		return errors.Join(err, w.answer(header.Seq, `"later"`))
	})
	_, err := c.RelationGetAll(t.Context(), bags(3))
	var refused *hooktool.RPCError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "bad request: no", refused.Message)
	require.EqualError(t, err, "cannot run relation-get: bad request: no")
	address, err := c.PrivateAddress(t.Context())
	require.NoError(t, err)
	require.Equal(t, "later", address)
}

func TestConnectionsThatBreak(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		agent func(*wire) error
		want  string
	}{
		"ends before the answer":        {func(*wire) error { return nil }, "EOF"},
		"ends within the answer":        {func(w *wire) error { return w.enc.Encode(responseHeader{Seq: 1}) }, "EOF"},
		"ends within a refusal":         {func(w *wire) error { return w.enc.Encode(responseHeader{Seq: 1, Error: "no"}) }, "EOF"},
		"answers what was asked before": {func(w *wire) error { return w.answer(0, "{}") }, "answer to call 0, which was not asked"},
		"answers what was never asked":  {func(w *wire) error { return w.answer(3, "{}") }, "answer to call 3, which was not asked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, func(w *wire) error {
				if _, _, err := w.asked(); err != nil {
					return err
				}
				if err := w.answer(0, "true"); err != nil {
					return err
				}
				for range 2 {
					if _, _, err := w.asked(); err != nil {
						return err
					}
				}
				return test.agent(w)
			})
			leader, err := c.IsLeader(t.Context())
			require.NoError(t, err)
			require.True(t, leader)
			_, err = c.RelationGetAll(t.Context(), bags(2))
			require.ErrorContains(t, err, "cannot run relation-get: connection to the unit agent lost: ")
			require.ErrorContains(t, err, test.want)
			// No later answer could be matched to its call.
			_, again := c.IsLeader(t.Context())
			require.EqualError(t, again, err.Error())
		})
	}
}

// The agent waits for a connection's end: one that is broken is closed at once.
func TestBrokenConnectionIsClosed(t *testing.T) {
	t.Parallel()
	closed := make(chan error, 1)
	c := serve(t, func(w *wire) error {
		header, _, err := w.asked()
		if err != nil {
			return err
		}
		if err := w.answer(header.Seq+1, "{}"); err != nil {
			return err
		}
		_, err = w.reader.ReadByte()
		closed <- err
		return nil
	})
	_, err := c.IsLeader(t.Context())
	require.Error(t, err)
	require.ErrorContains(t, <-closed, "EOF")
}

func TestAgentThatHasGone(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	c := serve(t, func(w *wire) error {
		defer close(gone)
		return w.Conn.Close()
	})
	<-gone
	// So many calls fill the buffer before they fill the window.
	many := bags(60)
	for i := range many {
		many[i].Owner = fmt.Sprintf("pg/%0200d", i)
	}
	_, err := c.RelationGetAll(t.Context(), many)
	require.ErrorContains(t, err, "cannot run relation-get: connection to the unit agent lost: ")
}

// A call without its result is not one that did nothing.
func TestHalfAnAnswer(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w *wire) error {
		header, _, err := w.asked()
		return errors.Join(err, w.enc.Encode(responseHeader{Seq: header.Seq}))
	})
	require.ErrorContains(t, c.Reboot(t.Context()), "connection to the unit agent lost: ")
}

// A hook that is told to stop asks for nothing more, and breaks nothing either.
func TestNothingIsAskedAfterTheEnd(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w *wire) error {
		header, _, err := w.asked()
		return errors.Join(err, w.answer(header.Seq, "true"))
	})
	ended, end := context.WithCancel(t.Context())
	end()
	_, err := c.IsLeader(ended)
	require.ErrorIs(t, err, context.Canceled)
	leader, err := c.IsLeader(t.Context())
	require.NoError(t, err)
	require.True(t, leader)
}

// A context that ends after its call does no harm to the next.
func TestEndOfAnEarlierCall(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w *wire) error {
		for range 2 {
			header, _, err := w.asked()
			if err := errors.Join(err, w.answer(header.Seq, "true")); err != nil {
				return err
			}
		}
		return nil
	})
	ended, end := context.WithCancel(t.Context())
	_, err := c.IsLeader(ended)
	require.NoError(t, err)
	end()
	leader, err := c.IsLeader(t.Context())
	require.NoError(t, err)
	require.True(t, leader)
}
