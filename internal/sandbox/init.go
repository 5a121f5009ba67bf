package sandbox

import (
	"os"
)

// The names under which a program runs itself again, as its zeroth argument.
const (
	initName       = "charmbox-init"       // sets a container up, from inside
	supervisorName = "charmbox-supervisor" // process 1 of containers that run programs on request
	probeName      = "charmbox-probe"      // tries what containers need
)

// self is the running program, even where its file cannot be reached.
const self = "/proc/self/exe"

// Init turns the process into the first process of a container if it was started to become one, and then never returns. In
// all other processes it does nothing. It must run before anything else in main, and in TestMain.
func Init() {
	if len(os.Args) == 0 {
		return
	}
	switch os.Args[0] {
	case initName:
		runInit()
	case supervisorName:
		runSupervisor()
	case probeName:
		runProbe()
	default:
		return
	}
	os.Exit(1)
}
