// Command surveyor is a charm for tests. It has a handler of every kind of event,
// calls every function of the hook tools' client, and prints what it has got, in a
// form that is the same whenever the answers mean the same.
package main

import (
	"context"
	"fmt"
	"reflect"

	"github.com/charmkit/charmkit/charm"
)

func main() { charm.Main(newSurveyor) }

// surveyor is the charm.
type surveyor struct{ *charm.Base }

func newSurveyor(b *charm.Base) (*surveyor, error) {
	s := &surveyor{b}
	b.On.Install(tell[charm.InstallEvent])
	b.On.Start(tell[charm.StartEvent])
	b.On.ConfigChanged(tell[charm.ConfigChangedEvent])
	b.On.UpdateStatus(tell[charm.UpdateStatusEvent])
	b.On.UpgradeCharm(tell[charm.UpgradeCharmEvent])
	b.On.LeaderElected(tell[charm.LeaderElectedEvent])
	b.On.LeaderSettingsChanged(tell[charm.LeaderSettingsChangedEvent])
	b.On.PreSeriesUpgrade(tell[charm.PreSeriesUpgradeEvent])
	b.On.PostSeriesUpgrade(tell[charm.PostSeriesUpgradeEvent])
	b.On.Stop(tell[charm.StopEvent])
	b.On.Remove(tell[charm.RemoveEvent])
	b.On.SecretChanged(tell[charm.SecretChangedEvent])
	b.On.SecretRotate(tell[charm.SecretRotateEvent])
	b.On.SecretExpired(tell[charm.SecretExpiredEvent])
	b.On.SecretRemove(tell[charm.SecretRemoveEvent])
	app := b.Container("app")
	app.OnPebbleReady(tell[charm.PebbleReadyEvent])
	app.OnCustomNotice(tell[charm.PebbleCustomNoticeEvent])
	app.OnCheckFailed(tell[charm.PebbleCheckFailedEvent])
	app.OnCheckRecovered(tell[charm.PebbleCheckRecoveredEvent])
	data := b.Storage("data")
	data.OnAttached(tell[charm.StorageAttachedEvent])
	data.OnDetaching(tell[charm.StorageDetachingEvent])
	db := b.Requires("db")
	db.OnCreated(tell[charm.RelationCreatedEvent])
	db.OnJoined(tell[charm.RelationJoinedEvent])
	db.OnChanged(tell[charm.RelationChangedEvent])
	db.OnDeparted(tell[charm.RelationDepartedEvent])
	db.OnBroken(tell[charm.RelationBrokenEvent])
	charm.OnAction(b, "backup", func(ctx context.Context, _ charm.None) (charm.None, error) {
		fmt.Println("event action", b.ActionID())
		s.callAll(ctx)
		return charm.None{}, nil
	})

	b.On.UpdateStatus(func(ctx context.Context, _ *charm.UpdateStatusEvent) error {
		s.callAll(ctx)
		return nil
	})
	// What asks for a reboot fails its hook on Kubernetes.
	b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
		report("Reboot", nil, b.Tools().Reboot(ctx))
		return nil
	})
	b.On.Stop(func(ctx context.Context, _ *charm.StopEvent) error {
		report("RebootNow", nil, b.Tools().RebootNow(ctx))
		return nil
	})
	return s, nil
}

// tell prints an event and its fields, of handles their names.
func tell[E any](_ context.Context, e *E) error {
	v := reflect.ValueOf(e).Elem()
	fmt.Printf("event %s", v.Type().Name())
	for i := range v.NumField() {
		fmt.Printf(" %s=%q", v.Type().Field(i).Name, name(v.Field(i).Interface()))
	}
	fmt.Println()
	return nil
}

func name(field any) string {
	switch f := field.(type) {
	case *charm.Relation:
		return f.ID()
	case interface{ Name() string }:
		return f.Name()
	}
	return fmt.Sprint(field)
}
