package hooktool

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
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
	// Rotate is how often secret-rotate comes.
	Rotate Rotation
	// Expire is when secret-expired comes for this revision; never if zero.
	Expire time.Time
}

// Rotation is how often the owner of a secret is told to change it.
type Rotation string

// The rotations. With an empty one Juju leaves it as it is: never, for a new
// secret.
const (
	RotateNever     Rotation = "never"
	RotateHourly    Rotation = "hourly"
	RotateDaily     Rotation = "daily"
	RotateWeekly    Rotation = "weekly"
	RotateMonthly   Rotation = "monthly"
	RotateQuarterly Rotation = "quarterly"
	RotateYearly    Rotation = "yearly"
)

// SecretSetOptions are what is to change of a secret. Empty ones stay; Juju cannot
// take back a description or an expiry.
type SecretSetOptions struct {
	Label       string
	Description string
	Rotate      Rotation
	// Expire is for the revision that the call makes, or the latest.
	Expire time.Time
}

func (o SecretSetOptions) args() []string {
	var args []string
	for _, option := range []struct{ flag, value string }{
		{"--label", o.Label}, {"--description", o.Description}, {"--rotate", string(o.Rotate)},
	} {
		if option.value != "" {
			args = append(args, option.flag, option.value)
		}
	}
	if !o.Expire.IsZero() {
		args = append(args, "--expire", o.Expire.UTC().Format(time.RFC3339))
	}
	return args
}

// SecretAdd records a new secret and returns its URI. Keys have at least three
// characters, lower-case letters, digits and inner hyphens. The content travels
// in a file that only this user may read, which is removed at once.
func (c *Client) SecretAdd(ctx context.Context, content map[string]string, options SecretAddOptions) (string, error) {
	args := append([]string{"--owner", string(options.Owner)},
		SecretSetOptions{options.Label, options.Description, options.Rotate, options.Expire}.args()...)
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

// SecretUpdate records what is to change of a secret; content that is nil stays,
// and so does the revision.
func (c *Client) SecretUpdate(ctx context.Context, uri string, content map[string]string, options SecretSetOptions) error {
	args := options.args()
	if content == nil {
		_, err := c.Run(ctx, "secret-set", append(args, uri)...)
		return err
	}
	return withContentFile(content, func(path string) error {
		_, err := c.Run(ctx, "secret-set", append(args, "--file", path, uri)...)
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
	// Peek reads the latest revision, and this unit goes on tracking another. It
	// does not go with Refresh.
	Peek bool
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
	if options.Peek {
		args = append(args, "--peek")
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

	Description string   `json:"description"`
	Rotation    Rotation `json:"rotation"`
	// Rotates is when secret-rotate is due, Expiry when the latest revision
	// expires; zero if never.
	Rotates time.Time      `json:"rotates"`
	Expiry  time.Time      `json:"expiry"`
	Access  []SecretAccess `json:"access"`
}

// SecretAccess is one grant, in Juju's tags: Target such as "application-pg", Scope
// such as "relation-wiki.db#pg.database".
type SecretAccess struct {
	Target string `json:"target"`
	Scope  string `json:"scope"`
	Role   string `json:"role"`
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

// SecretRevoke records that the application at the other side of a relation may
// not read the secret any more.
func (c *Client) SecretRevoke(ctx context.Context, uri, relation string) error {
	_, err := c.Run(ctx, "secret-revoke", uri, "-r", relation)
	return err
}

// SecretIDs returns the bare ids of the secrets that the unit owns, and on the
// leader its application's, in no order.
func (c *Client) SecretIDs(ctx context.Context) ([]string, error) {
	return get[[]string](ctx, c, "secret-ids")
}

// SecretRemoveRevision records that one revision of a secret be removed.
func (c *Client) SecretRemoveRevision(ctx context.Context, uri string, revision int) error {
	_, err := c.Run(ctx, "secret-remove", uri, "--revision", strconv.Itoa(revision))
	return err
}

// SecretRemove records that the secret be removed, with all revisions.
func (c *Client) SecretRemove(ctx context.Context, uri string) error {
	_, err := c.Run(ctx, "secret-remove", uri)
	return err
}
