package charm_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
)

type wikiOptions struct {
	LogLevel string        `charm:"log-level,required"`
	Timeout  time.Duration `charm:"timeout"`
	Limit    *int8         `charm:"limit"`
}

func (o *wikiOptions) Validate() error {
	var problems []error
	if o.LogLevel != "info" && o.LogLevel != "debug" {
		problems = append(problems, errors.New("log-level is not info or debug"))
	}
	if o.Timeout < time.Second {
		problems = append(problems, errors.New("timeout is below 1"))
	}
	return errors.Join(problems...)
}

// configured is a charm whose status is its configuration.
func configured(got *wikiOptions) charmtest.Charm[*charm.Base] {
	return wiki(func(b *charm.Base) {
		config := charm.Config[wikiOptions](b)
		b.Reconcile(func(ctx context.Context, st *charm.Status) error {
			var err error
			*got, err = config.Get(ctx)
			return err
		})
	})
}

func TestConfig(t *testing.T) {
	t.Parallel()
	var got wikiOptions
	c := configured(&got)
	succeed(t, c, charmtest.State{}, charmtest.ConfigChanged())
	require.Equal(t, wikiOptions{LogLevel: "info", Timeout: 1500 * time.Millisecond}, got)

	succeed(t, c, charmtest.State{Config: map[string]any{"limit": 0, "timeout": 2.0}}, charmtest.ConfigChanged())
	zero := int8(0)
	require.Equal(t, wikiOptions{LogLevel: "info", Timeout: 2 * time.Second, Limit: &zero}, got)
}

func TestInvalidConfigTellsEveryProblem(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config map[string]any
		want   string
	}{
		"what does not fit its field": {
			map[string]any{"log-level": "", "limit": 1000},
			"invalid configuration: log-level is missing; limit is too large",
		},
		"what does not fit, and what the charm refuses of the rest": {
			map[string]any{"log-level": "", "limit": 1000, "timeout": 0.5},
			"invalid configuration: log-level is missing; limit is too large; timeout is below 1",
		},
		"what the charm refuses": {
			map[string]any{"log-level": "s3cret", "timeout": 0.5},
			"invalid configuration: log-level is not info or debug; timeout is below 1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got wikiOptions
			out := succeed(t, configured(&got), charmtest.State{Config: test.config}, charmtest.ConfigChanged())
			require.Equal(t, charmtest.Blocked(test.want), out.State.Status)
		})
	}
}

func TestConfigIsReadOnce(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		first, second := charm.Config[wikiOptions](b), charm.Config[struct {
			Limit int `charm:"limit"`
		}](b)
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			_, err := first.Get(ctx)
			_, again := first.Get(ctx)
			_, other := second.Get(ctx)
			return errors.Join(err, again, other)
		})
	})
	require.Equal(t, []string{"config-get"}, succeed(t, c, charmtest.State{}, charmtest.Start()).Calls.Tools())
}
