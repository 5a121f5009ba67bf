package sandbox

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// supervisor is process 1 of a container without a command: it starts programs on request, and reaps all that end.
type supervisor struct {
	ids ids

	mu       sync.Mutex
	waiters  map[int]chan<- Exit // by process id
	stopping bool
}

func runSupervisor() {
	unix.CloseOnExec(controlFD)
	control, err := net.FileConn(os.NewFile(controlFD, "control"))
	if err != nil {
		return
	}
	own, err := currentIDs()
	if err != nil {
		return
	}
	s := &supervisor{ids: own, waiters: make(map[int]chan<- Exit)}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGCHLD, unix.SIGTERM)
	go s.serve(control.(*net.UnixConn))
	for received := range signals {
		if received == unix.SIGTERM {
			s.stop()
		}
		s.reap()
	}
}

// serve takes requests until the other end of the socket is gone; then the container has no purpose any more.
func (s *supervisor) serve(control *net.UnixConn) {
	for {
		files, err := receiveFiles(control)
		if err != nil {
			os.Exit(1)
		}
		go s.run(files)
	}
}

// receiveFiles receives the request's socket, and the program's standard input, output and error.
func receiveFiles(control *net.UnixConn) ([]*os.File, error) {
	message, rights := make([]byte, 1), make([]byte, unix.CmsgSpace(4*4))
	_, n, _, _, err := control.ReadMsgUnix(message, rights)
	if err != nil {
		return nil, err
	}
	parsed, err := unix.ParseSocketControlMessage(rights[:n])
	if err != nil {
		return nil, err
	}
	var files []*os.File
	for _, m := range parsed {
		fds, err := unix.ParseUnixRights(&m)
		if err != nil {
			return nil, err
		}
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "received"))
		}
	}
	if len(files) != 4 {
		return nil, errors.New("cannot use request: it needs four files")
	}
	return files, nil
}

func (s *supervisor) run(files []*os.File) {
	conn, err := net.FileConn(files[0])
	_ = files[0].Close()
	if err != nil {
		return
	}
	defer conn.Close()
	decoder := json.NewDecoder(conn)
	var request execRequest
	if err := decoder.Decode(&request); err != nil {
		return
	}
	pid, ended, err := s.start(request, files[1:])
	for _, file := range files[1:] {
		_ = file.Close()
	}
	if err != nil {
		reply := execReply{Error: err.Error()}
		errors.As(err, &reply.Errno)
		_ = json.NewEncoder(conn).Encode(reply)
		return
	}
	hungUp := make(chan struct{})
	go func() {
		_ = decoder.Decode(&struct{}{}) // nothing else comes
		close(hungUp)
	}()
	var exit Exit
	select {
	case exit = <-ended:
	case <-hungUp:
		s.kill(pid)
		exit = <-ended
	}
	_ = json.NewEncoder(conn).Encode(execReply{Exit: exit})
}

// start starts a program. It holds the lock, so that reap cannot meet the end of a program that nobody waits for yet.
func (s *supervisor) start(request execRequest, files []*os.File) (pid int, ended <-chan Exit, err error) {
	path, err := lookPath(request.Argv[0], request.Env)
	if err != nil {
		return 0, nil, err
	}
	dir := orElse(request.Dir, "/")
	if _, err := os.Stat(dir); err != nil {
		return 0, nil, err
	}
	attr := &syscall.ProcAttr{Dir: dir, Env: request.Env, Sys: &syscall.SysProcAttr{Setsid: true}}
	for _, file := range files {
		attr.Files = append(attr.Files, file.Fd())
	}
	s.runAs(attr.Sys, request.RunAs)

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return 0, nil, errors.New("the container is stopping")
	}
	pid, err = syscall.ForkExec(path, request.Argv, attr)
	if err != nil {
		return 0, nil, err
	}
	exit := make(chan Exit, 1)
	s.waiters[pid] = exit
	return pid, exit, nil
}

func (s *supervisor) runAs(attr *syscall.SysProcAttr, as Credentials) {
	if !s.ids.has(as.UID, as.GID) {
		playUser(attr, as)
		return
	}
	if len(s.ids.users) == 1 && s.ids.users[0].count == 1 {
		return // the one account that exists
	}
	attr.Credential = &syscall.Credential{Uid: uint32(as.UID), Gid: uint32(as.GID)}
	for _, group := range s.ids.existingGroups(as.Groups) {
		attr.Credential.Groups = append(attr.Credential.Groups, uint32(group))
	}
}

// kill kills a program that has not been reaped, and its process group.
func (s *supervisor) kill(pid int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, waiting := s.waiters[pid]; waiting {
		_ = unix.Kill(-pid, unix.SIGKILL)
	}
}

// stop asks all processes to end. The container ends with the last of them.
func (s *supervisor) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopping = true
	_ = unix.Kill(-1, unix.SIGTERM)
}

// reap takes note of all processes that have ended.
func (s *supervisor) reap() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil && s.stopping: // ECHILD: no process is left
			os.Exit(0)
		case err != nil || pid == 0:
			return
		}
		if waiter, waiting := s.waiters[pid]; waiting {
			waiter <- exitOf(syscall.WaitStatus(status))
			delete(s.waiters, pid)
		}
	}
}
