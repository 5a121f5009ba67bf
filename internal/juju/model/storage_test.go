package model_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/model"
)

const storages = `
storage:
  one: {type: filesystem, location: /srv}
  many: {type: filesystem, location: /data, multiple: {range: 1-2}}
  plain: {type: block, multiple: {range: 0+}}
`

// C-262, C-404.
func TestStorageOfNewUnits(t *testing.T) {
	t.Parallel()
	var s model.State
	charm := charmWith(t, storages)
	for counts, want := range map[string]string{
		"nosuch": `charm "c" has no store called "nosuch"`,
		"one":    `charm "c" store "one": storage is singular, 3 specified`,
		"many":   `charm "c" store "many": at most 2 instances supported, 3 specified`,
	} {
		require.EqualError(t, s.Deploy("web", charm, model.DeployOptions{Storage: map[string]int{counts: 3}}), want)
	}
	require.ErrorContains(t, s.Deploy("web", charmWith(t, "storage: {s: {type: filesystem, shared: true}}"), model.DeployOptions{}), "shared storage support not implemented")
	require.NoError(t, s.Deploy("web", charm, model.DeployOptions{Units: 2, Storage: map[string]int{"plain": 1}}))
	var all []string
	for _, unit := range s.UnitsOf("web") {
		for _, instance := range s.StorageOf(unit) {
			all = append(all, instance.ID+" "+instance.Kind+" "+instance.Location)
		}
	}
	// Numbers are counted over the model; only what can be one alone is mounted at
	// the location itself.
	require.Equal(t, []string{
		"many/0 filesystem /data/many/0", "one/1 filesystem /srv", "plain/2 block /dev/loop2",
		"many/3 filesystem /data/many/3", "one/4 filesystem /srv", "plain/5 block /dev/loop5",
	}, all)
}

// C-264.
func TestAddStorageWithinTheRange(t *testing.T) {
	t.Parallel()
	var s model.State
	deploy(t, &s, "web", storages)
	require.NoError(t, s.AddStorage("web/0", "many", 1))
	require.EqualError(t, s.AddStorage("web/0", "many", 1),
		`adding "many" storage to web/0: attaching 1 storage instance brings the total to 3, exceeding the maximum of 2`)
	require.NoError(t, s.DetachStorage("many/0"))
	require.Error(t, s.DetachStorage("nosuch/0"))
	require.NoError(t, s.RemoveUnit("web/0"))
	require.EqualError(t, s.AddStorage("web/0", "plain", 1), `adding "plain" storage to web/0: unit is not found or not alive`)
}

// C-410.
func TestRefreshKeepsStorageAndOptions(t *testing.T) {
	t.Parallel()
	var s model.State
	deploy(t, &s, "web", "storage: {one: {type: filesystem}}")
	require.NoError(t, s.SetConfig("web", map[string]string{"number": "1000000", "text": "t"}))
	require.EqualError(t, s.Refresh("web", charmWith(t, ""), nil), `cannot upgrade application "web": in-use storage "one" removed`)
	more := charmWith(t, "storage: {one: {type: filesystem}, two: {type: filesystem, multiple: {range: 2}}}")
	delete(more.Config.Options, "text")
	require.NoError(t, s.Refresh("web", more, nil))
	require.Len(t, s.StorageOf("web/0"), 3)
	require.Equal(t, map[string]any{"number": 1000000}, s.Applications["web"].Config, "an option that is gone is forgotten")
}

func TestStorageIDs(t *testing.T) {
	t.Parallel()
	for id, valid := range map[string]bool{
		"data/0": true, "my-data/12": true, "d1/3": true, "data": false, "data/01": false, "/0": false, "Data/0": false,
		"data-/0": false, "data/": false, "data/x": false, "1data/0": false, "": false, "a-1/0": false,
	} {
		require.Equal(t, valid, model.ValidStorageID(id), id)
	}
	require.Equal(t, "data", model.StorageName("data/0"))
	require.Empty(t, model.StorageName("data"))
}
