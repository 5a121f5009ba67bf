package sandbox_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/sandbox"
)

func TestContainerSeesOnlyItsOwn(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	root := sandbox.Credentials{}
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, nil, 0o644))
	home, err := os.UserHomeDir()
	require.NoError(t, err)

	require.Empty(t, shell(t, c, root, "ls -A /home; ls -A "+home+" 2>/dev/null || true; ls "+secret+" 2>/dev/null || true"))
	require.Equal(t, "bin dev etc home lib media mnt opt proc root run sbin srv sys tmp usr var",
		strings.Join(withoutVariants(strings.Fields(shell(t, c, root, "ls /"))), " "))
	require.Equal(t, "devices\n", shell(t, c, root, "ls /sys"))
	require.Equal(t, "eth0\nlo\n", shell(t, c, root, "tail -n +3 /proc/net/dev | sed 's/:.*//; s/ //g' | sort"))
	require.Equal(t, "hello-0\n", shell(t, c, root, "hostname"))
	require.Equal(t, "10.88.7.1\n", shell(t, c, root, "sed -n 's/\\thello-0$//p' /etc/hosts"))
	for _, file := range []string{"/etc/shadow", "/etc/machine-id", "/etc/ssh"} {
		shell(t, c, root, "! [ -e "+file+" ]")
	}
	// Processes: those of the container only, and from process 1 there is no way out.
	require.Equal(t, "1", strings.Fields(shell(t, c, root, "cd /proc; echo [0-9]*"))[0])
	require.NotContains(t, shell(t, c, root, processes), "sandbox.test")
	require.NotContains(t, shell(t, c, root, "cat /proc/self/mountinfo"), " /old_root ")
}

// withoutVariants leaves out the directories of libraries that some architectures have.
func withoutVariants(names []string) []string {
	var kept []string
	for _, name := range names {
		if name != "lib32" && name != "lib64" && name != "libx32" {
			kept = append(kept, name)
		}
	}
	return kept
}

// Programs of a container that run as the host's root cannot use it against the host.
func TestContainerRootIsConfined(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	for _, test := range []struct{ name, script string }{
		{"mount", "mount -t tmpfs none /mnt"},
		{"remount", "mount -o remount,rw /usr"},
		{"unmount", "umount /proc/sys"},
		{"device", "mknod /tmp/disk b 254 0"},
		{"kernel settings", "echo x >/proc/sys/kernel/core_pattern"},
		{"kernel requests", "echo h >/proc/sysrq-trigger"},
		{"kernel memory", "[ -s /proc/kcore ]"},
		{"process 1's program", ": >>/proc/1/exe"},
		{"process 1's end", "kill -9 1; sleep 0.05; ! kill -0 1"},
		{"host name", "hostname other"},
		{"network", "ip link set eth0 down"},
		{"namespace", "nsenter --target 1 --mount true"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			exit, err := c.Exec(testContext(t), sandbox.ExecSpec{
				Argv: []string{"/bin/sh", "-c", test.script}, Env: []string{path}, Stdout: &out, Stderr: &out,
			})
			require.NoError(t, err)
			require.NotEqual(t, sandbox.Exit{}, exit, out.String())
			require.NotContains(t, out.String(), "not found")
		})
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	require.Equal(t, "fd full null ptmx pts random shm stderr stdin stdout tty urandom zero",
		strings.Join(strings.Fields(shell(t, c, sandbox.Credentials{}, "ls /dev")), " "))
	for _, as := range []sandbox.Credentials{{}, {UID: 170, GID: 170}} {
		shell(t, c, as, "head -c 8 /dev/urandom >/dev/null; head -c 8 /dev/zero >/dev/shm/zero$(id -u); touch /tmp/x$(id -u)")
		shell(t, c, as, "python3 -c 'import pty; pty.openpty()'")
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	c := start(t, newPod(t, newNetwork(t), "hello-0"), sandbox.ContainerSpec{Name: "charm", Users: []sandbox.User{
		{Name: "app", UID: 2000, GID: 2001, Home: "/srv/app", Shell: "/bin/sh"},
		{Name: "www-data", UID: 3333, GID: 3333},
	}})
	for _, want := range []string{
		"root:*:0:0::/root:/bin/bash",
		"app:*:2000:2001::/srv/app:/bin/sh",
		"www-data:*:3333:3333::/:/usr/sbin/nologin",
		"juju:*:170:170::/var/lib/juju:/bin/bash",
		"sjuju:*:171:171::/var/lib/juju:/bin/bash",
		"_daemon_:*:584792:584792::/:/usr/sbin/nologin",
	} {
		name, _, _ := strings.Cut(want, ":")
		require.Equal(t, want+"\n", shell(t, c, sandbox.Credentials{}, "getent passwd "+name))
	}
	require.Equal(t, "app:*:2001:\n", shell(t, c, sandbox.Credentials{}, "getent group app"))
	require.Contains(t, shell(t, c, sandbox.Credentials{}, "getent passwd nobody"), "nobody:*:65534:")
}
