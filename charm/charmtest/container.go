package charmtest

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/charmkit/charmkit/charm/recording"
	"github.com/charmkit/charmkit/pebble"
)

// Container is a workload container whose Pebble answers.
type Container struct {
	// Socket is where a Pebble daemon listens, one of package pebbletest say.
	Socket string
	// Recorded is what a Pebble has answered to a hook that was recorded, as the
	// lines of the recording; see package recording. It is instead of a daemon.
	Recorded string
}

// noSocket is the path of a socket that nobody makes.
const noSocket = "/nonexistent/pebble.socket"

// pebbles are the Pebbles of a unit's containers for the time of a hook.
type pebbles map[string]Container

// socket is what charm.Options.Socket asks for.
func (p pebbles) socket(container string) string {
	if path := p[container].Socket; path != "" {
		return path
	}
	return noSocket
}

// with returns a context in which the Pebbles without a daemon answer.
func (p pebbles) with(ctx context.Context) (context.Context, error) {
	players := map[string]http.RoundTripper{}
	for name, c := range p {
		if c.Recorded == "" {
			continue
		}
		recorded, err := recording.ReadEntries(strings.NewReader(c.Recorded))
		if err != nil {
			return nil, fmt.Errorf("State.Containers[%q].Recorded: %w", name, err)
		}
		players[name] = recording.NewPlayer(recorded, &recording.Redactor{}).RoundTripper(name)
	}
	if len(players) == 0 {
		return ctx, nil
	}
	return pebble.WithMiddleware(ctx, func(container string, next http.RoundTripper) http.RoundTripper {
		if player, ok := players[container]; ok {
			return player
		}
		return next
	}), nil
}
