package hooktool

import "context"

// Status is a status with its message.
type Status struct {
	// Status is active, waiting, blocked or maintenance; reading may also give
	// unknown.
	Status  string `json:"status"`
	Message string `json:"message"`
}

// StatusGet returns the unit's workload status.
func (c *Client) StatusGet(ctx context.Context) (Status, error) {
	return get[Status](ctx, c, "status-get", "--include-data")
}

// StatusSet writes the unit's workload status, at once.
func (c *Client) StatusSet(ctx context.Context, s Status) error {
	_, err := c.Run(ctx, "status-set", "--", s.Status, s.Message)
	return err
}

// ApplicationVersionSet says which version of the workload runs, at once.
func (c *Client) ApplicationVersionSet(ctx context.Context, version string) error {
	_, err := c.Run(ctx, "application-version-set", "--", version)
	return err
}

// ApplicationStatusSet writes the application's status, at once; [ErrNotLeader] on
// other units than the leader.
func (c *Client) ApplicationStatusSet(ctx context.Context, s Status) error {
	_, err := c.Run(ctx, "status-set", "--application", "--", s.Status, s.Message)
	return err
}

// ApplicationStatus is an application's status, and its units'.
type ApplicationStatus struct {
	Status
	Units map[string]Status `json:"units"`
}

// ApplicationStatusGet returns the application's status; [ErrNotLeader] on other
// units than the leader.
func (c *Client) ApplicationStatusGet(ctx context.Context) (ApplicationStatus, error) {
	answer, err := get[struct {
		Application ApplicationStatus `json:"application-status"`
	}](ctx, c, "status-get", "--include-data", "--application")
	return answer.Application, err
}
