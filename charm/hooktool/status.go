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

// ApplicationStatus is an application's status with those of its units, by name.
type ApplicationStatus struct {
	Status
	Units map[string]Status `json:"units"`
}

// ApplicationStatusGet returns the application's status; only on its leader.
func (c *Client) ApplicationStatusGet(ctx context.Context) (ApplicationStatus, error) {
	type answer struct {
		Status ApplicationStatus `json:"application-status"`
	}
	a, err := get[answer](ctx, c, "status-get", "--include-data", "--application")
	return a.Status, err
}

// ApplicationStatusSet writes the application's status, at once; only on its
// leader.
func (c *Client) ApplicationStatusSet(ctx context.Context, s Status) error {
	_, err := c.Run(ctx, "status-set", "--application", "--", s.Status, s.Message)
	return err
}

// ApplicationVersionSet says which version of the workload runs, at once.
func (c *Client) ApplicationVersionSet(ctx context.Context, version string) error {
	_, err := c.Run(ctx, "application-version-set", "--", version)
	return err
}
