package tools

import (
	"errors"
	"fmt"
	"strings"
)

type logCommand struct {
	*call
	ignoredFormat
	debug   bool
	level   string
	message string
}

func newLog(c *call) command { return &logCommand{call: c} }

func (t *logCommand) flags(f flagSet) {
	f.BoolVar(&t.debug, "debug", false, "log at debug level")
	f.StringVar(&t.level, "l", "INFO", "Send log message at the given level")
	f.StringVar(&t.level, "log-level", "INFO", "")
	t.ignoredFormat.flags(f)
}

func (t *logCommand) init(args []string) error {
	if args == nil {
		return errors.New("no message specified")
	}
	t.message = strings.Join(args, " ")
	return nil
}

func (t *logCommand) run() error {
	t.warn(t.call)
	level, ok := "DEBUG", true
	if !t.debug {
		level, ok = logLevel(t.level)
	}
	if !ok {
		t.hook.LogPlain("WARNING", fmt.Sprintf("Specified log level of %q is not valid", t.level))
	}
	if level != "UNSPECIFIED" {
		t.hook.Log(level, t.message)
	}
	return nil
}

// logLevel returns the level's proper name; INFO stands in for what is none.
// Juju knows an UNSPECIFIED one, at which nothing is logged.
func logLevel(name string) (level string, ok bool) {
	switch level = strings.ToUpper(name); level {
	case "":
		return "INFO", true
	case "WARN":
		return "WARNING", true
	case "TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "UNSPECIFIED":
		return level, true
	}
	return "INFO", false
}
