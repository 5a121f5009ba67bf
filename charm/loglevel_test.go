package charm_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
)

func TestLogFromALevel(t *testing.T) {
	t.Parallel()
	for level, want := range map[slog.Level][]charmtest.Log{
		charm.LogTrace:  {{Level: "TRACE", Message: "t"}, {Level: "DEBUG", Message: "d"}, {Level: "INFO", Message: "i"}, {Level: "ERROR", Message: "e"}},
		slog.LevelDebug: {{Level: "DEBUG", Message: "d"}, {Level: "INFO", Message: "i"}, {Level: "ERROR", Message: "e"}},
		slog.LevelError: {{Level: "ERROR", Message: "e"}},
	} {
		c := wiki(func(b *charm.Base) {
			b.LogFrom(level)
			b.On.ConfigChanged(func(ctx context.Context, _ *charm.ConfigChangedEvent) error {
				b.Log.Log(ctx, charm.LogTrace, "t")
				b.Log.DebugContext(ctx, "d")
				b.Log.InfoContext(ctx, "i")
				b.Log.ErrorContext(ctx, "e")
				return nil
			})
		})
		require.Equal(t, want, succeed(t, c, charmtest.State{}, charmtest.ConfigChanged()).Logs)
	}
}
