package admin

import (
	"context"
	"fmt"
	"net/http"
)

// User is an account of Unleash's.
type User struct {
	ID       int    `json:"id"`
	Username string `json:"username"`
	Email    string `json:"email"`
}

// NoUserError says that there is no such user.
type NoUserError struct{ Name string }

func (e *NoUserError) Error() string { return fmt.Sprintf("Unleash has no user %q", e.Name) }

// FindUser returns the user of that user name or email address, or a
// [*NoUserError].
func (c *Client) FindUser(ctx context.Context, name string) (*User, error) {
	var answer struct {
		Users []User `json:"users"`
	}
	if err := c.call(ctx, http.MethodGet, "/api/admin/user-admin", nil, &answer); err != nil {
		return nil, fmt.Errorf("cannot list users: %w", err)
	}
	for _, u := range answer.Users {
		// Each user may be without one of the two.
		if name != "" && (u.Username == name || u.Email == name) {
			return &u, nil
		}
	}
	return nil, &NoUserError{name}
}

// SetPassword changes the password of a user. Unleash refuses weak ones.
func (c *Client) SetPassword(ctx context.Context, name, password string) error {
	user, err := c.FindUser(ctx, name)
	if err != nil {
		return fmt.Errorf("cannot set the password: %w", err)
	}
	path := fmt.Sprintf("/api/admin/user-admin/%d/change-password", user.ID)
	err = c.call(ctx, http.MethodPost, path, map[string]string{"password": password, "confirmPassword": password}, nil)
	if err != nil {
		return fmt.Errorf("cannot set the password of %q: %w", name, err)
	}
	return nil
}
