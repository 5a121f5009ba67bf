package hooktool

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
)

// Mode chooses the transport that Open uses.
type Mode int

// The modes of Open.
const (
	// Auto speaks the socket where that is safe, and else runs the tools.
	Auto Mode = iota
	// ExecOnly always runs the tools.
	ExecOnly
)

// OpenOptions is what Open goes by.
type OpenOptions struct {
	Mode Mode
	// Getenv reads the hook's environment.
	Getenv func(string) string
	// Dir is the absolute current directory.
	Dir string
	// Exec is how the tools are run, if they are.
	Exec ExecOptions
}

// Open returns the transport for the hook that runs now. It does no I/O: the
// socket is dialled at the first call. The tools are run instead if the
// environment names no unix socket, if somebody put another config-get first
// on PATH, if dialling fails, or if the agent does not know the method that
// charmkit speaks. Nothing falls back once a tool may have run.
func Open(options OpenOptions) Transport {
	address := options.Getenv("JUJU_AGENT_SOCKET_ADDRESS")
	socketOptions := SocketOptions{Address: address, ContextID: options.Getenv("JUJU_CONTEXT_ID"), Dir: options.Dir}
	tools := Exec(options.Exec)
	if options.Mode == ExecOnly || address == "" || socketOptions.ContextID == "" ||
		options.Getenv("JUJU_AGENT_SOCKET_NETWORK") != "unix" || stubbed(address) {
		return tools
	}
	return &auto{socket: socketOptions, tools: tools}
}

// stubbed tells whether the config-get on PATH is none of the agent's: Juju
// keeps sockets in DATA/agents/UNIT and links in DATA/tools/UNIT.
func stubbed(address string) bool {
	found, err := exec.LookPath("config-get")
	if err != nil {
		return false
	}
	agent := filepath.Dir(strings.TrimPrefix(address, "@"))
	want := filepath.Join(filepath.Dir(filepath.Dir(agent)), "tools", filepath.Base(agent))
	return filepath.Dir(found) != want
}

// auto decides at the first call.
type auto struct {
	socket SocketOptions
	tools  Transport
	chosen Transport
}

func (a *auto) Run(ctx context.Context, call Call) (Result, error) {
	results, err := a.RunAll(ctx, []Call{call})
	if err != nil {
		return Result{}, err
	}
	return results[0], nil
}

func (a *auto) RunAll(ctx context.Context, calls []Call) ([]Result, error) {
	if a.chosen != nil {
		return runAll(ctx, a.chosen, calls)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	conn, err := Dial(ctx, a.socket)
	if err != nil {
		a.chosen = a.tools
		return runAll(ctx, a.chosen, calls)
	}
	// One call alone shows whether the agent speaks our protocol.
	first, err := conn.Run(ctx, calls[0])
	if err != nil && foreign(err) {
		conn.Close()
		a.chosen = a.tools
		return runAll(ctx, a.chosen, calls)
	}
	a.chosen = conn
	if err != nil {
		return nil, err
	}
	rest, err := runAll(ctx, conn, calls[1:])
	return append([]Result{first}, rest...), err
}

// foreign tells whether the agent refused the call without knowing what it
// was: then nothing has run.
func foreign(err error) bool {
	var rpc *RPCError
	if !errors.As(err, &rpc) {
		return false
	}
	for _, text := range []string{"rpc: can't find", "rpc: service/method", "gob: type mismatch", "gob: wrong type"} {
		if strings.HasPrefix(rpc.Message, text) {
			return true
		}
	}
	return false
}

func (a *auto) Close() error {
	if a.chosen == nil {
		return nil
	}
	return a.chosen.Close()
}
