// Package jujuc is the program behind the names of all hook tools: it knows no
// tool, sends its own name, arguments and directory to the unit agent's socket,
// and copies the answer out. Its messages and exit codes are those of Juju
// 3.6.11's own jujuc.
package jujuc

import (
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"os"

	"github.com/charmkit/charmkit/internal/juju/agentsocket"
	"github.com/charmkit/charmkit/internal/juju/tools"
)

// Main runs the hook tool of that name and returns its exit code: 1 also if
// there is no agent to ask, and 3 for a fault of this program.
func Main(name string, args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if fault := recover(); fault != nil {
			fmt.Fprintf(stderr, "ERROR cannot run %s: %v\n", name, fault)
			code = 3
		}
	}()
	resp, err := call(name, args, env, stdin)
	if err != nil {
		fmt.Fprintf(stderr, "ERROR %v\n", err)
		return 1
	}
	_, err = stdout.Write(resp.Stdout)
	if _, err2 := stderr.Write(resp.Stderr); err == nil {
		err = err2
	}
	if err != nil {
		fmt.Fprintf(stderr, "ERROR %v\n", err)
		return 1
	}
	return resp.Code
}

func call(name string, args []string, env func(string) string, stdin io.Reader) (agentsocket.Response, error) {
	var none agentsocket.Response
	values := map[string]string{}
	for _, variable := range []string{"JUJU_CONTEXT_ID", "JUJU_AGENT_SOCKET_ADDRESS", "JUJU_AGENT_SOCKET_NETWORK"} {
		if values[variable] = env(variable); values[variable] == "" {
			return none, errors.New(variable + " not set")
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		return none, err
	}
	client, err := agentsocket.Dial(values["JUJU_AGENT_SOCKET_NETWORK"], values["JUJU_AGENT_SOCKET_ADDRESS"])
	if err != nil {
		return none, err
	}
	defer client.Close()
	req := agentsocket.Request{
		ContextId: values["JUJU_CONTEXT_ID"], Dir: dir, CommandName: name, Args: args, Token: env("JUJU_AGENT_TOKEN"),
	}
	resp, err := client.Call(req)
	if !wantsStdin(err) {
		return resp, err
	}
	if req.Stdin, err = io.ReadAll(stdin); err != nil {
		return none, fmt.Errorf("cannot read stdin: %w", err)
	}
	req.StdinSet = true
	return client.Call(req)
}

// wantsStdin reports whether the tool is to be called again with standard input.
// Over the wire only the text is left of an error.
func wantsStdin(err error) bool {
	var answer rpc.ServerError
	return errors.As(err, &answer) && string(answer) == tools.ErrNoStdin.Error()
}
