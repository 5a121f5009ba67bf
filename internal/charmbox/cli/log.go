package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/juju/gnuflag"

	"github.com/charmkit/charmkit/internal/charmbox"
)

// logFilter chooses records of the log.
type logFilter struct {
	// levels are those to show.
	levels []string
	// include is a unit or an application; empty means all.
	include string
}

func (f logFilter) shows(r charmbox.LogRecord) bool {
	application, _, _ := strings.Cut(r.Unit, "/")
	return slices.Contains(f.levels, r.Level) && (f.include == "" || f.include == r.Unit || f.include == application)
}

// debugLog prints the log in juju's format.
func (p *Program) debugLog(ctx context.Context, flags *gnuflag.FlagSet, args []string) error {
	var follow bool
	var lines int
	var lowest string
	var filter logFilter
	flags.BoolVar(&follow, "f", false, "")
	flags.IntVar(&lines, "n", 0, "")
	flags.StringVar(&lowest, "level", "INFO", "")
	flags.StringVar(&filter.include, "include", "", "")
	if err := parse(flags, args, 0, 0); err != nil {
		return err
	}
	from := slices.Index(logLevels(), strings.ToUpper(lowest))
	if from < 0 {
		return &errUsage{fmt.Sprintf("level %q is none of %s", lowest, strings.Join(logLevels(), ", "))}
	}
	filter.levels = logLevels()[from:]
	client, err := p.client(ctx)
	if err != nil {
		return err
	}
	request := charmbox.LogRequest{}
	for {
		answer, err := client.Log(ctx, request)
		if err != nil {
			return err
		}
		chosen := slices.DeleteFunc(answer.Records, func(r charmbox.LogRecord) bool { return !filter.shows(r) })
		if lines > 0 && len(chosen) > lines {
			chosen = chosen[len(chosen)-lines:]
		}
		lines = 0
		for _, r := range chosen {
			fmt.Fprintln(p.Stdout, logLine(r))
		}
		if !follow {
			return nil
		}
		request.After, request.Wait = answer.Last, time.Minute
	}
}

// logLine is a record as juju prints it.
func logLine(r charmbox.LogRecord) string {
	return fmt.Sprintf("%s: %s %s %s %s", charmbox.UnitTag(r.Unit), r.Time.Local().Format(time.TimeOnly), r.Level, r.Module, r.Message)
}

func logLevels() []string {
	return []string{"TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
}
