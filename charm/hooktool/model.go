package hooktool

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"
)

// Goal is where a unit or an application stands.
type Goal struct {
	// Status of a unit is its workload's, or dying; of an application, that of
	// the relation to it, such as joined.
	Status string
	// Since is zero if it is not known.
	Since time.Time
}

// UnmarshalJSON reads a time as this tool alone writes it.
func (g *Goal) UnmarshalJSON(data []byte) error {
	var plain struct{ Status, Since string }
	if err := json.Unmarshal(data, &plain); err != nil {
		return err
	}
	*g = Goal{Status: plain.Status}
	for _, layout := range []string{"2006-01-02 15:04:05Z", time.RFC3339Nano} {
		if since, err := time.Parse(layout, plain.Since); err == nil {
			g.Since = since
		}
	}
	return nil
}

// GoalState is what the model is to become.
type GoalState struct {
	// Units are the own application's, this unit among them.
	Units map[string]Goal `json:"units"`
	// Relations are, by endpoint, the remote applications and their units. Peer
	// relations are not in it.
	Relations map[string]map[string]Goal `json:"relations"`
}

// GoalState returns what the model is to become.
func (c *Client) GoalState(ctx context.Context) (GoalState, error) {
	return get[GoalState](ctx, c, "goal-state")
}

// CloudSpec is the cloud that the model is in, with a credential for it.
type CloudSpec struct {
	// Type is kubernetes, lxd, ec2 and so on.
	Type              string          `json:"type"`
	Name              string          `json:"name"`
	Region            string          `json:"region"`
	Endpoint          string          `json:"endpoint"`
	IdentityEndpoint  string          `json:"identity-endpoint"`
	StorageEndpoint   string          `json:"storage-endpoint"`
	Credential        CloudCredential `json:"credential"`
	CACertificates    []string        `json:"cacertificates"`
	SkipTLSVerify     bool            `json:"skip-tls-verify"`
	IsControllerCloud bool            `json:"is-controller-cloud"`
}

// CloudCredential is a credential; printed and logged it shows no values.
type CloudCredential struct {
	AuthType   string            `json:"auth-type"`
	Attributes map[string]string `json:"attrs"`
	Redacted   []string          `json:"redacted"`
}

// Format shows the type alone, whatever the verb.
func (c CloudCredential) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "%s credential", c.AuthType) }

// LogValue shows the type alone.
func (c CloudCredential) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// CredentialGet returns the cloud and a credential for it. It is for applications
// that the operator trusts; others get [ErrPermission].
func (c *Client) CredentialGet(ctx context.Context) (CloudSpec, error) {
	return get[CloudSpec](ctx, c, "credential-get")
}

// JujuReboot asks for a reboot of the unit's machine: after the hook, or now. With
// now the agent kills the hook, discards what it has recorded, and runs it again
// after the reboot.
func (c *Client) JujuReboot(ctx context.Context, now bool) error {
	var args []string
	if now {
		args = append(args, "--now")
	}
	_, err := c.Run(ctx, "juju-reboot", args...)
	return err
}
