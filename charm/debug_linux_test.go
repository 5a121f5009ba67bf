package charm_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

// detacher is a debugger that attaches itself to a process, and leaves each thread of
// it at the first place where that stops.
func detacher() {
	// What traces is a thread.
	runtime.LockOSThread()
	pid, err := strconv.Atoi(os.Args[len(os.Args)-1])
	if err == nil {
		err = attach(pid)
	}
	if err == nil {
		err = leave()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot debug:", err)
		os.Exit(1)
	}
}

// attach traces all threads of a process, and those to come. Those that it has are
// stopped until all are traced.
func attach(pid int) error {
	traced := map[int]bool{}
	for before := -1; before < len(traced); {
		before = len(traced)
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		if err != nil {
			return err
		}
		for _, task := range tasks {
			tid, err := strconv.Atoi(filepath.Base(task))
			if err != nil || traced[tid] {
				continue
			}
			if err := stop(tid); err != nil {
				return err
			}
			traced[tid] = true
		}
	}
	for tid := range traced {
		if err := syscall.PtraceCont(tid, 0); err != nil {
			return err
		}
	}
	return nil
}

// stop traces a thread and waits until it stops.
func stop(tid int) error {
	if err := syscall.PtraceAttach(tid); err != nil {
		return err
	}
	for {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(tid, &status, syscall.WALL, nil); err != nil {
			return err
		}
		switch {
		case !status.Stopped():
			return fmt.Errorf("thread %d has ended", tid)
		case status.StopSignal() == syscall.SIGSTOP:
			return syscall.PtraceSetOptions(tid, syscall.PTRACE_O_TRACECLONE)
		}
		if err := syscall.PtraceCont(tid, int(status.StopSignal())); err != nil {
			return err
		}
	}
}

// leave lets the process run to its end, and leaves each thread that comes to a
// breakpoint.
func leave() error {
	for {
		var status syscall.WaitStatus
		tid, err := syscall.Wait4(-1, &status, syscall.WALL, nil)
		if errors.Is(err, syscall.ECHILD) {
			return nil
		}
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return err
		}
		if err != nil || !status.Stopped() {
			continue
		}
		signal := status.StopSignal()
		switch {
		case signal == syscall.SIGTRAP && status.TrapCause() == 0:
			fmt.Fprintln(os.Stderr, "detacher: at a breakpoint")
			err = syscall.PtraceDetach(tid)
		case signal == syscall.SIGTRAP, signal == syscall.SIGSTOP: // a new thread
			err = syscall.PtraceCont(tid, 0)
		default:
			err = syscall.PtraceCont(tid, int(signal))
		}
		if err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
}
