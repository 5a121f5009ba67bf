package testenv_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/testenv"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	a, b := testenv.Address(t), testenv.Address(t)
	require.NotEqual(t, a, b)
	require.True(t, a.Addr().IsLoopback())
	listener, err := net.Listen("tcp", a.String())
	require.NoError(t, err)
	require.NoError(t, listener.Close())
}
