package charm_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
)

// Names that `juju debug-code` means otherwise, or could not be given to it, are refused
// even where nobody debugs.
func TestNamesOfBreakpoints(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{
		"a": true, "first-start": true, "a1-2": true,
		"": false, "hook": false, "all": false, "-": false, "-a": false, "a-": false, "A": false, "a b": false, "a_b": false, "a,b": false, "ä": false,
	} {
		c := handling(func(ctx context.Context, b *charm.Base) error {
			b.Breakpoint(ctx, name)
			return nil
		})
		out := charmtest.Run(t, c, charmtest.State{}, charmtest.ConfigChanged())
		if good {
			require.NoError(t, out.Err, name)
		} else {
			require.ErrorContains(t, out.Err, fmt.Sprintf("a breakpoint has the name %q", name))
		}
	}
}
