package tools_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// C-154, C-280, C-288.
func TestSecretGet(t *testing.T) {
	t.Parallel()
	runChecks(t, newWorld(t).configChanged(t), []check{
		{call: call("secret-get", "--format=json", credURI), stdout: `{"password":"hunter2"}` + "\n"},
		{call: call("secret-get", credURI), stdout: "password: hunter2\n"},
		{call: call("secret-get", "--format=json", credURI, "password#base64"), stdout: `"aHVudGVyMg=="` + "\n"},
		{call: call("secret-get", "--format=json", credURI, "nosuch"), stderr: `secret key value "nosuch" not found`, code: 1},
		{call: call("secret-get", "--format=json", "--label", "nosuch"), stderr: `consumer label "nosuch" not found`, code: 1},
		{call: call("secret-get", "--format=json", "secret:nonsense"), stderr: `secret URI "secret:nonsense" not valid`, code: 2},
		{call: call("secret-get", "--format=json", "secret:"+forbiddenID), stderr: "permission denied", code: 1},
		{call: call("secret-get", "--format=json", "secret:cq1m8t8p8nqc77k3c1d0"), stderr: `secret "secret:cq1m8t8p8nqc77k3c1d0" not found`, code: 1},
		{call: call("secret-get", "--format=json"), stderr: "require either a secret URI or label", code: 2},
		{call: call("secret-get", "--format=json", credURI, "--refresh", "--peek"), stderr: "specify one of --peek or --refresh but not both", code: 2},
	})
}

// C-020, C-287.
func TestConsumerLabelsActAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.configChanged(t)
	output(t, c, "secret-get", credURI, "--label", "operator")
	require.NoError(t, ignoreExit(c.Finish(t.Context(), hook.Outcome{Code: 1})))
	require.Equal(t, "password: hunter2\n", output(t, w.configChanged(t), "secret-get", "--label", "operator"))
}

func ignoreExit(err error) error {
	if _, ok := err.(*hook.ExitError); ok {
		return nil
	}
	return err
}

// C-281, C-282, C-283, C-284, C-287.
func TestSecretAdd(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "value")
	require.NoError(t, os.WriteFile(file, []byte("from file"), 0o600))
	w := newWorld(t)
	c := w.configChanged(t)
	uri := strings.TrimSpace(output(t, c, "secret-add", "user=name ", "password#base64=d29yZA==", "data#file="+file, "--label", "tk", "--rotate", "daily"))
	require.Regexp(t, `^secret://`+modelUUID+`/[0-9a-v]{20}$`, uri)
	runChecks(t, c, []check{
		{call: call("secret-get", "--format=json", uri), stdout: `{"data":"from file","password":"word","user":"name "}` + "\n"},
		{call: call("secret-get", "--format=json", "--label", "tk"), stdout: `{"data":"from file","password":"word","user":"name "}` + "\n"},
		{call: call("secret-get", "--label", "tk", "user"), stderr: `secret URI "user" not valid`, code: 2},
		{call: call("secret-add", "--owner", "unit", "token=abc", "--label", "tk"), stderr: `secret with label "tk" already exists`, code: 1},
		{call: call("secret-add", "--file", "-"), stderr: "open -: no such file or directory", code: 2},
		{call: call("secret-add", "k3=v"), stderr: `key "k3" not valid`, code: 2},
		{call: call("secret-add", "k3y="), stderr: `key value "k3y=" not valid`, code: 2},
		{call: call("secret-add", "token"), stderr: `key value "token" not valid`, code: 2},
		{call: call("secret-add"), stderr: "missing secret value or filename", code: 2},
		{call: call("secret-add", "key=v", "--rotate", "P"), stderr: `rotate policy "P" not valid`, code: 2},
		{call: call("secret-add", "key=v", "--expire", "X"), stderr: `expire time or duration "X" not valid`, code: 2},
		{call: call("secret-add", "key=v", "--expire", "-5h"), stderr: `negative expire duration "-5h" not valid`, code: 2},
		{call: call("secret-add", "key=v", "--owner", "X"), stderr: `secret owner "X" not valid`, code: 2},
	})
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
	id := uri[len(uri)-20:]
	runChecks(t, w.configChanged(t), []check{
		{call: call("secret-info-get", "--format=json", id), stdout: `{"` + id + `":{"revision":1,"label":"tk","owner":"application","rotation":"daily","rotates":"2026-11-21T10:00:00Z"}}` + "\n"},
	})
	runChecks(t, w.hook(t, "myapp/1", hook.Info{Kind: hook.ConfigChanged}), []check{
		{call: call("secret-add", "abc=def"), stderr: "this unit is not the leader", code: 1},
		{call: call("secret-ids", "--format=json"), stdout: "null\n"},
		{call: call("secret-get", "--format=json", "--label", "tk"), stdout: `{"data":"from file","password":"word","user":"name "}` + "\n"},
	})
}

