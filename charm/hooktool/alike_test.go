package hooktool_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// What package charm builds its model on, over the socket and by the executables.
func TestTheModelIsAlikeOverEveryWay(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"socket", "exec"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			c := hooktool.NewClient(newAgent(t, 1).transports(t)[name])

			goals, err := c.GoalState(ctx)
			require.NoError(t, err)
			require.Contains(t, goals.Units, "wiki/0")
			require.Contains(t, goals.Relations["db"], "pg/0")

			require.NoError(t, c.OpenPort(ctx, "8080/tcp", "db"))
			require.NoError(t, c.OpenPort(ctx, "53/udp"))
			ports, err := c.OpenedPortsByEndpoint(ctx)
			require.NoError(t, err)
			require.ElementsMatch(t, []string{"8080/tcp (db)", "53/udp (*)"}, ports)
			require.NoError(t, c.ClosePort(ctx, "8080/tcp", "db"))

			want := hooktool.Status{Status: "active", Message: "-x"}
			require.NoError(t, c.ApplicationStatusSet(ctx, want))
			status, err := c.ApplicationStatusGet(ctx)
			require.NoError(t, err)
			require.Equal(t, want, status.Status)
			require.Contains(t, status.Units, "wiki/0")

			ids, err := c.RelationIDs(ctx, "db")
			require.NoError(t, err)
			network, err := c.NetworkGetRelation(ctx, "db", ids[0])
			require.NoError(t, err)
			require.Equal(t, "10.1.0.5", network.BindAddresses[0].Addresses[0].Value)

			expire := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
			uri, err := c.SecretAdd(ctx, map[string]string{"password": "old"}, hooktool.SecretAddOptions{
				Owner: hooktool.OwnerApplication, Label: "l", Rotate: hooktool.RotateDaily, Expire: expire,
			})
			require.NoError(t, err)
			require.NoError(t, c.SecretUpdate(ctx, uri, nil, hooktool.SecretSetOptions{Description: "d"}))
			info, err := c.SecretInfoGet(ctx, "l")
			require.NoError(t, err)
			require.Equal(t, []any{"d", hooktool.RotateDaily, "l"}, []any{info.Description, info.Rotation, info.Label})
			owned, err := c.SecretIDs(ctx)
			require.NoError(t, err)
			require.Equal(t, []string{info.ID}, owned)
			require.NoError(t, c.SecretUpdate(ctx, uri, map[string]string{"password": "new"}, hooktool.SecretSetOptions{}))
			content, err := c.SecretGet(ctx, hooktool.SecretGetOptions{URI: uri, Peek: true})
			require.NoError(t, err)
			require.Equal(t, map[string]string{"password": "new"}, content)
			require.NoError(t, c.SecretGrant(ctx, uri, ids[0]))
			require.NoError(t, c.SecretRevoke(ctx, uri, ids[0]))

			_, err = c.CredentialGet(ctx)
			require.ErrorIs(t, err, hooktool.ErrPermission)
			_, err = c.ResourceGet(ctx, "nosuch")
			require.ErrorIs(t, err, hooktool.ErrNotFound)
			storage, err := c.StorageList(ctx, "")
			require.NoError(t, err)
			require.Empty(t, storage)
		})
	}
}
