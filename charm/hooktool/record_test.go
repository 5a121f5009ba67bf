package hooktool_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// A recording has every call with its answer, in the order in which they were
// asked, and changes none.
func TestRecord(t *testing.T) {
	t.Parallel()
	a := newAgent(t, 2)
	var recorded []hooktool.Recorded
	sink := func(r hooktool.Recorded) { recorded = append(recorded, r) }
	for _, name := range []string{"socket", "exec"} {
		recorded = nil
		c := hooktool.NewClient(hooktool.Record(a.transports(t)[name], sink))
		ids, err := c.RelationIDs(t.Context(), "db")
		require.NoError(t, err)
		_, err = c.RelationGetAll(t.Context(), []hooktool.Databag{{Relation: ids[0], Owner: "pg/0"}, {Relation: ids[0], Owner: "pg/1"}})
		require.NoError(t, err)
		_, err = c.RelationUnits(t.Context(), "db:9")
		require.ErrorIs(t, err, hooktool.ErrRelationGone)
		require.Len(t, recorded, 4)
		require.Equal(t, "relation-ids", recorded[0].Call.Tool)
		require.JSONEq(t, `["db:0"]`, string(recorded[0].Result.Stdout))
		for i, host := range []string{"0", "1"} {
			one := recorded[1+i]
			require.Equal(t, hooktool.Call{Tool: "relation-get", Args: []string{"--format=json", "-r", "db:0", "-", "pg/" + host}}, one.Call)
			require.JSONEq(t, `{"host": "`+host+`"}`, string(one.Result.Stdout))
		}
		require.Equal(t, 2, recorded[3].Result.Code)
		for _, one := range recorded {
			require.NoError(t, one.Err)
		}
	}
}

func TestRecordWhatCouldNotRun(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection lost")
	inner := hooktool.Func(func(context.Context, hooktool.Call) (hooktool.Result, error) { return hooktool.Result{}, lost })
	var recorded []hooktool.Recorded
	c := hooktool.NewClient(hooktool.Record(inner, func(r hooktool.Recorded) { recorded = append(recorded, r) }))
	require.ErrorIs(t, c.Reboot(t.Context()), lost)
	_, err := c.RelationGetAll(t.Context(), bags(2))
	require.ErrorIs(t, err, lost)
	require.Len(t, recorded, 3)
	for i, tool := range []string{"juju-reboot", "relation-get", "relation-get"} {
		require.Equal(t, tool, recorded[i].Call.Tool)
		require.ErrorIs(t, recorded[i].Err, lost)
	}
}
