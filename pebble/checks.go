package pebble

import (
	"context"
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
	ChangeID  string
	Successes *int // nil before Pebble 1.23
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
	for _, info := range answer {
		checks[info.Name] = CheckInfo{
			Name:      info.Name,
			Level:     Level(info.Level),
			Startup:   Startup(info.Startup),
			Status:    CheckStatus(info.Status),
			Failures:  info.Failures,
			Threshold: info.Threshold,
			ChangeID:  info.ChangeID,
			Successes: info.Successes,
		}
	}
	return checks, nil
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
