package charmbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/charmfile"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// Deploy adds an application.
func (b *Box) Deploy(ctx context.Context, r DeployRequest) error {
	if err := os.MkdirAll(b.dirs.charms(), 0o755); err != nil {
		return fmt.Errorf("cannot deploy: %w", err)
	}
	staged, err := os.MkdirTemp(b.dirs.charms(), "staged-")
	if err != nil {
		return fmt.Errorf("cannot deploy: %w", err)
	}
	defer os.RemoveAll(staged)
	unpacked := filepath.Join(staged, "charm")
	files, err := unpackCharm(r.Charm, unpacked)
	if err != nil {
		return err
	}
	if r.Application == "" {
		r.Application = files.Meta.Name
	}
	if err := checkImages(&files.Meta, r.Resources); err != nil {
		return err
	}
	if len(files.Meta.Storage) > 0 {
		return fmt.Errorf("cannot deploy %s: charmbox has no storage", files.Meta.Name)
	}
	return b.model.Update(ctx, func(s *model.State) error {
		if err := b.deploy(s, r, files, unpacked); err != nil {
			return fmt.Errorf("cannot deploy %s: %w", r.Application, err)
		}
		return nil
	})
}

// deploy adds an application to the model, and puts its charm in its place
// before a pod can look for it.
func (b *Box) deploy(s *model.State, r DeployRequest, files *metadata.Charm, unpacked string) error {
	err := s.Deploy(r.Application, files, model.DeployOptions{
		Units: max(r.Units, 1), Config: r.Config, Resources: r.Resources,
	})
	if err != nil {
		return err
	}
	dir := b.dirs.charm(r.Application, s.Applications[r.Application].CharmRevision)
	if err := errors.Join(os.RemoveAll(dir), os.Rename(unpacked, dir)); err != nil {
		for _, unit := range s.UnitsOf(r.Application) {
			s.UnitGone(unit)
		}
		return errors.Join(err, s.RemoveApplication(r.Application))
	}
	return nil
}

// unpackCharm reads a charm from an archive or a folder, and leaves a copy in
// dir.
func unpackCharm(path, dir string) (*metadata.Charm, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the charm: %w", err)
	}
	if info.IsDir() {
		err = os.CopyFS(dir, os.DirFS(path))
	} else {
		err = charmfile.Unpack(path, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the charm: %w", err)
	}
	files, err := metadata.Load(os.DirFS(dir))
	if err != nil {
		return nil, err
	}
	if _, err := fs.Stat(os.DirFS(dir), "dispatch"); err != nil {
		return nil, fmt.Errorf("cannot use the charm %s: it has no \"dispatch\"; give a .charm file, or the folder of an unpacked one", path)
	}
	return files, nil
}

