package memory

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmkit/charmkit/pebble"
)

// The values of a status of a change or task, as far as they occur here.
const (
	statusDo    = "Do"
	statusDoing = "Doing"
	statusDone  = "Done"
	statusError = "Error"
	statusHold  = "Hold"
)

// next returns the number after that of the last one.
func next(last string) string {
	n, _ := strconv.Atoi(last)
	return strconv.Itoa(n + 1)
}

// newChange begins a change. Its tasks have a kind and a summary. The returned change is good until the next one begins.
func (p *Pebble) newChange(kind, summary string, tasks ...Task) *Change {
	lastChange, lastTask := "", ""
	if n := len(p.state.Changes); n > 0 {
		lastChange = p.state.Changes[n-1].ID
		for i := n - 1; i >= 0 && lastTask == ""; i-- {
			if t := p.state.Changes[i].Tasks; len(t) > 0 {
				lastTask = t[len(t)-1].ID
			}
		}
	}
	now := p.tick()
	for i := range tasks {
		lastTask = next(lastTask)
		tasks[i].ID, tasks[i].Status, tasks[i].Spawned = lastTask, statusDo, now
	}
	ownSlice(p, changes, &p.state.Changes)
	p.state.Changes = append(p.state.Changes, Change{
		ID: next(lastChange), Kind: kind, Summary: summary, Status: statusDo, Spawned: now, Tasks: tasks,
	})
	return &p.state.Changes[len(p.state.Changes)-1]
}

// change returns the change of an id for writing, or nil.
func (p *Pebble) change(id string) *Change {
	index := p.findChange(id)
	if index < 0 {
		return nil
	}
	ownSlice(p, changes, &p.state.Changes)
	c := &p.state.Changes[index]
	c.Tasks = slices.Clone(c.Tasks)
	return c
}

func (p *Pebble) findChange(id string) int {
	return slices.IndexFunc(p.state.Changes, func(c Change) bool { return c.ID == id })
}

// log adds a line to a task's log, which keeps ten.
func (p *Pebble) log(t *Task, level, message string) {
	lines := t.Log[max(0, len(t.Log)-9):]
	t.Log = append(slices.Clip(lines), p.now().Format(time.RFC3339)+" "+level+" "+message)
}

// notify records the notice of a change, which has seen so many statuses by now that are new.
func (p *Pebble) notifyChange(c *Change, times int) {
	data := map[string]string{"kind": c.Kind}
	if check := checkOf(c); check != "" {
		data["check-name"] = check
	}
	for range times {
		p.addNotice(nil, pebble.NoticeChangeUpdate, c.ID, data, 0)
	}
}

// checkOf returns the check that a change is about, which its summary tells.
func checkOf(c *Change) string {
	if c.Kind != performCheck && c.Kind != recoverCheck {
		return ""
	}
	_, quoted, _ := strings.Cut(c.Summary, ` check `)
	name, _ := strconv.Unquote(quoted)
	return name
}

// finish ends a change by what its tasks have become.
func (p *Pebble) finish(c *Change) {
	now := p.tick()
	c.Status, c.Ready, c.Err = statusDone, now, ""
	var problems []string
	for i := range c.Tasks {
		t := &c.Tasks[i]
		t.Ready = now
		if t.Status != statusError {
			continue
		}
		c.Status = statusError
		for _, line := range t.Log {
			if _, text, ok := strings.Cut(line, " ERROR "); ok {
				problems = append(problems, fmt.Sprintf("- %s (%s)", t.Summary, text))
			}
		}
	}
	if c.Status == statusError {
		c.Err = "cannot perform the following tasks:\n" + strings.Join(problems, "\n")
	}
	p.happened()
}

func (c *Change) isReady() bool { return c.Status != statusDo && c.Status != statusDoing }

// changeJSON is a change as it is answered.
type changeJSON struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind"`
	Summary   string     `json:"summary"`
	Status    string     `json:"status"`
	Tasks     []taskJSON `json:"tasks,omitempty"`
	Ready     bool       `json:"ready"`
	Err       string     `json:"err,omitempty"`
	SpawnTime time.Time  `json:"spawn-time"`
	ReadyTime *time.Time `json:"ready-time,omitempty"`
}

