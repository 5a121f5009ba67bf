package memory_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

var (
	walks    = flag.Int("walks", 24, "how many random walks the Pebble in memory takes beside a real one")
	walkSeed = flag.Uint64("walk", 0, "the seed of the one walk to take, such as one that has failed")
)

// walkLength is the number of steps of a walk.
const walkLength = 14

// step is one thing that is done to both Pebbles. It says all about itself, so that it can be left out, or done alone.
type step struct {
	what string
	do   func(c *contract) (result string, err error)
}

// TestWalks takes random steps with the Pebble in memory and a real 1.19.2, and requires the same errors, plan, services,
// changes and files after each.
func TestWalks(t *testing.T) {
	t.Parallel()
	seeds := make([]uint64, *walks)
	base := uint64(time.Now().UnixNano())
	for i := range seeds {
		seeds[i] = base + uint64(i)
	}
	if *walkSeed != 0 {
		seeds = []uint64{*walkSeed}
	}
	var walkers sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for _, seed := range seeds {
		walkers.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				steps := newWalk(rand.New(rand.NewPCG(seed, 0)))
				if difference := walk(t, steps); difference != "" {
					steps, difference = shrink(t, steps, difference)
					require.FailNow(t, fmt.Sprintf("%s\nafter\n%s\nrepeat with -walk=%d", difference, describe(steps), seed))
				}
			})
		})
	}
	walkers.Wait()
}

func describe(steps []step) string {
	var out strings.Builder
	for _, s := range steps {
		out.WriteString("    " + s.what + "\n")
	}
	return out.String()
}

// shrink leaves out steps as long as the walk still fails.
func shrink(t *testing.T, steps []step, difference string) ([]step, string) {
	for i := len(steps) - 1; i >= 0; i-- {
		fewer := slices.Delete(slices.Clone(steps), i, i+1)
		if d := walk(t, fewer); d != "" {
			steps, difference = fewer, d
		}
	}
	return steps, difference
}

// walk takes some steps, and returns the first difference.
func walk(t *testing.T, steps []step) (difference string) {
	version := memory.DefaultVersion
	inMemory := &contract{target: startMemory(t, version, setup{}), T: t}
	real := &contract{target: startReal(t, version, setup{}), T: t}
	for _, s := range steps {
		got, want := s.observe(inMemory), s.observe(real)
		if got != want {
			return fmt.Sprintf("%s: in memory\n%s\nbut Pebble\n%s", s.what, got, want)
		}
	}
	return ""
}

// observe takes a step and tells all that can be seen after it.
func (s step) observe(c *contract) string {
	var out strings.Builder
	result, err := s.do(c)
	problem := "fine"
	if err != nil {
		problem, _, _ = strings.Cut(c.clean(err.Error()), "loop:") // which of several loops is any
		problem = logTime.ReplaceAllString(problem, "TIME ")
		if before, _, ok := strings.Cut(problem, `service "`); ok && strings.HasSuffix(problem, "does not exist") {
			problem = before + "some service does not exist" // which of several is any
		}
	}
	fmt.Fprintf(&out, "%s %s\n", problem, result)
	plan := c.plan()
	fmt.Fprintf(&out, "plan %s\n", asJSON(plan.Services))
	fmt.Fprintf(&out, "services %s\n", asJSON(c.statuses()))
	for name, service := range plan.Services {
		// What the next step starts behaves as its command says.
		process := memory.Process{}
		if strings.HasPrefix(service.Command, "nosuch") {
			process.StartError = memory.NotFound(service.Command)
		}
		if m, ok := c.target.(*memoryTarget); ok {
			m.process(name, process)
		}
	}
	changes := get[[]change](c, "/v1/changes?select=all")
	slices.SortFunc(changes, func(a, b change) int { return cmp.Or(len(a.ID)-len(b.ID), cmp.Compare(a.ID, b.ID)) })
	for _, one := range changes {
		tasks := one.tasks()
		// The order in which services stop that come after the same one is any.
		slices.Sort(tasks)
		fmt.Fprintf(&out, "change %s %q %s %s\n", one.ID, one.Summary, one.Status, tasks)
	}
	c.describeTree(&out, c.dir())
	return out.String()
}

func (c *contract) describeTree(out *strings.Builder, dir string) {
	infos, err := c.container().List(c.Context(), dir, "")
	require.NoError(c, err)
	for _, info := range infos {
		fmt.Fprintf(out, "%s %v %d %s\n", c.clean(info.Path), info.Mode, info.Size, owner(*info))
		if info.Mode.IsDir() {
			c.describeTree(out, info.Path)
		}
	}
}

// newWalk makes up steps.
func newWalk(r *rand.Rand) []step {
	steps := []step{layerStep(r), layerStep(r)}
	for len(steps) < walkLength {
		switch n := r.IntN(20); {
		case n < 5:
			steps = append(steps, layerStep(r))
		case n < 9:
			steps = append(steps, serviceStep(r))
		default:
			steps = append(steps, fileStep(r))
		}
	}
	return steps
}

