package charm

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Debugging a hook: `juju debug-code` runs the hooks of a unit in a terminal, with
// the places to stop at in JUJU_DEBUG_AT: names, with commas between them, or "all"
// if the operator gave none.
const (
	// debugAll is every place.
	debugAll = "all"
	// debugHook is before each handler and reconciler.
	debugHook = "hook"
)

// debugger stops a hook where the operator has asked for it. A nil one never does.
type debugger struct {
	at       []string
	in       io.Reader
	out      io.Writer
	asked    bool
	attached bool
}

func newDebugger(getenv func(string) string) *debugger {
	places := getenv("JUJU_DEBUG_AT")
	if places == "" {
		return nil
	}
	return &debugger{at: strings.Split(places, ","), in: os.Stdin, out: os.Stderr}
}

// Breakpoint stops the hook in a debugger, if `juju debug-code --at NAME`, or without
// --at, runs it; otherwise it does nothing. Where dlv is on PATH it attaches itself
// (put it into the charm's container with kubectl cp); where it is not, the hook tells
// which process to attach to, and waits for Enter. The name hook stops before each
// handler and reconciler, and needs no call. Names are made of lower-case letters,
// digits and inner hyphens; hook and all are no others'.
func (b *Base) Breakpoint(ctx context.Context, name string) {
	plain := strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && strings.Trim(name, "-") == name
	if name == "" || !plain || name == debugAll || name == debugHook {
		panic(fmt.Sprintf("charm: a breakpoint has the name %q: use lower-case letters, digits and inner hyphens, and neither hook nor all", name))
	}
	b.run.debugger.stop(ctx, name)
}

// stop stops at a place, if it is one to stop at.
func (d *debugger) stop(ctx context.Context, place string) {
	if d == nil || !slices.Contains(d.at, debugAll) && !slices.Contains(d.at, place) {
		return
	}
	// What a debugger traces are threads, and it gets to them one by one: a trap in one
	// that it does not have ends the process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if !d.asked {
		d.asked = true
		d.attach(ctx, place)
	}
	// It may have let go of the process meanwhile.
	if d.attached && isTraced() {
		// The debugger shows this line; two frames up is where the charm stops.
		runtime.Breakpoint()
	}
}

// attach gets a debugger to look at this process, or learns that there is none.
func (d *debugger) attach(ctx context.Context, place string) {
	allowTracing()
	pid := fmt.Sprint(os.Getpid())
	fmt.Fprintf(d.out, "This hook stops at %q, in process %s.\n", place, pid)
	dlv, err := exec.LookPath("dlv")
	if err != nil {
		fmt.Fprintf(d.out, "There is no dlv on PATH. Attach a debugger from elsewhere, as with \"dlv attach %s\", and press Enter to go on.\n", pid)
		_, _ = bufio.NewReader(d.in).ReadString('\n')
		d.attached = isTraced()
		return
	}
	cmd := exec.CommandContext(ctx, dlv, "attach", pid)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = d.in, d.out, d.out
	if err := cmd.Start(); err != nil {
		fmt.Fprintf(d.out, "cannot start dlv: %v\n", err)
		return
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	for d.attached = isTraced(); !d.attached; d.attached = isTraced() {
		select {
		case <-ended:
			fmt.Fprintln(d.out, "dlv has ended, and the hook goes on without it.")
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}
