package charm

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxLogMessage keeps a message within what one argument of a process may hold
	// (128 KiB on Linux), since the tools may have to be run.
	maxLogMessage = 100 << 10
	// maxLogParts is how many messages one that is longer becomes.
	maxLogParts = 10
)

// logHandler writes records to the unit's log with juju-log.
type logHandler struct {
	b *Base
	// prefix is what WithGroup put before attribute names.
	prefix string
	// attrs are those of With, formatted.
	attrs string
}

// LogTrace is the level of Juju's TRACE, below that of Debug.
const LogTrace = slog.LevelDebug - 4

// LogFrom makes records of this level and worse reach the unit's log, of which
// Juju then keeps what the model's logging-config says. Without it those from
// Info on do.
func (b *Base) LogFrom(level slog.Level) { b.logFrom = level }

// Enabled lets through what LogFrom says, and all of it where a person looks on.
func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.b.logFrom || h.debugging()
}

// debugging tells whether the hook runs in a terminal, by `juju debug-hooks` or
// `juju debug-code`. Then everything that is logged is shown there too.
func (h *logHandler) debugging() bool { return h.b.run != nil && h.b.run.getenv("JUJU_DEBUG") != "" }

func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	var text strings.Builder
	text.WriteString(r.Message)
	text.WriteString(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		writeAttr(&text, h.prefix, a)
		return true
	})
	if h.b.run == nil {
		return fmt.Errorf("cannot log %q: no hook is running", r.Message)
	}
	message := printable(h.b.run.instruments.redact(text.String()))
	level := jujuLevel(r.Level)
	if h.debugging() {
		fmt.Fprintf(os.Stderr, "%s %s\n", level, message)
	}
	if r.Level < h.b.logFrom {
		return nil
	}
	for _, part := range logParts(message) {
		if err := h.b.run.tools.JujuLog(ctx, level, part); err != nil {
			if !h.debugging() {
				// Juju copies standard error into the log as well.
				fmt.Fprintf(os.Stderr, "%s %s\n", level, message)
			}
			return err
		}
	}
	return nil
}

// printable replaces what a terminal would obey, and no argument of a process may
// have: a part of the text may be what a program in a container wrote.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\t' {
			return '?'
		}
		return r
	}, text)
}

// logParts makes of a long message several, each of which says which it is, at
// most ten; the last then says how much is missing.
func logParts(message string) []string {
	if len(message) <= maxLogMessage {
		return []string{message}
	}
	var parts []string
	rest := message
	for rest != "" && len(parts) < maxLogParts {
		end := min(len(rest), maxLogMessage)
		for end < len(rest) && !utf8.RuneStart(rest[end]) {
			end--
		}
		parts = append(parts, rest[:end])
		rest = rest[end:]
	}
	for i := range parts {
		parts[i] = fmt.Sprintf("[%d/%d] %s", i+1, len(parts), parts[i])
	}
	if rest != "" {
		parts[len(parts)-1] += fmt.Sprintf("... (%d bytes more)", len(rest))
	}
	return parts
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var text strings.Builder
	text.WriteString(h.attrs)
	for _, a := range attrs {
		writeAttr(&text, h.prefix, a)
	}
	return &logHandler{h.b, h.prefix, text.String()}
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &logHandler{h.b, h.prefix + name + ".", h.attrs}
}

func writeAttr(text *strings.Builder, prefix string, a slog.Attr) {
	value := a.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, inner := range value.Group() {
			writeAttr(text, prefix, inner)
		}
		return
	}
	if a.Equal(slog.Attr{}) {
		return
	}
	s := value.String()
	if s == "" || strings.ContainsAny(s, " \"=") || strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s) {
		s = fmt.Sprintf("%q", s)
	}
	fmt.Fprintf(text, " %s%s=%s", prefix, a.Key, s)
}

// jujuLevel is the worst of Juju's levels that the record reaches.
func jujuLevel(level slog.Level) string {
	switch {
	case level >= slog.LevelError:
		return "ERROR"
	case level >= slog.LevelWarn:
		return "WARNING"
	case level >= slog.LevelInfo:
		return "INFO"
	case level >= slog.LevelDebug:
		return "DEBUG"
	}
	return "TRACE"
}
