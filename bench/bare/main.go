// Command bare does what the charm does, in its order, with net/rpc and Pebble's
// client alone: one call after another on one connection, and nothing that can
// be left out.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/rpc"
	"os"

	"github.com/canonical/pebble/client"
)

type request struct {
	//lint:ignore ST1003 gob goes by the agent's name.
	ContextId, Dir, CommandName string
	Args                        []string
	StdinSet                    bool
	Stdin                       []byte
}

type response struct {
	Code           int
	Stdout, Stderr []byte
}

func main() {
	agent, err := rpc.Dial("unix", os.Getenv("JUJU_AGENT_SOCKET_ADDRESS"))
	if err != nil {
		log.Fatal(err)
	}
	defer agent.Close()
	run := func(tool string, args ...string) []byte {
		r := request{ContextId: os.Getenv("JUJU_CONTEXT_ID"), Dir: "/", CommandName: tool, Args: args}
		var answer response
		if err := agent.Call("Jujuc.Main", r, &answer); err != nil || answer.Code != 0 {
			log.Fatalf("%s: %v %s", tool, err, answer.Stderr)
		}
		return answer.Stdout
	}
	get := func(into any, tool string, args ...string) {
		if err := json.Unmarshal(run(tool, append(args, "--format=json")...), into); err != nil {
			log.Fatal(err)
		}
	}

	var config map[string]string
	get(&config, "config-get")
	if os.Getenv("JUJU_HOOK_NAME") == "config-changed" {
		if err := configure(config["log-level"]); err != nil {
			log.Fatal(err)
		}
	}
	hosts := 0
	var ids []string
	get(&ids, "relation-ids", "database")
	for _, id := range ids {
		var units []string
		get(&units, "relation-list", "-r", id)
		for _, unit := range units {
			var bag map[string]string
			get(&bag, "relation-get", "-r", id, "-", unit)
			if bag["host"] != "" {
				hosts++
			}
		}
	}
	want := fmt.Sprintf("%s, %d databases", config["name"], hosts)
	var status struct{ Status, Message string }
	get(&status, "status-get", "--include-data")
	if status.Status != "active" || status.Message != want {
		run("status-set", "active", want)
	}
}

const layer = `
services:
  app: {override: replace, command: sleep infinity, startup: enabled, environment: {LOG_LEVEL: %q}}
`

func configure(logLevel string) error {
	pebble, err := client.New(&client.Config{Socket: os.Getenv("BENCH_PEBBLE_SOCKET")})
	if err != nil {
		return err
	}
	err = pebble.AddLayer(&client.AddLayerOptions{Combine: true, Label: "app", LayerData: fmt.Appendf(nil, layer, logLevel)})
	if err != nil {
		return err
	}
	id, err := pebble.Replan(&client.ServiceOptions{})
	if err != nil {
		return err
	}
	change, err := pebble.WaitChange(id, nil)
	if err != nil {
		return err
	}
	if change.Err != "" {
		return fmt.Errorf("cannot replan: %s", change.Err)
	}
	return nil
}
