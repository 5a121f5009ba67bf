package charm_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
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

// A long message is cut between letters, and no part has more bytes than Juju takes.
func TestLongMessagesAreCutBetweenLetters(t *testing.T) {
	t.Parallel()
	for _, letter := range []string{"x", "é", "€", "😀"} {
		message := "a" + strings.Repeat(letter, 300<<10/len(letter))
		c := wiki(func(b *charm.Base) {
			b.On.ConfigChanged(func(ctx context.Context, _ *charm.ConfigChangedEvent) error {
				b.Log.InfoContext(ctx, message)
				return nil
			})
		})
		logs := succeed(t, c, charmtest.State{}, charmtest.ConfigChanged()).Logs
		require.Greater(t, len(logs), 1)
		var whole strings.Builder
		for i, log := range logs {
			part, found := strings.CutPrefix(log.Message, fmt.Sprintf("[%d/%d] ", i+1, len(logs)))
			require.True(t, found)
			require.LessOrEqual(t, len(part), len(strings.TrimPrefix(logs[0].Message, fmt.Sprintf("[1/%d] ", len(logs))))+3)
			require.LessOrEqual(t, len(part), 100<<10)
			whole.WriteString(part)
		}
		require.Equal(t, message, whole.String())
	}
}
