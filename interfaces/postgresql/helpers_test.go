package postgresql_test

import (
	"net/url"
	"strings"
)

// parseURL takes a connection URL apart: user, password, host and database.
func parseURL(text string) ([]string, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	password, _ := u.User.Password()
	return []string{u.User.Username(), password, u.Host, strings.TrimPrefix(u.Path, "/")}, nil
}
