package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// names are the programs, in the order in which they are shown.
var names = []string{"charmkit", "bare", "goops"}

// folders are where the programs are written, below this package's folder.
var folders = map[string]string{"charmkit": "charm", "bare": "bare", "goops": "goops", "starter": "starter"}

// bench is all that stands ready for measuring. It is to be run in the
// repository's root.
type bench struct {
	root, dir string
	juju      *juju
	pebbles   map[string]*daemon
	// sizes are those of the stripped programs, in bytes.
	sizes map[string]int64
	// logLevels are what the option was in each program's last run.
	logLevels map[string]string
}

func setUp(ctx context.Context) (b *bench, err error) {
	b = &bench{pebbles: map[string]*daemon{}, sizes: map[string]int64{}, logLevels: map[string]string{}}
	defer func() {
		if err != nil {
			b.tearDown()
		}
	}()
	if b.root, err = os.Getwd(); err != nil {
		return b, err
	}
	if b.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return b, err
	}
	if err := os.MkdirAll(filepath.Dir(b.socket()), 0o755); err != nil {
		return b, err
	}
	for name, folder := range folders {
		if b.sizes[name], err = build(ctx, filepath.Join(b.root, "bench", folder), ".", b.program(name)); err != nil {
			return b, err
		}
	}
	if b.sizes["unleash"], err = build(ctx, b.root, "./cmd/unleash", b.program("unleash")); err != nil {
		return b, err
	}
	bin := filepath.Join(b.root, "build/bin")
	server := filepath.Join(bin, "juju-conformance")
	if b.juju, err = startJuju(server); err != nil {
		return b, err
	}
	if err := linkTools(server, filepath.Join(bin, "juju-jujuc"), b.toolsDir()); err != nil {
		return b, err
	}
	for _, name := range names {
		d, err := startPebble(ctx, filepath.Join(bin, "pebble-1.19.2"), filepath.Join(b.dir, "pebble-"+name))
		if err != nil {
			return b, err
		}
		b.pebbles[name] = d
	}
	return b, nil
}

// The agent's socket and its tools lie to each other as in Juju, by which a charm
// knows that the tools are the agent's own.

func (b *bench) socket() string   { return filepath.Join(b.dir, "agents/unit-bench-0/agent.socket") }
func (b *bench) toolsDir() string { return filepath.Join(b.dir, "tools/unit-bench-0") }

func (b *bench) program(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) charmDir() string { return filepath.Join(b.root, "bench/charm") }

// tearDown ends all that was started. Nothing can be done about what fails.
func (b *bench) tearDown() {
	if b.juju != nil {
		_ = b.juju.stop()
	}
	for _, d := range b.pebbles {
		_ = d.stop()
	}
	_ = os.RemoveAll(b.dir)
}

// build builds a program as charms are, and returns its size.
func build(ctx context.Context, dir, pkg, to string) (int64, error) {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s", "-o", to, pkg)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("cannot build %s: %w\n%s", pkg, err, out)
	}
	info, err := os.Stat(to)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// sample is one run of a program.
type sample struct {
	Wall, CPU time.Duration
	// Peak is the largest memory of the process, or of one that it started, in
	// bytes.
	Peak int64
}

// row is all runs of one program in one scenario.
type row struct {
	scenario, program string
	calls             int64
	samples           []sample
}

// measure runs the programs in turn, so that a machine that becomes slower does
// so for all of them.
func (b *bench) measure(ctx context.Context, s scenario) ([]row, error) {
	rows := make([]row, len(names))
	for i, name := range names {
		rows[i] = row{scenario: s.name, program: name}
		count := &relayed{bench: b}
		if _, err := b.run(ctx, s, name, count); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		rows[i].calls = count.calls
	}
	for round := range s.rounds {
		for i := range names {
			r := &rows[(round+i)%len(names)]
			sample, err := b.run(ctx, s, r.program, nil)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.program, err)
			}
			r.samples = append(r.samples, sample)
		}
	}
	return rows, nil
}

// relayed asks for a run whose calls are counted.
type relayed struct {
	bench *bench
	calls int64
}

// environment starts the relay and leads the process to it.
func (r *relayed) environment() (*relay, []string, error) {
	path := filepath.Join(filepath.Dir(r.bench.socket()), "relay.socket")
	counter, err := newRelay(path, r.bench.socket())
	return counter, []string{"JUJU_AGENT_SOCKET_ADDRESS=" + path}, err
}

// run runs a program once and checks what it has done.
func (b *bench) run(ctx context.Context, s scenario, name string, count *relayed) (sample, error) {
	if err := ctx.Err(); err != nil {
		return sample{}, err
	}
	logLevel := "info"
	if b.logLevels[name] == logLevel {
		logLevel = "debug"
	}
	b.logLevels[name] = logLevel
	script, err := s.script(b.charmDir(), b.socket(), logLevel)
	if err != nil {
		return sample{}, err
	}
	var measured sample
	began := time.Now()
	after, err := b.juju.run(script, func(env []string) error {
		env = append(env, "PATH="+b.toolsDir()+":/usr/bin:/bin", "BENCH_PEBBLE_SOCKET="+b.pebbles[name].socket)
		if count != nil {
			relay, more, err := count.environment()
			if err != nil {
				return err
			}
			defer func() { count.calls = relay.calls.Load() }()
			defer relay.close()
			env = append(env, more...)
		}
		var stderr bytes.Buffer
		cmd := exec.Command(b.program("starter"), b.program(name))
		cmd.Env, cmd.Dir, cmd.Stderr = env, b.charmDir(), &stderr
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%w: %s", err, stderr.String())
		}
		return json.Unmarshal(out, &measured)
	})
	if err != nil {
		return sample{}, err
	}
	if got := after.Units["bench/0"].Status; got != s.status() {
		return sample{}, fmt.Errorf("the status is %v", got)
	}
	if s.hook == "config-changed" {
		err = b.pebbles[name].check(ctx, logLevel, began)
	}
	return measured, errors.Join(err, ctx.Err())
}
