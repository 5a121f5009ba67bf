package model

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/charmkit/charmkit/charm/metadata"
)

// RefreshOptions are what juju refresh takes.
type RefreshOptions struct {
	// Charm is the new charm; nil keeps the one that the application has.
	Charm *metadata.Charm
	// Resources holds what is attached, by resource.
	Resources map[string]string
	// Force does not wait for units whose hook has failed: they get the new charm
	// and run the hook again.
	Force bool
}

// Refresh gives an application a new revision of its charm, with resources. See
// [State.RefreshWith].
func (s *State) Refresh(application string, charm *metadata.Charm, resources map[string]string) error {
	return s.RefreshWith(application, RefreshOptions{Charm: charm, Resources: resources})
}

// RefreshWith gives an application a new revision of its charm, resources
// included. Relations must keep their endpoints, and storage its instances.
func (s *State) RefreshWith(application string, o RefreshOptions) error {
	a, err := s.charmed(application)
	if err != nil {
		return err
	}
	charm := o.Charm
	if charm == nil {
		charm = a.Charm
	}
	if err := s.checkRefresh(a, charm); err != nil {
		return fmt.Errorf("cannot upgrade application %q: %w", application, err)
	}
	for endpoint, r := range charm.Meta.Peers {
		if _, had := a.Charm.Meta.Peers[endpoint]; !had {
			s.addRelation(Endpoint{Application: application, Name: endpoint, Interface: r.Interface, Role: metadata.Peer, Limit: r.Limit})
		}
	}
	a.Charm = charm
	a.CharmRevision++
	if o.Force {
		a.Forced = a.CharmRevision
	}
	maps.DeleteFunc(a.Config, func(name string, value any) bool { return !suits(charm, name, value) })
	for name, what := range o.Resources {
		put(&a.Resources, name, what)
	}
	s.growStorage(a)
	return nil
}

func (s *State) checkRefresh(a *Application, charm *metadata.Charm) error {
	for _, id := range s.RelationsOf(a.Name) {
		r := s.Relations[id]
		own, _ := r.Endpoint(a.Name)
		if _, ok := charm.Meta.Endpoint(own.Name); own.Name != jujuInfo && !ok {
			return fmt.Errorf("would break relation %q", r.Key())
		}
	}
	for _, instance := range s.Storage {
		if _, ok := charm.Meta.Storage[StorageName(instance.ID)]; !ok && ApplicationOf(instance.Unit) == a.Name {
			return fmt.Errorf("in-use storage %q removed", StorageName(instance.ID))
		}
	}
	return s.checkStorage(charm, nil)
}

// suits reports whether an option that was set is still of that type.
func suits(charm *metadata.Charm, name string, value any) bool {
	option, ok := charm.Config.Options[name]
	if !ok {
		return false
	}
	text := fmt.Sprint(value)
	if number, ok := value.(float64); ok {
		text = strconv.FormatFloat(number, 'f', -1, 64)
	}
	_, err := parseOption(name, option, text)
	return err == nil
}

// growStorage gives units what a new charm asks for at least.
func (s *State) growStorage(a *Application) {
	for _, name := range slices.Sorted(maps.Keys(a.Charm.Meta.Storage)) {
		least, _ := a.Charm.Meta.Storage[name].Count()
		for _, unit := range s.UnitsOf(a.Name) {
			for range least - s.storageCount(unit, name) {
				s.newStorage(unit, name, a.Charm.Meta.Storage[name])
			}
		}
	}
}
