package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/metadata"
)

var underTest = charmtest.New(New, os.DirFS("."))

func TestDeclared(t *testing.T) {
	t.Parallel()
	files, err := metadata.Load(underTest.Files())
	require.NoError(t, err)
	require.NoError(t, charm.Check(New, files))
}

func TestWithoutItsContainer(t *testing.T) {
	t.Parallel()
	asked := charmtest.State{Leader: true, Relations: []charmtest.Relation{{
		Endpoint: "database", ID: 3, RemoteApp: "wiki", RemoteAppData: ask("wiki"),
	}}}
	out := charmtest.Run(t, underTest, asked, charmtest.ConfigChanged())
	require.NoError(t, out.Err)
	require.Equal(t, charmtest.Status{Status: "waiting", Message: "waiting for container postgresql"}, out.State.Status)
	require.Empty(t, out.State.Secrets)
	require.Empty(t, out.State.Relations[0].LocalAppData)
}

func TestInvalidOption(t *testing.T) {
	t.Parallel()
	for _, connections := range []int{9, 1001} {
		state := charmtest.State{Config: map[string]any{"max-connections": connections}}
		out := charmtest.Run(t, underTest, state, charmtest.ConfigChanged())
		require.NoError(t, out.Err)
		require.Equal(t, charmtest.Status{
			Status: "blocked", Message: "invalid configuration: max-connections is not between 10 and 1000",
		}, out.State.Status)
	}
}

// A second unit would have a second, empty server.
func TestASecondUnit(t *testing.T) {
	t.Parallel()
	out := charmtest.Run(t, underTest, charmtest.State{Unit: "postgresql/1", Leader: true}, charmtest.ConfigChanged())
	require.NoError(t, out.Err)
	require.Equal(t, charmtest.Status{
		Status: "blocked", Message: "this charm has one server, in unit 0: scale the application to 1",
	}, out.State.Status)
}

func TestQuotes(t *testing.T) {
	t.Parallel()
	require.Equal(t, `'it''s "x"'`, quoteText(`it's "x"`))
	require.Equal(t, `"it's ""x"""`, quoteName(`it's "x"`))
}

// ask is a request as requirers publish it.
func ask(database string) map[string]string {
	return map[string]string{"database": database, "requested-secrets": `["username", "password"]`}
}
