package model

import (
	"fmt"
	"maps"
	"strconv"

	"github.com/charmkit/charmkit/charm/metadata"
)

// DeployOptions are what juju deploy takes besides the charm.
type DeployOptions struct {
	// CharmURL names the charm; empty means local:NAME-0.
	CharmURL string
	// Units is how many to start with.
	Units int
	// Config holds option values as text.
	Config map[string]string
	Trust  bool
	// Resources holds what is attached, by resource.
	Resources map[string]string
	// Storage holds how many instances a unit is to have, by storage; the least
	// of what is not in it.
	Storage map[string]int
	// ServiceAddress is the address of the application's service.
	ServiceAddress string
}

// Deploy adds an application with its units.
func (s *State) Deploy(name string, charm *metadata.Charm, o DeployOptions) error {
	if _, ok := s.Applications[name]; ok {
		return &ExistsError{What: fmt.Sprintf("application %q", name)}
	}
	if !ValidApplicationName(name) {
		return fmt.Errorf("invalid application name %q", name)
	}
	if charm != nil {
		if err := s.checkStorage(charm, o.Storage); err != nil {
			return err
		}
	}
	if o.CharmURL == "" && charm != nil {
		o.CharmURL = "local:" + charm.Meta.Name + "-0"
	}
	a := &Application{
		Name: name, Charm: charm, CharmURL: o.CharmURL, Trust: o.Trust, Life: Alive,
		Resources: maps.Clone(o.Resources), StorageCounts: maps.Clone(o.Storage), ServiceAddress: o.ServiceAddress,
	}
	put(&s.Applications, name, a)
	if len(o.Config) > 0 {
		if err := s.SetConfig(name, o.Config); err != nil {
			delete(s.Applications, name)
			return err
		}
	}
	if charm != nil {
		for endpoint, r := range charm.Meta.Peers {
			s.addRelation(Endpoint{Application: name, Name: endpoint, Interface: r.Interface, Role: metadata.Peer, Limit: r.Limit})
		}
	}
	return s.Scale(name, o.Units)
}

// Scale changes the number of an application's units. On Kubernetes units are
// numbered from 0 without gaps, so the highest go first.
func (s *State) Scale(application string, units int) error {
	a, err := s.Application(application)
	if err != nil {
		return err
	}
	if units < 0 {
		return fmt.Errorf("scale must be a positive integer, got %d", units)
	}
	if a.Life.Gone() && units > 0 {
		return fmt.Errorf("application %q is not alive", application)
	}
	a.Scale = units
	for n := range units {
		name := fmt.Sprintf("%s/%d", application, n)
		if _, ok := s.Units[name]; !ok {
			s.addUnit(name)
		}
	}
	for _, name := range s.UnitsOf(application) {
		if unitNumber(name) >= units {
			if err := s.RemoveUnit(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// AddUnit adds the unit with the lowest free number and returns its name.
func (s *State) AddUnit(application string) (string, error) {
	a, err := s.Application(application)
	if err != nil {
		return "", err
	}
	for n := 0; ; n++ {
		name := fmt.Sprintf("%s/%d", application, n)
		if _, ok := s.Units[name]; !ok {
			s.addUnit(name)
			a.Scale = max(a.Scale, n+1)
			return name, nil
		}
	}
}

func (s *State) addUnit(name string) {
	u := &Unit{Name: name, Application: ApplicationOf(name), Life: Alive}
	now := s.Now()
	u.Workload.Set(Status{Status: "waiting", Message: "installing agent", Since: now})
	u.Agent.Set(Status{Status: "allocating", Since: now})
	if s.Type == Machines {
		u.Machine = s.nextMachine()
	}
	put(&s.Units, name, u)
	s.addStorage(name)
}

// nextMachine returns the id of a machine that no unit has.
func (s *State) nextMachine() string {
	next := 0
	for _, u := range s.Units {
		if n, err := strconv.Atoi(u.Machine); err == nil {
			next = max(next, n+1)
		}
	}
	return strconv.Itoa(next)
}

// RemoveUnit begins the removal of a unit: its agent tears it down and then
// calls [State.UnitGone].
func (s *State) RemoveUnit(name string) error {
	u, err := s.Unit(name)
	if err != nil {
		return err
	}
	if !u.Life.Gone() {
		u.Life = Dying
	}
	return nil
}

// UnitGone takes a unit out of the model, with what belongs to it alone. A
// removed application goes with its last unit.
func (s *State) UnitGone(name string) {
	u, ok := s.Units[name]
	if !ok {
		return
	}
	for _, r := range s.Relations {
		if ru, ok := r.Units[name]; ok {
			ru.InScope = false
		}
	}
	s.dropSecretsOf(Owner{Kind: UnitOwner, Name: name})
	for _, secret := range s.Secrets {
		delete(secret.Consumers, name)
		secret.markObsolete()
	}
	for _, instance := range s.StorageOf(name) {
		s.StorageDetached(instance.ID)
	}
	delete(s.Units, name)
	if a, ok := s.Applications[u.Application]; ok {
		if a.Leader == name {
			a.Leader = ""
		}
	}
	s.collect()
}

// RemoveApplication begins the removal of an application: of its relations and
// units. It is gone when the last of them is.
func (s *State) RemoveApplication(name string) error {
	a, err := s.Application(name)
	if err != nil {
		return err
	}
	a.Life, a.Scale = Dying, 0
	for _, r := range s.Relations {
		if r.endpointOf(name) != nil && !r.Life.Gone() {
			r.Life = Dying
		}
	}
	for _, unit := range s.UnitsOf(name) {
		if err := s.RemoveUnit(unit); err != nil {
			return err
		}
	}
	s.collect()
	return nil
}

// collect drops what is dying and has nobody left in it.
func (s *State) collect() {
	for id, r := range s.Relations {
		if r.Life.Gone() && !r.inUse(s) {
			s.dropRelation(id)
		}
	}
	for name, a := range s.Applications {
		if a.Life.Gone() && len(s.UnitsOf(name)) == 0 && !s.related(name) {
			s.dropSecretsOf(Owner{Kind: ApplicationOwner, Name: name})
			maps.DeleteFunc(s.Storage, func(_ string, i *Storage) bool { return ApplicationOf(i.For) == name })
			delete(s.Applications, name)
		}
	}
}
