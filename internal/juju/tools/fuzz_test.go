package tools_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/tools"
)

// FuzzArguments holds every tool to the exit codes, and to one ERROR line on
// stderr exactly when it failed. The upper half of the numbers is on machines.
func FuzzArguments(f *testing.F) {
	for i := range tools.Names() {
		f.Add(uint8(i), "--format=json\x00-r\x001\x00a=b")
		f.Add(uint8(147+i), "db\x00100-200/tcp\x00--endpoints")
	}
	for name, args := range map[string]string{
		"storage-add": "data=1,2\x00logs=1G,pool\x00x=-1", "storage-get": "-s\x00data/0\x00kind", "leader-set": "a=1\x00 b = 2 \x00c=",
		"juju-reboot": "--now", "payload-status-set": "c\x00id\x00running", "resource-get": "image", "secret-add": "key#base64=!!\x00--expire\x00-5h",
	} {
		f.Add(uint8(slices.Index(tools.Names(), name)), args)
	}
	f.Add(uint8(0), "--\x00-\x00--x=\x00-=\x00")
	names := tools.Names()
	f.Fuzz(func(t *testing.T, tool uint8, joined string) {
		args := strings.Split(joined, "\x00")
		for _, arg := range args {
			if strings.HasPrefix(arg, "-o") || strings.HasPrefix(arg, "--o") || strings.Contains(arg, "file") || strings.Contains(arg, "resources") {
				return // these would read and write files
			}
		}
		w := newWorld(t)
		if tool > 127 {
			w = onMachines(t, nil)
		}
		c := w.configChanged(t)
		name := names[int(tool)%len(names)]
		r, err := tools.Run(t.Context(), c, tools.Request{Command: name, Args: args, Dir: "/", StdinSet: true})
		require.NoError(t, err)
		require.Contains(t, []int{0, 1, 2}, r.Code)
		require.Equal(t, r.Code != 0, strings.Contains(string(r.Stderr), "ERROR "), "%s", r.Stderr)
		if err := c.Finish(t.Context(), hook.Outcome{}); err != nil && !errors.Is(err, hook.ErrReboot) && !errors.Is(err, hook.ErrRequeueAndReboot) {
			require.Regexp(t, "^cannot apply changes: |is not assigned to a machine$", err.Error())
		}
	})
}

// FuzzSpecFile holds k8s-spec-set to keeping what it accepts as it is.
func FuzzSpecFile(f *testing.F) {
	for _, seed := range []string{podSpec, "", "version: 4", "containers: {}", "containers: [{name: c, image: i}]", "version: [", "\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		w := newWorld(t)
		c := w.configChanged(t)
		r, err := tools.Run(t.Context(), c, tools.Request{Command: "k8s-spec-set", Dir: "/", Stdin: content, StdinSet: true})
		require.NoError(t, err)
		require.Equal(t, r.Code != 0, strings.HasPrefix(string(r.Stderr), "ERROR "), "%s", r.Stderr)
		if r.Code == 0 {
			require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
			require.Equal(t, string(content), output(t, w.configChanged(t), "k8s-spec-get"))
		}
	})
}

// FuzzSecretFile holds secret-add --file to content that can be read again.
func FuzzSecretFile(f *testing.F) {
	for _, seed := range []string{"key: value", `{"key": "v", "other#base64": "YQ=="}`, "k: v", "key: [a]", "key: 010", "key#file: /x"} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "secret")
	f.Fuzz(func(t *testing.T, content []byte) {
		if strings.Contains(string(content), "#") {
			return // #file would read other files, #base64 is not checked
		}
		require.NoError(t, os.WriteFile(path, content, 0o600))
		c := newWorld(t).configChanged(t)
		r := run(t, c, "secret-add", "--file", path)
		require.Equal(t, r.Code != 0, strings.HasPrefix(string(r.Stderr), "ERROR "), "%s", r.Stderr)
		if r.Code == 0 {
			output(t, c, "secret-get", strings.TrimSpace(string(r.Stdout)))
		}
	})
}

// FuzzValuesFile holds relation-set --file to reading a map or failing.
func FuzzValuesFile(f *testing.F) {
	for _, seed := range []string{"", "k: v", `{"k": true}`, "k: [a]", "- a", "k: &a b\nl: *a", "<<: {a: b}", "k: !!binary aGk="} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		c := newWorld(t).configChanged(t)
		r, err := tools.Run(t.Context(), c, tools.Request{
			Command: "relation-set", Args: []string{"-r", "1", "--file", "-"}, Dir: "/", Stdin: content, StdinSet: true,
		})
		require.NoError(t, err)
		if r.Code == 0 {
			require.Empty(t, string(r.Stderr))
			require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
			return
		}
		require.Equal(t, 1, r.Code)
		require.True(t, strings.HasPrefix(string(r.Stderr), "ERROR yaml: "), "%s", r.Stderr)
	})
}
