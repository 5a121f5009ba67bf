package charmtest

import (
	"fmt"
	"slices"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// App is an application of a [Model].
type App struct {
	m    *Model
	name string
	// charm is nil for a stand-in.
	charm runner
	files *metadata.Charm
}

// Name returns the application's name.
func (a *App) Name() string { return a.name }

// Units returns the units, in the order of their numbers.
func (a *App) Units() []*Unit {
	var units []*Unit
	a.m.view(func(s *model.State) {
		for _, name := range s.UnitsOf(a.name) {
			units = append(units, a.m.units[name])
		}
	})
	return units
}

// Unit returns the unit of a number.
func (a *App) Unit(number int) *Unit {
	a.m.t.Helper()
	return a.m.Unit(fmt.Sprintf("%s/%d", a.name, number))
}

// Leader returns the unit that leads, or nil.
func (a *App) Leader() *Unit {
	var leader *Unit
	a.m.view(func(s *model.State) {
		if app, ok := s.Applications[a.name]; ok {
			leader = a.m.units[app.Leader]
		}
	})
	return leader
}

// Status returns the application's status: what its leader has set, or else that
// of its worst unit.
func (a *App) Status() Status {
	var status Status
	a.m.view(func(s *model.State) { status = statusOf(s.ApplicationStatus(a.name)) })
	return status
}

// Exists tells whether the application is in the model, perhaps dying.
func (a *App) Exists() (exists bool) {
	a.m.view(func(s *model.State) { _, exists = s.Applications[a.name] })
	return exists
}

// Scale changes the number of units.
func (a *App) Scale(units int) {
	a.m.t.Helper()
	a.m.update(fmt.Sprintf("scale %s to %d", a.name, units), func(s *model.State) error { return s.Scale(a.name, units) })
	a.m.meetUnits()
}

// Configure sets options, with values of the types of config.yaml.
func (a *App) Configure(values map[string]any) {
	a.m.t.Helper()
	a.m.update("configure "+a.name, func(s *model.State) error { return s.SetConfig(a.name, asText(values)) })
}

// Reset gives options their defaults back.
func (a *App) Reset(options ...string) {
	a.m.t.Helper()
	a.m.update("reset options of "+a.name, func(s *model.State) error { return s.ResetConfig(a.name, options...) })
}

// Refresh gives the application another charm: a newer one, or an older one again.
func (a *App) Refresh(c Deployable) {
	a.m.t.Helper()
	files, err := c.Metadata()
	if err != nil {
		a.m.t.Fatalf("cannot load the charm of %s: %v", a.name, err)
	}
	a.m.update("refresh "+a.name, func(s *model.State) error { return s.Refresh(a.name, files, nil) })
	a.charm, a.files = c, files
}

// Lead makes a unit lead. Its predecessor is not told.
func (a *App) Lead(unit *Unit) {
	a.m.t.Helper()
	a.m.update("change the leader of "+a.name, func(s *model.State) error {
		app, err := s.Application(a.name)
		if err == nil {
			app.Leader = unit.name
		}
		return err
	})
}

// Trust trusts the application with the cloud's credential.
func (a *App) Trust() {
	a.m.t.Helper()
	a.m.update("trust "+a.name, func(s *model.State) error {
		app, err := s.Application(a.name)
		if err == nil {
			app.Trust = true
		}
		return err
	})
}

// Remove removes the application with its relations.
func (a *App) Remove() {
	a.m.t.Helper()
	a.m.update("remove "+a.name, func(s *model.State) error { return s.RemoveApplication(a.name) })
}

// Share adds a secret of a stand-in, grants it over a relation, and returns its
// URI.
func (a *App) Share(i *Integration, content map[string]string) (uri string) {
	a.m.t.Helper()
	a.m.standIn(a.name)
	a.m.update("share a secret of "+a.name, func(s *model.State) error {
		r, ok := s.Relations[i.id]
		if !ok {
			return fmt.Errorf("relation %d is gone", i.id)
		}
		made := s.NewSecretURI()
		owner := model.Owner{Kind: model.ApplicationOwner, Name: a.name}
		if err := s.CreateSecret(made.ID, owner, model.SecretChange{Content: encoded(content)}); err != nil {
			return err
		}
		uri = made.String()
		s.Secrets[made.ID].Grants = []model.Grant{{Target: r.Remote(a.name).Application, Relation: r.Key()}}
		return nil
	})
	return uri
}

// Renew gives a secret of a stand-in new content, as a new revision.
func (a *App) Renew(uri string, content map[string]string) {
	a.m.t.Helper()
	a.m.standIn(a.name)
	a.m.update("renew a secret of "+a.name, func(s *model.State) error {
		u, err := model.ParseSecretURI(uri)
		if err != nil {
			return err
		}
		leader := s.Applications[a.name].Leader
		if leader == "" {
			return fmt.Errorf("%s has no leader yet: call Settle first", a.name)
		}
		return s.UpdateSecret(leader, u.ID, model.SecretChange{Content: encoded(content)})
	})
}

// Secrets returns the secrets that the application and its units own, by label.
func (a *App) Secrets() []Secret {
	var secrets []Secret
	a.m.view(func(s *model.State) {
		for _, secret := range s.Secrets {
			if model.ApplicationOf(secret.Owner.Name) == a.name {
				secrets = append(secrets, readSecret(secret, a.name+"/0"))
			}
		}
	})
	slices.SortFunc(secrets, func(x, y Secret) int {
		if x.Label+x.Owner < y.Label+y.Owner {
			return -1
		}
		return 1
	})
	return secrets
}

// Lifecycle lets the application live a whole life, settling after each step: more
// units, another leader, the death of the leader's pod, time, an upgrade to the charm
// that it has, fewer units, its end.
func (a *App) Lifecycle() {
	a.m.t.Helper()
	units := len(a.Units())
	for _, step := range []func(){
		func() {},
		func() { a.Scale(units + 2) },
		func() { a.Lead(a.Unit(units + 1)) },
		func() { a.Leader().KillPod() },
		func() { a.m.Advance(updateStatus) },
		func() {
			if c, ok := a.charm.(Deployable); ok {
				a.Refresh(c)
			}
		},
		func() { a.Scale(units) },
		a.Remove,
	} {
		step()
		a.m.Settle()
	}
	if a.Exists() {
		a.m.t.Errorf("%s was removed, and is still there", a.name)
	}
}
