package postgres_test

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/testenv"
	"github.com/charmkit/charmkit/internal/testenv/postgres"
)

func TestStart(t *testing.T) {
	t.Parallel()
	var address, socket string
	t.Run("while the test runs", func(t *testing.T) {
		s := postgres.Start(t)
		address = fmt.Sprintf("%s:%d", s.Host, s.Port)
		require.Equal(t, "postgres", s.Query("SELECT current_user"))
		require.Equal(t, "off|off", s.Query("SELECT current_setting('fsync'), current_setting('full_page_writes')"))
		socket = s.Query("SELECT current_setting('unix_socket_directories')")
		require.FileExists(t, filepath.Join(socket, "data", "PG_VERSION"))

		// The password is really asked for.
		wrong := strings.Replace(s.URL, s.Password, "wrong", 1)
		output, err := exec.Command(testenv.Command(t, "psql"), wrong, "-c", "SELECT 1").CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(output), "password authentication failed")

		s.Query("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
		s.Stop()
		_, err = net.Dial("tcp", address)
		require.Error(t, err)
		s.Start()
		require.Equal(t, "7", s.Query("SELECT n FROM kept"))
	})
	_, err := net.Dial("tcp", address)
	require.Error(t, err)
	require.NoDirExists(t, socket)
}

func TestServersDoNotMeet(t *testing.T) {
	t.Parallel()
	a, b := postgres.Start(t), postgres.Start(t)
	a.Query("CREATE DATABASE only_here")
	require.NotContains(t, b.Query("SELECT datname FROM pg_database"), "only_here")
}
