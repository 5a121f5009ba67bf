package memory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/charmkit/charmkit/pebble"
)

// Command is an executable, or what it does with some arguments. Of several that fit, the one with the most Args is run. One
// without any Args fits everything.
type Command struct {
	// Args are the beginning of those that it is run with, the executable first.
	Args []string

	// Run is called with each. Nil writes Stdout and Stderr and exits with ExitCode.
	Run func(ctx context.Context, process *Running) (exitCode int)

	Stdout, Stderr string
	ExitCode       int
}

// Running is a command that runs. Its context ends when it is killed.
type Running struct {
	Args        []string
	Environment map[string]string // all of it
	WorkingDir  string
	User        string // the name of the user; empty if it has none
	UserID      int
	GroupID     int

	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer // Stdout if both are to be one

	// Signals gives the names of the signals that it is sent, such as SIGHUP. Those that nobody takes are dropped.
	Signals <-chan string
}

// find returns the command that fits arguments best, or nil.
func (p *Pebble) find(args []string) *Command {
	var best *Command
	for i := range p.commands {
		c := &p.commands[i]
		fits := len(c.Args) <= len(args) && slices.Equal(c.Args, args[:len(c.Args)])
		if fits && (best == nil || len(c.Args) > len(best.Args)) {
			best = c
		}
	}
	return best
}

// execution is a command between its request and its end.
type execution struct {
	change  string
	command *Command
	running Running
	timeout time.Duration
	split   bool // standard error has a connection of its own

	abort     func() // kills it
	ctx       context.Context
	signals   chan string
	conns     map[string]*socket // by the websocket's name
	connected chan struct{}      // closed when input and output are
}

type execPayload struct {
	Command        []string          `json:"command"`
	ServiceContext string            `json:"service-context"`
	Environment    map[string]string `json:"environment"`
	WorkingDir     string            `json:"working-dir"`
	Timeout        string            `json:"timeout"`
	UserID         *int              `json:"user-id"`
	User           string            `json:"user"`
	GroupID        *int              `json:"group-id"`
	Group          string            `json:"group"`
	Terminal       bool              `json:"terminal"`
	Interactive    bool              `json:"interactive"`
	SplitStderr    bool              `json:"split-stderr"`
}

func (p *Pebble) postExec(r *request) answer {
	var payload execPayload
	if err := decode(r, &payload); err != nil {
		return badRequest("cannot decode request body: %v", err)
	}
	if len(payload.Command) == 0 {
		return badRequest("must specify command")
	}
	timeout, err := duration(payload.Timeout)
	if err != nil {
		return badRequest("invalid timeout: %v", err)
	}
	command := p.find(payload.Command)
	if command == nil {
		return badRequest("cannot find executable %q", payload.Command[0])
	}
	if problem := p.takeContext(&payload); problem != nil {
		return *problem
	}
	uid, gid, err := p.account(payload.UserID, payload.GroupID, payload.User, payload.Group)
	if err != nil {
		return badRequest("%v", err)
	}
	if payload.Interactive && !payload.Terminal {
		return failure(http.StatusInternalServerError, "", "cannot call exec: cannot use interactive mode without a terminal")
	}
	environment := p.execEnvironment(uid, payload.Environment)
	dir, err := p.workingDir(payload.WorkingDir, environment["HOME"])
	if err != nil {
		return failure(http.StatusInternalServerError, "", "cannot call exec: "+err.Error())
	}
	summary := fmt.Sprintf("Execute command %q", payload.Command[0])
	c := p.newChange("exec", summary, Task{Kind: "exec", Summary: summary})
	c.Status, c.Tasks[0].Status = statusDoing, statusDoing
	p.notifyChange(c, 2)
	id, task := c.ID, c.Tasks[0].ID

	e := &execution{
		change: id, command: command, timeout: timeout, split: payload.SplitStderr,
		conns: map[string]*socket{}, connected: make(chan struct{}), signals: make(chan string, 16),
	}
	e.running = Running{
		Args: payload.Command, Environment: environment, WorkingDir: dir, UserID: p.state.UserID, GroupID: p.state.GroupID,
		Signals: e.signals,
	}
	if uid != nil {
		e.running.UserID, e.running.GroupID = *uid, *gid
	}
	e.running.User = p.userName(e.running.UserID)
	e.ctx, e.abort = context.WithCancel(context.Background())
	if p.execs == nil {
		p.execs = map[string]*execution{}
	}
	p.execs[id] = e
	record := Exec{
		Args: payload.Command, Environment: payload.Environment, WorkingDir: payload.WorkingDir, UserID: uid, GroupID: gid,
		Timeout: timeout,
	}
	go p.run(e, record)
	return accepted(id, map[string]any{"environment": environment, "task-id": task, "working-dir": dir})
}

// takeContext fills in what a service context brings.
func (p *Pebble) takeContext(payload *execPayload) *answer {
	if payload.ServiceContext == "" {
		return nil
	}
	service := p.currentPlan().layer.Services[payload.ServiceContext]
	if service == nil {
		return refuse("context service %q not found", payload.ServiceContext)
	}
	merged := pebble.ExecCheck{Environment: payload.Environment}
	payload.Environment = mergedEnvironment(service.Environment, merged.Environment)
	if payload.UserID == nil {
		payload.UserID = service.UserID
	}
	if payload.User == "" {
		payload.User = service.User
	}
	if payload.GroupID == nil {
		payload.GroupID = service.GroupID
	}
	if payload.Group == "" {
		payload.Group = service.Group
	}
	if payload.WorkingDir == "" {
		payload.WorkingDir = service.WorkingDir
	}
	return nil
}

