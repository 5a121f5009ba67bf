package pebble

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/canonical/pebble/client"
)

// NoticeType is the kind of a notice. A newer Pebble may have others.
type NoticeType string

// The values of NoticeType. Juju makes a hook of custom ones only.
const (
	NoticeCustom       NoticeType = "custom"
	NoticeChangeUpdate NoticeType = "change-update" // its key is the id of a change
	NoticeWarning      NoticeType = "warning"       // its key is the text of the warning
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
	var notice wireNotice
	err := c.call(ctx, "read notice "+id, func(s *session) error {
		if !identifier.MatchString(id) {
			return errIdentifier
		}
		return s.ask(request{path: "/v1/notices/" + id}, &notice)
	})
	return orNil(notice.notice(), err)
}

// NoticesOptions limits what Notices returns; all limits hold at once.
type NoticesOptions struct {
	Types []NoticeType
	Keys  []string
	After time.Time // only those that were repeated later

	// UserID, if set, asks for the notices of another user, which only an administrator may. Public ones come with them.
	UserID *uint32

	// AllUsers asks for the notices of all users, which only an administrator may. There must be no UserID then.
	AllUsers bool
}

func (o *NoticesOptions) query() url.Values {
	query := url.Values{}
	if o == nil {
		return query
	}
	for _, t := range o.Types {
		query.Add("types", string(t))
	}
	for _, key := range o.Keys {
		query.Add("keys", key)
	}
	if !o.After.IsZero() {
		query.Set("after", o.After.Format(time.RFC3339Nano))
	}
	if o.UserID != nil {
		query.Set("user-id", strconv.FormatUint(uint64(*o.UserID), 10))
	}
	if o.AllUsers {
		query.Set("users", "all")
	}
	return query
}

// Notices returns the notices that this user may see, the one that was repeated longest ago first.
func (c *Container) Notices(ctx context.Context, opts *NoticesOptions) ([]*Notice, error) {
	var notices []*Notice
	err := c.call(ctx, "read notices", func(s *session) (err error) {
		notices, err = s.notices(opts.query())
		return err
	})
	return notices, err
}

// noticesWait is how long one request for notices to come may take.
const noticesWait = 30 * time.Second

// WaitNotices returns the notices that Notices would, and waits for the first one if there is none. To wait for the next ones,
// After is the LastRepeated of the last of them.
func (c *Container) WaitNotices(ctx context.Context, opts *NoticesOptions) ([]*Notice, error) {
	var notices []*Notice
	err := c.call(ctx, "wait for notices", func(s *session) (err error) {
		query := opts.query()
		query.Set("timeout", noticesWait.String())
		for len(notices) == 0 && err == nil {
			notices, err = s.notices(query)
		}
		return err
	})
	return notices, err
}

func (s *session) notices(query url.Values) ([]*Notice, error) {
	var answer []*wireNotice
	if err := s.ask(request{path: "/v1/notices", query: query}, &answer); err != nil {
		return nil, err
	}
	var notices []*Notice
	for _, n := range present(answer) {
		notices = append(notices, n.notice())
	}
	return notices, nil
}

// Warnings returns the warnings that Pebble has given after a time; the zero time is all of them. Pebble does not note which
// ones were seen: whoever acknowledges them keeps the LastRepeated of the last one for the next call.
func (c *Container) Warnings(ctx context.Context, after time.Time) ([]*Notice, error) {
	return c.Notices(ctx, &NoticesOptions{Types: []NoticeType{NoticeWarning}, After: after})
}

// wireNotice is a Notice as Pebble's API has it.
type wireNotice struct {
	ID            string            `json:"id"`
	UserID        *uint32           `json:"user-id"`
	Type          NoticeType        `json:"type"`
	Key           string            `json:"key"`
	FirstOccurred time.Time         `json:"first-occurred"`
	LastOccurred  time.Time         `json:"last-occurred"`
	LastRepeated  time.Time         `json:"last-repeated"`
	Occurrences   int               `json:"occurrences"`
	LastData      map[string]string `json:"last-data"`
	RepeatAfter   string            `json:"repeat-after"`
	ExpireAfter   string            `json:"expire-after"`
}

func (w *wireNotice) notice() *Notice {
	n := &Notice{
		ID:            w.ID,
		UserID:        w.UserID,
		Type:          w.Type,
		Key:           w.Key,
		FirstOccurred: w.FirstOccurred,
		LastOccurred:  w.LastOccurred,
		LastRepeated:  w.LastRepeated,
		Occurrences:   w.Occurrences,
		LastData:      w.LastData,
	}
	// Both are optional, and nothing hangs on a form that is not known.
	n.RepeatAfter, _ = time.ParseDuration(w.RepeatAfter)
	n.ExpireAfter, _ = time.ParseDuration(w.ExpireAfter)
	return n
}
