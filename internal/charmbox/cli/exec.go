package cli

import (
	"context"

	"github.com/juju/gnuflag"

	"github.com/charmkit/charmkit/internal/charmbox"
)

// exec runs a command in a container; its flags come after the unit.
func (p *Program) exec(ctx context.Context, flags *gnuflag.FlagSet, args []string) error {
	var request charmbox.ExecRequest
	flags.StringVar(&request.Container, "container", "", "")
	// What follows the unit belongs to the command.
	if err := flags.Parse(false, args); err != nil {
		return &errUsage{err.Error()}
	}
	if flags.NArg() < 2 {
		return &errUsage{"something is missing"}
	}
	request.Unit, request.Command = flags.Arg(0), flags.Args()[1:]
	client, err := p.client(ctx)
	if err != nil {
		return err
	}
	result, err := client.Exec(ctx, request)
	if err != nil {
		return err
	}
	p.Stdout.Write(result.Stdout)
	p.Stderr.Write(result.Stderr)
	if result.Code != 0 {
		return &errExit{result.Code}
	}
	return nil
}
