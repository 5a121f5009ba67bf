package pebble

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// MetricType is the type of a metric. Pebble has counters and gauges; a newer one may have others.
type MetricType string

// The values of MetricType.
const (
	MetricCounter MetricType = "counter"
	MetricGauge   MetricType = "gauge"
)

// Metric is a number that Pebble keeps of a service or check, such as pebble_service_start_count.
type Metric struct {
	Name   string
	Type   MetricType
	Help   string
	Labels map[string]string // such as service or check
	Value  float64
}

// Metrics returns how often services were started and whether they run, and how often checks were up and down.
func (c *Container) Metrics(ctx context.Context) ([]Metric, error) {
	var metrics []Metric
	err := c.call(ctx, "read metrics", func(s *session) error {
		body, err := s.stream(request{path: "/v1/metrics"})
		if err != nil {
			return err
		}
		defer func() { _ = body.Close() }()
		metrics, err = ParseMetrics(body)
		return err
	})
	return metrics, err
}

// ParseMetrics reads metrics in the text format of Prometheus, as far as Pebble uses it.
func ParseMetrics(r io.Reader) ([]Metric, error) {
	var metrics []Metric
	help, types := map[string]string{}, map[string]MetricType{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		keyword, comment, _ := strings.Cut(strings.TrimPrefix(line, "# "), " ")
		name, text, _ := strings.Cut(comment, " ")
		switch {
		case line == "":
		case strings.HasPrefix(line, "# ") && keyword == "HELP":
			help[name] = text
		case strings.HasPrefix(line, "# ") && keyword == "TYPE":
			types[name] = MetricType(text)
		case strings.HasPrefix(line, "#"):
		default:
			m, err := parseMetric(line)
			if err != nil {
				return nil, fmt.Errorf("cannot read line %d of the metrics: %w", number, err)
			}
			m.Help, m.Type = help[m.Name], types[m.Name]
			metrics = append(metrics, m)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("cannot read the metrics: %w", err)
	}
	return metrics, nil
}

// parseMetric reads a line such as pebble_check_up{check="web"} 1. A time that follows is left out.
func parseMetric(line string) (Metric, error) {
	end := strings.IndexAny(line, "{ ")
	if end <= 0 {
		return Metric{}, errors.New("it has no name and value")
	}
	m := Metric{Name: line[:end]}
	rest, err := m.parseLabels(line[end:])
	if err != nil {
		return Metric{}, err
	}
	fields := strings.Fields(rest)
	if len(fields) != 1 && len(fields) != 2 {
		return Metric{}, errors.New("it does not have one value")
	}
	m.Value, err = strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return Metric{}, fmt.Errorf("%q is not a number", fields[0])
	}
	return m, nil
}

// parseLabels reads {name="value",...}, if there are any, and returns what follows.
func (m *Metric) parseLabels(text string) (rest string, err error) {
	rest, found := strings.CutPrefix(text, "{")
	if !found {
		return text, nil
	}
	m.Labels = map[string]string{}
	for {
		rest = strings.TrimLeft(rest, ", ")
		if after, ends := strings.CutPrefix(rest, "}"); ends {
			return after, nil
		}
		name, after, found := strings.Cut(rest, "=")
		if !found {
			return "", errors.New("its labels do not end")
		}
		quoted, err := strconv.QuotedPrefix(after)
		if err != nil {
			return "", fmt.Errorf("the value of label %s is not quoted", name)
		}
		if m.Labels[name], err = strconv.Unquote(quoted); err != nil {
			return "", fmt.Errorf("the value of label %s is not quoted", name)
		}
		rest = after[len(quoted):]
	}
}
