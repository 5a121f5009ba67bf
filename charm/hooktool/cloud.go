package hooktool

import (
	"context"
	"fmt"
	"log/slog"
)

// Cloud is where the model runs, with a credential for it.
type Cloud struct {
	// Type is kubernetes, lxd, ec2 and so on.
	Type             string     `json:"type"`
	Name             string     `json:"name"`
	Region           string     `json:"region"`
	Endpoint         string     `json:"endpoint"`
	IdentityEndpoint string     `json:"identity-endpoint"`
	StorageEndpoint  string     `json:"storage-endpoint"`
	Credential       Credential `json:"credential"`
	// CACertificates are PEM.
	CACertificates    []string `json:"cacertificates"`
	SkipTLSVerify     bool     `json:"skip-tls-verify"`
	IsControllerCloud bool     `json:"is-controller-cloud"`
}

// Credential is a cloud's credential. On Kubernetes it is that of the pod's
// service account: oauth2, with the attribute Token. Printed and logged it shows
// no values.
type Credential struct {
	AuthType   string            `json:"auth-type"`
	Attributes map[string]string `json:"attrs"`
	// Redacted names attributes that Juju keeps to itself.
	Redacted []string `json:"redacted"`
}

// Format shows the type alone, whatever the verb.
func (c Credential) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "%s credential", c.AuthType) }

// LogValue shows the type alone.
func (c Credential) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// CredentialGet returns the cloud with its credential. It is [ErrPermission]
// until the operator runs "juju trust"; for a Kubernetes model Juju can do it
// from 3.6 on.
func (c *Client) CredentialGet(ctx context.Context) (Cloud, error) {
	return get[Cloud](ctx, c, "credential-get")
}

// Reboot asks for a reboot of the unit's machine after this hook. On Kubernetes
// there is no machine, and the hook fails when it has ended.
func (c *Client) Reboot(ctx context.Context) error {
	_, err := c.Run(ctx, "juju-reboot")
	return err
}

// RebootNow asks for a reboot at once: Juju kills this process, drops what the
// hook recorded, and runs the hook again afterwards.
func (c *Client) RebootNow(ctx context.Context) error {
	_, err := c.Run(ctx, "juju-reboot", "--now")
	return err
}
