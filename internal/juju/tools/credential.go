package tools

import "fmt"

type credentialGet struct{ output }

func newCredentialGet(c *call) command { return &credentialGet{newOutput(c)} }

func (t *credentialGet) init(args []string) error { return noMore(args) }

// cloud is what credential-get prints. In YAML, and so in the smart form, it
// has all fields, named as in Juju's own source.
type cloud struct {
	Type              string      `json:"type"`
	Name              string      `json:"name"`
	Region            string      `json:"region,omitempty"`
	Endpoint          string      `json:"endpoint,omitempty"`
	IdentityEndpoint  string      `json:"identity-endpoint,omitempty"`
	StorageEndpoint   string      `json:"storage-endpoint,omitempty"`
	Credential        *credential `json:"credential,omitempty"`
	CACertificates    []string    `json:"cacertificates,omitempty"`
	SkipTLSVerify     bool        `json:"skip-tls-verify,omitempty"`
	IsControllerCloud bool        `json:"is-controller-cloud,omitempty"`
}

type credential struct {
	AuthType   string            `json:"auth-type"`
	Attributes map[string]string `json:"attrs,omitempty"`
	Redacted   []string          `json:"redacted,omitempty"`
}

func (t *credentialGet) run() error {
	c, err := t.hook.Cloud()
	if err != nil {
		return fmt.Errorf("cannot access cloud credentials: %w", err)
	}
	printed := &cloud{
		Type: c.Type, Name: c.Name, Region: c.Region, Endpoint: c.Endpoint, IdentityEndpoint: c.IdentityEndpoint,
		StorageEndpoint: c.StorageEndpoint, CACertificates: c.CACertificates, SkipTLSVerify: c.SkipTLSVerify,
		IsControllerCloud: c.IsControllerCloud,
	}
	if c.AuthType != "" {
		printed.Credential = &credential{AuthType: c.AuthType, Attributes: c.Attributes}
	}
	return t.print(printed)
}
