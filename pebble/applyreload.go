package pebble

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/canonical/pebble/client"
)

const (
	// reloadPoll is how often a process is asked whether it has loaded its files.
	reloadPoll = 25 * time.Millisecond

	// reloadHold is how long the answer must stay right after a reload. For a tenth of a second NGINX has old and new workers
	// side by side, and either may answer.
	reloadHold = 250 * time.Millisecond

	// startTime is what a process gets to begin its work, the same as Pebble gives it. Before, it may well die of a signal
	// that it is going to handle.
	startTime = time.Second
)

// forget takes from the record what a service has loaded that will load something else, before it can: this Apply may be cut,
// and the next one want what was loaded before.
func (a *application) forget() error {
	stored := a.stored.clone()
	forgotten := false
	for i := range a.Reloads {
		r := &a.Reloads[i]
		if loaded := stored.Loaded[r.Service]; r.Loaded == nil && loaded != "" && loaded != r.Generation {
			delete(stored.Loaded, r.Service)
			delete(a.record.Loaded, r.Service)
			forgotten = true
		}
	}
	if !forgotten {
		return nil
	}
	return a.sendRecord(stored)
}

// reload makes running services load what they have not loaded.
func (a *application) reload() error {
	var failures []error
	for i := range a.Reloads {
		r := &a.Reloads[i]
		if r.Generation == "" || !a.running(r.Service) {
			continue
		}
		if err := a.reloadService(r); err != nil {
			failures = append(failures, err)
		}
		if a.s.broken() != nil {
			break
		}
	}
	return errors.Join(failures...)
}

// running reports whether a service runs, after what has been started and stopped by now.
func (a *application) running(service string) bool {
	return a.fresh[service] || a.services[service].Status == StatusActive
}

func (a *application) reloadService(r *Reload) error {
	loaded, err := a.isLoaded(r)
	if err != nil || loaded {
		return err
	}
	if !a.fresh[r.Service] {
		if err := a.triggerReload(r); err != nil {
			return err
		}
	}
	if r.Loaded == nil {
		mergeMap(&a.record.Loaded, map[string]string{r.Service: r.Generation})
		return nil
	}
	return a.waitLoaded(r)
}

// isLoaded reports whether a service has loaded what is wanted. One that was started only just, not by this Apply, gets the
// time to do so.
func (a *application) isLoaded(r *Reload) (bool, error) {
	if r.Loaded == nil && a.fresh[r.Service] {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(a.ctx, r.Timeout)
	defer cancel()
	young := time.NewTimer(startTime - time.Since(a.services[r.Service].Since))
	defer young.Stop()
	tick := time.NewTicker(reloadPoll)
	defer tick.Stop()
	for {
		if r.Loaded == nil {
			if a.record.Loaded[r.Service] == r.Generation {
				return true, nil
			}
		} else if got, err := r.Loaded(ctx); err == nil && got == r.Generation {
			return true, nil
		}
		select {
		case <-tick.C:
		case <-young.C:
			return false, a.ctx.Err()
		case <-ctx.Done():
			return false, a.ctx.Err()
		}
	}
}

// triggerReload tells the process to load its files.
func (a *application) triggerReload(r *Reload) error {
	var err error
	switch {
	case r.Command != nil:
		cmd := *r.Command
		if cmd.Timeout == 0 {
			cmd.Timeout = r.Timeout
		}
		_, err = a.container.Exec(a.ctx, cmd)
	case r.Signal != "":
		err = a.s.explain(a.s.SendSignal(&client.SendSignalOptions{Signal: r.Signal, Services: []string{r.Service}}))
	default:
		return nil
	}
	if err != nil {
		return &ReloadError{Service: r.Service, Want: r.Generation, Err: err}
	}
	a.applied.Reloaded = append(a.applied.Reloaded, r.Service)
	slices.Sort(a.applied.Reloaded)
	return nil
}

// waitLoaded waits until the process reports the wanted generation.
func (a *application) waitLoaded(r *Reload) error {
	ctx, cancel := context.WithTimeout(a.ctx, r.Timeout)
	defer cancel()
	tick := time.NewTicker(reloadPoll)
	defer tick.Stop()
	hold := reloadHold
	if a.fresh[r.Service] {
		hold = 0
	}
	var since time.Time
	for {
		got, err := r.Loaded(ctx)
		right := err == nil && got == r.Generation
		if !right {
			since = time.Time{}
		} else if since.IsZero() {
			since = time.Now()
		}
		if right && time.Since(since) >= hold {
			return nil
		}
		select {
		case <-tick.C:
			continue
		case <-ctx.Done():
		}
		if err := a.ctx.Err(); err != nil || right {
			return err
		}
		if err != nil {
			err = fmt.Errorf("cannot ask what it has loaded within %v: %w", r.Timeout, err)
		}
		return &ReloadError{Service: r.Service, Want: r.Generation, Got: got, Err: err}
	}
}
