package memory_test

import (
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// notices returns notices of a type.
func (c *contract) notices(opts pebble.NoticesOptions) []*pebble.Notice {
	c.Helper()
	notices, err := c.container().Notices(c.Context(), &opts)
	require.NoError(c, err)
	return notices
}

// changeNotice returns the notice about a change.
func (c *contract) changeNotice(id string) *pebble.Notice {
	c.Helper()
	notices := c.notices(pebble.NoticesOptions{Types: []pebble.NoticeType{pebble.NoticeChangeUpdate}, Keys: []string{id}})
	require.Len(c, notices, 1)
	return notices[0]
}

var noticeCases = []contractCase{
	{name: "custom", run: func(c *contract) {
		id, err := c.container().Notify(c.Context(), "example.com/x", &pebble.NotifyOptions{Data: map[string]string{"a": "b"}})
		require.NoError(c, err)
		notice, err := c.container().Notice(c.Context(), id)
		require.NoError(c, err)
		require.False(c, notice.FirstOccurred.IsZero())
		require.Equal(c, &pebble.Notice{
			ID: id, UserID: ptr(uint32(0)), Type: pebble.NoticeCustom, Key: "example.com/x", Occurrences: 1,
			FirstOccurred: notice.FirstOccurred, LastOccurred: notice.FirstOccurred, LastRepeated: notice.FirstOccurred,
			LastData: map[string]string{"a": "b"}, ExpireAfter: 7 * 24 * time.Hour,
		}, notice)
	}},
	{name: "again", run: func(c *contract) {
		first, err := c.container().Notify(c.Context(), "example.com/x", &pebble.NotifyOptions{Data: map[string]string{"a": "b"}})
		require.NoError(c, err)
		second, err := c.container().Notify(c.Context(), "example.com/x", nil)
		require.NoError(c, err)
		require.Equal(c, first, second)
		notice, err := c.container().Notice(c.Context(), first)
		require.NoError(c, err)
		require.Equal(c, 2, notice.Occurrences)
		require.Empty(c, notice.LastData)
		require.True(c, notice.LastRepeated.After(notice.FirstOccurred))
		require.Equal(c, notice.LastOccurred, notice.LastRepeated)
	}},
	{name: "repeat-after", run: func(c *contract) {
		opts := &pebble.NotifyOptions{RepeatAfter: time.Hour}
		id, err := c.container().Notify(c.Context(), "example.com/x", opts)
		require.NoError(c, err)
		_, err = c.container().Notify(c.Context(), "example.com/x", opts)
		require.NoError(c, err)
		notice, err := c.container().Notice(c.Context(), id)
		require.NoError(c, err)
		require.Equal(c, notice.FirstOccurred, notice.LastRepeated)
		require.True(c, notice.LastOccurred.After(notice.FirstOccurred))
		require.Equal(c, time.Hour, notice.RepeatAfter)
		require.Empty(c, c.notices(pebble.NoticesOptions{After: notice.LastRepeated}))
	}},
	{name: "filters", run: func(c *contract) {
		for _, key := range []string{"example.com/x", "example.com/y"} {
			_, err := c.container().Notify(c.Context(), key, nil)
			require.NoError(c, err)
		}
		require.NoError(c, c.container().Replan(c.Context()))
		custom := c.notices(pebble.NoticesOptions{Types: []pebble.NoticeType{"custom", "unknown"}})
		require.Len(c, custom, 2)
		require.Equal(c, "example.com/x", custom[0].Key)
		require.Empty(c, c.notices(pebble.NoticesOptions{Types: []pebble.NoticeType{"unknown"}}))
		require.Len(c, c.notices(pebble.NoticesOptions{}), 3)
		require.Len(c, c.notices(pebble.NoticesOptions{Keys: []string{"example.com/y", "example.com/z"}}), 1)
		later := c.notices(pebble.NoticesOptions{After: custom[0].LastRepeated})
		require.Len(c, later, 2)
		require.Equal(c, "example.com/y", later[0].Key)
		require.Len(c, c.notices(pebble.NoticesOptions{UserID: ptr(uint32(7))}), 1, "the public one")
	}},
	{name: "in the order of their repetition", run: func(c *contract) {
		for _, key := range []string{"example.com/x", "example.com/y", "example.com/x"} {
			_, err := c.container().Notify(c.Context(), key, nil)
			require.NoError(c, err)
		}
		var keys []string
		for _, notice := range c.notices(pebble.NoticesOptions{}) {
			keys = append(keys, notice.Key)
		}
		require.Equal(c, []string{"example.com/y", "example.com/x"}, keys)
	}},
	{name: "that there is not", run: func(c *contract) {
		_, err := c.container().Notice(c.Context(), "77")
		c.refusedBy(err, `cannot find notice with ID "77"`)
	}},
	{name: "with a wrong key", run: func(c *contract) {
		for _, key := range []string{"x", "example.com", "Example.com/x", "example.com/x_y", "example.com/", "-a.com/x"} {
			_, err := c.container().Notify(c.Context(), key, nil)
			c.refusedBy(err, `invalid key "`+key+`" (must be in "example.com/path" format)`)
		}
		_, err := c.container().Notify(c.Context(), "example.com/"+strings.Repeat("x", 256), nil)
		c.refusedBy(err, "key must be 256 bytes or less")
	}},
	{name: "with too much data", run: func(c *contract) {
		_, err := c.container().Notify(c.Context(), "example.com/x", &pebble.NotifyOptions{Data: map[string]string{"a": strings.Repeat("x", 5000)}})
		c.refusedBy(err, "total size of data must be 4096 bytes or less")
	}},
	{name: "wrong requests", run: func(c *contract) {
		for request, problem := range map[string]string{
			"/v1/notices?users=some":          `400 : invalid "users" filter: must be "all"`,
			"/v1/notices?users=all&user-id=1": `400 : cannot use both "users" and "user-id" parameters`,
			"/v1/notices?user-id=1,2":         `400 : invalid "user-id" filter: must only include one "user-id"`,
			"/v1/notices?timeout=soon":        `400 : invalid timeout: time: invalid duration "soon"`,
			"/v1/notices?user-id=-1":          `400 : invalid "user-id" filter: user ID is not a valid uint32: -1`,
		} {
			status, answer := c.do("GET", request, "")
			c.refused(apiError(status, answer), problem)
		}
		status, answer := c.do("POST", "/v1/notices", `{"action": "add", "type": "warning", "key": "x"}`)
		c.refused(apiError(status, answer), `400 : invalid type "warning" (can only add "custom" notices)`)
	}},
	{name: "waiting for one", run: func(c *contract) {
		got := make(chan []object, 1)
		go func() { got <- get[[]object](c, "/v1/notices?timeout=20s&keys=example.com/wanted") }()
		for _, key := range []string{"example.com/other", "example.com/wanted"} {
			_, err := c.container().Notify(c.Context(), key, nil)
			require.NoError(c, err)
		}
		list := <-got
		require.Len(c, list, 1)
		require.Equal(c, "example.com/wanted", list[0]["key"])
		require.Empty(c, get[[]object](c, "/v1/notices?timeout=1ms&keys=example.com/x"))
	}},
	{name: "of a change", run: func(c *contract) {
		c.must("a", three)
		require.NoError(c, c.container().Start(c.Context(), "a"))
		notice := c.changeNotice(c.lastChange("start").ID)
		require.Equal(c, map[string]string{"kind": "start"}, notice.LastData)
		require.Equal(c, 3, notice.Occurrences, "spawned, doing, done")
	}},
	{name: "of a change that fails", run: func(c *contract) {
		c.must("a", chain)
		c.process("c", memory.Process{StartError: memory.NotFound("nosuch")})
		c.must("b", "services: {c: {override: merge, command: nosuch}}")
		require.Error(c, c.container().Start(c.Context(), "a"))
		require.Equal(c, 4, c.changeNotice(c.lastChange("start").ID).Occurrences, "spawned, doing, to be aborted, failed")
	}},
	{name: "of a change that fails in the middle", run: func(c *contract) {
		c.must("a", chain)
		c.process("b", memory.Process{StartError: memory.NotFound("nosuch")})
		c.must("b", "services: {b: {override: merge, command: nosuch}}")
		require.Error(c, c.container().Start(c.Context(), "a"))
		require.Equal(c, 6, c.changeNotice(c.lastChange("start").ID).Occurrences,
			"spawned, doing, to be undone, to be aborted, to be undone, failed")
	}},
	{name: "of a change with nothing to do", run: func(c *contract) {
		require.NoError(c, c.container().Replan(c.Context()))
		require.Equal(c, 2, c.changeNotice(c.lastChange("replan").ID).Occurrences)
	}},
}

// object is any JSON object.
type object = map[string]any

// sortedKeys are the keys of notices.
func sortedKeys(notices []*pebble.Notice) []string {
	var keys []string
	for _, notice := range notices {
		keys = append(keys, notice.Key)
	}
	slices.Sort(keys)
	return keys
}
