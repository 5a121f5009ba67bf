package pebble

import (
	"context"
	"net/http"
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
	for _, info := range present(answer) {
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
	return c.change(ctx, KindStart, services)
}

// Stop stops services, and those that require them.
func (c *Container) Stop(ctx context.Context, services ...string) error {
	return c.change(ctx, KindStop, services)
}

// Restart stops and starts services; those that do not run are only started.
func (c *Container) Restart(ctx context.Context, services ...string) error {
	return c.change(ctx, KindRestart, services)
}

// Replan restarts all services whose part of the plan changed since they were started, even those that have been stopped
// since, and starts those with startup enabled, including the ones of the image's own layers.
func (c *Container) Replan(ctx context.Context) error {
	return c.change(ctx, KindReplan, nil)
}

// Autostart starts all services with startup enabled, including the ones of the image's own layers.
func (c *Container) Autostart(ctx context.Context) error {
	return c.change(ctx, KindAutostart, nil)
}

// Begin begins to start, stop, restart, replan or autostart services, and returns the id of that change without waiting for
// it, as the methods of those names do. Replan and autostart take no names.
func (c *Container) Begin(ctx context.Context, kind ChangeKind, services ...string) (changeID string, err error) {
	err = c.call(ctx, describe(kind, services), func(s *session) (err error) {
		changeID, err = s.begin(kind, services)
		return err
	})
	return changeID, err
}

func describe(kind ChangeKind, services []string) string {
	return strings.TrimSpace(string(kind) + " " + strings.Join(services, ", "))
}

// Signal sends a signal such as "SIGHUP" to the first process of services that run.
func (c *Container) Signal(ctx context.Context, signal string, services ...string) error {
	return c.call(ctx, "send "+signal+" to "+strings.Join(services, ", "), func(s *session) error {
		return s.SendSignal(&client.SendSignalOptions{Signal: signal, Services: services})
	})
}

func (c *Container) change(ctx context.Context, kind ChangeKind, services []string) error {
	return c.call(ctx, describe(kind, services), func(s *session) error { return s.change(kind, services) })
}

// change begins a change and waits for its end.
func (s *session) change(kind ChangeKind, services []string) error {
	id, err := s.begin(kind, services)
	if err != nil {
		return err
	}
	change, err := s.waitChange(id)
	if err != nil {
		return err
	}
	return change.Failure()
}

func (s *session) begin(kind ChangeKind, services []string) (changeID string, err error) {
	body := struct {
		Action   ChangeKind `json:"action"`
		Services []string   `json:"services"`
	}{kind, services}
	opts, err := request{method: http.MethodPost, path: "/v1/services", body: body}.options(client.AsyncRequest)
	if err != nil {
		return "", err
	}
	answer, err := s.Requester().Do(s.ctx, opts)
	if err != nil {
		return "", err
	}
	return answer.ChangeID, nil
}

// service reads the service out of a task's summary, the only place that tells it: Start service "app".
func (t *Task) service() string {
	if t.Kind != "start" && t.Kind != "stop" {
		return ""
	}
	_, quoted, ok := strings.Cut(t.Summary, ` service "`)
	if !ok {
		return ""
	}
	return strings.ReplaceAll(strings.TrimSuffix(quoted, `"`), `\"`, `"`)
}
