package pebble

import (
	"context"
	"strings"
	"time"

	"github.com/canonical/pebble/client"
)

// ServiceStatus is the state of a service.
type ServiceStatus string

// The values of ServiceStatus. Inactive is a service that was never started, was stopped, or ended well with on-success
// ignore; backoff is one that exited and waits to be started again; error is one that exited and will not be.
const (
	StatusActive   ServiceStatus = "active"
	StatusInactive ServiceStatus = "inactive"
	StatusBackoff  ServiceStatus = "backoff"
	StatusError    ServiceStatus = "error"
)

// ServiceInfo is a service as it is now.
type ServiceInfo struct {
	Name    string
	Startup Startup
	Status  ServiceStatus
	Since   time.Time // since when it is so; zero if it was never started
}

// Services returns the services of those names, or all of them, by name. Names that the plan does not have are left out.
func (c *Container) Services(ctx context.Context, names ...string) (map[string]ServiceInfo, error) {
	var services map[string]ServiceInfo
	err := c.call(ctx, "read services", func(s *session) (err error) {
		services, err = s.services(names)
		return err
	})
	return services, err
}

func (s *session) services(names []string) (map[string]ServiceInfo, error) {
	answer, err := s.Services(&client.ServicesOptions{Names: names})
	if err != nil {
		return nil, err
	}
	services := make(map[string]ServiceInfo, len(answer))
	for _, info := range answer {
		services[info.Name] = ServiceInfo{
			Name:    info.Name,
			Startup: Startup(info.Startup),
			Status:  ServiceStatus(info.Current),
			Since:   info.CurrentSince,
		}
	}
	return services, nil
}

// Start starts services and what they require, and returns when each has run for a second, or a [ChangeError] if one did
// not. A service that runs already is left alone.
func (c *Container) Start(ctx context.Context, services ...string) error {
	return c.change(ctx, "start "+strings.Join(services, ", "), services, (*client.Client).Start)
}

// Stop stops services, and those that require them.
func (c *Container) Stop(ctx context.Context, services ...string) error {
	return c.change(ctx, "stop "+strings.Join(services, ", "), services, (*client.Client).Stop)
}

// Restart stops and starts services; those that do not run are only started.
func (c *Container) Restart(ctx context.Context, services ...string) error {
	return c.change(ctx, "restart "+strings.Join(services, ", "), services, (*client.Client).Restart)
}

// Replan restarts all services whose part of the plan changed since they were started, even those that have been stopped
// since, and starts those with startup enabled, including the ones of the image's own layers.
func (c *Container) Replan(ctx context.Context) error {
	return c.change(ctx, "replan", nil, (*client.Client).Replan)
}

// Autostart starts all services with startup enabled, including the ones of the image's own layers.
func (c *Container) Autostart(ctx context.Context) error {
	return c.change(ctx, "start services", nil, (*client.Client).AutoStart)
}

// Signal sends a signal such as "SIGHUP" to the first process of services that run.
func (c *Container) Signal(ctx context.Context, signal string, services ...string) error {
	return c.call(ctx, "send "+signal+" to "+strings.Join(services, ", "), func(s *session) error {
		return s.SendSignal(&client.SendSignalOptions{Signal: signal, Services: services})
	})
}

// serviceAction is a method of the client that begins a change.
type serviceAction func(*client.Client, *client.ServiceOptions) (string, error)

func (c *Container) change(ctx context.Context, what string, services []string, action serviceAction) error {
	return c.call(ctx, what, func(s *session) error { return s.change(services, action) })
}

// change begins a change and waits for its end.
func (s *session) change(services []string, action serviceAction) error {
	id, err := action(s.Client, &client.ServiceOptions{Names: services})
	if err != nil {
		return err
	}
	change, err := s.WaitChange(id, nil)
	if err != nil {
		return err
	}
	return changeError(change)
}

// changeError returns what failed in a change that has ended, or nil.
func changeError(change *client.Change) error {
	if change.Err == "" {
		return nil
	}
	e := &ChangeError{ChangeID: change.ID, Kind: change.Kind, message: change.Err}
	for _, task := range change.Tasks {
		if task.Status != "Done" {
			e.Tasks = append(e.Tasks, TaskError{
				Service: taskService(task),
				Summary: task.Summary,
				Status:  task.Status,
				Log:     task.Log,
			})
		}
	}
	return e
}

// taskService reads the service out of a task's summary, the only place that tells it: Start service "app".
func taskService(task *client.Task) string {
	if task.Kind != "start" && task.Kind != "stop" {
		return ""
	}
	_, quoted, ok := strings.Cut(task.Summary, ` service "`)
	if !ok {
		return ""
	}
	return strings.ReplaceAll(strings.TrimSuffix(quoted, `"`), `\"`, `"`)
}
