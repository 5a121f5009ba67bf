package uniter

import (
	"time"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// defaultUpdateStatus is the default of update-status-hook-interval.
const defaultUpdateStatus = 5 * time.Minute

// spread changes a delay by up to 20 %.
func (u *Uniter) spread(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*u.o.Jitter()))
}

func (u *Uniter) scheduleRetry() {
	never := false
	u.o.Model.View(func(s *model.State) { never = s.Settings.NoRetry })
	u.retryAt = time.Time{}
	if !never {
		u.retryAt = u.o.Clock.Now().Add(u.spread(u.retryDelay))
	}
}

func (u *Uniter) scheduleUpdateStatus() {
	var interval time.Duration
	u.o.Model.View(func(s *model.State) { interval = s.Settings.UpdateStatusInterval })
	if interval == 0 {
		interval = defaultUpdateStatus
	}
	u.updateStatusAt = time.Time{}
	if interval > 0 {
		u.updateStatusAt = u.o.Clock.Now().Add(u.spread(interval))
	}
}

// timer returns a channel that tells when time alone may bring something to do;
// nil if never.
func (u *Uniter) timer() <-chan time.Time {
	var next time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if u.local.Failed != nil {
		sooner(u.retryAt)
	} else {
		sooner(u.updateStatusAt)
		var secrets SecretsSnapshot
		u.o.Model.View(func(s *model.State) { secrets = secretsOf(s, u.o.Unit) })
		if secrets.Next != nil {
			sooner(*secrets.Next)
		}
	}
	if next.IsZero() {
		return nil
	}
	return u.o.Clock.After(max(0, next.Sub(u.o.Clock.Now())))
}
