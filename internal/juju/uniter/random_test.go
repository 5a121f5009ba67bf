package uniter_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/uniter"
)

// Whatever the order in which agents get on, and however often hooks fail, are
// killed or agents restart: the promises about the order of hooks hold, and all
// agents come to rest.
// C-110.
func TestPromisesHoldInAnyOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		w := newWorld(t)
		rng := rand.New(rand.NewPCG(seed, 1))
		trouble := true
		w.charm = func(ctx context.Context, c *hook.Context) hook.Outcome {
			outcome := hook.Outcome{}
			switch {
			case trouble && rng.IntN(8) == 0:
				outcome.Code = 1
			case trouble && rng.IntN(8) == 0:
				outcome = killed(ctx, c)
			case rng.IntN(4) == 0:
				for _, r := range c.Relations() {
					require.NoError(t, r.WriteUnit(map[string]string{"n": string(rune('a' + rng.IntN(3)))}))
				}
			}
			if outcome.Failure() != nil {
				w.hooks[len(w.hooks)-1] += " failed"
			}
			return outcome
		}
		units := []string{"web/0", "web/1", "db/0", "db/1"}
		changes := []func(*model.State) error{
			func(s *model.State) error { return s.Scale("web", 2) },
			func(s *model.State) error { return s.SetConfig("web", map[string]string{"name": "y"}) },
			func(s *model.State) error { return s.Scale("db", 1) },
			func(s *model.State) error { s.Applications["web"].Leader = ""; return nil },
			func(s *model.State) error { return s.Scale("db", 2) },
			func(s *model.State) error { return s.RemoveRelation(1) },
			func(s *model.State) error { return s.RemoveApplication("web") },
		}
		w.related()
		for range 300 {
			unit := units[rng.IntN(len(units))]
			switch rng.IntN(25) {
			case 0:
				w.restart(unit)
			case 1:
				if len(changes) > 0 {
					_ = w.Update(t.Context(), changes[0]) // one that comes too late is refused
					changes = changes[1:]
				}
			case 2:
				w.clock.Advance(5 * time.Minute)
			}
			w.step(unit)
		}
		trouble = false
		w.comeToRest(units)
		checkPromises(t, w.hooks, units, seed)
	}
}

// comeToRest steps all agents until none has anything to do.
func (w *world) comeToRest(units []string) {
	w.t.Helper()
	for range 1000 {
		w.clock.Advance(5 * time.Minute)
		busy := false
		for _, unit := range units {
			kind := w.step(unit)
			busy = busy || (kind != uniter.Nothing && kind != uniter.Finish)
		}
		if !busy {
			return
		}
	}
	w.t.Fatal("the agents do not come to rest")
}

// step steps one agent. One whose unit is gone ends: a later unit of the same
// name has an agent of its own.
func (w *world) step(unit string) uniter.OperationKind {
	op, err := w.agent(unit).Step(w.t.Context())
	require.NoError(w.t, err)
	if op.Kind == uniter.Finish {
		w.restart(unit)
	}
	return op.Kind
}

// checkPromises looks at the hooks that ran with success, per life of a unit.
func checkPromises(t *testing.T, hooks, units []string, seed uint64) {
	t.Helper()
	for _, unit := range units {
		var ran []string
		for _, h := range hooks {
			name, ok := strings.CutPrefix(h, unit+" ")
			if !ok || strings.HasSuffix(name, " failed") {
				continue
			}
			if name == "install" {
				ran = nil // a unit of the same name may come after one that was removed
			}
			ran = append(ran, name)
			for _, relation := range []string{"db", "database", "peers"} {
				checkRelation(t, ran, relation, seed)
			}
		}
		if len(ran) == 0 {
			continue
		}
		require.Equal(t, "install", ran[0], "seed %d", seed)
		if start := slices.Index(ran, "start"); start >= 0 {
			require.Contains(t, ran[:start], "config-changed", "seed %d", seed)
		}
		if remove := slices.Index(ran, "remove"); remove >= 0 {
			require.Equal(t, len(ran)-1, remove, "seed %d: %q", seed, ran)
			require.Equal(t, "stop", ran[remove-1], "seed %d: %q", seed, ran)
		}
	}
}

// checkRelation checks what the last hook of a relation may follow.
func checkRelation(t *testing.T, ran []string, relation string, seed uint64) {
	t.Helper()
	var own []string
	for _, name := range ran {
		if rest, ok := strings.CutPrefix(name, relation+"-relation-"); ok {
			own = append(own, rest)
		}
	}
	if len(own) == 0 || !strings.HasPrefix(ran[len(ran)-1], relation+"-relation-") {
		return
	}
	last, before := own[len(own)-1], own[:len(own)-1]
	require.Equal(t, len(before) == 0 || before[len(before)-1] == "broken", last == "created", "seed %d: %q", seed, own)
	if len(before) == 0 {
		return
	}
	if unit, joined := strings.CutPrefix(before[len(before)-1], "joined "); joined {
		require.Equal(t, "changed "+unit, last, "seed %d: %q", seed, own)
	}
	if last == "broken" {
		members := 0
		for _, h := range before {
			if strings.HasPrefix(h, "joined ") {
				members++
			} else if strings.HasPrefix(h, "departed ") {
				members--
			}
		}
		require.Zero(t, members, "seed %d: every unit departs before broken: %q", seed, own)
	}
}
