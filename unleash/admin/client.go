package admin

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Client asks one Unleash server.
type Client struct {
	url   string
	token string
	http  *http.Client
}

// New returns a client of the server at url, such as http://127.0.0.1:8081,
// with the token of an administrator.
func New(url, token string) *Client {
	return &Client{
		url:   strings.TrimSuffix(url, "/"),
		token: token,
		http:  &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}},
	}
}

// Error is a request that Unleash refused.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Reason is what Unleash says about it.
	Reason string
}

func (e *Error) Error() string {
	if e.Status == http.StatusUnauthorized {
		// Its own words are about logging in.
		return "Unleash does not know the administrator's token: somebody deleted it, or the database is that of " +
			"an earlier deployment, whose tokens Unleash keeps"
	}
	return fmt.Sprintf("Unleash refuses: %s", e.Reason)
}

// ErrNotReachable says that nobody answers at the server's address.
var ErrNotReachable = errors.New("Unleash does not answer")

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 1 << 20

// call sends a request and decodes the answer into into, if that is not nil.
func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	var content io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, content)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", c.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%w: %w", ErrNotReachable, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("cannot read Unleash's answer: %w", err)
	}
	if response.StatusCode >= 300 {
		return &Error{response.StatusCode, reason(response, answer)}
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("cannot read Unleash's answer: %w", err)
	}
	return nil
}

// reason finds the readable part of a refusal.
func reason(response *http.Response, body []byte) string {
	var refusal struct {
		Message string `json:"message"`
		Details []struct {
			Message     string `json:"message"`
			Description string `json:"description"`
		} `json:"details"`
	}
	if json.Unmarshal(body, &refusal) != nil {
		return response.Status
	}
	var details []string
	for _, d := range refusal.Details {
		if text := d.Message; text != "" {
			details = append(details, text)
		} else if d.Description != "" {
			details = append(details, d.Description)
		}
	}
	if len(details) == 0 {
		return cmp.Or(refusal.Message, response.Status)
	}
	return strings.Join(details, "; ")
}
