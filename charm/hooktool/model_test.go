package hooktool_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// answering is a client whose every call gets this answer.
func answering(stdout string) *hooktool.Client {
	return hooktool.NewClient(hooktool.Func(func(context.Context, hooktool.Call) (hooktool.Result, error) {
		return hooktool.Result{Stdout: []byte(stdout)}, nil
	}))
}

func TestGoalState(t *testing.T) {
	t.Parallel()
	got, err := answering(`{"units": {"wiki/0": {"status": "active", "since": "2026-11-20 10:00:00Z"}},
		"relations": {"db": {"pg": {"status": "joined", "since": "2026-11-20T10:00:00Z"}, "pg/0": {"status": "new", "since": "soon"}}}}`).GoalState(t.Context())
	require.NoError(t, err)
	since := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	require.Equal(t, hooktool.GoalState{
		Units:     map[string]hooktool.Goal{"wiki/0": {Status: "active", Since: since}},
		Relations: map[string]map[string]hooktool.Goal{"db": {"pg": {Status: "joined", Since: since}, "pg/0": {Status: "new"}}},
	}, got)
	_, err = answering(`{"units": {"wiki/0": 7}}`).GoalState(t.Context())
	require.ErrorContains(t, err, "cannot read the answer of goal-state")
}

func TestACloudCredentialIsNotShown(t *testing.T) {
	t.Parallel()
	spec, err := answering(`{"type": "kubernetes", "endpoint": "https://k", "cacertificates": ["pem"],
		"credential": {"auth-type": "oauth2", "attrs": {"Token": "s3cret"}}}`).CredentialGet(t.Context())
	require.NoError(t, err)
	require.Equal(t, "s3cret", spec.Credential.Attributes["Token"])
	require.Equal(t, []string{"kubernetes", "https://k", "pem"}, []string{spec.Type, spec.Endpoint, spec.CACertificates[0]})
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "credential", spec.Credential, "spec", spec)
	for _, shown := range []string{log.String(), fmt.Sprint(spec), fmt.Sprintf("%+v %#v", spec, spec.Credential), fmt.Sprintf("%v", &spec)} {
		require.NotContains(t, shown, "s3cret")
		require.Contains(t, shown, "oauth2 credential")
	}
}

// FuzzGoalState holds the answer of goal-state to a value or an error.
func FuzzGoalState(f *testing.F) {
	f.Add(`{"units":{"a/0":{"status":"active","since":"2026-11-20 10:00:00Z"}},"relations":{"db":{"pg":{"status":"joined"}}}}`)
	f.Add(`{"units":{"a/0":null}}`)
	f.Fuzz(func(t *testing.T, answer string) {
		got, err := answering(answer).GoalState(t.Context())
		if err != nil {
			require.ErrorContains(t, err, "cannot read the answer of goal-state")
			return
		}
		for _, goal := range got.Units {
			require.False(t, goal.Since.After(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)))
		}
	})
}
