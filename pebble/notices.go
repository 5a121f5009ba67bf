package pebble

import (
	"context"
	"time"

	"github.com/canonical/pebble/client"
)

// NoticeType is the kind of a notice.
type NoticeType string

// The values of NoticeType that reach a charm.
const (
	NoticeCustom       NoticeType = "custom"
	NoticeChangeUpdate NoticeType = "change-update"
)

// Notice is something that happened in a container, as often as Occurrences. Notices of one type and key are one.
type Notice struct {
	ID            string
	UserID        *uint32 // nil if it is for everybody
	Type          NoticeType
	Key           string // example.com/path, for a custom one
	FirstOccurred time.Time
	LastOccurred  time.Time
	LastRepeated  time.Time
	Occurrences   int
	LastData      map[string]string
	RepeatAfter   time.Duration
	ExpireAfter   time.Duration
}

// NotifyOptions are the optional parts of a notice.
type NotifyOptions struct {
	Data        map[string]string
	RepeatAfter time.Duration // within it, the same notice is not reported again
}

// Notify records a custom notice, whose key has the form example.com/path, and returns its id. Juju answers with a
// pebble-custom-notice hook.
func (c *Container) Notify(ctx context.Context, key string, opts *NotifyOptions) (string, error) {
	if opts == nil {
		opts = &NotifyOptions{}
	}
	var id string
	err := c.call(ctx, "notify "+key, func(s *session) (err error) {
		id, err = s.Notify(&client.NotifyOptions{
			Type:        client.CustomNotice,
			Key:         key,
			Data:        opts.Data,
			RepeatAfter: opts.RepeatAfter,
		})
		return err
	})
	return id, err
}

// Notice returns the notice of an id. One that Pebble does not keep any more is fs.ErrNotExist.
func (c *Container) Notice(ctx context.Context, id string) (*Notice, error) {
	var notice *Notice
	err := c.call(ctx, "read notice "+id, func(s *session) error {
		answer, err := s.Notice(id)
		if err == nil {
			notice = newNotice(answer)
		}
		return err
	})
	return notice, err
}

// NoticesOptions limits what Notices returns; all limits hold at once.
type NoticesOptions struct {
	Types []NoticeType
	Keys  []string
	After time.Time // only those that were repeated later
	// UserID, if set, asks for the notices of another user, which only an administrator may. Public ones come with them.
	UserID *uint32
}

// Notices returns the notices that this user may see, the one that was repeated longest ago first.
func (c *Container) Notices(ctx context.Context, opts *NoticesOptions) ([]*Notice, error) {
	query := &client.NoticesOptions{}
	if opts != nil {
		query.Keys, query.After, query.UserID = opts.Keys, opts.After, opts.UserID
		for _, t := range opts.Types {
			query.Types = append(query.Types, client.NoticeType(t))
		}
	}
	var notices []*Notice
	err := c.call(ctx, "read notices", func(s *session) error {
		answer, err := s.Notices(query)
		for _, n := range answer {
			notices = append(notices, newNotice(n))
		}
		return err
	})
	return notices, err
}

func newNotice(n *client.Notice) *Notice {
	return &Notice{
		ID:            n.ID,
		UserID:        n.UserID,
		Type:          NoticeType(n.Type),
		Key:           n.Key,
		FirstOccurred: n.FirstOccurred,
		LastOccurred:  n.LastOccurred,
		LastRepeated:  n.LastRepeated,
		Occurrences:   n.Occurrences,
		LastData:      n.LastData,
		RepeatAfter:   n.RepeatAfter,
		ExpireAfter:   n.ExpireAfter,
	}
}
