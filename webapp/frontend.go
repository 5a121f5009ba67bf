package webapp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/webapp/nginx"
)

// nginxDirectory is the folder that NGINX's user owns, made by the image.
const nginxDirectory = "/var/lib/charm-nginx"

// reconcileNGINX renders the configuration and makes the container run it.
func (o *Operator) reconcileNGINX(ctx context.Context) error {
	settings, err := o.settings.Get(ctx)
	if err != nil {
		// Tell of a container that is missing as well.
		return errors.Join(err, o.nginx.Ready(ctx))
	}
	config := o.frontend(settings)
	config.Directory = nginxDirectory
	rendered, err := nginx.Render(config)
	if err != nil {
		return charm.Blocked("%s", err)
	}
	var seen nginx.Generation
	applied, err := o.nginx.Apply(ctx, o.wantNGINX(rendered, &seen))
	if err != nil {
		return explainNGINX(err)
	}
	if seen.Draining {
		// A reload was cut off, and what it should have replaced is wanted
		// again.
		if _, err := o.nginx.Exec(ctx, pebble.Command{Args: nginx.StopDrainCommand(nginxDirectory)}); err != nil {
			return err
		}
	}
	if len(applied.Reloaded) > 0 {
		o.b.Log.InfoContext(ctx, "NGINX reloaded", "generation", rendered.Generation)
	}
	return o.reconcileExporter(ctx)
}

// reconcileExporter runs the exporter once NGINX serves: it ends if it cannot
// reach it. A failure takes nothing else down: Pebble tries again, and its check
// restarts it.
func (o *Operator) reconcileExporter(ctx context.Context) error {
	_, err := o.nginx.Apply(ctx, wantExporter())
	var failed *pebble.ChangeError
	if errors.As(err, &failed) {
		o.b.Log.WarnContext(ctx, "the exporter of NGINX's metrics does not start", "error", failed.Error())
		return nil
	}
	return err
}

func wantExporter() pebble.Want {
	return pebble.Want{
		Label: "exporter",
		Layer: pebble.Layer{
			Summary: "Prometheus exporter of NGINX's metrics",
			Services: map[string]*pebble.Service{ServiceExporter: {
				Summary: "Prometheus exporter of NGINX's metrics",
				Startup: pebble.StartupEnabled,
				Command: fmt.Sprintf("/usr/bin/prometheus-nginx-exporter --nginx.scrape-uri=%s --web.listen-address=:%d",
					statusURL(nginx.PathStubStatus), PortExporter),
				OnCheckFailure: map[string]pebble.Action{CheckExporter: pebble.ActionRestart},
			}},
			// Without a level it is part of no probe.
			Checks: map[string]*pebble.Check{CheckExporter: {
				HTTP: &pebble.HTTPCheck{URL: fmt.Sprintf("http://127.0.0.1:%d/metrics", PortExporter)},
			}},
		},
	}
}

// statusURL is a page of NGINX's status listener.
func statusURL(path string) string { return "http://" + statusAddress().String() + path }

// explainNGINX tells an operator what to do about a configuration that NGINX
// itself refuses; the old one stays in force.
func explainNGINX(err error) error {
	var refused *pebble.ValidationError
	if errors.As(err, &refused) {
		return charm.Blocked("NGINX refuses these options: %s", refused.Output)
	}
	return err
}

// wantNGINX wants NGINX to run a configuration. What it says that it runs is left
// in seen.
func (o *Operator) wantNGINX(rendered *nginx.Rendered, seen *nginx.Generation) pebble.Want {
	reload := &pebble.Command{Timeout: 30 * time.Second}
	return pebble.Want{
		Layer: pebble.Layer{
			Summary: "NGINX, the entry point of all web traffic",
			Services: map[string]*pebble.Service{
				ServiceNGINX: {
					Summary:   "NGINX",
					Startup:   pebble.StartupEnabled,
					Command:   pebble.CommandLine(nginx.StartCommand(nginxDirectory)...),
					KillDelay: pebble.NewDuration(10 * time.Second),
				},
			},
			Checks: map[string]*pebble.Check{
				CheckNGINX: {
					Level: pebble.LevelAlive,
					HTTP:  &pebble.HTTPCheck{URL: statusURL(nginx.PathHealth)},
				},
			},
		},
		Files: []pebble.File{{
			Path:    rendered.Path,
			Content: rendered.Content,
			Reloads: []string{ServiceNGINX},
		}},
		Reloads: []pebble.Reload{{
			Service:    ServiceNGINX,
			Generation: rendered.Generation,
			Loaded: func(ctx context.Context) (string, error) {
				var err error
				*seen, err = o.generation(ctx)
				// What runs now is what must be drained.
				reload.Args = nginx.ReloadCommand(nginxDirectory, seen.Name)
				return seen.Name, err
			},
			Validate: func(staged func(string) string) pebble.Command {
				return pebble.Command{Args: nginx.TestCommand(staged(rendered.Path))}
			},
			Command: reload,
		}},
	}
}

// generation asks NGINX what it runs.
func (o *Operator) generation(ctx context.Context) (nginx.Generation, error) {
	page, err := o.get(ctx, statusURL(nginx.PathGeneration))
	return nginx.ParseGeneration(page), err
}

// get fetches a small page from the pod itself.
func (o *Operator) get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := o.client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("cannot get %s: %s", url, response.Status)
	}
	return string(body), nil
}
