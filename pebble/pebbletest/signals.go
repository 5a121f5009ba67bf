package pebbletest

import (
	"os"
	"os/signal"
	"syscall"
)

// hearSignals makes this process handle the signals that it was started to ignore, as SIGHUP is under nohup, by forgetting them.
// Nothing changes for itself, but its children would ignore them as well: a service could not be reloaded.
func hearSignals() {
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
}
