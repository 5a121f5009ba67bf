package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/juju/gnuflag"

	"github.com/charmkit/charmkit/internal/charmbox"
)

// wait shows each change of a unit's status until all is settled.
func (p *Program) wait(ctx context.Context, flags *gnuflag.FlagSet, args []string) error {
	var timeout time.Duration
	flags.DurationVar(&timeout, "timeout", 5*time.Minute, "")
	if err := parse(flags, args, 0, -1); err != nil {
		return err
	}
	client, err := p.client(ctx)
	if err != nil {
		return err
	}
	shown := &progress{out: p.Stdout, started: time.Now(), seen: map[string]string{}}
	end := time.After(timeout)
	for {
		status, err := client.Status(ctx)
		if err != nil {
			return err
		}
		for _, name := range flags.Args() {
			if _, ok := status.Applications[name]; !ok {
				return fmt.Errorf("cannot wait for %s: there is no such application", name)
			}
		}
		shown.show(status, flags.Args())
		missing := status.Unsettled(flags.Args()...)
		if missing == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-end:
			return fmt.Errorf("not settled after %s: %s", timeout, missing)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// progress prints a line for each change of a unit.
type progress struct {
	out     io.Writer
	started time.Time
	seen    map[string]string
}

// show prints what has changed in the applications, or all if none are given.
func (p *progress) show(status charmbox.Status, applications []string) {
	for _, app := range slices.Sorted(maps.Keys(status.Applications)) {
		if len(applications) > 0 && !slices.Contains(applications, app) {
			continue
		}
		units := status.Applications[app].Units
		for _, name := range slices.Sorted(maps.Keys(units)) {
			line := units[name].Summary()
			if p.seen[name] != line {
				p.seen[name] = line
				fmt.Fprintf(p.out, "%5.1fs  %s  %s\n", time.Since(p.started).Seconds(), name, line)
			}
		}
	}
}
