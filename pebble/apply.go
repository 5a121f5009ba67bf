package pebble

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/canonical/pebble/client"
)

// Apply makes the container what is wanted, and returns what it did, also if it ends with an error. If all is as it should
// be it only reads. In this order, Apply
//
//  1. compares files, plan and services with what is wanted, and refuses with a [NotSupportedError] or [ChownError] what this
//     Pebble cannot do;
//  2. has new files validated, beside the old ones; a [ValidationError] leaves everything as it was;
//  3. pushes the files whose content, mode or owner differ;
//  4. adds the entries of the layer that differ from the plan;
//  5. stops what is not wanted any more: services and checks that an Apply of this label wanted before, and those that were
//     enabled and now are disabled. Pebble cannot delete them; they stay in the plan, disabled and without effect;
//  6. restarts services that run with an older definition or older files (see [File]), and starts enabled services that do
//     not run: never started, stopped, waiting in backoff or given up. A service that ended well and has on-success ignore
//     has done its work, and is started again only with a new definition. A disabled one is left stopped, or running;
//  7. makes services load the files that they have not loaded yet (see [Reload]); a service that was just started has.
//
// Steps 5 to 7 go on after an error about one service, and return all of them: a [ChangeError], a [ReloadError]. Services that
// are not in the layer, such as those of the image's own layers, are left alone, even if their startup is enabled.
//
// An Apply that is killed anywhere, or loses its Pebble, is completed by the next one: what has not been restarted or
// reloaded yet is known to the plan and to the processes, not to the caller.
func (c *Container) Apply(ctx context.Context, want Want) (*Applied, error) {
	applied := &Applied{}
	if err := c.apply(ctx, want, applied); err != nil {
		return applied, fmt.Errorf("cannot apply to container %q: %w", c.name, err)
	}
	return applied, nil
}

