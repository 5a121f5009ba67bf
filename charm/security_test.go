package charm_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/pebble"
)

// securityRecords are the records of the security log, without their time.
func securityRecords(t *testing.T, logs []charmtest.Log) []map[string]string {
	t.Helper()
	var records []map[string]string
	for _, log := range logs {
		if log.Level != "TRACE" {
			continue
		}
		var record map[string]string
		require.NoError(t, json.Unmarshal([]byte(log.Message), &record))
		_, err := time.Parse(time.RFC3339, record["datetime"])
		require.NoError(t, err)
		delete(record, "datetime")
		require.Regexp(t, "^[0-9a-f-]{36}-wiki/0$", record["appid"])
		delete(record, "appid")
		require.Equal(t, "security", record["type"])
		delete(record, "type")
		records = append(records, record)
	}
	return records
}

func TestSecurityLog(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		do    func(context.Context, *charm.Base) error
		state charmtest.State
		want  []map[string]string
	}{
		"refused by Juju": {
			func(ctx context.Context, b *charm.Base) error {
				_ = b.SetAppStatus(ctx, charm.LevelActive, "")
				_, err := b.CloudCredential(ctx)
				require.ErrorIs(t, err, charm.ErrPermission)
				return nil
			}, charmtest.State{}, []map[string]string{
				{"level": "CRITICAL", "event": "authz_fail:wiki/0,status-get", "description": "Juju refused status-get: finding application status: this unit is not the leader"},
				{"level": "CRITICAL", "event": "authz_fail:wiki/0,credential-get", "description": "Juju refused credential-get: cannot access cloud credentials: getting model credentials: permission denied"},
			},
		},
		"a failure that is none of permission": {
			func(ctx context.Context, b *charm.Base) error {
				_, err := b.Tools().RelationUnits(ctx, "database:99")
				require.ErrorIs(t, err, charm.ErrRelationGone)
				return nil
			}, charmtest.State{}, nil,
		},
		"a hook that fails": {
			func(context.Context, *charm.Base) error { return errors.New("full disk") }, charmtest.State{}, []map[string]string{
				{"level": "WARN", "event": "sys_crash:wiki/0,config-changed", "description": "the hook failed: cannot handle config-changed: full disk"},
			},
		},
		"a reboot": {
			func(ctx context.Context, b *charm.Base) error { return b.Reboot(ctx) }, charmtest.State{Machine: &charmtest.Machine{}}, []map[string]string{
				{"level": "WARN", "event": "sys_restart:wiki/0", "description": "the charm asks for a reboot of its machine"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := charmtest.Run(t, handling(test.do), test.state, charmtest.ConfigChanged())
			require.Equal(t, test.want, securityRecords(t, out.Logs))
		})
	}
}

func TestStoppedChecksAreInTheSecurityLog(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		app := b.Container("app")
		b.On.ConfigChanged(func(ctx context.Context, _ *charm.ConfigChangedEvent) error {
			layer := &pebble.Layer{Checks: map[string]*pebble.Check{"up": {Override: pebble.OverrideReplace, TCP: &pebble.TCPCheck{Port: 1}}}}
			if err := app.AddLayer(ctx, "checks", layer); err != nil {
				return err
			}
			for range 2 { // it is stopped once
				if _, err := app.StopChecks(ctx, "up"); err != nil {
					return err
				}
			}
			return nil
		})
	})
	out := succeed(t, c, charmtest.State{Containers: map[string]charmtest.Container{"app": {}}}, charmtest.ConfigChanged())
	require.Equal(t, []map[string]string{
		{"level": "WARN", "event": "sys_monitor_disabled:wiki/0,up", "description": "the charm stopped the check up of container app"},
	}, securityRecords(t, out.Logs))
}

func TestRefusalsOfManyDatabagsAreInTheSecurityLog(t *testing.T) {
	t.Parallel()
	c := handling(func(ctx context.Context, b *charm.Base) error {
		bag := hooktool.Databag{Relation: "database:0", Owner: "wiki"}
		_, err := b.Tools().RelationGetAll(ctx, []hooktool.Databag{bag, bag})
		require.ErrorIs(t, err, charm.ErrPermission)
		return nil
	})
	out := succeed(t, c, charmtest.State{Relations: []charmtest.Relation{{Endpoint: "database"}}}, charmtest.ConfigChanged())
	require.Len(t, securityRecords(t, out.Logs), 2)
}

// Who makes a hook fail with a long message, a program in a container say, does not
// keep it out of the security log by that.
func TestALongFailureIsInTheSecurityLog(t *testing.T) {
	t.Parallel()
	c := handling(func(context.Context, *charm.Base) error {
		return errors.New("full " + strings.Repeat("<\x01é", 100<<10))
	})
	records := securityRecords(t, charmtest.Run(t, c, charmtest.State{}, charmtest.ConfigChanged()).Logs)
	require.Len(t, records, 1)
	require.Equal(t, "sys_crash:wiki/0,config-changed", records[0]["event"])
	require.Regexp(t, `^the hook failed: cannot handle config-changed: full (<\x01é)+<?\x01?\.\.\.$`, records[0]["description"])
}

// What a container is asked for is answered as by package pebble.
func TestAContainerAnswersAsPebbleDoes(t *testing.T) {
	t.Parallel()
	check := pebble.Want{Layer: pebble.Layer{Checks: map[string]*pebble.Check{"up": {TCP: &pebble.TCPCheck{Port: 1}}, "more": {TCP: &pebble.TCPCheck{Port: 2}}}}}
	c := wiki(func(b *charm.Base) {
		app, gone := b.Container("app"), b.Container("proxy")
		b.On.ConfigChanged(func(ctx context.Context, _ *charm.ConfigChangedEvent) error {
			applied, err := app.Apply(ctx, check)
			require.NoError(t, err)
			require.True(t, applied.LayerAdded)
			stopped, err := app.StopChecks(ctx, "up")
			require.NoError(t, err)
			require.Equal(t, []string{"up"}, stopped)
			applied, err = app.Apply(ctx, pebble.Want{})
			require.NoError(t, err)
			require.Equal(t, []string{"more"}, applied.StoppedChecks)
			_, err = gone.StopChecks(ctx, "up")
			require.ErrorIs(t, err, pebble.ErrNotReady)
			applied, err = gone.Apply(ctx, check)
			require.ErrorIs(t, err, pebble.ErrNotReady)
			require.False(t, applied.Changed())
			return nil
		})
	})
	out := succeed(t, c, charmtest.State{Containers: map[string]charmtest.Container{"app": {}}}, charmtest.ConfigChanged())
	var events []string
	for _, record := range securityRecords(t, out.Logs) {
		events = append(events, record["event"])
	}
	require.Equal(t, []string{"sys_monitor_disabled:wiki/0,up", "sys_monitor_disabled:wiki/0,more"}, events)
}
