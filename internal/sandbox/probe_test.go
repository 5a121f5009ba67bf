package sandbox_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/sandbox"
)

func TestProbe(t *testing.T) {
	t.Parallel()
	require.NoError(t, sandbox.Probe(testContext(t)))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, sandbox.Probe(ctx), context.Canceled)
}
