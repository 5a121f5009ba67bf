package pebble_test

import (
	"context"
	"io/fs"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

func TestNotices(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		id, err := c.Notify(ctx, "example.com/hello", &pebble.NotifyOptions{Data: map[string]string{"k": "v"}})
		require.NoError(t, err)
		again, err := c.Notify(ctx, "example.com/hello", nil)
		require.NoError(t, err)
		require.Equal(t, id, again)
		notice, err := c.Notice(ctx, id)
		require.NoError(t, err)
		require.Equal(t, pebble.NoticeCustom, notice.Type)
		require.Equal(t, "example.com/hello", notice.Key)
		require.Equal(t, 2, notice.Occurrences)
		notices, err := c.Notices(ctx, &pebble.NoticesOptions{Types: []pebble.NoticeType{pebble.NoticeCustom}})
		require.NoError(t, err)
		require.Equal(t, []*pebble.Notice{notice}, notices)
		_, err = c.Notice(ctx, "4711")
		require.ErrorIs(t, err, fs.ErrNotExist)
	})
}

func TestWaitNotices(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		custom := &pebble.NoticesOptions{Types: []pebble.NoticeType{pebble.NoticeCustom}, Keys: []string{"example.com/b"}, AllUsers: true}
		result := make(chan []*pebble.Notice, 1)
		go func() {
			notices, err := c.WaitNotices(ctx, custom)
			if err != nil {
				t.Error(err)
			}
			result <- notices
		}()
		for _, key := range []string{"example.com/a", "example.com/b"} {
			_, err := c.Notify(ctx, key, &pebble.NotifyOptions{RepeatAfter: time.Hour})
			require.NoError(t, err)
		}
		notices := <-result
		require.Len(t, notices, 1)
		require.Equal(t, "example.com/b", notices[0].Key)
		require.Equal(t, time.Hour, notices[0].RepeatAfter)
		require.NotZero(t, notices[0].ExpireAfter)
		require.NotNil(t, notices[0].UserID)

		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		custom.After = notices[0].LastRepeated
		_, err := c.WaitNotices(short, custom)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		notices, err = c.Notices(ctx, &pebble.NoticesOptions{UserID: ptr(uint32(4242)), Types: []pebble.NoticeType{pebble.NoticeCustom}})
		require.NoError(t, err)
		require.Empty(t, notices, "they are another user's")
		_, err = c.Notices(ctx, &pebble.NoticesOptions{UserID: ptr(uint32(1)), AllUsers: true})
		require.ErrorContains(t, err, "cannot use both")
		warnings, err := c.Warnings(ctx, time.Time{})
		require.NoError(t, err)
		require.Empty(t, warnings)
	})
}

func TestWarningsAreNoticesOfTheirType(t *testing.T) {
	t.Parallel()
	var query url.Values
	ctx := answering(t.Context(), "application/json", syncAnswer(`[{"id": "7", "type": "warning", "key": "beware"}]`))
	ctx = pebble.WithMiddleware(ctx, func(_ string, next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			query = req.URL.Query()
			return next.RoundTrip(req)
		})
	})
	warnings, err := nowhere.Warnings(ctx, time.Date(2030, 1, 2, 3, 4, 5, 6, time.UTC))
	require.NoError(t, err)
	require.Equal(t, []*pebble.Notice{{ID: "7", Type: pebble.NoticeWarning, Key: "beware"}}, warnings)
	require.Equal(t, url.Values{"types": {"warning"}, "after": {"2030-01-02T03:04:05.000000006Z"}}, query)
}
