//go:build conformance

package conform

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
)

// program is the path of the conformance program.
func program() string {
	if path := os.Getenv("CHARMKIT_CONFORMANCE"); path != "" {
		return path
	}
	return "../../../build/bin/juju-conformance"
}

// child is the running program. It runs one script at a time.
type child struct {
	mu  sync.Mutex
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startChild() (*child, error) {
	c := &child{cmd: exec.Command(program())}
	c.cmd.Stderr = os.Stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReaderSize(out, 1<<20)
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start the conformance program, which make conformance builds: %w", err)
	}
	return c, nil
}

func (c *child) stop() error { return errors.Join(c.in.Close(), c.cmd.Wait()) }

// run runs one script.
func (c *child) run(s Script) (Result, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.send(s); err != nil {
		return Result{}, err
	}
	var r Result
	return r, c.receive(&r)
}

func (c *child) send(v any) error { return json.NewEncoder(c.in).Encode(v) }

func (c *child) receive(v any) error {
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("cannot read the program's answer: %w", err)
	}
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("cannot read the program's answer: %w: %s", err, line)
	}
	return nil
}

// ask runs the program for one answer.
func ask(v any, args ...string) error {
	out, err := exec.Command(program(), args...).Output()
	if err != nil {
		return err
	}
	return json.Unmarshal(out, v)
}

var reference = regexp.MustCompile(`<(\d+)\.(\d+)>`)

// fill puts the folder and the output of earlier calls into a call.
func fill(c Call, dir string, hooks []HookResult) Call {
	text := func(s string) string {
		s = strings.ReplaceAll(s, "<DIR>", dir)
		return reference.ReplaceAllStringFunc(s, func(r string) string {
			var h, call int
			if _, err := fmt.Sscanf(r, "<%d.%d>", &h, &call); err == nil && h < len(hooks) && call < len(hooks[h].Answers) {
				return strings.TrimSpace(string(hooks[h].Answers[call].Stdout))
			}
			return r
		})
	}
	c.Dir = text(c.Dir)
	if c.Dir == "" {
		c.Dir = dir
	}
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		args[i] = text(a)
	}
	c.Args = args
	c.Stdin = []byte(text(string(c.Stdin)))
	return c
}
