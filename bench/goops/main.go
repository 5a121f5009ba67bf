// Command goops is the same charm written with goops, as its documentation shows:
// a function for each hook tool, Pebble's client for the container.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/canonical/pebble/client"
	"github.com/gruyaume/goops"
	"gopkg.in/yaml.v3"
)

type config struct {
	Name     string `json:"name"`
	LogLevel string `json:"log-level"`
}

type service struct {
	Override    string            `yaml:"override"`
	Command     string            `yaml:"command"`
	Startup     string            `yaml:"startup"`
	Environment map[string]string `yaml:"environment"`
}

type layer struct {
	Services map[string]service `yaml:"services"`
}

func main() {
	if socket := os.Getenv("BENCH_PEBBLE_SOCKET"); socket != "" {
		goops.SetPebbleGetter(pebbleAt(socket))
	}
	if err := run(goops.ReadEnv().HookName); err != nil {
		goops.LogErrorf("%v", err)
		os.Exit(1)
	}
}

func run(hook string) error {
	var c config
	if err := goops.GetConfig(&c); err != nil {
		return fmt.Errorf("could not get config: %w", err)
	}
	if hook == "config-changed" {
		if err := configure(goops.Pebble("app"), c); err != nil {
			return err
		}
	}
	hosts, err := countHosts()
	if err != nil {
		return err
	}
	message := fmt.Sprintf("%s, %d databases", c.Name, hosts)
	if err := goops.SetUnitStatus(goops.StatusActive, message); err != nil {
		return fmt.Errorf("could not set status: %w", err)
	}
	return nil
}

func countHosts() (int, error) {
	ids, err := goops.GetRelationIDs("database")
	if err != nil {
		return 0, fmt.Errorf("could not get relation IDs: %w", err)
	}
	hosts := 0
	for _, id := range ids {
		units, err := goops.ListRelationUnits(id)
		if err != nil {
			return 0, fmt.Errorf("could not list relation units: %w", err)
		}
		for _, unit := range units {
			data, err := goops.GetUnitRelationData(id, unit)
			if err != nil {
				return 0, fmt.Errorf("could not get relation data: %w", err)
			}
			if data["host"] != "" {
				hosts++
			}
		}
	}
	return hosts, nil
}

// configure adds the layer if the plan differs, and waits until the service runs
// with it.
func configure(pebble goops.PebbleClient, c config) error {
	if _, err := pebble.SysInfo(); err != nil {
		return fmt.Errorf("could not connect to pebble: %w", err)
	}
	want := layer{Services: map[string]service{"app": {
		Override: "replace", Command: "sleep infinity", Startup: "enabled",
		Environment: map[string]string{"LOG_LEVEL": c.LogLevel},
	}}}
	same, err := inPlan(pebble, want.Services["app"])
	if err != nil {
		return err
	}
	if !same {
		data, err := yaml.Marshal(want)
		if err != nil {
			return fmt.Errorf("could not marshal layer: %w", err)
		}
		if err := pebble.AddLayer(&client.AddLayerOptions{Combine: true, Label: "app", LayerData: data}); err != nil {
			return fmt.Errorf("could not add layer: %w", err)
		}
	}
	id, err := pebble.Replan(&client.ServiceOptions{})
	if err != nil {
		return fmt.Errorf("could not replan: %w", err)
	}
	change, err := pebble.WaitChange(id, &client.WaitChangeOptions{})
	if err != nil {
		return fmt.Errorf("could not wait for replan: %w", err)
	}
	if change.Err != "" {
		return errors.New("could not replan: " + change.Err)
	}
	return nil
}

func inPlan(pebble goops.PebbleClient, want service) (bool, error) {
	data, err := pebble.PlanBytes(nil)
	if err != nil {
		return false, fmt.Errorf("could not get plan: %w", err)
	}
	var plan layer
	if err := yaml.Unmarshal(data, &plan); err != nil {
		return false, fmt.Errorf("could not read plan: %w", err)
	}
	app := plan.Services["app"]
	return app.Command == want.Command && app.Environment["LOG_LEVEL"] == want.Environment["LOG_LEVEL"], nil
}

// pebbleAt is the socket of the container's Pebble: goops's own place for it is
// /charm, which this machine does not have.
type pebbleAt string

func (socket pebbleAt) Pebble(string) goops.PebbleClient {
	c, err := client.New(&client.Config{Socket: string(socket)})
	if err != nil {
		panic(err) // there is nothing to go wrong without a URL
	}
	return pebbleClient{c}
}

// pebbleClient fits the client to the interface of goops.
type pebbleClient struct{ *client.Client }

func (p pebbleClient) Exec(options *client.ExecOptions) (goops.PebbleExecProcess, error) {
	return p.Client.Exec(options)
}
