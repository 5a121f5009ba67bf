package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// binary is the compiled tests of a package.
type binary struct {
	path string
	// dir is the package's folder, where its tests run.
	dir string
}

// together is how many parallel tests run at once: most wait for daemons.
const together = "8"

// runOptions say how tests run.
type runOptions struct {
	tests []string
	limit time.Duration
	// env is added to the environment.
	env []string
}

// tests returns the names of all tests, examples and fuzz targets.
func (b binary) tests(ctx context.Context) ([]string, error) {
	cmd := exec.CommandContext(ctx, b.path, "-test.list", "^(Test|Example|Fuzz)")
	cmd.Dir = b.dir
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("cannot list the tests of %s: %w", b.dir, err)
	}
	return strings.Fields(string(output)), nil
}

// run runs tests until one fails. What it returns is an error that has the
// output, if one did or they took longer than the limit.
func (b binary) run(ctx context.Context, o runOptions) error {
	// Short, since a socket's path has at most 107 bytes.
	tmp, err := os.MkdirTemp("", "m")
	if err != nil {
		return fmt.Errorf("cannot run tests: %w", err)
	}
	defer os.RemoveAll(tmp)
	// Tests that run as root run daemons as others.
	if err := os.Chmod(tmp, 0o755); err != nil {
		return fmt.Errorf("cannot run tests: %w", err)
	}
	quoted := make([]string, len(o.tests))
	for i, name := range o.tests {
		quoted[i] = regexp.QuoteMeta(name)
	}
	limited, cancel := context.WithTimeout(ctx, o.limit+2*time.Second)
	defer cancel()
	cmd := exec.CommandContext(limited, b.path, "-test.failfast", "-test.parallel", together, "-test.run", "^("+strings.Join(quoted, "|")+")$",
		"-test.timeout", o.limit.String())
	cmd.Dir = b.dir
	mark := "MUTATE_RUN=" + tmp
	cmd.Env = append(append(os.Environ(), mark, "TMPDIR="+tmp), o.env...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	// The whole group ends with the test.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if cmd.Process != nil {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
		endAll(mark)
		return fmt.Errorf("%w\n%s", err, output.Bytes())
	}
	return nil
}

// endAll ends what a failed test has left behind: daemons and their services, in
// groups of their own, which all inherited a variable of the environment.
func endAll(mark string) {
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range processes {
		env, err := os.ReadFile(filepath.Join(p, "environ"))
		if err != nil || !bytes.Contains(env, []byte(mark+"\x00")) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(p)); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
