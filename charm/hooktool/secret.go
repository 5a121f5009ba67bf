package hooktool

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

// SecretOwner is who a new secret belongs to.
type SecretOwner string

// The owners of secrets. An application's secrets are managed by its leader.
const (
	OwnerApplication SecretOwner = "application"
	OwnerUnit        SecretOwner = "unit"
)

// SecretAddOptions describes a new secret.
type SecretAddOptions struct {
	Owner       SecretOwner
	Label       string
	Description string
}

// SecretAdd records a new secret and returns its URI. Keys have at least three
// characters, lower-case letters, digits and inner hyphens. The content travels
// in a file that only this user may read, which is removed at once.
func (c *Client) SecretAdd(ctx context.Context, content map[string]string, options SecretAddOptions) (string, error) {
	args := []string{"--owner", string(options.Owner)}
	if options.Label != "" {
		args = append(args, "--label", options.Label)
	}
	if options.Description != "" {
		args = append(args, "--description", options.Description)
	}
	var uri string
	err := withContentFile(content, func(path string) error {
		out, err := c.Run(ctx, "secret-add", append(args, "--file", path)...)
		uri = strings.TrimSpace(string(out))
		return err
	})
	return uri, err
}

// SecretSet records a new revision with this content.
func (c *Client) SecretSet(ctx context.Context, uri string, content map[string]string) error {
	return withContentFile(content, func(path string) error {
		_, err := c.Run(ctx, "secret-set", "--file", path, uri)
		return err
	})
}

// withContentFile writes content where the agent can read it: secret-add takes
// neither standard input nor a path relative to the caller.
func withContentFile(content map[string]string, use func(path string) error) error {
	encoded := make(map[string]string, len(content))
	for key, value := range content {
		if utf8.ValidString(value) {
			encoded[key] = value
		} else {
			encoded[key+"#base64"] = base64.StdEncoding.EncodeToString([]byte(value))
		}
	}
	data, err := payload(encoded)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp("", "secret-*")
	if err != nil {
		return fmt.Errorf("cannot hand the secret to the unit agent: %w", err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(data)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("cannot hand the secret to the unit agent: %w", err)
	}
	return use(file.Name())
}

// SecretGetOptions says which secret and which revision to read.
type SecretGetOptions struct {
	// URI names the secret; with a Label too, the label is given to it.
	URI string
	// Label alone names a secret that this unit owns or has labelled.
	Label string
	// Refresh makes this unit track the latest revision.
	Refresh bool
}

// SecretGet reads the content of a secret.
func (c *Client) SecretGet(ctx context.Context, options SecretGetOptions) (map[string]string, error) {
	var args []string
	if options.Label != "" {
		args = append(args, "--label", options.Label)
	}
	if options.Refresh {
		args = append(args, "--refresh")
	}
	if options.URI != "" {
		// It may come from somebody else, and begin with a hyphen.
		args = append(args, "--", options.URI)
	}
	return get[map[string]string](ctx, c, "secret-get", args...)
}

// SecretInfo is what an owner may know of a secret.
type SecretInfo struct {
	// ID is the bare id.
	ID       string `json:"-"`
	Revision int    `json:"revision"`
	Label    string `json:"label"`
	Owner    string `json:"owner"`
}

// SecretInfoGet returns what is known of an owned secret; of one that the
// application owns, only on its leader.
func (c *Client) SecretInfoGet(ctx context.Context, label string) (SecretInfo, error) {
	infos, err := get[map[string]SecretInfo](ctx, c, "secret-info-get", "--label", label)
	if err != nil {
		return SecretInfo{}, err
	}
	for id, info := range infos {
		info.ID = id
		return info, nil
	}
	return SecretInfo{}, &Error{Tool: "secret-info-get", Message: fmt.Sprintf("secret %q not found", label)}
}

// SecretGrant records that the application at the other side of a relation may
// read the secret.
func (c *Client) SecretGrant(ctx context.Context, uri, relation string) error {
	_, err := c.Run(ctx, "secret-grant", uri, "-r", relation)
	return err
}

// SecretRemove records that the secret be removed, with all revisions.
func (c *Client) SecretRemove(ctx context.Context, uri string) error {
	_, err := c.Run(ctx, "secret-remove", uri)
	return err
}
