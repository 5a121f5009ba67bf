package hooktool

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
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

// SecretMetadata is what an owner says of a secret, beside its content. What is
// empty is not said: a change leaves it as it is.
type SecretMetadata struct {
	Label       string
	Description string
	// Rotate is how often secret-rotate comes.
	Rotate Rotation
	// Expire is when secret-expired comes. Once set it cannot be taken back.
	Expire time.Time
}

func (m SecretMetadata) args() []string {
	var args []string
	for _, flag := range []struct{ name, value string }{
		{"--label", m.Label}, {"--description", m.Description}, {"--rotate", string(m.Rotate)},
	} {
		if flag.value != "" {
			args = append(args, flag.name+"="+flag.value)
		}
	}
	if !m.Expire.IsZero() {
		args = append(args, "--expire="+m.Expire.UTC().Format(time.RFC3339))
	}
	return args
}

// Rotation is how often the owner of a secret is told to change it.
type Rotation string

// The rotations. Of a new secret, none given is never.
const (
	RotateNever     Rotation = "never"
	RotateHourly    Rotation = "hourly"
	RotateDaily     Rotation = "daily"
	RotateWeekly    Rotation = "weekly"
	RotateMonthly   Rotation = "monthly"
	RotateQuarterly Rotation = "quarterly"
	RotateYearly    Rotation = "yearly"
)

// SecretAddOptions describes a new secret.
type SecretAddOptions struct {
	Owner SecretOwner
	SecretMetadata
}

// SecretAdd records a new secret and returns its URI. Keys have at least three
// characters, lower-case letters, digits and inner hyphens. The content travels
// in a file that only this user may read, which is removed at once.
func (c *Client) SecretAdd(ctx context.Context, content map[string]string, options SecretAddOptions) (string, error) {
	args := append([]string{"--owner", string(options.Owner)}, options.args()...)
	var uri string
	err := withContentFile(content, func(path string) error {
		out, err := c.Run(ctx, "secret-add", append(args, "--file", path)...)
		uri = strings.TrimSpace(string(out))
		return err
	})
	return uri, err
}

// SecretChange is what is to change of a secret.
type SecretChange struct {
	// Content is that of a new revision; if nil there is none. From Juju 3.6 on,
	// content equal to the latest makes none either.
	Content map[string]string
	SecretMetadata
}

// SecretSet records a change of a secret; an empty one is nothing. Juju before
// 3.6 keeps only the last change of a secret in a hook.
func (c *Client) SecretSet(ctx context.Context, uri string, change SecretChange) error {
	args := change.args()
	if change.Content == nil {
		if len(args) == 0 {
			return nil
		}
		_, err := c.Run(ctx, "secret-set", append(args, "--", uri)...)
		return err
	}
	return withContentFile(change.Content, func(path string) error {
		_, err := c.Run(ctx, "secret-set", append(args, "--file", path, "--", uri)...)
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
	file, err := os.CreateTemp("", "secret-*")
	if err != nil {
		return fmt.Errorf("cannot hand the secret to the unit agent: %w", err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(payload(encoded))
	if err := errors.Join(err, file.Close()); err != nil {
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
	// Peek reads the latest revision, and leaves what is tracked as it is.
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
	ID          string      `json:"-"`
	Revision    int         `json:"revision"`
	Label       string      `json:"label"`
	Owner       SecretOwner `json:"owner"`
	Description string      `json:"description"`
	// Rotation is never if the secret is not rotated. Rotates is when it is next.
	Rotation Rotation  `json:"rotation"`
	Rotates  time.Time `json:"rotates"`
	Expiry   time.Time `json:"expiry"`
	// Access is who may read it; what this hook granted is not in it yet.
	Access []SecretAccess `json:"access"`
}

// SecretAccess is a grant. Target and Scope are Juju's tags, such as
// "application-wiki" and "relation-wiki.db#postgresql.database".
type SecretAccess struct {
	Target string `json:"target"`
	Scope  string `json:"scope"`
	Role   string `json:"role"`
}

// SecretInfoGetOptions names a secret by one of the two.
type SecretInfoGetOptions struct{ URI, Label string }

// SecretInfoGet returns what is known of an owned secret; of one that the
// application owns, only on its leader.
func (c *Client) SecretInfoGet(ctx context.Context, options SecretInfoGetOptions) (SecretInfo, error) {
	var args []string
	if options.Label != "" {
		args = append(args, "--label="+options.Label)
	}
	if options.URI != "" {
		args = append(args, "--", options.URI)
	}
	infos, err := get[map[string]SecretInfo](ctx, c, "secret-info-get", args...)
	if err != nil {
		return SecretInfo{}, err
	}
	for id, info := range infos {
		info.ID = id
		return info, nil
	}
	return SecretInfo{}, &Error{Tool: "secret-info-get", Message: fmt.Sprintf("secret %q not found", options.Label+options.URI)}
}

// SecretIDs returns the bare ids of the secrets that the unit owns and, on the
// leader, of the application's, with the changes of this hook. They are sorted;
// Juju's own order is random.
func (c *Client) SecretIDs(ctx context.Context) ([]string, error) {
	ids, err := get[[]string](ctx, c, "secret-ids")
	slices.Sort(ids)
	return ids, err
}

// SecretAudience says who is to read a secret, or no longer to.
type SecretAudience struct {
	// Relation, "endpoint:number", is the one whose other side is meant. The
	// grant ends with it.
	Relation string
	// Unit is a remote unit, if not all of them are meant.
	Unit string
	// App is an application from which to take back what it was granted over all
	// relations; it is for SecretRevoke, without Relation.
	App string
}

func (a SecretAudience) args(uri string) []string {
	var args []string
	for _, flag := range []struct{ name, value string }{{"-r", a.Relation}, {"--unit", a.Unit}, {"--app", a.App}} {
		if flag.value != "" {
			args = append(args, flag.name, flag.value)
		}
	}
	return append(args, "--", uri)
}

// SecretGrant records that the other side of a relation may read the secret.
func (c *Client) SecretGrant(ctx context.Context, uri string, to SecretAudience) error {
	_, err := c.Run(ctx, "secret-grant", to.args(uri)...)
	return err
}

// SecretRevoke records that the other side of a relation may no longer read it.
func (c *Client) SecretRevoke(ctx context.Context, uri string, from SecretAudience) error {
	_, err := c.Run(ctx, "secret-revoke", from.args(uri)...)
	return err
}

// SecretRemove records that the secret be removed, with all revisions.
func (c *Client) SecretRemove(ctx context.Context, uri string) error {
	_, err := c.Run(ctx, "secret-remove", "--", uri)
	return err
}

// SecretRemoveRevision records that one revision be removed, counted from 1: one
// that nobody reads any more, as the event secret-remove tells.
func (c *Client) SecretRemoveRevision(ctx context.Context, uri string, revision int) error {
	if revision < 1 {
		// To Juju that would be all of them.
		return fmt.Errorf("cannot remove revision %d of a secret: they are counted from 1", revision)
	}
	_, err := c.Run(ctx, "secret-remove", "--revision", strconv.Itoa(revision), "--", uri)
	return err
}
