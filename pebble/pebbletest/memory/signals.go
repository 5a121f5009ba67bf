package memory

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/pebble"
)

// knownSignals are those that Pebble accepts, as far as anybody sends them.
var knownSignals = []string{
	"SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO", "SIGKILL", "SIGPIPE",
	"SIGPROF", "SIGPWR", "SIGQUIT", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP", "SIGTTIN",
	"SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ",
}

func (p *Pebble) postSignals(r *request) answer {
	var payload struct {
		Signal   string   `json:"signal"`
		Services []string `json:"services"`
	}
	if err := decode(r, &payload); err != nil {
		return badRequest("cannot decode request body: %v", err)
	}
	if len(payload.Services) == 0 {
		return badRequest("must specify one or more services")
	}
	var problems []string
	for _, name := range payload.Services {
		s, ok := p.service(name)
		switch {
		case !ok || s.Status != pebble.StatusActive:
			problems = append(problems, fmt.Sprintf("cannot send signal to %q: service is not running", name))
		case !slices.Contains(knownSignals, payload.Signal):
			problems = append(problems, fmt.Sprintf("cannot send signal to %q: invalid signal name %q", name, payload.Signal))
		default:
			ownSlice(p, signals, &p.state.Signals)
			p.state.Signals = append(p.state.Signals, Signal{name, payload.Signal})
		}
	}
	p.tick()
	if len(problems) > 0 {
		return failure(http.StatusInternalServerError, "", strings.Join(problems, "; "))
	}
	return answerTrue
}
