package hooktool

import (
	"context"
	"strings"
)

// OpenedPort is what is open.
type OpenedPort struct {
	// Port is "8080/tcp", "8000-8010/udp" or "icmp".
	Port string
	// Endpoints are those it is open for; none are all.
	Endpoints []string
}

// OpenedPorts returns what is open, each as "8080/tcp", with the changes of
// this hook.
func (c *Client) OpenedPorts(ctx context.Context) ([]string, error) {
	return get[[]string](ctx, c, "opened-ports")
}

// OpenedPortsByEndpoint returns what is open for which endpoints, with the
// changes of this hook.
func (c *Client) OpenedPortsByEndpoint(ctx context.Context) ([]OpenedPort, error) {
	lines, err := get[[]string](ctx, c, "opened-ports", "--endpoints")
	if err != nil {
		return nil, err
	}
	opened := make([]OpenedPort, len(lines))
	for i, line := range lines {
		opened[i] = parseOpenedPort(line)
	}
	return opened, nil
}

// parseOpenedPort reads "80/tcp (*)" or "80/tcp (db, web)".
func parseOpenedPort(line string) OpenedPort {
	port, rest, _ := strings.Cut(line, " (")
	opened := OpenedPort{Port: port}
	for _, endpoint := range strings.Split(strings.TrimSuffix(rest, ")"), ",") {
		if endpoint = strings.TrimSpace(endpoint); endpoint != "" && endpoint != "*" {
			opened.Endpoints = append(opened.Endpoints, endpoint)
		}
	}
	return opened
}

// OpenPort records that a port, written "8080/tcp", be opened: for the given
// endpoints, or for all.
func (c *Client) OpenPort(ctx context.Context, port string, endpoints ...string) error {
	return c.changePort(ctx, "open-port", port, endpoints)
}

// ClosePort records that a port be closed: for the given endpoints, or for all.
func (c *Client) ClosePort(ctx context.Context, port string, endpoints ...string) error {
	return c.changePort(ctx, "close-port", port, endpoints)
}

func (c *Client) changePort(ctx context.Context, tool, port string, endpoints []string) error {
	var args []string
	if len(endpoints) > 0 {
		args = append(args, "--endpoints", strings.Join(endpoints, ","))
	}
	_, err := c.Run(ctx, tool, append(args, "--", port)...)
	return err
}