// mergedEnvironment puts one environment on top of another.
func mergedEnvironment(below, above map[string]string) map[string]string {
	merged := make(map[string]string, len(below)+len(above))
	maps.Copy(merged, below)
	maps.Copy(merged, above)
	return merged
}

func (p *Pebble) execEnvironment(uid *int, asked map[string]string) map[string]string {
	env := p.baseEnvironment()
	if uid != nil && *uid != p.state.UserID {
		delete(env, "HOME")
		delete(env, "USER")
		if u := p.userByID(*uid); u != nil {
			env["HOME"], env["USER"] = u.Home, u.Name
		}
	}
	maps.Copy(env, asked)
	return env
}

func (p *Pebble) workingDir(asked, home string) (string, error) {
	dir, what := asked, "working directory"
	if dir == "" {
		if home == "" {
			return "/", nil
		}
		dir, what = home, "home directory"
	}
	file, err := p.stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s %q does not exist", what, dir)
	case err != nil:
		return "", fmt.Errorf("cannot stat %s %q: %w", what, dir, err)
	case !file.Mode.IsDir():
		return "", fmt.Errorf("%s %q not a directory", what, dir)
	}
	return dir, nil
}

// connectTimeout is how long a command waits for the connections of its input and output.
const connectTimeout = 5 * time.Second

// killedCode is the exit code of a command that was killed.
const killedCode = 128 + 9

// run runs a command and ends its change.
func (p *Pebble) run(e *execution, record Exec) {
	code, err := p.await(e)
	p.mu.Lock()
	defer p.mu.Unlock()
	defer e.abort()
	if p.execs[e.change] != e {
		return // Pebble was restarted meanwhile.
	}
	if c := p.change(e.change); c != nil {
		t := &c.Tasks[0]
		t.Status, t.ExitCode = statusDone, &code
		if err != nil {
			t.Status = statusError
			p.log(t, "ERROR", err.Error())
		}
		p.finish(c)
		if err != nil {
			p.notifyChange(c, 1) // it is aborted on the way
		}
		p.notifyChange(c, 1)
	}
	record.ExitCode = code
	ownSlice(p, execs, &p.state.Execs)
	p.state.Execs = append(p.state.Execs, record)
	delete(p.execs, e.change)
	p.happened()
}

func (p *Pebble) await(e *execution) (code int, err error) {
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, s := range e.conns {
			s.close()
		}
	}()
	select {
	case <-e.connected:
	case <-time.After(connectTimeout):
		return -1, fmt.Errorf("exec %s: timeout waiting for websocket connections: %w", e.change, context.DeadlineExceeded)
	case <-e.ctx.Done():
		return -1, e.ctx.Err()
	}
	ctx := e.ctx
	if e.timeout != 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.timeout)
		defer cancel()
	}
	p.mu.Lock()
	stdio, stderr := e.conns["stdio"], e.conns["stderr"]
	p.mu.Unlock()
	e.running.Stdin, e.running.Stdout, e.running.Stderr = stdio, stdio, stdio
	if stderr != nil {
		e.running.Stderr = stderr
	}
	done := make(chan int, 1)
	go func() { done <- e.command.run(ctx, &e.running) }()
	select {
	case code = <-done:
	case <-ctx.Done():
		// It is killed: nobody waits for a handler that does not look at its context.
		code = killedCode
	}
	stdio.end()
	if stderr != nil {
		stderr.end()
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return -1, fmt.Errorf("timed out after %v: %w", e.timeout, ctx.Err())
	}
	return code, nil
}

func (c *Command) run(ctx context.Context, process *Running) int {
	if c.Run != nil {
		return c.Run(ctx, process)
	}
	_, _ = io.WriteString(process.Stdout, c.Stdout)
	_, _ = io.WriteString(process.Stderr, c.Stderr)
	return c.ExitCode
}

// connect gives a command one of its connections.
func (p *Pebble) connect(task, name string, s *socket) *answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	refused := func(status int, format string, args ...any) *answer {
		a := failure(status, "", fmt.Sprintf(format, args...))
		return &a
	}
	if p.state.Unreachable {
		return refused(http.StatusServiceUnavailable, "no answer")
	}
	index := slices.IndexFunc(p.state.Changes, func(c Change) bool {
		return slices.ContainsFunc(c.Tasks, func(t Task) bool { return t.ID == task })
	})
	if index < 0 {
		return refused(http.StatusNotFound, "cannot find task %q", task)
	}
	c := &p.state.Changes[index]
	if c.Kind != "exec" {
		return refused(http.StatusBadRequest, "%q tasks do not have websockets", c.Kind)
	}
	e := p.execs[c.ID]
	if e == nil || name != "control" && name != "stdio" && !(name == "stderr" && e.split) {
		return refused(http.StatusNotFound, "cannot find %s websocket for task %q", name, task)
	}
	if e.conns[name] != nil {
		return refused(http.StatusInternalServerError, "%s websocket already connected", name)
	}
	e.conns[name] = s
	if name == "control" {
		go s.readControl(e)
	} else if e.conns["stdio"] != nil && (!e.split || e.conns["stderr"] != nil) {
		close(e.connected)
	}
	return nil
}
