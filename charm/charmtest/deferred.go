package charmtest

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/charmkit/charmkit/charm/internal/deferral"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// deferralOf writes a deferred event as the framework does.
func (s *State) deferralOf(d Deferred, files *metadata.Charm) deferral.Event {
	i := d.Event.info
	e := deferral.Event{
		Handler: d.Handler, Event: i.Name(),
		Unit: i.RemoteUnit, DepartingUnit: i.DepartingUnit,
		Secret: i.SecretURI, SecretLabel: i.SecretLabel, SecretRevision: i.SecretRevision,
		Notice: i.NoticeID, NoticeType: i.NoticeType, NoticeKey: i.NoticeKey, Check: i.CheckName,
		Storage: i.StorageID, TargetBase: i.TargetBase, TargetSeries: i.TargetSeries,
	}
	if instance := slices.IndexFunc(s.Storage, func(other Storage) bool { return other.ID == i.StorageID }); instance >= 0 {
		found := &s.Storage[instance]
		declared := files.Meta.Storage[model.StorageName(found.ID)]
		e.StorageKind = cmp.Or(found.Kind, declared.Type)
		e.StorageLocation = cmp.Or(found.Location, model.StorageLocation(found.ID, declared))
	}
	if !i.Kind.IsRelation() {
		return e
	}
	for place := range s.Relations {
		if r := &s.Relations[place]; s.mayBeOf(&d.Event, r, place) {
			e.Relation, e.App = idOf(r.Endpoint, r.id(place)), r.remoteApp()
			if files.Meta.Peers[r.Endpoint].Role == metadata.Peer {
				e.App = model.ApplicationOf(s.unit(files))
			}
			return e
		}
	}
	// It is of one that is gone.
	e.Relation, e.App = idOf(i.Endpoint, i.RelationID), i.RemoteApp
	return e
}

// isOf tells whether a relation event may be of a relation.
func (s *State) isOf(e *Event, r *Relation, place int) bool {
	i := &e.info
	if i.Endpoint != r.Endpoint || e.relation && i.RelationID != r.id(place) {
		return false
	}
	if i.RemoteUnit != "" {
		_, ok := r.RemoteUnits[i.RemoteUnit]
		return ok
	}
	return i.RemoteApp == "" || i.RemoteApp == r.remoteApp()
}

// mayBeOf tells the same of an event whose unit may have gone since.
func (s *State) mayBeOf(e *Event, r *Relation, place int) bool {
	if s.isOf(e, r, place) {
		return true
	}
	i := &e.info
	return i.Endpoint == r.Endpoint && (!e.relation || i.RelationID == r.id(place)) &&
		i.RemoteUnit != "" && (len(r.RemoteUnits) == 0 && r.RemoteApp == "" || model.ApplicationOf(i.RemoteUnit) == r.remoteApp())
}

// splitStored takes the deferred events out of the unit's state.
func (s *State) splitStored(stored map[string]string) {
	text, ok := stored[deferral.Key]
	s.Deferred, s.Stored = nil, maps.Clone(stored)
	if !ok {
		return
	}
	queue, err := deferral.Decode(text)
	if err != nil {
		return // the charm's own doing: it stays where it is
	}
	delete(s.Stored, deferral.Key)
	for i := range queue {
		s.Deferred = append(s.Deferred, s.deferredOf(&queue[i]))
	}
}

// deferredOf is the opposite of deferralOf: the event is written as a test would.
func (s *State) deferredOf(d *deferral.Event) Deferred {
	i := hook.Info{
		RemoteUnit: d.Unit, DepartingUnit: d.DepartingUnit,
		SecretURI: d.Secret, SecretLabel: d.SecretLabel, SecretRevision: d.SecretRevision,
		NoticeID: d.Notice, NoticeType: d.NoticeType, NoticeKey: d.NoticeKey, CheckName: d.Check,
		StorageID: d.Storage, StorageName: model.StorageName(d.Storage), TargetBase: d.TargetBase, TargetSeries: d.TargetSeries,
	}
	e := Event{info: i}
	subject := ""
	e.info.Kind, subject = kindOf(d.Event)
	switch {
	case e.info.Kind.IsRelation():
		e.info.Endpoint = subject
		if e.info.Kind == hook.RelationChanged && d.Unit == "" {
			e.info.RemoteApp = d.App
		}
		fits := 0
		for place := range s.Relations {
			if s.mayBeOf(&e, &s.Relations[place], place) {
				fits++
			}
		}
		if _, number, _ := strings.Cut(d.Relation, ":"); fits != 1 {
			e.info.RelationID, _ = strconv.Atoi(number)
			e.relation = true
		}
	case e.info.Kind.IsWorkload():
		e.info.Workload = subject
	}
	return Deferred{d.Handler, e}
}

// kindOf takes the name of a hook apart.
func kindOf(name string) (kind hook.Kind, subject string) {
	for _, kind := range []hook.Kind{
		hook.RelationCreated, hook.RelationJoined, hook.RelationChanged, hook.RelationDeparted, hook.RelationBroken,
		hook.PebbleReady, hook.PebbleCustomNotice, hook.PebbleCheckFailed, hook.PebbleCheckRecovered,
		hook.StorageAttached, hook.StorageDetaching,
	} {
		if subject, ok := strings.CutSuffix(name, "-"+string(kind)); ok && subject != "" {
			return kind, subject
		}
	}
	return hook.Kind(name), ""
}