func pick[V any](r *rand.Rand, from ...V) V { return from[r.IntN(len(from))] }

var serviceNames = []string{"a", "b", "c", "d"}

// layerStep adds a layer, which may be refused for at most one reason.
func layerStep(r *rand.Rand) step {
	entries := map[string]*pebble.Service{}
	for _, name := range serviceNames {
		if r.IntN(2) == 0 {
			continue
		}
		s := &pebble.Service{
			Override: pick(r, pebble.OverrideMerge, pebble.OverrideReplace),
			Startup:  pick(r, "", "", pebble.StartupEnabled, pebble.StartupDisabled),
			Summary:  pick(r, "", "one", "two"),
		}
		if s.Override == pebble.OverrideReplace || r.IntN(3) == 0 {
			s.Command = pick(r, "service "+name, "service "+name, "service "+name+" x", "nosuch-"+name)
		}
		if r.IntN(3) == 0 {
			s.Environment = map[string]string{pick(r, "A", "B"): pick(r, "1", "2")}
		}
		if r.IntN(4) == 0 {
			s.Requires = []string{pick(r, serviceNames...)}
		}
		if r.IntN(4) == 0 {
			s.After = []string{pick(r, append(serviceNames, "e")...)}
		}
		entries[name] = s
	}
	if len(entries) == 1 && r.IntN(4) == 0 {
		for name, s := range entries {
			switch r.IntN(4) {
			case 0:
				s.Override = pick(r, "", pebble.Override("no"))
			case 1:
				s.Command = pick(r, "x '", "x ]", "[ x ]", `x \`)
			case 2:
				s.OnFailure = "jump"
			case 3:
				entries[""] = s
				delete(entries, name)
			}
		}
	}
	text, err := (&pebble.Layer{Services: entries}).YAML()
	if err != nil {
		panic(err)
	}
	label := pick(r, "one", "two", "three")
	return step{fmt.Sprintf("add layer %q:\n%s", label, text), func(c *contract) (string, error) {
		err := c.add(label, string(text))
		if err != nil && strings.Contains(err.Error(), "plan must define") {
			err = errors.New("some service has no command")
		}
		return "", err
	}}
}

func serviceStep(r *rand.Rand) step {
	names := []string{pick(r, serviceNames...)}
	if r.IntN(3) == 0 {
		names = append(names, pick(r, append(serviceNames, "e")...))
	}
	action := pick(r, "start", "start", "stop", "restart", "replan", "autostart", "signal")
	return step{fmt.Sprint(action, " ", names), func(c *contract) (string, error) {
		app, ctx := c.container(), c.Context()
		switch action {
		case "start":
			return "", app.Start(ctx, names...)
		case "stop":
			return "", app.Stop(ctx, names...)
		case "restart":
			return "", app.Restart(ctx, names...)
		case "replan":
			return "", app.Replan(ctx)
		case "autostart":
			return "", app.Autostart(ctx)
		}
		return "", app.Signal(ctx, "SIGHUP", names...)
	}}
}

func fileStep(r *rand.Rand) step {
	name := pick(r, "a", "b", "a/b", "a/b/c", "a/b/c/d", "b/c")
	mode := pick(r, fs.FileMode(0), 0o600, 0o755, 0o7)
	owner := pick(r, pebble.Owner{}, pebble.Owner{}, pebble.Owner{User: "nobody"}, pebble.Owner{UserID: ptr(1)},
		pebble.Owner{UserID: ptr(77), GroupID: ptr(78)}, pebble.Owner{User: "nosuchuser"}, pebble.Owner{Group: "root"})
	flag := r.IntN(2) == 0
	content := pick(r, "", "x", "content")
	op := pick(r, "push", "push", "push", "make", "make", "remove", "pull", "list", "stat")
	what := fmt.Sprintf("%s %s, mode %v, owner %s, %v, %q", op, name, mode, owner, flag, content)
	return step{what, func(c *contract) (string, error) {
		app, ctx, full := c.container(), c.Context(), path.Join(c.dir(), name)
		switch op {
		case "push":
			return "", app.Push(ctx, full, strings.NewReader(content), &pebble.PushOptions{Mode: mode, Owner: owner, MakeDirs: flag})
		case "make":
			return "", app.MakeDir(ctx, full, &pebble.MakeDirOptions{Mode: mode, Owner: owner, Parents: flag})
		case "remove":
			return "", app.Remove(ctx, full, &pebble.RemoveOptions{Recursive: flag})
		case "pull":
			got, err := app.Pull(ctx, full)
			return string(got), err
		case "list":
			return listed(ctx, c, full)
		}
		info, err := app.Stat(ctx, full)
		if err != nil {
			return "", err
		}
		return fmt.Sprint(info.Mode, info.Size), nil
	}}
}

func listed(ctx context.Context, c *contract, name string) (string, error) {
	infos, err := c.container().List(ctx, name, "[ab]")
	var names []string
	for _, info := range infos {
		names = append(names, c.clean(info.Path))
	}
	data, _ := json.Marshal(names)
	return string(data), err
}
