package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Probe tells whether pods can be made here, by trying in a process of its own what they need. An ordinary user need not be
// in a user namespace for it. If not, the error is one sentence that says what failed and what to do.
func Probe(ctx context.Context) error {
	var problem bytes.Buffer
	cmd := exec.CommandContext(ctx, self)
	cmd.Args = []string{probeName}
	cmd.Env = []string{}
	cmd.Stdout = &problem
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWNET,
		Pdeathsig:  syscall.SIGKILL,
	}
	AsOwner(cmd)
	err := onLastingThread(cmd.Run)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if problem.Len() > 0 {
		err = errors.New(problem.String())
	}
	if err != nil {
		return fmt.Errorf("cannot make pods here: %w: %s", err, remedy(os.Geteuid() == 0, readSysctl))
	}
	return nil
}

// remedy says what a person can do, by what the kernel's settings forbid.
func remedy(root bool, sysctl func(name string) string) string {
	switch {
	case root:
		return "even root may not, as in most containers; use a real or a virtual machine, or a privileged container"
	case sysctl("kernel/apparmor_restrict_unprivileged_userns") == "1":
		return "this system's AppArmor keeps ordinary users from it (Ubuntu since 23.10); run with sudo, or allow it by " +
			"`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
	case sysctl("kernel/unprivileged_userns_clone") == "0":
		return "ordinary users may not make user namespaces; run with sudo, or allow it by " +
			"`sudo sysctl kernel.unprivileged_userns_clone=1`"
	case sysctl("user/max_user_namespaces") == "0":
		return "user namespaces are switched off; run with sudo, or allow them by `sudo sysctl user.max_user_namespaces=10000`"
	}
	return "run with sudo"
}

func readSysctl(name string) string {
	data, err := os.ReadFile("/proc/sys/" + name)
	if err != nil {
		return "" // this kernel has no such setting
	}
	return strings.TrimSpace(string(data))
}

// onLastingThread calls f on a thread that lasts until f returns, since children die with their parent thread.
func onLastingThread(f func() error) error {
	done := make(chan error)
	go onOwnThread(func() { done <- f() })
	return <-done
}

// runProbe is the process that tries. It writes down what failed.
func runProbe() {
	if err := tryAll(); err != nil {
		_, _ = os.Stdout.WriteString(err.Error())
		os.Exit(1)
	}
	os.Exit(0)
}

func tryAll() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("mounts cannot be made private: %w", err)
	}
	if err := unix.Mount("tmpfs", "/tmp", "tmpfs", 0, ""); err != nil {
		return fmt.Errorf("a tmpfs cannot be mounted: %w", err)
	}
	if err := os.Mkdir("/tmp/proc", 0o755); err != nil {
		return err
	}
	if err := unix.Mount("proc", "/tmp/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("a new /proc cannot be mounted: %w", err)
	}
	if _, err := openTree("/usr", "", unix.MOUNT_ATTR_RDONLY); err != nil { // Linux 5.12
		return fmt.Errorf("a mount cannot be made read-only: %w", err)
	}
	if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: bridgeName}}); err != nil {
		return fmt.Errorf("a bridge cannot be made: %w", err)
	}
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "pod1"}, PeerName: "eth0"}); err != nil {
		return fmt.Errorf("a virtual Ethernet link cannot be made: %w", err)
	}
	return nil
}
