package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// page is the page of the documentation that has the scores, and the survivors
// that are accepted, with reasons.
//
// Survivors stand below a heading with their package, one to a line:
//
//	### `charm/hooktool`
//
//	A reason:
//
//	- `socket.go Socket.Close: remove s.conn.Close()`
type page struct {
	path string
	text string
}

func readPage(path string) (*page, error) {
	if path == "" {
		return &page{}, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the accepted survivors: %w", err)
	}
	return &page{path, string(data)}, nil
}

var (
	packageHeading = regexp.MustCompile("^### `(.+)`$")
	survivorLine   = regexp.MustCompile("^ *- `(.+)`$")
)

// accepted returns the names of the survivors that the page lists for a package.
func (p *page) accepted(name string) map[string]bool {
	names := map[string]bool{}
	current := ""
	for line := range strings.Lines(p.text) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "#") {
			current = ""
		}
		if m := packageHeading.FindStringSubmatch(line); m != nil {
			current = m[1]
		}
		if m := survivorLine.FindStringSubmatch(line); m != nil && current == name {
			names[m[1]] = true
		}
	}
	return names
}

const (
	figuresBegin = "<!-- scores: written by make mutate-report -->\n"
	figuresEnd   = "<!-- end of scores -->\n"
)

// write puts the scores into the page.
func (p *page) write(scores []score) error {
	before, rest, found := strings.Cut(p.text, figuresBegin)
	_, after, ended := strings.Cut(rest, figuresEnd)
	if !found || !ended {
		return fmt.Errorf("cannot write the scores: %s has no place for them", p.path)
	}
	var table strings.Builder
	table.WriteString("| Package | Mutants | Killed | Score |\n| --- | ---: | ---: | ---: |\n")
	for _, s := range scores {
		fmt.Fprintf(&table, "| `%s` | %d | %d | %s |\n", s.name, s.mutants, s.killed, s.percent())
	}
	text := before + figuresBegin + table.String() + figuresEnd + after
	if err := os.WriteFile(p.path, []byte(text), 0o644); err != nil {
		return fmt.Errorf("cannot write the scores: %w", err)
	}
	return nil
}