// C-022, C-285, C-286, C-289.
func TestOwnersReadTheRevisionTheyTrack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.configChanged(t)
	require.Equal(t, "token: one\n", output(t, c, "secret-get", ownedID))
	output(t, c, "secret-set", ownedID, "token=two", "--label", "other")
	require.Equal(t, "token: one\n", output(t, c, "secret-get", ownedID))
	require.Equal(t, "token: two\n", output(t, c, "secret-get", ownedID, "--peek"))
	require.Equal(t, `{"`+ownedID+`":{"revision":1,"label":"other","owner":"application","rotation":"never"}}`+"\n",
		output(t, c, "secret-info-get", "--format=json", ownedID))
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))

	next := w.configChanged(t)
	require.Equal(t, "token: one\n", output(t, next, "secret-get", ownedID))
	require.Equal(t, "token: two\n", output(t, next, "secret-get", ownedID, "--refresh"))
	require.Equal(t, "token: two\n", output(t, next, "secret-get", ownedID))
	w.View(func(s *model.State) {
		require.True(t, s.Secrets[ownedID].Revision(1).Obsolete)
		require.False(t, s.Secrets[ownedID].Revision(2).Obsolete)
	})
}

// C-285.
func TestEqualContentMakesNoRevision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.configChanged(t)
	output(t, c, "secret-set", ownedID, "token=one")
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
	w.View(func(s *model.State) { require.Len(t, s.Secrets[ownedID].Revisions, 1) })
}

// C-293.
func TestRevocationsThatAreDropped(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		calls [][]string
		// left says that postgresql/0 can still read the secret.
		left bool
	}{
		{[][]string{call("--unit", "postgresql/1"), call("--unit", "postgresql/0")}, false},
		{[][]string{call("-r", "1", "--unit", "postgresql/1"), call("--unit", "postgresql/0")}, true},
		{[][]string{call("-r", "1"), call("-r", "1", "--unit", "postgresql/0")}, true},
	} {
		w := newWorld(t)
		granting := w.configChanged(t)
		output(t, granting, "secret-grant", ownedID, "-r", "1", "--unit", "postgresql/0")
		require.NoError(t, granting.Finish(t.Context(), hook.Outcome{}))
		c := w.configChanged(t)
		for _, args := range test.calls {
			output(t, c, "secret-revoke", append(args, ownedID)...)
		}
		require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
		r := run(t, w.hook(t, "postgresql/0", hook.Info{Kind: hook.ConfigChanged}), "secret-get", ownedID)
		require.Equal(t, test.left, r.Code == 0, "%q: %s", test.calls, r.Stderr)
	}
}