func (c *Container) apply(ctx context.Context, want Want, applied *Applied) error {
	w, err := want.prepare()
	if err != nil {
		return err
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	a := &application{Want: w, container: c, s: s, ctx: ctx, applied: applied, fresh: map[string]bool{}}
	for _, step := range []func() error{a.read, a.compare, a.settle, a.supported, a.validate, a.forget, a.push, a.addLayer} {
		if err := step(); err != nil {
			return s.explain(err)
		}
	}
	// From here on, one service's trouble is no reason to neglect the others.
	var failures []error
	for _, step := range []func() error{a.stop, a.stopChecks, a.start, a.reload} {
		if err := s.explain(step()); err != nil {
			failures = append(failures, err)
		}
		if err := s.broken(); err != nil {
			return errors.Join(failures...)
		}
	}
	failures = append(failures, s.explain(a.addRecord()))
	return errors.Join(failures...)
}

// application is one Apply under way.
type application struct {
	*Want
	container *Container
	s         *session
	ctx       context.Context
	applied   *Applied

	plan     *Plan
	stored   record // what the plan holds
	record   record // what it should hold
	services map[string]ServiceInfo
	stale    []*File  // files to push
	left     []string // copies that a validation left behind

	serviceDiff difference[*Service]
	checkDiff   difference[*Check]
	targetDiff  difference[*LogTarget]

	fresh map[string]bool // services that were started with what is wanted
}

func (a *application) read() (err error) {
	if a.plan, err = a.s.plan(); err != nil {
		return err
	}
	a.stored = readRecord(a.plan, a.Label)
	if a.services, err = a.s.services(nil); err != nil {
		return err
	}
	return a.readFiles()
}

// compare finds out what the layer changes and what follows from that.
func (a *application) compare() error {
	layer, old := &a.Layer, a.stored
	a.serviceDiff = diff("service", a.plan.Services, layer.Services, old.Services, old.Hidden)
	a.checkDiff = diff("check", a.plan.Checks, layer.Checks, old.Checks, old.Hidden)
	a.targetDiff = diff("log target", a.plan.LogTargets, layer.LogTargets, old.LogTargets, old.Hidden)

	a.record = record{
		Services:   union(old.Services, sorted(layer.Services)),
		Checks:     union(old.Checks, sorted(layer.Checks)),
		LogTargets: union(old.LogTargets, sorted(layer.LogTargets)),
		Once:       slices.Clone(old.Once),
		Loaded:     maps.Clone(old.Loaded),
		Hidden:     maps.Clone(old.Hidden),
	}
	// What was left to be done before is to be done only if it is still wanted.
	wanted := func(name string) bool { return layer.Services[name] != nil }
	a.record.Restart = slices.DeleteFunc(slices.Clone(old.Restart), func(name string) bool { return !wanted(name) })
	a.record.Stop = slices.DeleteFunc(slices.Clone(old.Stop), func(name string) bool {
		return !wanted(name) || a.serviceDiff.final[name].Startup == StartupEnabled
	})
	a.record.StopChecks = slices.DeleteFunc(slices.Clone(old.StopChecks), func(name string) bool {
		return layer.Checks[name] == nil || a.checkDiff.final[name].Startup != StartupDisabled
	})
	for name := range a.serviceDiff.send {
		before, exists := a.plan.Services[name]
		if !exists || !wanted(name) {
			continue
		}
		now, info := a.serviceDiff.final[name], a.services[name]
		switch {
		case before.Startup == StartupEnabled && now.Startup != StartupEnabled:
			a.record.Stop = union(a.record.Stop, []string{name})
		case info.Status != StatusInactive, now.Startup == StartupEnabled && a.wasStarted(info, name):
			a.record.Restart = union(a.record.Restart, []string{name})
		}
	}
	for name := range a.checkDiff.send {
		before, exists := a.plan.Checks[name]
		if !exists || layer.Checks[name] == nil {
			continue
		}
		if before.Startup != StartupDisabled && a.checkDiff.final[name].Startup == StartupDisabled {
			a.record.StopChecks = union(a.record.StopChecks, []string{name})
		}
	}
	return nil
}

// settle waits for what services are in the middle of, such as a restart by an Apply that was killed, and looks again. Their
// status says little until then.
func (a *application) settle() error {
	restarted, started := a.toStart()
	if len(a.serviceDiff.send)+len(a.toStop())+len(restarted)+len(started) == 0 {
		return nil
	}
	changes, err := a.s.Changes(&client.ChangesOptions{Selector: client.ChangesInProgress})
	if err != nil {
		return err
	}
	waited := false
	for _, change := range changes {
		switch change.Kind {
		case "start", "stop", "restart", "replan", "autostart":
			waited = true
			if _, err := a.s.WaitChange(change.ID, nil); err != nil {
				return err
			}
		}
	}
	if !waited {
		return nil
	}
	if a.services, err = a.s.services(nil); err != nil {
		return err
	}
	return a.compare()
}

func (a *application) supported() error {
	if err := a.container.supports(a.ctx, a.Layer.newFeatures()); err != nil {
		return err
	}
	return a.canChown()
}

// addLayer adds what differs, together with the record of what has to follow.
func (a *application) addLayer() error {
	if len(a.serviceDiff.send)+len(a.checkDiff.send)+len(a.targetDiff.send) == 0 {
		return nil
	}
	layer := &Layer{
		Summary:     a.Layer.Summary,
		Description: a.Layer.Description,
		Services:    a.serviceDiff.send,
		Checks:      a.checkDiff.send,
		LogTargets:  a.targetDiff.send,
	}
	// What a layer above hides of them is not known until it was looked up.
	forgetHidden("service", a.serviceDiff, a.record.Hidden)
	forgetHidden("check", a.checkDiff, a.record.Hidden)
	forgetHidden("log target", a.targetDiff, a.record.Hidden)
	if err := a.sendLayer(layer, a.record); err != nil {
		return err
	}
	a.applied.LayerAdded = true
	plan, err := a.s.plan()
	if err != nil {
		return err
	}
	hidden := map[string]string{}
	findHidden("service", plan.Services, a.serviceDiff, hidden)
	findHidden("check", plan.Checks, a.checkDiff, hidden)
	findHidden("log target", plan.LogTargets, a.targetDiff, hidden)
	a.record.Hidden = hidden
	return nil
}

// addRecord writes down what has been done since the layer was added, if that changes the record.
func (a *application) addRecord() error {
	if a.stored.equal(a.record) {
		return nil
	}
	return a.sendRecord(a.record)
}

func (a *application) sendRecord(r record) error {
	return a.sendLayer(&Layer{Summary: a.Layer.Summary, Description: a.Layer.Description, Services: map[string]*Service{}}, r)
}

func (a *application) sendLayer(layer *Layer, r record) error {
	service, err := r.service(a.Label)
	if err != nil {
		return err
	}
	layer.Services[recordName(a.Label)] = service
	if err := a.s.addLayer(a.Label, layer, true); err != nil {
		return err
	}
	a.stored = r.clone()
	return nil
}

// toStop returns the running services that are retired or were disabled.
func (a *application) toStop() []string {
	names := slices.Clone(a.record.Stop)
	for _, name := range a.record.Services {
		if a.Layer.Services[name] == nil {
			names = append(names, name)
		}
	}
	return slices.DeleteFunc(union(names), func(name string) bool {
		info, ok := a.services[name]
		return !ok || info.Status == StatusInactive
	})
}

func (a *application) stop() error {
	if names := a.toStop(); len(names) > 0 {
		if err := a.s.change(KindStop, names); err != nil {
			return err
		}
		a.applied.Stopped = names
		// Pebble also stops what requires a stopped service.
		services, err := a.s.services(nil)
		if err != nil {
			return err
		}
		a.services = services
	}
	a.record.Stop = nil
	return nil
}

// stopChecks stops the checks that are retired or were disabled.
func (a *application) stopChecks() error {
	names := slices.Clone(a.record.StopChecks)
	for _, name := range a.record.Checks {
		if a.Layer.Checks[name] == nil {
			names = append(names, name)
		}
	}
	names = union(names)
	if len(names) == 0 {
		return nil
	}
	checks, err := a.s.checks(names)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		info, ok := checks[name]
		return !ok || info.Status == CheckInactive
	})
	if len(names) > 0 {
		if _, err := a.s.StopChecks(&client.ChecksActionOptions{Names: names}); err != nil {
			return err
		}
		a.applied.StoppedChecks = names
	}
	a.record.StopChecks = nil
	return nil
}

