package sandbox_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/sandbox"
)

func TestUnixSocketsWithLongPaths(t *testing.T) {
	t.Parallel()
	directory := filepath.Join(t.TempDir(), strings.Repeat("long/", 30))
	require.NoError(t, os.MkdirAll(directory, 0o755))
	path := filepath.Join(directory, "agent.socket")
	listener, err := sandbox.ListenUnix(t.Context(), path)
	require.NoError(t, err)
	_, err = sandbox.ListenUnix(t.Context(), path)
	require.ErrorContains(t, err, "cannot listen on "+path)

	client, err := sandbox.DialUnix(t.Context(), path)
	require.NoError(t, err)
	server, err := listener.Accept()
	require.NoError(t, err)
	_, err = io.WriteString(client, "hello")
	require.NoError(t, err)
	require.NoError(t, client.Close())
	data, err := io.ReadAll(server)
	require.NoError(t, err)
	require.Equal(t, "hello", string(data))
	require.NoError(t, server.Close())

	require.NoError(t, listener.Close())
	require.NoFileExists(t, path)
	_, err = sandbox.DialUnix(t.Context(), path)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = sandbox.DialUnix(t.Context(), "/nowhere/agent.socket")
	require.ErrorIs(t, err, os.ErrNotExist)
}
