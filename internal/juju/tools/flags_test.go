package tools

import (
	"slices"
	"strings"
	"testing"

	"github.com/juju/gnuflag"
	"github.com/stretchr/testify/require"
)

// picky is a flag that takes some values.
type picky struct{ text string }

func (p *picky) String() string { return p.text }

func (p *picky) Set(text string) error {
	if strings.HasPrefix(text, "x") {
		return ErrNoStdin
	}
	p.text = text
	return nil
}

// flagged is a tool with a flag of each kind.
type flagged struct {
	R          picky
	File       string
	App, Force bool
}

func (t *flagged) declare(f flagSet) {
	f.Var(&t.R, "r", "")
	f.Var(&t.R, "relation", "")
	f.StringVar(&t.File, "file", "none", "")
	f.StringVar(&t.File, "o", "none", "")
	f.BoolVar(&t.App, "app", false, "")
	f.BoolVar(&t.Force, "f", false, "")
}

// FuzzQuickFlags holds what the quick parser takes to what gnuflag makes of it.
func FuzzQuickFlags(f *testing.F) {
	for _, seed := range []string{
		"--relation=a:1 - b/0", "-r a:1 --app - b", "--file - k=v", "-- --file x", "-f -o", "-o -- x", "-fo x", "--app=true", "--r 1", "-app",
		"--file=", "--=x", "-r x", "- --file", "--file --app y", "-é", "--help", "-h", "-r=1", "---file x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, " ")
		var quick, slow flagged
		var q quickFlags
		quick.declare(&q)
		rest, ok := q.parse(args)
		if !ok {
			return
		}
		g := gnuflag.NewFlagSet("tool", gnuflag.ContinueOnError)
		g.Usage = func() {}
		slow.declare(g)
		require.NoError(t, g.Parse(true, args))
		require.Equal(t, slow, quick)
		require.True(t, slices.Equal(g.Args(), rest), "%q and %q", g.Args(), rest)
	})
}
