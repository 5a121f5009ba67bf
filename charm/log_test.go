package charm_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/hooktool"
)

// logged runs a charm that logs, and returns what reached Juju.
func logged(t *testing.T, f func(context.Context, *slog.Logger)) []charmtest.Log {
	t.Helper()
	c := handling(func(ctx context.Context, b *charm.Base) error {
		f(ctx, b.Log)
		return nil
	})
	return succeed(t, c, charmtest.State{}, charmtest.ConfigChanged()).Logs
}

func TestLogLevels(t *testing.T) {
	t.Parallel()
	require.Equal(t, []charmtest.Log{
		{Level: "INFO", Message: "info"},
		{Level: "WARNING", Message: "warn"},
		{Level: "ERROR", Message: "error"},
		{Level: "ERROR", Message: "worse"},
	}, logged(t, func(ctx context.Context, log *slog.Logger) {
		log.DebugContext(ctx, "debug")
		log.Log(ctx, slog.LevelInfo-1, "almost")
		log.InfoContext(ctx, "info")
		log.WarnContext(ctx, "warn")
		log.ErrorContext(ctx, "error")
		log.Log(ctx, slog.LevelError+4, "worse")
	}))
}

func TestLogAttributes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		log  func(context.Context, *slog.Logger)
		want string
	}{
		"plain": {
			func(ctx context.Context, l *slog.Logger) { l.InfoContext(ctx, "-m", "n", 3, "ok", true) }, "-m n=3 ok=true",
		},
		"what a program wrote": {
			func(ctx context.Context, l *slog.Logger) {
				l.InfoContext(ctx, "it\x1b[2J\x00\n\tend", "a", "\x1b[2J", "b", "\xff")
			},
			`it?[2J?` + "\n\tend" + ` a="\x1b[2J" b="\xff"`,
		},
		"quoted": {
			func(ctx context.Context, l *slog.Logger) {
				l.InfoContext(ctx, "m", "a", "x y", "b", "", "c", errors.New("line\nline"), "d", "k=v")
			},
			`m a="x y" b="" c="line\nline" d="k=v"`,
		},
		"groups": {
			func(ctx context.Context, l *slog.Logger) {
				l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("").WithGroup("h").
					InfoContext(ctx, "m", "c", 3, slog.Group("i", "d", 4), slog.Group("", "e", 5), slog.Group("j"))
			},
			"m a=1 g.b=2 g.h.c=3 g.h.i.d=4 g.h.e=5",
		},
		"two loggers of one": {
			func(ctx context.Context, l *slog.Logger) {
				base := l.With("a", 1)
				base.With("b", 2)
				base.InfoContext(ctx, "m", "c", 3)
			},
			"m a=1 c=3",
		},
		"nothing": {func(ctx context.Context, l *slog.Logger) { l.InfoContext(ctx, "m", slog.Attr{}) }, "m"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, []charmtest.Log{{Level: "INFO", Message: test.want}}, logged(t, test.log))
		})
	}
}

func TestALongMessageBecomesSeveral(t *testing.T) {
	t.Parallel()
	// The limit falls within a character.
	text := strings.Repeat("ĳ€", 100_000)
	logs := logged(t, func(ctx context.Context, log *slog.Logger) { log.InfoContext(ctx, text) })
	require.Len(t, logs, 5)
	var whole strings.Builder
	for i, record := range logs {
		part, ok := strings.CutPrefix(record.Message, fmt.Sprintf("[%d/5] ", i+1))
		require.True(t, ok && utf8.ValidString(part))
		require.Less(t, len(record.Message), 128<<10)
		whole.WriteString(part)
	}
	require.True(t, text == whole.String())
}

func TestAMessageWithoutEndIsCut(t *testing.T) {
	t.Parallel()
	// What is no text at all is cut too.
	logs := logged(t, func(ctx context.Context, log *slog.Logger) { log.InfoContext(ctx, strings.Repeat("\x80", 2<<20)) })
	require.Len(t, logs, 10)
	require.True(t, strings.HasSuffix(logs[9].Message, "... (1073152 bytes more)"), logs[9].Message[len(logs[9].Message)-40:])
}

func TestALogThatFailsIsShownAndNoFailure(t *testing.T) {
	t.Parallel()
	var calls []hooktool.Call
	_, err := charm.Run(t.Context(), wiki(func(b *charm.Base) {
		b.On.ConfigChanged(func(ctx context.Context, _ *charm.ConfigChangedEvent) error {
			b.Log.InfoContext(ctx, "hello")
			return nil
		})
	}).Constructor(), charm.Options{
		Getenv: environment("JUJU_DISPATCH_PATH", "hooks/config-changed"), Files: wiki(nil).Files(),
		Transport: hooktool.Func(func(_ context.Context, call hooktool.Call) (hooktool.Result, error) {
			calls = append(calls, call)
			return hooktool.Result{Code: 1, Stderr: []byte("ERROR permission denied")}, nil
		}),
	})
	require.NoError(t, err)
	require.Equal(t, []string{"juju-log"}, charmtest.Calls(calls).Tools())
}

func TestLoggingBeforeAnEventIsNoCrash(t *testing.T) {
	t.Parallel()
	_, err := charm.Events(func(b *charm.Base) (*charm.Base, error) {
		b.Log.Info("constructed")
		return b, nil
	})
	require.NoError(t, err)
}
