package charmbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"syscall"

	"github.com/charmkit/charmkit/internal/sandbox"
)

// ErrNoDaemon says that there is no daemon to ask. If a model is [Stored], a new
// daemon takes it up.
var ErrNoDaemon = errors.New("the model's daemon is gone: the next verb starts a new one")

// ErrNoModel says that nothing was deployed, or the model was destroyed.
var ErrNoModel = errors.New("there is no model: `charmbox deploy` makes one")

// Client asks the daemon of a model.
type Client struct{ http *http.Client }

// NewClient returns a client of the daemon in a folder.
func NewClient(dir string) *Client {
	socket := dirs{dir}.socket()
	return &Client{&http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return sandbox.DialUnix(ctx, socket) },
	}}}
}

// Deploy adds an application.
func (c *Client) Deploy(ctx context.Context, r DeployRequest) error {
	_, err := ask[struct{}](ctx, c, "deploy", r)
	return err
}

// Config sets options and returns all.
func (c *Client) Config(ctx context.Context, r ConfigRequest) (map[string]OptionInfo, error) {
	return ask[map[string]OptionInfo](ctx, c, "config", r)
}

// Integrate relates two applications, or ends their relation.
func (c *Client) Integrate(ctx context.Context, r IntegrateRequest) error {
	_, err := ask[struct{}](ctx, c, "integrate", r)
	return err
}

// Remove removes an application.
func (c *Client) Remove(ctx context.Context, application string) error {
	_, err := ask[struct{}](ctx, c, "remove-application", application)
	return err
}

// Run runs an action and waits for its end.
func (c *Client) Run(ctx context.Context, r RunRequest) (RunResult, error) {
	return ask[RunResult](ctx, c, "run", r)
}

// Resolve answers a failed hook.
func (c *Client) Resolve(ctx context.Context, r ResolveRequest) error {
	_, err := ask[struct{}](ctx, c, "resolve", r)
	return err
}

// Exec runs a command in a container.
func (c *Client) Exec(ctx context.Context, r ExecRequest) (ExecResult, error) {
	return ask[ExecResult](ctx, c, "exec", r)
}

// Forward makes a unit's port reachable on the loopback.
func (c *Client) Forward(ctx context.Context, r ForwardRequest) (ForwardAnswer, error) {
	return ask[ForwardAnswer](ctx, c, "forward", r)
}

// Status returns the state of the model.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return ask[Status](ctx, c, "status", struct{}{})
}

// Log returns a part of the log.
func (c *Client) Log(ctx context.Context, r LogRequest) (LogAnswer, error) {
	return ask[LogAnswer](ctx, c, "debug-log", r)
}

// Destroy asks the daemon to end the model and itself; see the function
// [Destroy].
func (c *Client) Destroy(ctx context.Context) (DestroyAnswer, error) {
	return ask[DestroyAnswer](ctx, c, "destroy", struct{}{})
}

func ask[A any](ctx context.Context, c *Client, verb string, request any) (A, error) {
	var answer A
	body, err := json.Marshal(request)
	if err != nil {
		return answer, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://charmbox/"+verb, bytes.NewReader(body))
	if err != nil {
		return answer, err
	}
	response, err := c.http.Do(r)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return answer, ErrNoDaemon
	}
	if err != nil {
		return answer, fmt.Errorf("cannot reach the model's daemon: %w", err)
	}
	defer response.Body.Close()
	decoder := json.NewDecoder(response.Body)
	if response.StatusCode != http.StatusOK {
		var f failure
		if err := decoder.Decode(&f); err != nil || f.Error == "" {
			return answer, fmt.Errorf("cannot %s: the daemon answers %s", verb, response.Status)
		}
		return answer, errors.New(f.Error)
	}
	if err := decoder.Decode(&answer); err != nil {
		return answer, fmt.Errorf("cannot read the daemon's answer: %w", err)
	}
	return answer, nil
}