type taskJSON struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`
	Summary  string   `json:"summary"`
	Status   string   `json:"status"`
	Log      []string `json:"log,omitempty"`
	Progress struct {
		Label string `json:"label"`
		Done  int    `json:"done"`
		Total int    `json:"total"`
	} `json:"progress"`
	SpawnTime time.Time      `json:"spawn-time"`
	ReadyTime *time.Time     `json:"ready-time,omitempty"`
	Data      map[string]int `json:"data,omitempty"`
}

func (c *Change) json() changeJSON {
	out := changeJSON{
		ID: c.ID, Kind: c.Kind, Summary: c.Summary, Status: c.Status, Ready: c.isReady(), Err: c.Err,
		SpawnTime: c.Spawned, ReadyTime: timeOrNil(c.Ready),
	}
	for i := range c.Tasks {
		t := &c.Tasks[i]
		task := taskJSON{
			ID: t.ID, Kind: t.Kind, Summary: t.Summary, Status: t.Status, Log: t.Log, SpawnTime: t.Spawned, ReadyTime: timeOrNil(t.Ready),
		}
		task.Progress.Total = 1
		if out.Ready {
			task.Progress.Done = 1
		}
		if t.ExitCode != nil {
			task.Data = map[string]int{"exit-code": *t.ExitCode}
		}
		out.Tasks = append(out.Tasks, task)
	}
	return out
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (p *Pebble) getChanges(r *request) answer {
	query := r.URL.Query()
	var want func(*Change) bool
	switch query.Get("select") {
	case "", "in-progress":
		want = func(c *Change) bool { return !c.isReady() }
	case "ready":
		want = (*Change).isReady
	case "all":
		want = func(*Change) bool { return true }
	default:
		return badRequest("select should be one of: all,in-progress,ready")
	}
	list := []changeJSON{}
	for i := range p.state.Changes {
		c := &p.state.Changes[i]
		if service := query.Get("for"); want(c) && (service == "" || slices.Contains(c.Services, service)) {
			list = append(list, c.json())
		}
	}
	return result(list)
}

func (p *Pebble) getChange(id string) answer {
	index := p.findChange(id)
	if index < 0 {
		return failure(http.StatusNotFound, "", fmt.Sprintf("cannot find change with id %q", id))
	}
	return result(p.state.Changes[index].json())
}

// waitChange answers when a change has ended. It is called with the lock, which it gives up while it waits.
func (p *Pebble) waitChange(r *request, id string) answer {
	if p.findChange(id) < 0 {
		return p.getChange(id)
	}
	timeout, err := duration(r.URL.Query().Get("timeout"))
	if err != nil {
		return badRequest("invalid timeout: %v", err)
	}
	var late <-chan time.Time
	for {
		index := p.findChange(id)
		if index < 0 || p.state.Changes[index].isReady() {
			return p.getChange(id)
		}
		if late == nil && timeout != 0 {
			timer := time.NewTimer(timeout)
			defer timer.Stop()
			late = timer.C
		}
		if !p.sleep(r, late) {
			if r.Context().Err() != nil {
				return failure(http.StatusInternalServerError, "", "request cancelled")
			}
			return failure(http.StatusGatewayTimeout, "", fmt.Sprintf("timed out waiting for change after %s", timeout))
		}
	}
}

// sleep gives up the lock until something has happened, or it is too late or the request has ended, which is false.
func (p *Pebble) sleep(r *request, late <-chan time.Time) bool {
	woken := p.wait()
	p.mu.Unlock()
	defer p.mu.Lock()
	select {
	case <-woken:
		return true
	case <-late:
	case <-r.Context().Done():
	}
	return false
}

func (p *Pebble) postChange(r *request, id string) answer {
	index := p.findChange(id)
	if index < 0 {
		return p.getChange(id)
	}
	var payload struct {
		Action string `json:"action"`
	}
	if err := decode(r, &payload); err != nil {
		return badRequest("cannot decode data from request body: %v", err)
	}
	if payload.Action != "abort" {
		return badRequest("invalid action %q", payload.Action)
	}
	c := p.change(id)
	if c.isReady() {
		return badRequest("cannot abort change %s with nothing pending", id)
	}
	if running := p.execs[id]; running != nil {
		// It ends when its command has.
		running.abort()
		return p.getChange(id)
	}
	p.abort(id)
	return p.getChange(id)
}

// abort ends a change of one task, such as that of a check. The task is done then, since it cannot be undone.
func (p *Pebble) abort(id string) {
	c := p.change(id)
	for i := range c.Tasks {
		c.Tasks[i].Status = statusDone
	}
	p.finish(c)
	p.notifyChange(c, abortOccurrences)
}

// abortOccurrences are the statuses of a change that is aborted: to be aborted, to be undone, done.
const abortOccurrences = 3
