package tools_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// withStorage declares storage and gives myapp/0 one instance of each but more.
func withStorage(t *testing.T) world {
	t.Helper()
	w := newWorld(t)
	require.NoError(t, w.Update(t.Context(), func(s *model.State) error {
		s.Applications["myapp"].Charm.Meta.Storage = map[string]metadata.Storage{
			"data": {Type: metadata.Filesystem, Multiple: metadata.Multiple{Range: "1-3"}},
			"one":  {Type: metadata.Filesystem, Location: "/srv"},
			"more": {Type: metadata.Filesystem, Location: "/more", Multiple: metadata.Multiple{Range: "0+"}},
		}
		for _, name := range []string{"data", "one"} {
			s.NextStorage = len(s.Storage)
			s.Storage = addInstance(s, name)
		}
		return s.ProvisionStorage("myapp/0")
	}))
	return w
}

func addInstance(s *model.State, name string) map[string]*model.Storage {
	if s.Storage == nil {
		s.Storage = map[string]*model.Storage{}
	}
	id := name + "/" + string(rune('0'+len(s.Storage)))
	s.Storage[id] = &model.Storage{
		ID: id, Kind: "filesystem", For: "myapp/0", Unit: "myapp/0", Location: "/var/lib/juju/storage/" + id,
	}
	s.NextStorage = len(s.Storage)
	return s.Storage
}

// C-151, C-260, C-261.
func TestStorageTools(t *testing.T) {
	t.Parallel()
	w := withStorage(t)
	c := w.configChanged(t)
	runChecks(t, c, []check{
		{call: call("storage-list", "--format=json"), stdout: `["data/0","one/1"]` + "\n"},
		{call: call("storage-list", "one"), stdout: "one/1\n"},
		{call: call("storage-list", "--format=json", "nosuch"), stdout: "[]\n"},
		{call: call("storage-list", "a", "b"), stderr: `unrecognized args: ["b"]`, code: 2},
		{call: call("storage-get", "--format=json", "-s", "data/0"), stdout: `{"kind":"filesystem","location":"/var/lib/juju/storage/data/0"}` + "\n"},
		{call: call("storage-get", "-s", "data/0", "location"), stdout: "/var/lib/juju/storage/data/0\n"},
		{call: call("storage-get", "-s", "data/0", "nosuch"), stderr: `invalid storage attribute "nosuch"`, code: 1},
		{call: call("storage-get", "-s", "data/9"), stderr: `invalid value "data/9" for option -s: storage attachment data/9:myapp/0 not found`, code: 2},
		{call: call("storage-get", "-s", "bad"), stderr: `invalid value "bad" for option -s: invalid storage ID "bad"`, code: 2},
		{call: call("storage-get"), stderr: "no storage instance specified", code: 2},
	})
	attached := w.hook(t, "myapp/0", hook.Info{Kind: hook.StorageAttached, StorageName: "one", StorageID: "one/1"})
	require.Equal(t, "/var/lib/juju/storage/one/1\n", output(t, attached, "storage-get", "location"))
}

// Attachments that are not provisioned are listed but cannot be read.
// C-068, C-260.
func TestStorageThatIsNotProvisioned(t *testing.T) {
	t.Parallel()
	w := withStorage(t)
	require.NoError(t, w.Update(t.Context(), func(s *model.State) error { s.Storage["one/1"].Provisioned = false; return nil }))
	c := w.hook(t, "myapp/0", hook.Info{Kind: hook.StorageDetaching, StorageName: "one", StorageID: "one/1"})
	require.Equal(t, "data/0\none/1\n", output(t, c, "storage-list"))
	r := run(t, c, "storage-get", "-s", "one/1")
	require.Equal(t, 2, r.Code)
	require.Contains(t, string(r.Stderr), "not provisioned\n")
	runChecks(t, c, []check{{call: call("storage-get"), stderr: "no storage instance specified", code: 2}})
	for _, variable := range c.Env(hook.Paths{}) {
		require.NotContains(t, variable, "JUJU_STORAGE_")
	}
}

