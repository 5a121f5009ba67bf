package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// File descriptors that the first process of a container inherits.
const (
	setupFD   = 3 // the spec comes in, an error message goes out
	controlFD = 4 // without a command: the supervisor's requests
	programFD = 5 // without a command: the supervisor's program
)

// initSpec is what the first process of a container needs to know.
type initSpec struct {
	Root        string
	Hostname    string
	Addr        netip.Addr
	Users       []User
	Mounts      []Mount
	Directories []Directory
	Command     []string // the supervisor's if empty
	RunAs       Credentials
	Env         []string
	Dir         string
}

func newInitSpec(spec ContainerSpec, pod *Pod) initSpec {
	return initSpec{
		Root: spec.Root, Hostname: pod.name, Addr: pod.addr, Users: spec.Users,
		Mounts: append(hostMounts(), spec.Mounts...), Directories: spec.Directories,
		Command: spec.Command, RunAs: spec.RunAs, Env: append([]string{}, spec.Env...), Dir: spec.Dir,
	}
}

// runInit is the first process of a container, already in its namespaces, until it becomes the command.
func runInit() {
	runtime.LockOSThread() // capabilities, the death signal and exec are all of one thread
	unix.CloseOnExec(setupFD)
	setup := os.NewFile(setupFD, "setup")
	var spec initSpec
	err := json.NewDecoder(setup).Decode(&spec)
	if err == nil {
		err = spec.become(setup)
	}
	_, _ = setup.WriteString(err.Error())
	os.Exit(1)
}

// become returns only if it fails.
func (s initSpec) become(setup *os.File) error {
	unix.Umask(0o022)
	if err := unix.Sethostname([]byte(s.Hostname)); err != nil {
		return fmt.Errorf("cannot set host name: %w", err)
	}
	if err := s.mountAll(); err != nil {
		return err
	}
	own, err := currentIDs()
	if err != nil {
		return err
	}
	for _, directory := range s.Directories {
		if err := directory.make(own); err != nil {
			return err
		}
	}
	path, argv, err := s.program()
	if err != nil {
		return err
	}
	if err := dropCapabilities(); err != nil {
		return err
	}
	if err := s.RunAs.assume(own); err != nil {
		return err
	}
	if err := dieWithParent(setup); err != nil {
		return err
	}
	if s.Dir != "" {
		if err := os.Chdir(s.Dir); err != nil {
			return fmt.Errorf("cannot use working directory: %w", err)
		}
	}
	defaultSignals()
	return fmt.Errorf("cannot run %s: %w", argv[0], syscall.Exec(path, argv, s.Env))
}

// defaultSignals makes every signal do to the command what it does by default. One that was ignored where all this was started,
// as SIGHUP is under nohup, would else be ignored in the container: exec resets only those that are handled.
func defaultSignals() {
	signal.Notify(make(chan os.Signal, 1))
}

// program returns the command, or that of the supervisor.
func (s initSpec) program() (path string, argv []string, err error) {
	if len(s.Command) == 0 {
		unix.CloseOnExec(programFD)
		return fmt.Sprintf("/proc/self/fd/%d", programFD), []string{supervisorName}, nil
	}
	path, err = lookPath(s.Command[0], s.Env)
	return path, s.Command, err
}

// assume makes the process run as the user. Where only one account exists, it already does.
func (c Credentials) assume(own ids) error {
	if len(own.users) == 1 && own.users[0].count == 1 {
		return nil
	}
	if err := syscall.Setgroups(own.existingGroups(c.Groups)); err != nil {
		return fmt.Errorf("cannot set groups: %w", err)
	}
	if err := syscall.Setgid(c.GID); err != nil {
		return fmt.Errorf("cannot set group %d: %w", c.GID, err)
	}
	if err := syscall.Setuid(c.UID); err != nil {
		return fmt.Errorf("cannot set user %d: %w", c.UID, err)
	}
	return nil
}

// dieWithParent asks the kernel for SIGKILL when the parent ends: again, since a change of user takes the wish back. The
// parent is in another process namespace, so the setup socket has to tell whether it is still there.
func dieWithParent(setup *os.File) error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("cannot follow parent: %w", err)
	}
	poll := []unix.PollFd{{Fd: int32(setup.Fd()), Events: unix.POLLRDHUP}}
	err := uninterrupted(func() error { _, err := unix.Poll(poll, 0); return err })
	if err != nil {
		return fmt.Errorf("cannot look after parent: %w", err)
	}
	if poll[0].Revents != 0 {
		return errors.New("the parent has gone")
	}
	return nil
}

// lookPath finds a program as a shell would, by the PATH of the given environment.
func lookPath(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	path := ""
	for _, entry := range env {
		if value, found := strings.CutPrefix(entry, "PATH="); found {
			path = value
		}
	}
	for directory := range strings.SplitSeq(path, ":") {
		file := directory + "/" + name
		if info, err := os.Stat(file); directory != "" && err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file, nil
		}
	}
	return "", fmt.Errorf("cannot find %s in PATH %q: %w", name, path, syscall.ENOENT)
}
