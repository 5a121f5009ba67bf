// Package scripts_test runs the scripts among stub commands. Its tests are not parallel: a program that was just written
// cannot be run while a child that was forked meanwhile still has it open.
package scripts_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// host is a machine made of a folder: what host-packages looks for and writes is below it, and of commands it has what the
// test gives it.
type host struct {
	root string
	env  []string
}

// places are the folders outside PATH that the script knows.
var places = regexp.MustCompile(`/usr/local/sbin|/usr/sbin|/usr/lib/postgresql|/etc/postgresql-common|/sbin`)

const (
	policy      = "usr/sbin/policy-rc.d"
	clusterConf = "etc/postgresql-common/createcluster.d/host-packages.conf"
)

// commands are those that the script sees to.
var commands = []string{"nginx", "postgres", "psql", "node", "npm", "prometheus-nginx-exporter"}

// newHost returns a machine on which some commands are missing.
func newHost(t *testing.T, missing ...string) *host {
	t.Helper()
	h := &host{root: t.TempDir()}
	script, err := os.ReadFile("host-packages")
	require.NoError(t, err)
	h.write(t, "host-packages", places.ReplaceAllString(string(script), h.root+"$0"))
	for _, tool := range []string{"cat", "chmod", "cp", "grep", "mkdir", "mv", "rm", "rmdir", "sh", "touch"} {
		path, err := exec.LookPath(tool)
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(h.path("bin"), 0o755))
		require.NoError(t, os.Symlink(path, h.path("bin", tool)))
	}
	require.NoError(t, os.MkdirAll(h.path("usr/sbin"), 0o755))
	// All commands wait in a folder from which apt-get installs them.
	for _, name := range commands {
		h.write(t, "packages/"+name, "#!/bin/sh\n")
	}
	h.nginx(t, "--with-http_stub_status_module --with-http_realip_module")
	h.write(t, "bin/apt-get", `#!/bin/sh
echo "apt-get $*" >>"$ROOT/calls"
[ "$1" = install ] || exit 0
cp -a "$ROOT/usr/sbin/policy-rc.d" "$ROOT/policy-seen"
cp "$ROOT/etc/postgresql-common/createcluster.d/"*.conf "$ROOT/cluster-seen"
case $APT in
fail) echo "E: no network" >&2; exit 100 ;;
terminate) kill -TERM $PPID; exit 0 ;;
nothing) exit 0 ;;
esac
for name in `+strings.Join(missing, " ")+`; do
	case $name in
	postgres) to=$ROOT/usr/lib/postgresql/15/bin ;;
	nginx) to=$ROOT/usr/sbin ;;
	*) to=$ROOT/bin ;;
	esac
	mkdir -p "$to"
	cp "$ROOT/packages/$name" "$to/"
done
`)
	for _, name := range commands {
		if !slices.Contains(missing, name) {
			to := "bin/" + name
			if name == "postgres" {
				to = "usr/lib/postgresql/15/bin/postgres"
			}
			data, err := os.ReadFile(h.path("packages", name))
			require.NoError(t, err)
			h.write(t, to, string(data))
		}
	}
	h.user(t, 0)
	return h
}

func (h *host) path(parts ...string) string {
	return filepath.Join(append([]string{h.root}, parts...)...)
}

func (h *host) write(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(h.path(name)), 0o755))
	require.NoError(t, os.WriteFile(h.path(name), []byte(content), 0o755))
}

// nginx sets how the NGINX that is to be installed was built.
func (h *host) nginx(t *testing.T, arguments string) {
	t.Helper()
	h.write(t, "packages/nginx", "#!/bin/sh\necho 'configure arguments: "+arguments+"' >&2\n")
}

// user sets whose machine it is.
func (h *host) user(t *testing.T, id int) {
	t.Helper()
	h.write(t, "bin/id", "#!/bin/sh\necho "+strconv.Itoa(id)+"\n")
}

// run runs the script, and returns what it wrote and its exit code.
func (h *host) run(t *testing.T) (stdout, stderr string, code int) {
	t.Helper()
	var out, problems bytes.Buffer
	cmd := exec.Command(h.path("host-packages"))
	cmd.Env = append([]string{"PATH=" + h.path("bin"), "ROOT=" + h.root}, h.env...)
	cmd.Stdout, cmd.Stderr = &out, &problems
	require.NoError(t, cmd.Start())
	_ = cmd.Wait()
	return out.String(), problems.String(), cmd.ProcessState.ExitCode()
}

func (h *host) read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(h.path(name))
	require.NoError(t, err)
	return string(data)
}

func TestNothingIsMissing(t *testing.T) {
	h := newHost(t)
	h.user(t, 7) // nobody needs to be root for it
	stdout, stderr, code := h.run(t)
	require.Zero(t, code, stderr)
	require.Empty(t, stdout+stderr)
	require.NoFileExists(t, h.path("calls"))
	require.NoDirExists(t, h.path("etc"))
}

