package lives_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// do does one step of a sequence. What makes no sense at the moment is left out.
func (w *world) do(s step) error {
	names := w.names()
	unit := ""
	if len(names) > 0 {
		unit = names[s.N%len(names)]
	}
	app := applications[s.N%len(applications)]
	n := s.N / 64
	switch s.Do {
	case "agent":
		if unit == "" {
			return nil
		}
		_, err := w.step(unit, n)
		return err
	case "settle":
		w.n = n
		_, err := w.settle(20)
		return err
	case "restart":
		delete(w.agents, unit)
		return nil
	case "time":
		w.clock.Advance([]time.Duration{time.Second, 5 * time.Second, time.Minute, 5 * time.Minute, time.Hour}[n%5])
		return nil
	case "crash":
		if !w.calm {
			w.store.dieIn, w.store.stored = 1+n%5, n%2 == 0
		}
		return nil
	}
	return w.update(func(st *model.State) error {
		if s.Do == "machines" {
			st.Type = model.Machines
			return nil
		}
		if s.Do == "deploy" {
			return deploy(st, app, n)
		}
		if unit == "" {
			return nil
		}
		return w.change(st, s.Do, app, unit, n)
	})
}

func deploy(s *model.State, app string, n int) error {
	charm, err := loadCharm(app)
	if err != nil {
		return err
	}
	return s.Deploy(app, charm, model.DeployOptions{Units: 1 + n%2, ServiceAddress: "10.0.0.1"})
}

// change is what an operator, or Kubernetes, does to the model.
func (w *world) change(s *model.State, do, app, unit string, n int) error {
	switch do {
	case "remove application":
		return s.RemoveApplication(app)
	case "scale":
		return s.Scale(app, n%4)
	case "integrate":
		pair := [][2]string{{"web", "pg"}, {"lb", "web"}}[n%2]
		_, err := s.Integrate(pair[0], pair[1])
		return err
	case "remove relation", "suspend":
		ids := slices.Sorted(maps.Keys(s.Relations))
		if len(ids) == 0 {
			return nil
		}
		id := ids[n%len(ids)]
		if do == "suspend" {
			return s.SuspendRelation(id, !s.Relations[id].Suspended)
		}
		return s.RemoveRelation(id)
	case "config":
		return s.SetConfig(app, map[string]string{"value": fmt.Sprint(n % 100)})
	case "refresh":
		return s.RefreshWith(app, model.RefreshOptions{Force: n%2 == 0})
	case "resolve":
		if s.Units[unit].Agent.Current().Status == "error" {
			s.Units[unit].Resolve = []model.Resolve{model.ResolveRetry, model.ResolveNoRetry}[n%2]
		}
	case "leader":
		if a, ok := s.Applications[app]; ok {
			if units := s.UnitsOf(app); len(units) > 0 {
				a.Leader = units[n%len(units)]
			}
		}
	case "pod":
		if s.Type != model.Machines {
			s.Units[unit].Pod++
		}
		delete(w.agents, unit)
	case "action":
		_, err := s.EnqueueAction(unit, "act", nil)
		return err
	case "secret":
		for _, id := range slices.Sorted(maps.Keys(s.Secrets)) {
			secret := s.Secrets[id]
			if n--; n%3 == 0 {
				return s.UpdateSecret(secret.Owner.Name, id, model.SecretChange{Content: map[string]string{"key": fmt.Sprintf("%04d", n%10000)}})
			}
		}
	case "storage":
		if instances := s.StorageOf(unit); n%4 == 0 && len(instances) > 0 {
			return s.DetachStorage(instances[n%len(instances)].ID)
		}
		return s.ProvisionStorage(unit)
	}
	return nil
}

// rest lets everything calm down and checks what must be so then.
func (w *world) rest() error {
	w.calm = true
	w.store.dieIn = 0
	for range 200 {
		rest, err := w.settle(1)
		switch {
		case err != nil:
			return err
		case rest && w.settled():
			return w.checkRest()
		case rest:
			w.clock.Advance(5 * time.Minute) // failed hooks wait for that
		}
	}
	return fmt.Errorf("the agents do not come to rest: %s", w.names())
}

// settled reports whether no hook is due that time alone does not bring.
func (w *world) settled() bool {
	calm := true
	w.model.View(func(s *model.State) {
		for _, u := range s.Units {
			calm = calm && !u.Life.Gone() && u.Agent.Current().Status != "error"
		}
	})
	return calm
}

// checkRest finds, in a model at rest, every remote databag in what the charms
// read last, and nothing that was to go.
func (w *world) checkRest() (problem error) {
	w.model.View(func(s *model.State) {
		for id, r := range s.Relations {
			if r.Life.Gone() {
				problem = fmt.Errorf("C-118: relation %d is dying for ever", id)
			}
			for name := range r.Units {
				l, ok := w.units[name]
				if !ok || !r.InScope(name) || r.Suspended {
					continue
				}
				if err := checkSeen(r, id, l, s); err != nil {
					problem = err
				}
			}
		}
		for name, a := range s.Applications {
			if a.Life.Gone() {
				problem = fmt.Errorf("C-118: application %s is dying for ever", name)
			}
		}
	})
	return problem
}

func checkSeen(r *model.Relation, id int, l *life, s *model.State) error {
	known, ok := l.relations[id]
	if !ok {
		return fmt.Errorf("C-112: %s is in relation %d and was never told", l.unit, id)
	}
	remote := r.RemoteUnits(l.unit)
	if got := slices.Sorted(maps.Keys(known.joined)); !slices.Equal(got, remote) {
		return fmt.Errorf("C-114: %s was told of %v in relation %d, which has %v", l.unit, got, id, remote)
	}
	for _, name := range remote {
		if want := asJSON(r.Units[name].Data); known.joined[name] != want {
			return fmt.Errorf("C-117: %s read %s of %s in relation %d, which holds %s", l.unit, known.joined[name], name, id, want)
		}
	}
	other := r.Remote(application(l.unit)).Application
	if bag, ok := r.ApplicationData[other]; ok && other != application(l.unit) && bag.Version > 0 {
		if want := asJSON(bag.Data); known.app != want {
			return fmt.Errorf("C-117: %s read %s of %s in relation %d, which holds %s", l.unit, known.app, other, id, want)
		}
	}
	return nil
}
