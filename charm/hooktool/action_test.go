package hooktool_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

func TestAction(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"socket", "exec"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			a := newHookAgent(t, 0, hook.Info{Kind: hook.Action, ActionID: "1"})
			c := hooktool.NewClient(a.transports(t)[name])
			params, err := c.ActionGet(ctx)
			require.NoError(t, err)
			require.Equal(t, map[string]json.RawMessage{"path": json.RawMessage(`"/srv"`)}, params)
			require.NoError(t, c.ActionLog(ctx, "--half done"))
			require.NoError(t, c.ActionSet(ctx, nil))
			require.NoError(t, c.ActionSet(ctx, map[string]string{"size.bytes": "5", "file": "a=b"}))
			require.NoError(t, c.ActionFail(ctx, "-disk full"))
			require.NoError(t, a.hook.Finish(ctx, hook.Outcome{}))
			action := a.action(t)
			require.Equal(t, model.ActionFailed, action.Status)
			require.Equal(t, "-disk full", action.Message)
			require.Len(t, action.Log, 1)
			require.Equal(t, "--half done", action.Log[0].Message)
			require.Equal(t, "a=b", action.Results["file"])
			require.Equal(t, map[string]any{"bytes": "5"}, action.Results["size"])
		})
	}
}

// action is that of the agent's hook.
func (a *agent) action(t *testing.T) model.Action {
	t.Helper()
	var action model.Action
	a.edit(t, func(s *model.State) error {
		action = *s.Actions["1"]
		return nil
	})
	return action
}
