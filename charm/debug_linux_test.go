package charm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

// detacher is a debugger that attaches itself to a process, and leaves it at the
// first place where it stops.
func detacher() {
	// What traces is a thread.
	runtime.LockOSThread()
	if err := detach(os.Args[len(os.Args)-1]); err != nil {
		fmt.Fprintln(os.Stderr, "cannot debug:", err)
		os.Exit(1)
	}
}

func detach(process string) error {
	pid, err := strconv.Atoi(process)
	if err != nil {
		return err
	}
	if err := attach(pid); err != nil {
		return err
	}
	stopped, err := follow(pid)
	if err != nil || stopped == 0 {
		return err
	}
	if stopped != pid {
		// The process counts as traced while its first thread is.
		if err := syscall.Tgkill(pid, pid, syscall.SIGSTOP); err != nil {
			return err
		}
		if err := waitFor(pid, syscall.SIGSTOP); err != nil {
			return err
		}
		if err := syscall.PtraceDetach(pid); err != nil {
			return err
		}
	}
	return syscall.PtraceDetach(stopped)
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
			if err := syscall.PtraceAttach(tid); err != nil {
				return err
			}
			if err := waitFor(tid, syscall.SIGSTOP); err != nil {
				return err
			}
			if err := syscall.PtraceSetOptions(tid, syscall.PTRACE_O_TRACECLONE); err != nil {
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

// follow lets a process run until one of its threads is at a breakpoint, and returns
// that one; 0 if the process ends before.
func follow(pid int) (int, error) {
	for {
		var status syscall.WaitStatus
		tid, err := syscall.Wait4(-1, &status, syscall.WALL, nil)
		switch {
		case err != nil:
			return 0, err
		case !status.Stopped():
			if tid == pid {
				return 0, nil
			}
			continue
		case status.StopSignal() == syscall.SIGTRAP && status.TrapCause() == 0:
			return tid, nil
		}
		signal := int(status.StopSignal())
		if status.StopSignal() == syscall.SIGTRAP || status.StopSignal() == syscall.SIGSTOP {
			signal = 0 // a new thread
		}
		if err := syscall.PtraceCont(tid, signal); err != nil {
			return 0, err
		}
	}
}

// waitFor lets a thread run until it stops for a signal.
func waitFor(tid int, signal syscall.Signal) error {
	for {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(tid, &status, syscall.WALL, nil); err != nil {
			return err
		}
		if !status.Stopped() {
			return fmt.Errorf("thread %d has ended", tid)
		}
		if status.StopSignal() == signal {
			return nil
		}
		if err := syscall.PtraceCont(tid, int(status.StopSignal())); err != nil {
			return err
		}
	}
}