// C-026, C-263, C-264.
func TestStorageAdd(t *testing.T) {
	t.Parallel()
	runChecks(t, withStorage(t).configChanged(t), []check{
		{call: call("storage-add"), stderr: "storage add requires a storage directive", code: 2},
		{call: call("storage-add", "data=1G"), stderr: `only count can be specified for "data"`, code: 2},
		{call: call("storage-add", "data=pool"), stderr: `only count can be specified for "data"`, code: 2},
		{call: call("storage-add", "data=1=2"), stderr: `expected "name=constraints" or "name", got "data=1=2"`, code: 2},
		{call: call("storage-add", "=1"), stderr: `expected "name=constraints" or "name", got "=1"`, code: 2},
		{call: call("storage-add", "data", "data=2"), stderr: `storage "data" specified more than once`, code: 2},
		{call: call("storage-add", "data=0"), stderr: `cannot parse constraints for storage "data": cannot parse count: count must be greater than zero, got "0"`, code: 2},
		{call: call("storage-add", "data=-1"), stderr: `cannot parse constraints for storage "data": cannot parse count: count must be greater than zero, got "-1"`, code: 2},
		{call: call("storage-add", "data=?"), stderr: `cannot parse constraints for storage "data": unrecognized storage constraint "?" not valid`, code: 2},
		{call: call("storage-add", "data="), stderr: `cannot parse constraints for storage "data": storage constraints require at least one field to be specified`, code: 2},
		{call: call("storage-add", "data=1,2"), stderr: `cannot parse constraints for storage "data": storage instance count is already set to 1, new value 2 not valid`, code: 2},
	})
	for _, test := range []struct {
		args []string
		want string // of the commit; empty if it is accepted
	}{
		{call("data"), ""},
		{call("data=2", "more=4"), ""},
		{call("nosuch"), `adding storage nosuch for unit-myapp-0: storage "nosuch" not found`},
		{call("one"), `adding "one" storage to myapp/0: cannot attach, storage is singular`},
		{call("data=3"), `adding "data" storage to myapp/0: attaching 3 storage instances brings the total to 4, exceeding the maximum of 3`},
	} {
		w := withStorage(t)
		c := w.configChanged(t)
		output(t, c, "storage-add", test.args...)
		require.Equal(t, "data/0\none/1\n", output(t, c, "storage-list"), "it is only recorded")
		output(t, c, "state-set", "a=b")
		err := c.Finish(t.Context(), hook.Outcome{})
		if test.want != "" {
			require.EqualError(t, err, "cannot apply changes: "+test.want)
			w.View(func(s *model.State) { require.Empty(t, s.Units["myapp/0"].CharmState) })
			continue
		}
		require.NoError(t, err)
		w.View(func(s *model.State) {
			require.Greater(t, len(s.StorageOf("myapp/0")), 2)
			for _, instance := range s.StorageOf("myapp/0")[2:] {
				require.False(t, instance.Provisioned)
			}
		})
	}
}

// C-270, C-271, C-272.
func TestResourceGet(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	attached := filepath.Join(dir, "attached")
	require.NoError(t, os.WriteFile(attached, []byte("one"), 0o600))
	w := newWorld(t)
	require.NoError(t, w.Update(t.Context(), func(s *model.State) error {
		a := s.Applications["myapp"]
		a.Charm.Meta.Resources = map[string]metadata.Resource{
			"software": {Type: "file", Filename: "software.zip"}, "image": {Type: "oci-image"}, "empty": {Type: "file", Filename: "e"},
		}
		a.Resources = map[string]string{"software": attached, "image": "docker.io/library/nginx:1.27"}
		return nil
	}))
	resources := filepath.Join(dir, "unit", "resources")
	c := w.configChanged(t)
	c.UseResources(resources, nil)
	// There is no newline at the end.
	runChecks(t, c, []check{
		{call: call("resource-get", "software"), stdout: resources + "/software.zip"},
		{call: call("resource-get", "image"), stdout: resources + "/content.yaml"},
		{call: call("resource-get"), stderr: "missing required resource name", code: 2},
		{call: call("resource-get", "a", "b"), stderr: `unrecognized args: ["b"]`, code: 2},
		{call: call("resource-get", "--format=json", "a"), stderr: "option provided but not defined: --format", code: 2},
	})
	for _, missing := range []string{"nosuch", "empty"} {
		r := run(t, c, "resource-get", missing)
		require.Equal(t, 1, r.Code)
		require.Regexp(t, `^ERROR could not download resource: .* not found\n$`, string(r.Stderr))
	}
	content := func(name string) string {
		data, err := os.ReadFile(filepath.Join(resources, name))
		require.NoError(t, err)
		return string(data)
	}
	require.Equal(t, "one", content("software.zip"))
	require.Equal(t, "registrypath: docker.io/library/nginx:1.27\nusername: \"\"\npassword: \"\"\n", content("content.yaml"))
	require.NoError(t, os.WriteFile(attached, []byte("two"), 0o600))
	output(t, c, "resource-get", "software")
	require.Equal(t, "two", content("software.zip"), "each call brings it up to date")
}
