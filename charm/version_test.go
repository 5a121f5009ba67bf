package charm_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
)

func TestVersionsInTheirOrder(t *testing.T) {
	t.Parallel()
	order := []string{
		"0.0.0", "2.9.51", "3.1.6", "3.6-alpha1", "3.6-beta2", "3.6-beta2.7", "3.6-beta10", "3.6-rc1", "3.6.0", "3.6.9",
		"3.6.11", "3.6.11.1", "4.0-beta1", "4.0.0",
	}
	for i, text := range order {
		v, err := charm.ParseVersion(text)
		require.NoError(t, err)
		require.Equal(t, text, v.String())
		for j, other := range order {
			o, err := charm.ParseVersion(other)
			require.NoError(t, err)
			require.Equal(t, i < j, v.Compare(o) < 0, "%s and %s", text, other)
			require.Equal(t, i == j, v.Compare(o) == 0, "%s and %s", text, other)
		}
	}
	short, err := charm.ParseVersion("3.6")
	require.NoError(t, err)
	require.Equal(t, charm.Version{Major: 3, Minor: 6}, short)
}

func TestWhatIsNoVersion(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "3", "3.", "3.x", "3.6.", "3.6-beta", "3.6-2", "3.6-Beta2", "3.6.1.2.3", "-3.6", "3.+6", "3.6-rc1.", "3.6-beta2.x", "3.9999999999"} {
		_, err := charm.ParseVersion(text)
		require.ErrorContains(t, err, "as a version of Juju", text)
	}
}

func TestFeaturesOfVersions(t *testing.T) {
	t.Parallel()
	features := []charm.Feature{
		charm.FeatureSecrets, charm.FeatureOpenPorts, charm.FeatureExecServiceContext,
		charm.FeatureCustomNotices, charm.FeatureLogForwarding, charm.FeatureWorkloadUser,
		charm.FeatureCheckEvents, charm.FeatureRemoteModel, charm.FeatureCheckControl, charm.FeatureKubernetesCredential,
	}
	for text, lacks := range map[string][]charm.Feature{
		"0.0.0":      features,
		"2.9.51":     features,
		"3.1.6":      features[3:],
		"3.2.0":      features[2:],
		"3.2.1":      features[3:],
		"3.6-rc1":    features[6:],
		"3.6.1":      features[7:],
		"3.6.4":      features[9:],
		"3.6.11":     nil,
		"4.0-beta3":  nil,
		"10.0.0.999": nil,
	} {
		v, err := charm.ParseVersion(text)
		require.NoError(t, err)
		for _, f := range features {
			if text == "3.2.0" && f == charm.FeatureExecServiceContext {
				require.False(t, v.Has(f))
				continue
			}
			require.Equal(t, !slices.Contains(lacks, f), v.Has(f), "%s, feature %d", text, f)
		}
		require.False(t, v.Has(charm.Feature(99)))
	}
}

// FuzzVersion holds ParseVersion to an error or a version that it parses again.
func FuzzVersion(f *testing.F) {
	f.Add("3.6.11")
	f.Add("4.0-beta2.1")
	f.Add("3.6.11.1")
	f.Fuzz(func(t *testing.T, text string) {
		v, err := charm.ParseVersion(text)
		if err != nil {
			return
		}
		again, err := charm.ParseVersion(v.String())
		require.NoError(t, err)
		require.Zero(t, v.Compare(again))
	})
}
