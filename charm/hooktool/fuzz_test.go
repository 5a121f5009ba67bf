package hooktool_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// FuzzToolOutput gives every reading function whatever a tool may print: it returns
// a value or an error.
func FuzzToolOutput(f *testing.F) {
	for _, out := range []string{
		"", "null", "{}", "[]", `""`, "true", "0", "[1]", `{"a":1}`,
		`{"name":"bob","count":3}`, `["db:1","db:2"]`, `{"host":"10.1.0.9","port":"5432"}`,
		`{"status":"active","message":"ready","status-data":{}}`,
		`{"application-status":{"status":"active","message":"","status-data":{},"units":{"wiki/0":{"status":"waiting","message":"x"}}}}`,
		`{"bind-addresses":[{"mac-address":"","interface-name":"","addresses":[{"hostname":"","value":"10.1.0.5","cidr":""}]}],"egress-subnets":["10.152.183.20/32"],"ingress-addresses":["10.152.183.20"]}`,
		`{"units":{"wiki/0":{"status":"active","since":"2026-11-20 10:00:00Z"}},"relations":{"db":{"pg":{"status":"joined","since":""}}}}`,
		`{"cq1m8t8p8nqc77k3c1b0":{"revision":1,"label":"mine","owner":"application","rotation":"never","expiry":"2030-01-02T03:04:05Z","access":[{"target":"application-pg","scope":"relation-wiki.db#pg.db","role":"view"}]}}`,
		`["80/tcp (*)","8000-8010/udp (db, web)","icmp"]`,
		`{"type":"kubernetes","credential":{"auth-type":"oauth2","attrs":{"Token":"t"},"redacted":["x"]}}`,
		`{"kind":"filesystem","location":"/srv"}`, `{"uuid":"b6ad6b7c-3d3c-4b9e-8a57-6d5c7f4f0a11"}`,
		"secret:cq1m8t8p8nqc77k3c1b0\n",
	} {
		f.Add([]byte(out), 0, "")
	}
	f.Add([]byte{}, 1, "ERROR permission denied\n")
	f.Add([]byte{}, 2, "ERROR invalid value \"db:9\" for option -r: relation not found\n")
	f.Fuzz(func(t *testing.T, out []byte, code int, stderr string) {
		ctx := t.Context()
		c := hooktool.NewClient(hooktool.Func(func(context.Context, hooktool.Call) (hooktool.Result, error) {
			return hooktool.Result{Code: code, Stdout: out, Stderr: []byte(stderr)}, nil
		}))
		for _, read := range []func() error{
			func() error { _, err := c.ActionGet(ctx); return err },
			func() error { _, err := c.ApplicationStatusGet(ctx); return err },
			func() error { _, err := c.ConfigGet(ctx); return err },
			func() error { _, err := c.CredentialGet(ctx); return err },
			func() error {
				goals, err := c.GoalState(ctx)
				require.LessOrEqual(t, goals.Planned(), len(goals.Units))
				return err
			},
			func() error { _, err := c.IsLeader(ctx); return err },
			func() error { _, err := c.NetworkGet(ctx, hooktool.NetworkGetOptions{Binding: "db"}); return err },
			func() error { _, err := c.OpenedPorts(ctx); return err },
			func() error { _, err := c.OpenedPortsByEndpoint(ctx); return err },
			func() error { _, err := c.PrivateAddress(ctx); return err },
			func() error { _, err := c.RelationApp(ctx, "db:1"); return err },
			func() error {
				_, err := c.RelationGet(ctx, hooktool.Databag{Relation: "db:1", Owner: "pg"})
				return err
			},
			func() error { _, err := c.RelationIDs(ctx, "db"); return err },
			func() error { _, err := c.RelationModel(ctx, "db:1"); return err },
			func() error { _, err := c.RelationUnits(ctx, "db:1"); return err },
			func() error { _, err := c.ResourceGet(ctx, "dump"); return err },
			func() error { _, err := c.SecretGet(ctx, hooktool.SecretGetOptions{URI: "secret:x"}); return err },
			func() error { _, err := c.SecretIDs(ctx); return err },
			func() error {
				_, err := c.SecretInfoGet(ctx, hooktool.SecretInfoGetOptions{URI: "secret:x"})
				return err
			},
			func() error { _, err := c.StateGet(ctx); return err },
			func() error { _, err := c.StatusGet(ctx); return err },
			func() error { _, err := c.StorageGet(ctx, "data/0"); return err },
			func() error { _, err := c.StorageList(ctx, ""); return err },
		} {
			err := read()
			if code != 0 {
				var failed *hooktool.Error
				require.ErrorAs(t, err, &failed)
				require.Equal(t, code, failed.Code)
			}
		}
	})
}
