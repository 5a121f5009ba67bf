package postgresql_test

import (
	"net/url"
	"slices"
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

// bag is a databag of keys and values: Juju keeps no empty ones.
func bag(pairs ...string) map[string]string {
	data := map[string]string{}
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			data[pair[0]] = pair[1]
		}
	}
	return data
}
