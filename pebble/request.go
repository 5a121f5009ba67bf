package pebble

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/canonical/pebble/client"
)

// request sends what the client has no method for, or none that returns all of the answer.
type request struct {
	method string // GET if empty
	path   string
	query  url.Values
	body   any
}

func (r request) options(kind client.RequestType) (*client.RequestOptions, error) {
	opts := &client.RequestOptions{Type: kind, Method: r.method, Path: r.path, Query: r.query}
	if opts.Method == "" {
		opts.Method = http.MethodGet
	}
	if r.body != nil {
		data, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("cannot write the request: %w", err)
		}
		opts.Body = bytes.NewReader(data)
	}
	return opts, nil
}

// ask reads the result of a request, if there is to be one.
func (s *session) ask(r request, result any) error {
	opts, err := r.options(client.SyncRequest)
	if err != nil {
		return err
	}
	answer, err := s.Requester().Do(s.ctx, opts)
	if err != nil || result == nil {
		return err
	}
	if err := json.Unmarshal(answer.Result, result); err != nil {
		return fmt.Errorf("cannot read the answer: %w", err)
	}
	return nil
}

// stream returns the body of an answer that is not one JSON value. It must be closed.
func (s *session) stream(r request) (io.ReadCloser, error) {
	opts, err := r.options(client.RawRequest)
	if err != nil {
		return nil, err
	}
	answer, err := s.Requester().Do(s.ctx, opts)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusOK {
		return answer.Body, nil
	}
	defer func() { _ = answer.Body.Close() }()
	refusal := struct {
		Result struct {
			Kind    string `json:"kind"`
			Message string `json:"message"`
		} `json:"result"`
	}{}
	refusal.Result.Message = http.StatusText(answer.StatusCode)
	// Whatever the body is, the status says what matters.
	_ = json.NewDecoder(io.LimitReader(answer.Body, 64<<10)).Decode(&refusal)
	return nil, &APIError{StatusCode: answer.StatusCode, Kind: refusal.Result.Kind, Message: refusal.Result.Message}
}

// present leaves out what an answer has as null.
func present[T any](list []*T) []*T {
	return slices.DeleteFunc(list, func(entry *T) bool { return entry == nil })
}

// identifier is the form of the ids of changes and notices, which become a part of a path.
var identifier = regexp.MustCompile(`^[A-Za-z0-9]+$`)

var errIdentifier = errors.New("its id is not a word of letters and digits")
