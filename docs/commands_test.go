package docs_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/charmbox/cli"
)

// commands returns the command lines of a page: what follows a prompt, and
// code within sentences.
func (p page) commands() []string {
	commands := p.spans()
	for _, b := range p.blocks() {
		for line := range strings.Lines(strings.ReplaceAll(b.code, "\\\n", "")) {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				commands = append(commands, strings.TrimSpace(command))
			}
		}
	}
	return commands
}

// ask runs charmbox for its help and returns all that it says.
func ask(t *testing.T, args ...string) string {
	t.Helper()
	var output bytes.Buffer
	cli.Main(t.Context(), &cli.Program{
		Args: append([]string{"charmbox"}, args...), Getenv: func(string) string { return "" },
		Stdin: strings.NewReader(""), Stdout: &output, Stderr: &output,
	})
	return output.String()
}

// verbs returns the usage of each of charmbox's verbs.
func verbs(t *testing.T) map[string]string {
	t.Helper()
	usage := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z-]+) `).FindAllStringSubmatch(ask(t, "help"), -1) {
		usage[m[1]] = ask(t, m[1], "--help")
		require.Contains(t, usage[m[1]], "usage: charmbox "+m[1])
	}
	require.NotEmpty(t, usage)
	return usage
}

var (
	charmboxCommand = regexp.MustCompile(`(?:^|[ (/])charmbox ([a-z][a-z-]*)([^|)#]*)`)
	flag            = regexp.MustCompile(`[ \[](--?[a-z][a-z-]*)`)
	unitName        = regexp.MustCompile(` [a-z0-9-]+/[0-9]+ .*`)
)

// flags returns the flags in a command line or in a usage.
func flags(line string) []string {
	found := []string{}
	for _, m := range flag.FindAllStringSubmatch(line, -1) {
		found = append(found, m[1])
	}
	return found
}

func TestVerbsAndFlagsExist(t *testing.T) {
	t.Parallel()
	usage := verbs(t)
	checked := 0
	for _, p := range pages(t) {
		for _, command := range p.commands() {
			for _, m := range charmboxCommand.FindAllStringSubmatch(command, -1) {
				verb, args := m[1], m[2]
				require.Contains(t, usage, verb, "%s: %s", p.path, command)
				if verb == "exec" {
					// What follows the unit is somebody else's.
					args = unitName.ReplaceAllString(args, "")
				}
				require.Subset(t, flags(usage[verb]), flags(args), "%s: %s", p.path, command)
				checked++
			}
		}
	}
	require.NotZero(t, checked)
}

func TestReferenceListsTheVerbs(t *testing.T) {
	t.Parallel()
	usage := verbs(t)
	var want []string
	for verb := range usage {
		want = append(want, verb)
	}
	var got []string
	for _, row := range read(t, "docs/reference/charmbox.md").table(t, "Verb", "What it does") {
		verb, _, _ := strings.Cut(row[0], " ")
		got = append(got, verb)
		for _, f := range flags(usage[verb]) {
			require.Contains(t, row[0]+row[1], f, "the reference of %s", verb)
		}
	}
	require.ElementsMatch(t, want, got)
}

func TestMakeTargetsExist(t *testing.T) {
	t.Parallel()
	targets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z][a-z-]*):`).FindAllStringSubmatch(read(t, "Makefile").text, -1) {
		targets[m[1]] = true
	}
	checked := 0
	for _, p := range pages(t) {
		for _, command := range p.commands() {
			rest, ok := strings.CutPrefix(command, "make ")
			if !ok {
				continue
			}
			for _, target := range strings.Fields(rest) {
				require.Contains(t, targets, target, "%s: %s", p.path, command)
				checked++
			}
		}
	}
	require.NotZero(t, checked)
}