// checkImages tells of all images that are missing or cannot be used.
func checkImages(meta *metadata.Meta, resources map[string]string) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(meta.Containers)) {
		resource := meta.Containers[name].Resource
		path, ok := resources[resource]
		if !ok {
			problems = append(problems, fmt.Errorf("cannot run container %s: give its image with --resource %s=FOLDER, a folder with an %s", name, resource, ImageFile))
			continue
		}
		if _, err := LoadImage(path); err != nil {
			problems = append(problems, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(resources)) {
		if _, ok := meta.Resources[name]; !ok {
			problems = append(problems, fmt.Errorf("cannot attach resource %q: the charm has no such resource", name))
		}
	}
	return errors.Join(problems...)
}

// Config sets and resets options; with neither it only returns all of them.
func (b *Box) Config(ctx context.Context, r ConfigRequest) (map[string]OptionInfo, error) {
	if len(r.Set)+len(r.Reset) > 0 {
		err := b.model.Update(ctx, func(s *model.State) error {
			if err := s.SetConfig(r.Application, r.Set); err != nil {
				return err
			}
			return s.ResetConfig(r.Application, r.Reset...)
		})
		if err != nil {
			return nil, fmt.Errorf("cannot configure %s: %w", r.Application, err)
		}
	}
	options := map[string]OptionInfo{}
	var err error
	b.model.View(func(s *model.State) {
		var app *model.Application
		if app, err = s.Application(r.Application); err != nil {
			return
		}
		for name, o := range app.Charm.Config.Options {
			info := OptionInfo{Value: o.Default, Default: o.Default, Source: "default", Type: o.Type, Description: o.Description}
			if value, set := app.Config[name]; set {
				info.Value, info.Source = value, "user"
			}
			options[name] = info
		}
	})
	return options, err
}

// Integrate relates two applications, or ends their relation.
func (b *Box) Integrate(ctx context.Context, r IntegrateRequest) error {
	return b.model.Update(ctx, func(s *model.State) error {
		if !r.Remove {
			_, err := s.Integrate(r.Endpoints[0], r.Endpoints[1])
			if errors.Is(err, model.ErrNoRelations) {
				return fmt.Errorf("cannot integrate %s with %s: they have no endpoints that fit", r.Endpoints[0], r.Endpoints[1])
			}
			return err
		}
		relation, err := s.FindRelation(r.Endpoints[0], r.Endpoints[1])
		if err != nil {
			return err
		}
		return s.RemoveRelation(relation.ID)
	})
}

// Remove removes an application, once its units have ended.
func (b *Box) Remove(ctx context.Context, application string) error {
	return b.model.Update(ctx, func(s *model.State) error { return s.RemoveApplication(application) })
}

// Run runs an action and waits for its end.
func (b *Box) Run(ctx context.Context, r RunRequest) (RunResult, error) {
	var id string
	err := b.model.Update(ctx, func(s *model.State) error {
		if app, ok := strings.CutSuffix(r.Unit, "/leader"); ok {
			application, err := s.Application(app)
			if err != nil {
				return err
			}
			if application.Leader == "" {
				return fmt.Errorf("%s has no leader yet", app)
			}
			r.Unit = application.Leader
		}
		action, err := s.EnqueueAction(r.Unit, r.Action, r.Params)
		if err == nil {
			id = action.ID
		}
		return err
	})
	if err != nil {
		return RunResult{}, fmt.Errorf("cannot run %s: %w", r.Action, err)
	}
	for {
		changed := b.model.Watch()
		var result RunResult
		var ended bool
		b.model.View(func(s *model.State) {
			action := s.Actions[id]
			_, gone := s.Unit(r.Unit)
			result = RunResult{
				ID: id, Unit: action.Unit, Status: action.Status, Message: action.Message, Results: maps.Clone(action.Results),
			}
			for _, message := range action.Log {
				result.Log = append(result.Log, message.Message)
			}
			if ended = action.Completed != nil; !ended {
				err = gone
			}
		})
		if ended {
			return result, nil
		}
		if err != nil {
			return result, fmt.Errorf("cannot run %s: %w", r.Action, err)
		}
		select {
		case <-ctx.Done():
			return result, fmt.Errorf("cannot wait for action %s: %w", id, context.Cause(ctx))
		case <-changed:
		}
	}
}

// Resolve answers a failed hook.
func (b *Box) Resolve(ctx context.Context, r ResolveRequest) error {
	return b.model.Update(ctx, func(s *model.State) error {
		u, err := s.Unit(r.Unit)
		if err != nil {
			return err
		}
		if u.Agent.Current().Status != "error" {
			return fmt.Errorf("cannot resolve %s: it is not in error", r.Unit)
		}
		u.Resolve = model.ResolveRetry
		if r.NoRetry {
			u.Resolve = model.ResolveNoRetry
		}
		return nil
	})
}

// Status returns the state of the model.
func (b *Box) Status() Status {
	var out Status
	b.model.View(func(s *model.State) { out = status(s) })
	return out
}

// Forward makes a unit's port reachable on the loopback, for as long as the
// daemon runs, also when the unit gets another pod.
func (b *Box) Forward(ctx context.Context, r ForwardRequest) (ForwardAnswer, error) {
	pod, err := b.pod(r.Unit)
	if err != nil {
		return ForwardAnswer{}, fmt.Errorf("cannot forward: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	listen := r.Listen
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	forwarder, err := pod.pod.Forward(ctx, listen, r.Port)
	if err != nil {
		return ForwardAnswer{}, err
	}
	address := forwarder.Addr().String()
	b.forwards = append(b.forwards, forward{unit: r.Unit, port: r.Port, listen: address, closer: forwarder})
	return ForwardAnswer{Address: address}, nil
}

// restoreForwards points the forwards of a unit at its new pod.
func (b *Box) restoreForwards(ctx context.Context, name string, pod *unitPod) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, f := range b.forwards {
		if f.unit != name {
			continue
		}
		f.closer.Close()
		forwarder, err := pod.pod.Forward(ctx, f.listen, f.port)
		if err != nil {
			b.log(name, "charmbox", "WARNING", "forward of port %d is lost: %v", f.port, err)
			continue
		}
		b.forwards[i].closer = forwarder
	}
}
