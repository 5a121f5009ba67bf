// Package testenv finds what tests run for real: the Pebble daemons that "make tools" builds, and commands of the host.
// What is missing fails the test with the way to get it; nothing is skipped.
package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// module is the first line of the go.mod in the module's root; the modules below internal/tools have others.
const module = "module github.com/charmkit/charmkit"

// packages names the Debian package of a command where the two differ.
var packages = map[string]string{
	"initdb":                    "postgresql",
	"ip":                        "iproute2",
	"mount":                     "mount",
	"nginx-prometheus-exporter": "prometheus-nginx-exporter",
	"node":                      "nodejs",
	"nsenter":                   "util-linux",
	"pg_ctl":                    "postgresql",
	"postgres":                  "postgresql",
	"prometheus-nginx-exporter": "prometheus-nginx-exporter",
	"psql":                      "postgresql-client",
	"setpriv":                   "util-linux",
	"unshare":                   "util-linux",
}

// Root returns the module's root folder, found from the test's working directory upwards.
func Root(t testing.TB) string {
	t.Helper()
	start, err := os.Getwd()
	if err != nil {
		t.Fatalf("cannot find the module: %v", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && slices.Contains(strings.Split(string(data), "\n"), module) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatalf("cannot find the module: no go.mod with %q in %s or above", module, start)
		}
	}
}

// Pebble returns the absolute path of the Pebble daemon of a version such as "1.19.2".
func Pebble(t testing.TB, version string) string {
	t.Helper()
	path := filepath.Join(Root(t), "build", "bin", "pebble-"+version)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is missing; run 'make tools'", path)
	}
	return path
}

// Built returns the absolute path of what "make binaries charm" builds, such as "bin/charmbox" or "unleash-k8s_amd64.charm".
func Built(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(Root(t), "build", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is missing; run 'make binaries charm'", path)
	}
	return path
}

// Command returns the absolute path of a command of the host, from PATH, /usr/sbin and the folder of the newest PostgreSQL.
func Command(t testing.TB, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		if path, err = filepath.Abs(path); err == nil {
			return path
		}
	}
	// Debian keeps servers out of an ordinary user's PATH.
	places, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Sort(places)
	slices.Reverse(places)
	for _, dir := range append(places, "/usr/sbin", "/sbin") {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	pkg := name
	if p, ok := packages[name]; ok {
		pkg = p
	}
	t.Fatalf("command %q is missing; run 'apt-get install %s'", name, pkg)
	return ""
}
