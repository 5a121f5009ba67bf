package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options say what to do.
type options struct {
	packages []string
	// page lists the accepted survivors.
	page string
	// write puts the scores into the page.
	write bool
	// results is the folder for what was killed.
	results string
	// again tries only what was not killed last time.
	again bool
	// budget is how long tests of a mutant may take together; any time if zero.
	budget time.Duration
	// least is the score that each package must have, in percent.
	least float64
}

func main() {
	o := options{}
	flag.StringVar(&o.page, "page", "", "the page that lists the accepted survivors")
	flag.BoolVar(&o.write, "write", false, "write the scores into the page")
	flag.StringVar(&o.results, "results", "", "a folder to keep the names of what was killed in")
	flag.BoolVar(&o.again, "again", false, "try only what was not killed when the folder of results was written")
	flag.DurationVar(&o.budget, "budget", 0, "give a mutant up when its tests have taken so long: a score is then the least that it can be")
	flag.Float64Var(&o.least, "least", 85, "the percentage of mutants that must be killed in each package")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: mutate [flags] PACKAGE...")
		flag.PrintDefaults()
	}
	flag.Parse()
	o.packages = flag.Args()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := mutateAll(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

// mutateAll tries the mutants of all packages, reports, and judges.
func mutateAll(ctx context.Context, o options, output io.Writer) error {
	p, err := readPage(o.page)
	if err != nil {
		return err
	}
	var scores []score
	var problems []error
	for _, name := range o.packages {
		s, err := mutatePackage(ctx, name, o, p.accepted(short(name)), output)
		if err != nil {
			return fmt.Errorf("cannot mutate %s: %w", name, err)
		}
		fmt.Fprintln(output, s)
		scores = append(scores, s)
		problems = append(problems, s.check(o))
	}
	if o.write {
		problems = append(problems, p.write(scores))
	}
	return errors.Join(problems...)
}

// short is a package as people name it: charm for ./charm.
func short(name string) string { return strings.TrimPrefix(name, "./") }

// mutatePackage tries the mutants of one package.
func mutatePackage(ctx context.Context, name string, o options, accepted map[string]bool, output io.Writer) (score, error) {
	s := score{name: short(name), accepted: accepted}
	start := time.Now()
	src, err := load(ctx, name)
	if err != nil {
		return s, err
	}
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(dir)
	found := mutate(src)
	s.names = map[string]bool{}
	for _, m := range found.mutants {
		s.names[m.name] = true
	}
	binaries, err := build(ctx, dir, src, found, []string{name})
	if err != nil {
		return s, err
	}
	t, err := survey(ctx, binaries, dir)
	if err != nil {
		return s, err
	}
	t.budget = o.budget
	wanted := found.mutants
	if o.again {
		last, err := readKilled(o.results, s.name)
		if err != nil {
			return s, err
		}
		wanted = slices.DeleteFunc(slices.Clone(wanted), func(m mutant) bool { return last[m.name] })
	}
	tried := 0
	err = t.kill(ctx, wanted, func(m mutant, killer *test) {
		tried++
		if killer == nil {
			one := survivor{m, len(t.reach[m.id])}
			s.survivors = append(s.survivors, one)
			fmt.Fprintf(os.Stderr, "survives: %s/%s\n", s.name, s.describe(one))
		}
		if tried%100 == 0 {
			fmt.Fprintf(os.Stderr, "%s: %d of %d mutants, %d survive\n", s.name, tried, len(wanted), len(s.survivors))
		}
	})
	if err != nil {
		return s, err
	}
	slices.SortFunc(s.survivors, func(a, b survivor) int { return a.id - b.id })
	s.mutants = len(found.mutants)
	s.killed = s.mutants - len(s.survivors)
	for _, one := range s.survivors {
		fmt.Fprintf(output, "%s/%s\n", s.name, s.describe(one))
	}
	for _, name := range s.killedAlthough() {
		fmt.Fprintf(output, "%s: accepted as a survivor, but killed: %s\n", s.name, name)
	}
	s.took = time.Since(start).Round(time.Second)
	if o.results == "" {
		return s, nil
	}
	return s, writeKilled(o.results, s)
}

// resultsFile is where the names of a package's killed mutants are kept.
func resultsFile(dir, name string) string {
	return filepath.Join(dir, strings.ReplaceAll(name, "/", "_")+".txt")
}

func readKilled(dir, name string) (map[string]bool, error) {
	data, err := os.ReadFile(resultsFile(dir, name))
	if err != nil {
		return nil, fmt.Errorf("cannot read what was killed last time: %w", err)
	}
	names := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		names[strings.TrimSuffix(line, "\n")] = true
	}
	return names, nil
}

func writeKilled(dir string, s score) error {
	survives := s.surviving()
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.names)) {
		if !survives[name] {
			text.WriteString(name + "\n")
		}
	}
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = os.WriteFile(resultsFile(dir, s.name), []byte(text.String()), 0o644)
	}
	if err != nil {
		return fmt.Errorf("cannot keep what was killed: %w", err)
	}
	return nil
}
