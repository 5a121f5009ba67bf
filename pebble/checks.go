package pebble

import (
	"context"
	"fmt"
	"strings"

	"github.com/canonical/pebble/client"
)

// CheckStatus is the state of a check.
type CheckStatus string

// The values of CheckStatus.
const (
	CheckUp       CheckStatus = "up"
	CheckDown     CheckStatus = "down"
	CheckInactive CheckStatus = "inactive"
)

// CheckInfo is a check as it is now.
type CheckInfo struct {
	Name      string
	Level     Level
	Startup   Startup
	Status    CheckStatus
	Failures  int // in a row
	Threshold int
	Successes *int // since it was started or last recovered; nil before Pebble 1.23

	// ChangeID is the change that runs the check: perform-check while it is up, recover-check while it is down. PrevChangeID
	// is the one before, from the last time it went the other way; older Pebbles do not tell.
	ChangeID     string
	PrevChangeID string
}

// HasRun reports whether the check has run since it was started or last recovered, and whether that is known at all: a Pebble
// before 1.23 does not count successes.
func (i CheckInfo) HasRun() (ran, known bool) {
	if i.Successes == nil {
		return i.Failures > 0, i.Failures > 0
	}
	return *i.Successes > 0 || i.Failures > 0, true
}

// Checks returns the checks of those names, or all of them, by name. Names that the plan does not have are left out.
func (c *Container) Checks(ctx context.Context, names ...string) (map[string]CheckInfo, error) {
	var checks map[string]CheckInfo
	err := c.call(ctx, "read checks", func(s *session) (err error) {
		checks, err = s.checks(names)
		return err
	})
	return checks, err
}

func (s *session) checks(names []string) (map[string]CheckInfo, error) {
	answer, err := s.Checks(&client.ChecksOptions{Names: names})
	if err != nil {
		return nil, err
	}
	checks := make(map[string]CheckInfo, len(answer))
	for _, info := range present(answer) {
		checks[info.Name] = newCheckInfo(info)
	}
	return checks, nil
}

func newCheckInfo(info *client.CheckInfo) CheckInfo {
	return CheckInfo{
		Name:         info.Name,
		Level:        Level(info.Level),
		Startup:      Startup(info.Startup),
		Status:       CheckStatus(info.Status),
		Failures:     info.Failures,
		Threshold:    info.Threshold,
		Successes:    info.Successes,
		ChangeID:     info.ChangeID,
		PrevChangeID: info.PrevChangeID,
	}
}

// RefreshCheck runs a check at once instead of at the end of its period; if it failed, failure says why. The status returned
// may still be the one before, since it follows a moment later. It needs Pebble 1.22.2, else the error is a [NotSupportedError]. An unknown check is fs.ErrNotExist.
func (c *Container) RefreshCheck(ctx context.Context, name string) (info CheckInfo, failure string, err error) {
	what := "refresh check " + name
	if err := c.supports(ctx, []newFeature{{fmt.Sprintf("refreshing check %q", name), needsRefresh}}); err != nil {
		return CheckInfo{}, "", fmt.Errorf("cannot %s in container %q: %w", what, c.name, err)
	}
	err = c.call(ctx, what, func(s *session) error {
		answer, err := s.RefreshCheck(&client.RefreshCheckOptions{Name: name})
		if err == nil {
			info, failure = newCheckInfo(&answer.Info), answer.Error
		}
		return err
	})
	return info, failure, err
}

// StartChecks starts checks and returns the ones that did not run yet.
func (c *Container) StartChecks(ctx context.Context, names ...string) ([]string, error) {
	return c.checkAction(ctx, "start", names, (*client.Client).StartChecks)
}

// StopChecks stops checks and returns the ones that did run. A check with startup enabled (or unset) runs again as soon as
// any layer is added; one that is started and stopped by call should have it disabled.
func (c *Container) StopChecks(ctx context.Context, names ...string) ([]string, error) {
	return c.checkAction(ctx, "stop", names, (*client.Client).StopChecks)
}

type checkAction func(*client.Client, *client.ChecksActionOptions) (*client.ChecksActionResult, error)

func (c *Container) checkAction(ctx context.Context, verb string, names []string, action checkAction) ([]string, error) {
	var changed []string
	err := c.call(ctx, verb+" checks "+strings.Join(names, ", "), func(s *session) error {
		answer, err := action(s.Client, &client.ChecksActionOptions{Names: names})
		if err == nil && answer != nil {
			changed = answer.Changed
		}
		return err
	})
	return changed, err
}
