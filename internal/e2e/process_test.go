package e2e_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// process is one of a model's pods, seen from outside.
type process struct {
	pid  int
	args []string
	env  []string
}

// processes returns those of the pods of the model in a folder: their mounts are
// from there.
func processes(dir string) []process {
	var found []process
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || !mentions(pid, "mountinfo", source(dir)+"/") {
			continue
		}
		found = append(found, process{pid: pid, args: list(pid, "cmdline"), env: list(pid, "environ")})
	}
	return found
}

// source is how mountinfo tells of a folder: from the root of its file system,
// which may be that of the folder for temporary files.
func source(dir string) string { return strings.TrimPrefix(dir, os.TempDir()) }

// list reads a file of /proc that separates by NUL. A process that has ended
// meanwhile has nothing in it.
func list(pid int, file string) []string {
	data, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), file))
	return strings.Split(strings.TrimRight(string(data), "\x00"), "\x00")
}

func mentions(pid int, file, text string) bool {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), file))
	return err == nil && strings.Contains(string(data), text)
}

func (p process) has(variable string) bool {
	for _, v := range p.env {
		if v == variable {
			return true
		}
	}
	return false
}

func (p process) kill(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(p.pid, syscall.SIGKILL); err != syscall.ESRCH {
		require.NoError(t, err)
	}
}

// find returns the processes of the model that a test is looking for.
func (b *box) find(wanted func(process) bool) []process {
	var found []process
	for _, p := range processes(b.dir) {
		if wanted(p) {
			found = append(found, p)
		}
	}
	return found
}

// nginxMaster is the process of NGINX that reads the configuration.
func (b *box) nginxMaster(t *testing.T) int {
	t.Helper()
	masters := b.find(func(p process) bool { return strings.HasPrefix(p.args[0], "nginx: master process") })
	require.Len(t, masters, 1)
	return masters[0].pid
}

// pebbleOf is process 1 of a workload container.
func (b *box) pebbleOf(t *testing.T, unit, container string) process {
	t.Helper()
	daemons := b.find(func(p process) bool {
		return p.args[0] == "/charm/bin/pebble" && p.has("JUJU_CONTAINER_NAME="+container) &&
			mentions(p.pid, "mountinfo", source(b.unitDir(unit))+"/")
	})
	require.Len(t, daemons, 1)
	return daemons[0]
}

// hookProcess returns the running hook binary of a unit's hook.
func (b *box) hookProcess(unit, hook string) (process, bool) {
	found := b.find(func(p process) bool {
		return strings.HasSuffix(p.args[0], "/dispatch") && p.has("JUJU_UNIT_NAME="+unit) && p.has("JUJU_HOOK_NAME="+hook)
	})
	if len(found) == 0 {
		return process{}, false
	}
	return found[0], true
}

// requireNothingLeft checks that a model has gone: no folder, no mount, and no
// process that knows of it.
func requireNothingLeft(t *testing.T, dir string) {
	t.Helper()
	require.NoDirExists(t, dir)
	entries, err := os.ReadDir("/proc")
	require.NoError(t, err)
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		for _, file := range []string{"mountinfo", "environ", "cmdline"} {
			require.False(t, mentions(pid, file, source(dir)), "process %d %v is left: its %s tells of %s", pid, list(pid, "cmdline"), file, dir)
		}
	}
	require.False(t, mentions(os.Getpid(), "mountinfo", source(dir)), "a mount is left")
}
