package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report is all that was measured.
type report struct {
	sizes map[string]int64
	rows  []row
}

func (r *report) row(scenario, program string) row {
	i := slices.IndexFunc(r.rows, func(row row) bool { return row.scenario == scenario && row.program == program })
	return r.rows[i]
}

// median returns the middle of what of takes from the samples, and the range.
func (r row) median(of measure) (middle, least, most time.Duration) {
	values := make([]time.Duration, len(r.samples))
	for i, s := range r.samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2], values[0], values[len(values)-1]
}

func (r row) wall() time.Duration {
	middle, _, _ := r.median(wall)
	return middle
}

// peak is the most that any run has used.
func (r row) peak() int64 {
	return slices.MaxFunc(r.samples, func(a, b sample) int { return int(a.Peak - b.Peak) }).Peak
}

// measure is what a sample is asked for.
type measure func(sample) time.Duration

func wall(s sample) time.Duration { return s.Wall }
func cpu(s sample) time.Duration  { return s.CPU }

// longest is the largest median in a scenario.
func (r *report) longest(scenario string, of measure) time.Duration {
	var longest time.Duration
	for _, row := range r.rows {
		if row.scenario == scenario {
			middle, _, _ := row.median(of)
			longest = max(longest, middle)
		}
	}
	return longest
}

// markdown returns the figures as the page of the documentation has them.
func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s, with %s: the median and, in brackets, the range.\n\n", machine(), runtime.Version())
	b.WriteString("| Hook | Runs | Program | Wall, ms | To bare | CPU, ms | Peak, MB | Hook tools |\n")
	b.WriteString("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |\n")
	for _, row := range r.rows {
		ratio := float64(row.wall()) / float64(r.row(row.scenario, "bare").wall())
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %.2f | %s | %.1f | %d |\n", row.scenario, len(row.samples), row.program,
			spread(row.median(wall)), ratio, spread(row.median(cpu)), megabytes(row.peak()), row.calls)
	}
	b.WriteString("\n| Budget | Limit | Measured | |\n| --- | ---: | ---: | --- |\n")
	for _, budget := range r.budgets() {
		fmt.Fprintf(&b, "| %s | %g | %.4g | %s |\n", budget.what, budget.limit, budget.measured, budget.verdict())
	}
	return b.String()
}

func spread(middle, least, most time.Duration) string {
	return fmt.Sprintf("%s (%s–%s)", milliseconds(middle), milliseconds(least), milliseconds(most))
}

// milliseconds shows three digits, which is more than can be measured.
func milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms < 10:
		return fmt.Sprintf("%.2f", ms)
	case ms < 100:
		return fmt.Sprintf("%.1f", ms)
	}
	return fmt.Sprintf("%.0f", ms)
}

func megabytes(n int64) float64 { return float64(n) / 1e6 }

// machine tells what it was measured on.
func machine() string {
	model := "an unknown processor"
	if data, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, found := strings.Cut(string(data), "model name\t: "); found {
			model, _, _ = strings.Cut(rest, "\n")
		}
	}
	return fmt.Sprintf("%s with %d cores", model, runtime.NumCPU())
}

// budget is what a hook may cost.
type budget struct {
	what            string
	limit, measured float64
}

func (b budget) holds() bool { return b.measured <= b.limit }

func (b budget) verdict() string {
	if b.holds() {
		return "holds"
	}
	return "exceeded"
}

func (r *report) budgets() []budget {
	all := scenarios()
	idle, thousand := all[0].name, all[3].name
	ratio := func(scenario string) float64 {
		return float64(r.row(scenario, "charmkit").wall()) / float64(r.row(scenario, "bare").wall())
	}
	var peak int64
	for _, s := range all {
		peak = max(peak, r.row(s.name, "charmkit").peak())
	}
	return []budget{
		{"hook tools of an update-status that changes nothing", 3, float64(r.row(idle, "charmkit").calls)},
		{"its wall time, to that of bare", 1.25, ratio(idle)},
		{"wall time with 1,000 related units, to that of bare", 1, ratio(thousand)},
		{"peak memory in every hook above, MB", 12, megabytes(peak)},
		{"size of the stripped binary, MB", 12, megabytes(r.sizes["charmkit"])},
		{"size of the stripped binary of unleash-k8s, MB", 12, megabytes(r.sizes["unleash"])},
	}
}

// check returns an error for each budget that is exceeded.
func (r *report) check() error {
	var exceeded []error
	for _, b := range r.budgets() {
		if !b.holds() {
			exceeded = append(exceeded, fmt.Errorf("budget exceeded: %s is %.4g, not at most %g", b.what, b.measured, b.limit))
		}
	}
	return errors.Join(exceeded...)
}

// The marks in the page between which the figures stand.
const (
	beginMark = "<!-- figures: written by make bench-report -->\n"
	endMark   = "<!-- end of figures -->\n"
)

// write puts the figures into a page, and the picture beside it.
func (r *report) write(page string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, begins := bytes.Cut(text, []byte(beginMark))
	_, after, ends := bytes.Cut(rest, []byte(endMark))
	if !begins || !ends {
		return fmt.Errorf("cannot write the figures: %s has no place for them", page)
	}
	text = slices.Concat(before, []byte(beginMark), []byte(r.markdown()), []byte(endMark), after)
	if err := os.WriteFile(page, text, 0o644); err != nil {
		return err
	}
	return os.WriteFile(strings.TrimSuffix(page, filepath.Ext(page))+".svg", r.chart(), 0o644)
}
