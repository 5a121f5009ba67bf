package sandbox

import (
	"fmt"
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// netns is a network namespace and the thread that lives in it. An ordinary user's thread could enter a namespace but never
// return to the host's, which belongs to root; so it stays, and work is brought to it. The thread is also the parent of
// the pod's containers, which are to die with their parent: the kernel means the parent thread, not the process.
type netns struct {
	file  *os.File
	calls chan func()
	quit  chan struct{}
}

func newNetns() (*netns, error) {
	ns := &netns{calls: make(chan func()), quit: make(chan struct{})}
	ready := make(chan error)
	go onOwnThread(func() {
		err := ns.unshare()
		ready <- err
		if err == nil {
			ns.serve()
		}
	})
	if err := <-ready; err != nil {
		return nil, err
	}
	return ns, nil
}

func (ns *netns) unshare() error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("cannot make network namespace: %w", err)
	}
	file, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return fmt.Errorf("cannot hold network namespace: %w", err)
	}
	ns.file = file
	return nil
}

func (ns *netns) serve() {
	for {
		select {
		case call := <-ns.calls:
			call()
		case <-ns.quit:
			return
		}
	}
}

// do calls f in the namespace, and must not be used for what may block. Afterwards it is net.ErrClosed.
func (ns *netns) do(f func() error) error {
	done := make(chan error, 1)
	select {
	case ns.calls <- func() { done <- f() }:
		return <-done
	case <-ns.quit:
		return net.ErrClosed
	}
}

// close lets go of the namespace, once.
func (ns *netns) close() error {
	close(ns.quit)
	return ns.file.Close()
}

// onOwnThread calls f on a thread that ends with it, since f makes it unfit for other goroutines. It is never the process's
// first thread: that one cannot end, and /proc/self describes it.
func onOwnThread(f func()) {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		f()
		return
	}
	moved := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		close(moved)
		f()
	}()
	<-moved
	runtime.UnlockOSThread()
}