func TestInstallsWhatIsMissing(t *testing.T) {
	for _, test := range []struct {
		missing  []string
		packages string
	}{
		{[]string{"nginx", "prometheus-nginx-exporter"}, "nginx prometheus-nginx-exporter"},
		{[]string{"postgres"}, "postgresql"},
		{commands, "nginx postgresql postgresql-client nodejs npm prometheus-nginx-exporter"},
	} {
		h := newHost(t, test.missing...)
		stdout, stderr, code := h.run(t)
		require.Zero(t, code, stderr)
		require.Equal(t, "host-packages: installed "+test.packages+"\n", stdout)
		require.Empty(t, stderr)
		require.Equal(t, "apt-get update -qq\napt-get install -y -qq --no-install-recommends "+test.packages+"\n", h.read(t, "calls"))

		// Meanwhile no service was started and no cluster was made.
		seen := exec.Command(h.path("policy-seen"), "postgresql", "start")
		require.Error(t, seen.Run())
		require.Equal(t, 101, seen.ProcessState.ExitCode())
		require.Equal(t, "create_main_cluster = false\n", h.read(t, "cluster-seen"))
		requireRestored(t, h)

		stdout, stderr, code = h.run(t)
		require.Zero(t, code)
		require.Empty(t, stdout+stderr, "the second time there is nothing to do")
	}
}

func requireRestored(t *testing.T, h *host) {
	t.Helper()
	require.NoFileExists(t, h.path(policy))
	require.NoFileExists(t, h.path(clusterConf))
	found, err := filepath.Glob(h.path("usr/sbin/policy-rc.d*"))
	require.NoError(t, err)
	require.Empty(t, found)
}

func TestPolicyIsRestored(t *testing.T) {
	for how, want := range map[string]int{"": 0, "fail": 100, "terminate": 143, "nothing": 1} {
		for _, kind := range []string{"none", "file", "link", "left behind", "left behind alone"} {
			h := newHost(t, "npm")
			h.env = []string{"APT=" + how}
			switch kind {
			case "file", "left behind":
				require.NoError(t, os.WriteFile(h.path(policy), []byte("#!/bin/sh\nexit 0\n"), 0o640))
			case "link":
				require.NoError(t, os.Symlink("/nonexistent/policy", h.path(policy)))
			}
			if strings.HasPrefix(kind, "left behind") {
				h.killed(t)
			}
			_, stderr, code := h.run(t)
			require.Equal(t, want, code, "%s, %s: %s", how, kind, stderr)
			require.NoFileExists(t, h.path(clusterConf))
			switch kind {
			case "none", "left behind alone":
				requireRestored(t, h)
			case "file", "left behind":
				require.Equal(t, "#!/bin/sh\nexit 0\n", h.read(t, policy))
				info, err := os.Stat(h.path(policy))
				require.NoError(t, err)
				require.EqualValues(t, 0o640, info.Mode())
			case "link":
				target, err := os.Readlink(h.path(policy))
				require.NoError(t, err)
				require.Equal(t, "/nonexistent/policy", target)
			}
		}
	}
}

// killed runs the script and kills it in the middle, when nothing can be put back.
func (h *host) killed(t *testing.T) {
	t.Helper()
	apt := h.read(t, "bin/apt-get")
	h.write(t, "bin/apt-get", "#!/bin/sh\nkill -KILL $PPID\n")
	h.run(t)
	require.FileExists(t, h.path(clusterConf))
	h.write(t, "bin/apt-get", apt)
}

func TestTellsWhatToDo(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*testing.T, *host)
		want   string
	}{
		"neither root nor sudo": {
			func(t *testing.T, h *host) { h.user(t, 7) },
			"these are missing, and installing them needs root or sudo; run as root: apt-get install nginx npm",
		},
		"no apt-get": {
			func(t *testing.T, h *host) { require.NoError(t, os.Remove(h.path("bin/apt-get"))) },
			"these are missing, and there is no apt-get to install them; install them another way: nginx npm",
		},
		"packages without their commands": {
			func(_ *testing.T, h *host) { h.env = []string{"APT=nothing"} },
			"these packages were installed, but their commands are still missing: nginx npm",
		},
		"NGINX without a module": {
			func(t *testing.T, h *host) { h.nginx(t, "--with-http_stub_status_module") },
			"this nginx was built without http_realip_module; use Debian's package nginx",
		},
		"NGINX without gzip": {
			func(t *testing.T, h *host) {
				h.nginx(t, "--with-http_stub_status_module --with-http_realip_module --without-http_gzip_module")
			},
			"this nginx was built without gzip; use Debian's package nginx",
		},
	} {
		h := newHost(t, "nginx", "npm")
		test.change(t, h)
		_, stderr, code := h.run(t)
		require.Equal(t, 1, code, name)
		require.Equal(t, "host-packages: "+test.want+"\n", stderr, name)
		requireRestored(t, h)
	}
}

func TestGoesThroughSudo(t *testing.T) {
	h := newHost(t, "npm")
	h.user(t, 7)
	h.write(t, "bin/sudo", "#!/bin/sh\necho \"sudo $*\" >>\"$ROOT/calls\"\necho '#!/bin/sh\necho 0' >\"$ROOT/bin/id\"\nshift\nexec \"$@\"\n")
	stdout, stderr, code := h.run(t)
	require.Zero(t, code, stderr)
	require.Equal(t, "host-packages: installed npm\n", stdout)
	require.True(t, strings.HasPrefix(h.read(t, "calls"), "sudo -- "+h.path("host-packages")+"\napt-get update"), h.read(t, "calls"))
}
