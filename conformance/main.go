// Conformance runs hook tools against Juju 3.6.11's own unit agent code over a
// controller held in memory. It reads scripts as JSON, one a line, and answers
// each with one line.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/juju/juju/charmkit-conformance/agent"
	"github.com/juju/juju/charmkit-conformance/script"
)

const usage = `usage: juju-conformance          run scripts: JSON lines on standard input
       juju-conformance -flags   print each hook tool's flags and help as JSON
       juju-conformance -charm FILE
                                 read a .charm with Juju's reader, print it as JSON
`

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	switch {
	case len(args) == 0:
		return scripts(bufio.NewReaderSize(in, 1<<20), out)
	case len(args) == 1 && args[0] == "-flags":
		tools, err := agent.Tools()
		if err != nil {
			return err
		}
		return json.NewEncoder(out).Encode(tools)
	case len(args) == 2 && args[0] == "-charm":
		c, err := readCharm(args[1])
		if err != nil {
			return err
		}
		return json.NewEncoder(out).Encode(c)
	}
	return errors.New(usage)
}

func scripts(in *bufio.Reader, out io.Writer) error {
	dir, err := agent.TempDir()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		var s script.Script
		var result script.Result
		if err := json.Unmarshal(line, &s); err != nil {
			result.Error = err.Error()
		} else {
			result = agent.Run(s, dir, agent.Sessions{In: in, Out: out})
		}
		if err := json.NewEncoder(out).Encode(result); err != nil {
			return err
		}
	}
}
