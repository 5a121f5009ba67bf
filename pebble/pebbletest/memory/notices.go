package memory

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/charmkit/charmkit/pebble"
)

const (
	// noticeExpiry is how long a notice is kept after it occurred last.
	noticeExpiry = 7 * 24 * time.Hour

	// warningRepeat is how often a warning is repeated at most.
	warningRepeat = 24 * time.Hour

	noticeWarning = pebble.NoticeType("warning")

	maxNoticeKey  = 256
	maxNoticeData = 4 << 10
)

// customKey is what the key of a custom notice looks like.
var customKey = regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+(?:/[a-z0-9]+(?:-[a-z0-9]+)*)+$`)

// addNotice records an occurrence of a notice, and returns its id.
func (p *Pebble) addNotice(user *uint32, kind pebble.NoticeType, key string, data map[string]string, repeatAfter time.Duration) string {
	now := p.tick()
	ownSlice(p, notices, &p.state.Notices)
	index := slices.IndexFunc(p.state.Notices, func(n Notice) bool {
		return n.Type == kind && n.Key == key && (n.UserID == nil) == (user == nil) && (user == nil || *user == *n.UserID)
	})
	if index < 0 {
		last := ""
		if n := len(p.state.Notices); n > 0 {
			last = p.state.Notices[n-1].ID
		}
		index = len(p.state.Notices)
		p.state.Notices = append(p.state.Notices, Notice{
			ID: next(last), UserID: user, Type: kind, Key: key, FirstOccurred: now, LastRepeated: now, ExpireAfter: noticeExpiry,
		})
	}
	n := &p.state.Notices[index]
	n.Occurrences++
	if repeatAfter == 0 || now.After(n.LastRepeated.Add(repeatAfter)) {
		n.LastRepeated = now
	}
	n.LastOccurred, n.LastData, n.RepeatAfter = now, data, repeatAfter
	p.happened()
	return n.ID
}

// Warn makes Pebble warn of something.
func (p *Pebble) Warn(message string) {
	p.update(func() { p.addNotice(nil, noticeWarning, message, nil, warningRepeat) })
}

type noticeJSON struct {
	ID            string            `json:"id"`
	UserID        *uint32           `json:"user-id"`
	Type          pebble.NoticeType `json:"type"`
	Key           string            `json:"key"`
	FirstOccurred time.Time         `json:"first-occurred"`
	LastOccurred  time.Time         `json:"last-occurred"`
	LastRepeated  time.Time         `json:"last-repeated"`
	Occurrences   int               `json:"occurrences"`
	LastData      map[string]string `json:"last-data,omitempty"`
	RepeatAfter   string            `json:"repeat-after,omitempty"`
	ExpireAfter   string            `json:"expire-after,omitempty"`
}

func (n *Notice) json() noticeJSON {
	out := noticeJSON{
		ID: n.ID, UserID: n.UserID, Type: n.Type, Key: n.Key, FirstOccurred: n.FirstOccurred, LastOccurred: n.LastOccurred,
		LastRepeated: n.LastRepeated, Occurrences: n.Occurrences, LastData: maps.Clone(n.LastData),
	}
	if n.RepeatAfter != 0 {
		out.RepeatAfter = n.RepeatAfter.String()
	}
	if n.ExpireAfter != 0 {
		out.ExpireAfter = n.ExpireAfter.String()
	}
	return out
}

// noticeFilter is what GET /v1/notices asks for.
type noticeFilter struct {
	user  *uint32 // nil is all users
	types []string
	keys  []string
	after time.Time
	none  bool // only types that nobody knows
}

func newNoticeFilter(r *request) (f noticeFilter, problem *answer) {
	query := r.URL.Query()
	f.user = new(uint32)
	if query.Has("user-id") {
		ids := commaSeparated(r, "user-id")
		if len(ids) != 1 {
			return f, refuse(`invalid "user-id" filter: must only include one "user-id"`)
		}
		id, err := strconv.ParseInt(ids[0], 10, 64)
		if err != nil {
			return f, refuse(`invalid "user-id" filter: %v`, err)
		}
		if id < 0 || id > 1<<32-1 {
			return f, refuse(`invalid "user-id" filter: user ID is not a valid uint32: %d`, id)
		}
		*f.user = uint32(id)
	}
	if query.Has("users") {
		if query.Has("user-id") {
			return f, refuse(`cannot use both "users" and "user-id" parameters`)
		}
		if query.Get("users") != "all" {
			return f, refuse(`invalid "users" filter: must be "all"`)
		}
		f.user = nil
	}
	asked := commaSeparated(r, "types")
	for _, name := range asked {
		switch pebble.NoticeType(name) {
		case pebble.NoticeChangeUpdate, pebble.NoticeCustom, noticeWarning:
			f.types = append(f.types, name)
		}
	}
	f.none = len(asked) > 0 && len(f.types) == 0
	f.keys = commaSeparated(r, "keys")
	if after := query.Get("after"); after != "" {
		var err error
		if f.after, err = time.Parse(time.RFC3339, after); err != nil {
			return f, refuse(`invalid "after" timestamp: %v`, err)
		}
	}
	return f, nil
}

// notices returns what a filter lets through, the one that was repeated longest ago first.
func (p *Pebble) notices(f noticeFilter) []noticeJSON {
	list := []noticeJSON{}
	for i := range p.state.Notices {
		n := &p.state.Notices[i]
		switch {
		case f.none,
			n.ExpireAfter != 0 && n.LastOccurred.Add(n.ExpireAfter).Before(p.now()),
			f.user != nil && n.UserID != nil && *f.user != *n.UserID,
			len(f.types) > 0 && !slices.Contains(f.types, string(n.Type)),
			len(f.keys) > 0 && !slices.Contains(f.keys, n.Key),
			!f.after.IsZero() && !n.LastRepeated.After(f.after):
			continue
		}
		list = append(list, n.json())
	}
	slices.SortStableFunc(list, func(a, b noticeJSON) int { return a.LastRepeated.Compare(b.LastRepeated) })
	return list
}

// getNotices is called with the lock, which it gives up while it waits.
func (p *Pebble) getNotices(r *request) answer {
	f, problem := newNoticeFilter(r)
	if problem != nil {
		return *problem
	}
	timeout, err := duration(r.URL.Query().Get("timeout"))
	if err != nil {
		return badRequest("invalid timeout: %v", err)
	}
	list := p.notices(f)
	if timeout == 0 || len(list) > 0 || f.none {
		return result(list)
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for len(list) == 0 && p.sleep(r, timer.C) {
		list = p.notices(f)
	}
	if r.Context().Err() != nil {
		return badRequest("request canceled")
	}
	return result(list)
}

func (p *Pebble) getNotice(id string) answer {
	for i := range p.state.Notices {
		if n := &p.state.Notices[i]; n.ID == id {
			return result(n.json())
		}
	}
	return failure(http.StatusNotFound, "", fmt.Sprintf("cannot find notice with ID %q", id))
}

func (p *Pebble) postNotices(r *request) answer {
	var payload struct {
		Action      string          `json:"action"`
		Type        string          `json:"type"`
		Key         string          `json:"key"`
		RepeatAfter string          `json:"repeat-after"`
		Data        json.RawMessage `json:"data"`
	}
	if err := decode(r, &payload); err != nil {
		return badRequest("cannot decode request body: %v", err)
	}
	switch {
	case payload.Action != "add":
		return badRequest("invalid action %q", payload.Action)
	case payload.Type != string(pebble.NoticeCustom):
		return badRequest(`invalid type %q (can only add "custom" notices)`, payload.Type)
	case !customKey.MatchString(payload.Key):
		return badRequest(`invalid key %q (must be in "example.com/path" format)`, payload.Key)
	case len(payload.Key) > maxNoticeKey:
		return badRequest("key must be %d bytes or less", maxNoticeKey)
	}
	repeatAfter, err := duration(payload.RepeatAfter)
	if err != nil {
		return badRequest("invalid repeat-after: %v", err)
	}
	if len(payload.Data) > maxNoticeData {
		return badRequest("total size of data must be %d bytes or less", maxNoticeData)
	}
	var data map[string]string
	if len(payload.Data) > 0 {
		if err := json.Unmarshal(payload.Data, &data); err != nil {
			return badRequest("cannot decode notice data: %v", err)
		}
	}
	id := p.addNotice(new(uint32), pebble.NoticeCustom, payload.Key, data, repeatAfter)
	return result(map[string]string{"id": id})
}
