// Command bare makes the calls of the bench charm one after another, with
// net/rpc alone.
package main

import (
	"encoding/json"
	"log"
	"net/rpc"
	"os"
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
	client, err := rpc.Dial("unix", os.Getenv("JUJU_AGENT_SOCKET_ADDRESS"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	call := func(into any, tool string, args ...string) {
		r := request{ContextId: os.Getenv("JUJU_CONTEXT_ID"), Dir: "/", CommandName: tool, Args: append([]string{"--format=json"}, args...)}
		var answer response
		if err := client.Call("Jujuc.Main", r, &answer); err != nil || answer.Code != 0 {
			log.Fatalf("%s: %v %s", tool, err, answer.Stderr)
		}
		if err := json.Unmarshal(answer.Stdout, into); err != nil {
			log.Fatal(err)
		}
	}
	var config map[string]any
	call(&config, "config-get")
	var ids []string
	call(&ids, "relation-ids", "database")
	for _, id := range ids {
		var units []string
		call(&units, "relation-list", "-r", id)
		for _, unit := range units {
			var bag map[string]string
			call(&bag, "relation-get", "-r", id, "-", unit)
		}
	}
	var status map[string]any
	call(&status, "status-get", "--include-data")
}