// toStart returns the services that run with something older than is wanted, and those that do not run but should.
func (a *application) toStart() (restarted, started []string) {
	for _, name := range sorted(a.Layer.Services) {
		info, service := a.services[name], a.serviceDiff.final[name]
		enabled := service.Startup == StartupEnabled
		finished := info.Status == StatusInactive && service.OnSuccess == ActionIgnore && a.wasStarted(info, name)
		changed := slices.Contains(a.record.Restart, name)
		switch {
		case info.Status == StatusActive && changed:
			restarted = append(restarted, name)
		case info.Status != StatusActive && enabled && (changed || !finished),
			info.Status == StatusBackoff && changed:
			started = append(started, name)
		}
	}
	return restarted, started
}

func (a *application) wasStarted(info ServiceInfo, name string) bool {
	return !info.Since.IsZero() || slices.Contains(a.record.Once, name)
}

// start does all of it in one change, so that Pebble puts the services in order.
func (a *application) start() error {
	restarted, started := a.toStart()
	names := union(restarted, started)
	if len(names) == 0 {
		a.record.Restart = nil
		return nil
	}
	kind := KindStart
	if len(restarted) > 0 {
		kind = KindRestart
	}
	err := a.s.explain(a.s.change(kind, names))
	var failed []string
	var change *ChangeError
	if errors.As(err, &change) {
		failed = change.Services()
	} else if err != nil {
		return err
	}
	ok := func(list []string) []string {
		return without(list, failed)
	}
	a.applied.Restarted, a.applied.Started = ok(restarted), ok(started)
	for _, name := range ok(names) {
		a.fresh[name] = true
		delete(a.record.Loaded, name)
		if a.serviceDiff.final[name].OnSuccess == ActionIgnore {
			a.record.Once = union(a.record.Once, []string{name})
		}
	}
	// A service that Pebble tried to start has its new definition, even if it is started later; others do not.
	a.record.Restart = nil
	if change != nil {
		for _, task := range change.Tasks {
			tried := task.Status == "Error" && strings.HasPrefix(task.Summary, "Start ")
			if slices.Contains(names, task.Service) && !tried {
				a.record.Restart = union(a.record.Restart, []string{task.Service})
			}
		}
	}
	return err
}

func (r record) equal(other record) bool {
	return reflect.DeepEqual(r.clone(), other.clone())
}

// clone returns a copy in which what is empty is nil.
func (r record) clone() record {
	for _, list := range []*[]string{&r.Services, &r.Checks, &r.LogTargets, &r.Restart, &r.Stop, &r.StopChecks, &r.Once} {
		*list = append([]string(nil), *list...)
	}
	for _, m := range []*map[string]string{&r.Loaded, &r.Hidden} {
		if *m = maps.Clone(*m); len(*m) == 0 {
			*m = nil
		}
	}
	return r
}
