package pebble_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/charmkit/charmkit/pebble"
)

// hash is that of the password "secret".
const hash = pebble.PasswordHash("$6$F9cFSVEKyO4gB1Wh$8S1BSKsNkF.jBAixGc4W7l80OpfCNk65LZBDHBng3NAmbcHuMj4RIm7992rrJ8YA.SJ0hvm.vGk2z483am4Ym1")

func TestIdentities(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		identities, err := c.Identities(ctx)
		require.NoError(t, err)
		require.Empty(t, identities)

		require.NoError(t, c.AddIdentities(ctx, map[string]*pebble.Identity{
			"bob":        {Access: pebble.AccessRead, UserID: ptr(uint32(4242))},
			"prometheus": {Access: pebble.AccessMetrics, Password: hash},
		}))
		identities, err = c.Identities(ctx)
		require.NoError(t, err)
		want := map[string]*pebble.Identity{
			"bob":        {Access: pebble.AccessRead, UserID: ptr(uint32(4242))},
			"prometheus": {Access: pebble.AccessMetrics, Password: "*****"},
		}
		require.Equal(t, want, identities)

		err = c.AddIdentities(ctx, map[string]*pebble.Identity{"bob": {Access: pebble.AccessRead, UserID: ptr(uint32(1))}})
		require.ErrorContains(t, err, "already exist: bob")
		err = c.UpdateIdentities(ctx, map[string]*pebble.Identity{"mary": {Access: pebble.AccessRead, UserID: ptr(uint32(1))}})
		require.ErrorContains(t, err, "do not exist: mary")
		err = c.AddIdentities(ctx, map[string]*pebble.Identity{"mary": {Access: "godlike", Password: hash}})
		require.ErrorContains(t, err, "godlike")
		require.NotContains(t, err.Error(), string(hash))

		require.NoError(t, c.UpdateIdentities(ctx, map[string]*pebble.Identity{"bob": {Access: pebble.AccessAdmin, UserID: ptr(uint32(4242))}}))
		require.NoError(t, c.ReplaceIdentities(ctx, map[string]*pebble.Identity{
			"mary":       {Access: pebble.AccessUntrusted, UserID: ptr(uint32(4343))},
			"prometheus": nil,
		}))
		identities, err = c.Identities(ctx)
		require.NoError(t, err)
		require.Equal(t, map[string]*pebble.Identity{
			"bob":  {Access: pebble.AccessAdmin, UserID: ptr(uint32(4242))},
			"mary": {Access: pebble.AccessUntrusted, UserID: ptr(uint32(4343))},
		}, identities)

		require.NoError(t, c.RemoveIdentities(ctx, "bob"))
		require.ErrorContains(t, c.RemoveIdentities(ctx, "bob"), "do not exist: bob")
	})
}

func TestIdentityWithACertificate(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	mary := map[string]*pebble.Identity{"mary": {
		Access:      pebble.AccessRead,
		Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
	}}
	c := start(t, "1.32.1").Container("app")
	require.NoError(t, c.AddIdentities(t.Context(), mary))
	identities, err := c.Identities(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]*pebble.Identity{"mary": {Access: pebble.AccessRead, Certificate: "*****"}}, identities)

	err = start(t, "1.19.2").Container("app").AddIdentities(t.Context(), mary)
	var unsupported *pebble.NotSupportedError
	require.ErrorAs(t, err, &unsupported)
	require.Equal(t, "1.26.0", unsupported.Needs)
}

func TestPasswordsAreNotTold(t *testing.T) {
	t.Parallel()
	identity := &pebble.Identity{Access: pebble.AccessRead, Password: hash}
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("x", "password", hash, "identity", identity)
	}
	asJSON, err := json.Marshal(identity)
	require.NoError(t, err)
	asYAML, err := yaml.Marshal(identity)
	require.NoError(t, err)
	texts := []string{log.String(), string(asJSON), string(asYAML), hash.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, hash), fmt.Sprintf(verb, *identity))
	}
	for _, text := range texts {
		require.NotContains(t, text, "F9cFSVEKyO4gB1Wh")
		require.NotContains(t, text, fmt.Sprintf("%x", "F9cFSVEKyO4gB1Wh"))
		require.Contains(t, text, "*****")
	}
	require.Empty(t, pebble.PasswordHash("").String())
}
