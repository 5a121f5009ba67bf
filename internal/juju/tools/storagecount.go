package tools

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// directive is what the operator's --storage takes: a pool, a size and a count.
// storage-add reads all of it, to take nothing but the count.
type directive struct {
	pool, size string
	count      uint64
}

var (
	poolPattern  = regexp.MustCompile(`^[a-zA-Z]+[-?a-zA-Z0-9]*$`)
	countPattern = regexp.MustCompile(`^-?[0-9]+$`)
	sizePattern  = regexp.MustCompile(`^-?[0-9]+(?:\.[0-9]+)?[MGTPEZY](?:i?B)?$`)
)

// parseStorageCounts parses NAME and NAME=COUNT arguments.
func parseStorageCounts(args []string) (map[string]int, error) {
	directives := map[string]directive{}
	for _, arg := range args {
		name, text, given := strings.Cut(arg, "=")
		if name == "" || strings.Contains(text, "=") {
			return nil, fmt.Errorf(`expected "name=constraints" or "name", got %q`, arg)
		}
		if _, twice := directives[name]; twice {
			return nil, fmt.Errorf("storage %q specified more than once", name)
		}
		if !given {
			text = "1"
		}
		d, err := parseDirective(text)
		if err != nil {
			return nil, fmt.Errorf("cannot parse constraints for storage %q: %w", name, err)
		}
		directives[name] = d
	}
	counts := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(directives)) {
		d := directives[name]
		if d.pool != "" || d.size != "" {
			return nil, fmt.Errorf("only count can be specified for %q", name)
		}
		counts[name] = int(d.count)
	}
	return counts, nil
}

func parseDirective(text string) (d directive, err error) {
	for field := range strings.SplitSeq(text, ",") {
		switch {
		case field == "":
		case poolPattern.MatchString(field):
			if d.pool != "" {
				return d, fmt.Errorf("pool name is already set to %q, new value %q not valid", d.pool, field)
			}
			d.pool = field
		case countPattern.MatchString(field):
			err = d.setCount(field)
		case sizePattern.MatchString(field):
			err = d.setSize(field)
		default:
			err = unrecognized(field)
		}
		if err != nil {
			return d, err
		}
	}
	if d == (directive{}) {
		return d, errors.New("storage constraints require at least one field to be specified")
	}
	d.count = max(d.count, 1)
	return d, nil
}

func unrecognized(field string) error {
	return fmt.Errorf("unrecognized storage constraint %q not valid", field)
}

func (d *directive) setCount(field string) error {
	n, err := strconv.ParseUint(strings.TrimPrefix(field, "-"), 10, 64)
	switch {
	case field[0] != '-' && err != nil:
		return unrecognized(field)
	case field[0] == '-' || n == 0:
		return fmt.Errorf("cannot parse count: count must be greater than zero, got %q", field)
	case d.count != 0:
		return fmt.Errorf("storage instance count is already set to %d, new value %d not valid", d.count, n)
	}
	d.count = n
	return nil
}

func (d *directive) setSize(field string) error {
	mib, err := mebibytes(field)
	if err != nil {
		return fmt.Errorf("cannot parse size: %w", err)
	}
	if d.size != "" && d.size != "0" {
		return fmt.Errorf("storage size is already set to %s, new value %s not valid", d.size, mib)
	}
	d.size = mib
	return nil
}

// mebibytes reads a number with a multiplier, and rounds up.
func mebibytes(text string) (string, error) {
	at := strings.IndexAny(text, "MGTPEZY")
	n, err := strconv.ParseFloat(text[:at], 64)
	if err != nil || n < 0 {
		return "", fmt.Errorf("expected a non-negative number, got %q", text)
	}
	for range strings.IndexByte("MGTPEZY", text[at]) {
		n *= 1024
	}
	return strconv.FormatFloat(n, 'f', 0, 64), nil
}
