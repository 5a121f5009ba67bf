package inprocess

import (
	"context"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/tools"
)

// Transport runs the hook tools of a hook.
func Transport(c *hook.Context) hooktool.Transport {
	return hooktool.Func(func(ctx context.Context, call hooktool.Call) (hooktool.Result, error) {
		response, err := tools.Run(ctx, c, tools.Request{
			Command: call.Tool, Args: call.Args, Dir: "/", Stdin: call.Stdin, StdinSet: call.Stdin != nil,
		})
		if err != nil {
			return hooktool.Result{}, &hooktool.RPCError{Message: err.Error()}
		}
		return hooktool.Result(response), nil
	})
}

// Getenv returns the environment of a hook, whose charm is in the folder /charm.
func Getenv(c *hook.Context) func(string) string {
	return c.Getenv(hook.Paths{CharmDir: "/charm"})
}
