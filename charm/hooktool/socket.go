package hooktool

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// SocketOptions says where the agent listens.
type SocketOptions struct {
	// Address is JUJU_AGENT_SOCKET_ADDRESS: a path, or "@" and a name in the
	// abstract namespace (Juju 3.5 and earlier).
	Address string
	// ContextID is JUJU_CONTEXT_ID.
	ContextID string
	// Dir is the absolute directory against which a tool resolves paths.
	Dir string
}

// RPCError is the agent's answer to a call that it would not run at all, such
// as "bad request: wrong context ID". No tool has run.
type RPCError struct{ Message string }

func (e *RPCError) Error() string { return e.Message }

// Is matches [ErrNotSupported]: the agent knows no tool of that name.
func (e *RPCError) Is(target error) bool {
	return target == ErrNotSupported && strings.Contains(e.Message, "unknown command: ")
}

// The agent speaks Go's net/rpc with its gob codec, service method Jujuc.Main
// (Juju 3.5 to 4.0). The codec is written out here because net/rpc would link
// html/template into every hook binary.
const serviceMethod = "Jujuc.Main"

// window is how many pipelined calls are under way at once.
const window = 64

type rpcRequest struct {
	ServiceMethod string
	Seq           uint64
}

type rpcResponse struct {
	ServiceMethod string
	Seq           uint64
	Error         string
}

// jujucRequest has the field names of the agent's own struct, which gob goes
// by.
type jujucRequest struct {
	//lint:ignore ST1003 gob goes by the agent's name.
	ContextId   string
	Dir         string
	CommandName string
	Args        []string
	StdinSet    bool
	Stdin       []byte
	Token       string
}

type socket struct {
	options SocketOptions
	conn    net.Conn
	out     *bufio.Writer
	enc     *gob.Encoder
	dec     *gob.Decoder
	seq     uint64
	// broken is what made the connection unusable: after it no answer could
	// be matched to its call.
	broken error
}

// Dial connects to the agent's socket. The connection must be closed before
// the hook ends: the agent waits for that.
func Dial(ctx context.Context, options SocketOptions) (Transport, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", options.Address)
	if err != nil {
		return nil, fmt.Errorf("cannot reach the unit agent: %w", err)
	}
	out := bufio.NewWriter(conn)
	return &socket{
		options: options,
		conn:    conn,
		out:     out,
		enc:     gob.NewEncoder(out),
		dec:     gob.NewDecoder(bufio.NewReader(conn)),
	}, nil
}

func (s *socket) Close() error { return s.conn.Close() }

func (s *socket) Run(ctx context.Context, call Call) (Result, error) {
	results, err := s.RunAll(ctx, []Call{call})
	if err != nil {
		return Result{}, err
	}
	return results[0], nil
}

// RunAll keeps at most window calls under way, so that neither side's socket
// buffer fills while the other waits.
func (s *socket) RunAll(ctx context.Context, calls []Call) ([]Result, error) {
	if s.broken != nil {
		return nil, s.broken
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { s.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	results := make([]Result, len(calls))
	first := s.seq
	var refused error
	for sent, received := 0, 0; received < len(calls); {
		if sent < len(calls) && sent-received < window {
			if err := s.send(calls[sent]); err != nil {
				return nil, s.fail(ctx, calls[sent].Tool, err)
			}
			sent++
			if sent < len(calls) && sent-received < window {
				continue
			}
			if err := s.out.Flush(); err != nil {
				return nil, s.fail(ctx, calls[sent-1].Tool, err)
			}
		}
		seq, result, err := s.receive()
		var rpcErr *RPCError
		switch {
		case errors.As(err, &rpcErr):
			refused = err
		case err != nil:
			return nil, s.fail(ctx, calls[received].Tool, err)
		case seq < first || seq-first >= uint64(sent):
			return nil, s.fail(ctx, calls[received].Tool, fmt.Errorf("answer to call %d, which was not asked", seq))
		default:
			results[seq-first] = result
		}
		received++
	}
	if refused != nil {
		return nil, fmt.Errorf("cannot run %s: %w", calls[0].Tool, refused)
	}
	return results, nil
}

func (s *socket) send(call Call) error {
	err := s.enc.Encode(rpcRequest{ServiceMethod: serviceMethod, Seq: s.seq})
	s.seq++
	if err != nil {
		return err
	}
	return s.enc.Encode(jujucRequest{
		ContextId:   s.options.ContextID,
		Dir:         s.options.Dir,
		CommandName: call.Tool,
		Args:        call.Args,
		StdinSet:    call.Stdin != nil,
		Stdin:       call.Stdin,
	})
}

func (s *socket) receive() (uint64, Result, error) {
	var response rpcResponse
	if err := s.dec.Decode(&response); err != nil {
		return 0, Result{}, err
	}
	if response.Error != "" {
		// The body of a refusal is an empty struct.
		if err := s.dec.Decode(&struct{}{}); err != nil {
			return 0, Result{}, err
		}
		return 0, Result{}, &RPCError{response.Error}
	}
	var result Result
	err := s.dec.Decode(&result)
	return response.Seq, result, err
}

// fail marks the connection broken and says why.
func (s *socket) fail(ctx context.Context, tool string, err error) error {
	s.conn.Close()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	s.broken = fmt.Errorf("cannot run %s: connection to the unit agent lost: %w", tool, err)
	return s.broken
}
