package lives_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/tools"
)

// charm is what all charms of the model do: a little of everything, as n says.
func (w *world) charm(_ context.Context, c *hook.Context) hook.Outcome {
	l := w.lifeOf(c.UnitName())
	l.ran = true
	w.hooks++
	w.check(l.begins(c.Info(), c.ModelType()))
	w.read(c, l)
	l.before = w.recorded(c.UnitName())
	if w.calm {
		return hook.Outcome{}
	}
	w.write(c, l)
	if after := w.recorded(c.UnitName()); after != l.before && w.problem == nil && !w.store.dead {
		w.check(fmt.Errorf("C-023: what the running hook %s of %s recorded can be seen:\n%s\n%s", c.Info().Name(), c.UnitName(), l.before, after))
	}
	switch w.n % 16 {
	case 0, 1:
		return hook.Outcome{Code: 1}
	case 2:
		return hook.Outcome{Signal: syscall.SIGKILL}
	case 3:
		panic(agentDied{})
	}
	return hook.Outcome{}
}

// refuse makes some commits fail, as a controller may.
func (w *world) refuse() error {
	if !w.calm && w.n%16 == 4 {
		return errors.New("refused by the test")
	}
	return nil
}

func (w *world) check(err error) {
	if w.problem == nil {
		w.problem = err
	}
}

// read notes the databags that a relation-changed tells of.
func (w *world) read(c *hook.Context, l *life) {
	i := c.Info()
	if i.Kind != hook.RelationChanged {
		return
	}
	args := []string{"--format=json", "-"}
	if i.RemoteUnit == "" {
		args = append(args, "--app", i.RemoteApp)
	} else {
		args = append(args, i.RemoteUnit)
	}
	l.reading = w.tool(c, "relation-get", args...)
}

// write uses tools that record, and some that do not.
func (w *world) write(c *hook.Context, l *life) {
	n := w.n / 16
	value := fmt.Sprintf("v%d", n%7)
	l.wrote = map[int]string{}
	for id, r := range c.Relations() {
		if (n+id)%3 == 0 && !r.Broken() {
			w.tool(c, "relation-set", "-r", fmt.Sprint(id), "n="+value)
			l.wrote[id] = value
			if c.IsLeader() {
				w.tool(c, "relation-set", "-r", fmt.Sprint(id), "--app", "app="+value)
			}
		}
	}
	switch n % 11 {
	case 0:
		w.tool(c, "state-set", "n="+value)
	case 1:
		w.tool(c, "open-port", fmt.Sprint(8000+n%5))
	case 2:
		w.tool(c, "close-port", fmt.Sprint(8000+n%5))
	case 3, 4:
		w.secret(c, value)
	case 5:
		if c.Application() == "web" {
			w.tool(c, "storage-add", "logs") // refused by the commit when there are too many
			l.committed = true
		}
	case 6:
		w.tool(c, "status-set", "active", value)
	case 7:
		if c.IsLeader() {
			w.tool(c, "leader-set", "n="+value)
		}
	}
}

// secret adds, changes, shares, refreshes or removes a secret of the unit.
func (w *world) secret(c *hook.Context, value string) {
	var ids []string
	if err := json.Unmarshal([]byte(w.tool(c, "secret-ids", "--format=json")), &ids); err != nil {
		w.check(err)
	}
	n := w.n / (16 * 11)
	if len(ids) == 0 || n%5 == 0 && len(ids) < 3 {
		w.tool(c, "secret-add", "--owner", "unit", "key="+value, "--rotate", "hourly")
		return
	}
	id := ids[n%len(ids)]
	switch n % 4 {
	case 0, 1:
		w.tool(c, "secret-set", id, "key="+value+"more")
	case 2:
		w.tool(c, "secret-get", id, "--refresh")
	case 3:
		w.tool(c, "secret-remove", id)
	}
}

// tool runs a hook tool that must succeed, unless the process dies in it.
func (w *world) tool(c *hook.Context, name string, args ...string) string {
	r, err := tools.Run(w.ctx, c, tools.Request{Command: name, Args: args, Dir: "/"})
	if err != nil || r.Code != 0 && !strings.Contains(string(r.Stderr), errDied.Error()) {
		w.check(fmt.Errorf("%s %q in %s of %s: %w %s", name, args, c.Info().Name(), c.UnitName(), err, r.Stderr))
	}
	return string(r.Stdout)
}

// recorded is what only a commit may change of the model for a unit, as text.
func (w *world) recorded(unit string) string {
	var data []byte
	w.model.View(func(s *model.State) {
		u, err := s.Unit(unit)
		if err != nil {
			return
		}
		bags := map[string]any{}
		for id, r := range s.Relations {
			if ru, ok := r.Units[unit]; ok {
				bags[fmt.Sprint(id)] = ru.Data
			}
			if bag, ok := r.ApplicationData[u.Application]; ok {
				bags[fmt.Sprint(id, " app")] = bag.Data
			}
		}
		secrets := map[string]any{}
		for id, secret := range s.Secrets {
			if secret.OwnedBy(unit) {
				secrets[id] = []any{secret.Label, secret.Grants, secret.Latest().Content, len(secret.Revisions)}
			}
		}
		data, _ = json.Marshal([]any{bags, secrets, u.CharmState, u.Ports, len(s.StorageOf(unit))})
	})
	return string(data)
}

// checkWritten finds what a hook wrote in the model after it succeeded.
func (w *world) checkWritten(unit string, l *life) (err error) {
	w.model.View(func(s *model.State) {
		for id, value := range l.wrote {
			r, ok := s.Relations[id]
			if !ok || !r.InScope(unit) {
				continue
			}
			if r.Units[unit].Data["n"] != value {
				err = fmt.Errorf("C-023: %s wrote %q into relation %d and its hook succeeded, but it holds %q", unit, value, id, r.Units[unit].Data["n"])
			}
		}
	})
	return err
}
