// Command charmbox is a Juju model on this machine, without a cluster.
package main

import (
	"context"
	"os"

	"github.com/charmkit/charmkit/internal/charmbox/cli"
	"github.com/charmkit/charmkit/internal/sandbox"
)

func main() {
	sandbox.Init()
	os.Exit(cli.Main(context.Background(), &cli.Program{
		Args: os.Args, Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}
