package charm

import (
	"os"
	"strings"
	"syscall"
)

// allowTracing lets processes of the same user that are no parents of this one
// attach to it, where the kernel's Yama asks for that. Elsewhere the call fails, and
// nothing is lost.
func allowTracing() {
	const setPtracer, anyProcess = 0x59616d61, ^uintptr(0)
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setPtracer, anyProcess, 0)
}

// isTraced tells whether a debugger is attached to this thread.
func isTraced() bool {
	data, _ := os.ReadFile("/proc/thread-self/status")
	_, rest, _ := strings.Cut(string(data), "\nTracerPid:")
	tracer, _, _ := strings.Cut(rest, "\n")
	tracer = strings.TrimSpace(tracer)
	return tracer != "" && tracer != "0"
}