// C-290.
func TestSecretGrantAndRevoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.configChanged(t)
	runChecks(t, c, []check{
		{call: call("secret-grant"), stderr: "missing secret URI", code: 2},
		{call: call("secret-grant", ownedID), stderr: "no relation id specified", code: 2},
		{call: call("secret-grant", ownedID, "-r", "9"), stderr: `invalid value "9" for option -r: relation not found`, code: 2},
		{call: call("secret-grant", ownedID, "-r", "1", "--unit", "U"), stderr: `unit "U" not valid`, code: 2},
		{call: call("secret-grant", ownedID, "-r", "1", "--unit", "other/0"), stderr: `cannot specify unit "other/0" in relation to application "postgresql"`, code: 2},
		{call: call("secret-grant", forbiddenID, "-r", "1"), stderr: `secret "` + forbiddenID + `" not found`, code: 1},
		{call: call("secret-revoke", ownedID), stderr: "missing relation or application or unit", code: 2},
		{call: call("secret-revoke", ownedID, "-r", "1", "--app", "postgresql"), stderr: "do not specify both relation and app", code: 2},
		{call: call("secret-revoke", ownedID, "--app", "postgresql", "--unit", "postgresql/0"), stderr: "specify only one of application or unit", code: 2},
		{call: call("secret-grant", ownedID, "-r", "1", "--unit", "postgresql/0")},
	})
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))

	info := hook.Info{Kind: hook.ConfigChanged}
	require.Equal(t, "token: one\n", output(t, w.hook(t, "postgresql/0", info), "secret-get", ownedID))
	runChecks(t, w.hook(t, "postgresql/1", info), []check{{call: call("secret-get", ownedID), stderr: "permission denied", code: 1}})

	c = w.configChanged(t)
	runChecks(t, c, []check{
		{call: call("secret-info-get", "--format=json", "--label", "mine"), stdout: `{"` + ownedID + `":{"revision":1,"label":"mine","owner":"application","rotation":"never","access":[{"target":"unit-postgresql-0","scope":"relation-myapp.db#postgresql.database","role":"view"}]}}` + "\n"},
		{call: call("secret-grant", ownedID, "-r", "1"), stderr: "any unit level grants need to be revoked before granting access to the corresponding application", code: 1},
		{call: call("secret-revoke", ownedID, "-r", "1")}, // the application's, which it does not have
	})
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
	require.Equal(t, "token: one\n", output(t, w.hook(t, "postgresql/0", info), "secret-get", ownedID))

	c = w.configChanged(t)
	runChecks(t, c, []check{{call: call("secret-revoke", ownedID, "-r", "1", "--unit", "postgresql/0")}})
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
	runChecks(t, w.hook(t, "postgresql/0", info), []check{{call: call("secret-get", ownedID), stderr: "permission denied", code: 1}})
}

// The tool accepts what only the commit refuses, and then the hook fails.
// C-026, C-291.
func TestChangesOfOthersSecretsFailTheCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.hook(t, "myapp/1", hook.Info{Kind: hook.ConfigChanged})
	output(t, c, "secret-remove", ownedID)
	output(t, c, "state-set", "a=b")
	err := c.Finish(t.Context(), hook.Outcome{})
	require.EqualError(t, err, `cannot apply changes: removing secrets: "myapp/1" is not leader of "myapp"`)
	w.View(func(s *model.State) { require.Empty(t, s.Units["myapp/1"].CharmState) })
}

// C-289, C-292.
func TestSecretInfoErrors(t *testing.T) {
	t.Parallel()
	runChecks(t, newWorld(t).configChanged(t), []check{
		{call: call("secret-ids", "--format=json"), stdout: `["` + ownedID + `"]` + "\n"},
		{call: call("secret-info-get", "--format=json", "--label", "nosuch"), stderr: `secret "nosuch" not found`, code: 1},
		{call: call("secret-info-get", ownedID, "--label", "mine"), stderr: "specify either a secret URI or label but not both", code: 2},
		{call: call("secret-remove", ownedID)},
		{call: call("secret-ids", "--format=json"), stdout: "null\n"},
		{call: call("secret-get", ownedID), stdout: "token: one\n"},
	})
}
