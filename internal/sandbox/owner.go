package sandbox

import (
	"os"
	"os/exec"
	"syscall"
)

// AsOwner prepares a program that has not been started to own pods. For root there is nothing to do. An ordinary user's
// program gets a user namespace in which he is called root and no other account exists; it has the rights it needs over
// what it makes there, and no others: on the host it remains his.
//
// A program that may be either starts itself a second time this way:
//
//	cmd := exec.CommandContext(ctx, "/proc/self/exe", "serve")
//	sandbox.AsOwner(cmd)
//	err := cmd.Start()
func AsOwner(cmd *exec.Cmd) {
	if os.Geteuid() == 0 {
		return
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	playUser(cmd.SysProcAttr, Credentials{})
}
