package model_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/model"
)

func TestParseRelease(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]model.Release{
		"3.6.11": {Major: 3, Minor: 6}, "3.6-beta2": {Major: 3, Minor: 6}, "4.0": {Major: 4, Minor: 0}, "3.5-beta1": {Major: 3, Minor: 5},
		"3.6.11.1": {Major: 3, Minor: 6}, "": {Major: 3, Minor: 6}, "odd": {Major: 3, Minor: 6},
	} {
		require.Equal(t, want, model.ParseRelease(version), version)
	}
	require.True(t, model.Release{Major: 3, Minor: 6}.Before(model.Release{Major: 4}))
	require.False(t, model.Release{Major: 4}.Before(model.Release{Major: 3, Minor: 6}))
}

// C-424, C-425.
func TestReleases(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]struct {
		revisions  int  // after secret-set with the same content
		undeclared bool // parameters are accepted
		credential string
	}{
		"3.5.7":  {2, true, `credential-get on a "caas" model not supported`},
		"3.6.11": {1, true, ""},
		"4.0.1":  {1, false, ""},
	} {
		s := model.State{Version: version, Cloud: &model.Cloud{Type: "kubernetes"}}
		deploy(t, &s, "web", "")
		s.Applications["web"].Trust = true
		content := map[string]string{"key": "YQ=="}
		const id = "cq1m8t8p8nqc77k3c1ag"
		require.NoError(t, s.CreateSecret(id, model.Owner{Kind: model.UnitOwner, Name: "web/0"}, model.SecretChange{Content: content}))
		require.NoError(t, s.UpdateSecret("web/0", id, model.SecretChange{Content: content}))
		require.Len(t, s.Secrets[id].Revisions, want.revisions, version)

		_, err := s.EnqueueAction("web/0", "plain", map[string]any{"any": "thing"})
		require.Equal(t, want.undeclared, err == nil, "%s: %v", version, err)

		_, err = s.CloudFor("web")
		if want.credential == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, want.credential)
		}
	}
}
