package pebble_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/charmkit/charmkit/pebble"
)

func ExampleCombine() {
	rock, err := pebble.ParseLayer([]byte(`
services:
    web:
        override: replace
        command: web --port 8080
        environment: {MODE: demo}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	charm := &pebble.Layer{Services: map[string]*pebble.Service{"web": {
		Override:    pebble.OverrideMerge,
		Startup:     pebble.StartupEnabled,
		Environment: map[string]string{"MODE": "production"},
	}}}
	combined, err := pebble.Combine(rock, charm)
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := combined.YAML()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(string(data))
	// Output:
	// services:
	//     web:
	//         startup: enabled
	//         override: replace
	//         command: web --port 8080
	//         environment:
	//             MODE: production
}

func ExampleContainer_Apply() {
	container := pebble.NewContainer("web", "/charm/containers/web/pebble.socket")
	_, err := container.Apply(context.Background(), pebble.Want{
		Layer: pebble.Layer{Services: map[string]*pebble.Service{"web": {
			Startup: pebble.StartupEnabled,
			Command: pebble.CommandLine("web", "--config", "/etc/web/web.conf"),
		}}},
		Files: []pebble.File{{
			Path:     "/etc/web/web.conf",
			Content:  []byte("port = 8080\n"),
			Restarts: []string{"web"},
		}},
	})
	if errors.Is(err, pebble.ErrNotReady) {
		fmt.Println("waiting for the web container")
	}
	// Output: waiting for the web container
}
