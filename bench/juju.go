package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// juju is the conformance program, which serves hook tools.
type juju struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startJuju(path string) (*juju, error) {
	j := &juju{cmd: exec.Command(path)}
	j.cmd.Stderr = os.Stderr
	var err error
	if j.in, err = j.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := j.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	j.out = bufio.NewReaderSize(out, 1<<20)
	if err := j.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start Juju's hook-tool server, which make juju builds: %w", err)
	}
	return j, nil
}

func (j *juju) stop() error { return errors.Join(j.in.Close(), j.cmd.Wait()) }

// run runs a script of one hook. Its process is what process starts in the
// environment that Juju gives, and waits for.
func (j *juju) run(s script, process func(env []string) error) (*world, error) {
	if err := j.send(s); err != nil {
		return nil, err
	}
	var env []string
	if err := j.receive(&env); err != nil {
		return nil, err
	}
	failed := process(env)
	exit := 0
	if failed != nil {
		exit = 1
	}
	if err := j.send(exit); err != nil {
		return nil, errors.Join(failed, err)
	}
	var r result
	if err := j.receive(&r); err != nil {
		return nil, errors.Join(failed, err)
	}
	switch {
	case failed != nil:
		return nil, failed
	case r.Error != "":
		return nil, errors.New(r.Error)
	case r.Hooks[0].Failure != "":
		return nil, errors.New(r.Hooks[0].Failure)
	}
	return r.World, nil
}

func (j *juju) send(v any) error { return json.NewEncoder(j.in).Encode(v) }

func (j *juju) receive(v any) error {
	line, err := j.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("cannot read the answer of Juju's hook-tool server: %w", err)
	}
	return json.Unmarshal(line, v)
}

// linkTools gives Juju's client the names of all hook tools in a folder.
func linkTools(server, client, dir string) error {
	out, err := exec.Command(server, "-flags").Output()
	if err != nil {
		return fmt.Errorf("cannot list the hook tools: %w", err)
	}
	var tools map[string]any
	if err := json.Unmarshal(out, &tools); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name := range tools {
		if err := os.Symlink(client, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}
