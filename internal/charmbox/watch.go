package charmbox

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/canonical/pebble/client"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/sandbox"
	"github.com/charmkit/charmkit/pebble"
)

// Juju's agent looks at a Pebble every 5 seconds; a person who tries things out
// would wait for each of them.
const pollInterval = 250 * time.Millisecond

// resendDelay is when an event whose hook has failed is sent again: at the next
// of Juju's looks.
const resendDelay = 5 * time.Second

// pebbleWatch turns what one container's Pebble says into events: pebble-ready
// when its boot id is new, and notices. As in Juju a boot id is remembered only
// once its hook has succeeded, and only by this process; and all notices that
// Pebble keeps come again when the watch begins.
type pebbleWatch struct {
	container string
	socket    string
	// send runs the hook of an event and returns when it has ended.
	send func(context.Context, hook.Info) error
	// user is who looks: as the agent, he does not see what other users of the
	// container notify. Nil is the daemon's own user.
	user *uint32
	// retryDelay is when an event is sent again, 0 for resendDelay.
	retryDelay time.Duration

	bootID string
	// after is the last-repeated of the notice that was handled last.
	after time.Time
}

// run watches until ctx ends.
func (w *pebbleWatch) run(ctx context.Context) {
	for ctx.Err() == nil {
		pause := pollInterval
		// A Pebble that does not answer is an ordinary thing: it is asked
		// again.
		if err := w.look(ctx); errors.As(err, new(*unsentError)) {
			pause = w.retryDelay
			if pause == 0 {
				pause = resendDelay
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// ownLook tells whether a line of a Pebble's log is about a look of ours: there
// are so many of them that they would hide all else.
func ownLook(line string) bool {
	return strings.Contains(line, "[pebble] GET /v1/notices?") || strings.Contains(line, "[pebble] GET /v1/system-info ")
}

// unsentError says that an event's hook has failed.
type unsentError struct{ err error }

func (e *unsentError) Error() string { return "cannot send the event: " + e.err.Error() }

func (e *unsentError) Unwrap() error { return e.err }

func (w *pebbleWatch) look(ctx context.Context) error {
	short, err := sandbox.ShortSocketPath(w.socket)
	if err != nil {
		return err
	}
	defer short.Close()
	// A new value each time: it would remember the boot id.
	daemon := pebble.NewContainer(w.container, short.String())
	info, err := daemon.SystemInfo(ctx)
	if err != nil {
		return err
	}
	if info.BootID != w.bootID {
		if err := w.send(ctx, hook.Info{Kind: hook.PebbleReady, Workload: w.container}); err != nil {
			return &unsentError{err}
		}
		w.bootID = info.BootID
	}
	notices, err := daemon.Notices(ctx, &pebble.NoticesOptions{After: w.after, UserID: w.user})
	if err != nil {
		return err
	}
	for _, notice := range notices {
		event, ok, err := w.event(short.String(), notice)
		if err != nil {
			return err
		}
		if ok {
			if err := w.send(ctx, event); err != nil {
				return &unsentError{err}
			}
		}
		w.after = notice.LastRepeated
	}
	return nil
}

// event is the hook for a notice, if there is one.
func (w *pebbleWatch) event(socket string, notice *pebble.Notice) (hook.Info, bool, error) {
	info := hook.Info{Workload: w.container}
	switch notice.Type {
	case pebble.NoticeCustom:
		info.Kind = hook.PebbleCustomNotice
		info.NoticeID, info.NoticeType, info.NoticeKey = notice.ID, string(notice.Type), notice.Key
		return info, true, nil
	case pebble.NoticeChangeUpdate:
		info.CheckName = notice.LastData["check-name"]
		switch notice.LastData["kind"] {
		case "perform-check":
			info.Kind = hook.PebbleCheckFailed
			happened, err := changeIs(socket, notice.Key, "Error")
			return info, happened, err
		case "recover-check":
			info.Kind = hook.PebbleCheckRecovered
			happened, err := changeIs(socket, notice.Key, "Done")
			return info, happened, err
		}
	}
	return info, false, nil
}

// changeIs tells whether a change of Pebble's has a status. It forgets old ones:
// they count too, as in Juju.
func changeIs(socket, id, status string) (bool, error) {
	daemon, err := client.New(&client.Config{Socket: socket, DisableKeepAlive: true})
	if err != nil {
		return false, err
	}
	defer daemon.CloseIdleConnections()
	change, err := daemon.Change(id)
	var refused *client.Error
	if errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return change.Status == status, nil
}
