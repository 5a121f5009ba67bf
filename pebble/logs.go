package pebble

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strconv"
	"time"
)

// LogEntry is a line that a service has written.
type LogEntry struct {
	Time    time.Time `json:"time"`
	Service string    `json:"service"`
	Message string    `json:"message"` // without the end of the line, at most 4 KiB
}

// AllLogs as [LogsOptions.N] stands for all that Pebble has kept: about the last 100 KiB of each service.
const AllLogs = -1

// LogsOptions limits what Logs and FollowLogs return.
type LogsOptions struct {
	// Services are the services wanted; all of them, if empty.
	Services []string

	// N is how many of the lines written so far are wanted, over all services. Zero is 30 for Logs, none for FollowLogs.
	N int
}

// maxLogLine bounds a line of the answer. A message has at most 4 KiB; JSON may need six bytes for one.
const maxLogLine = 1 << 20

// Logs returns the last lines that services have written, the oldest first.
func (c *Container) Logs(ctx context.Context, opts *LogsOptions) ([]LogEntry, error) {
	var entries []LogEntry
	err := c.call(ctx, "read logs", func(s *session) error {
		return s.logs(opts, false, func(e LogEntry) bool {
			entries = append(entries, e)
			return true
		})
	})
	return entries, err
}

// FollowLogs returns the lines that services write from now on, until the loop over them is left. Otherwise it ends with an
// error: that of the context, or ErrNotReady when Pebble goes away. A loop that is slower than the services misses lines.
func (c *Container) FollowLogs(ctx context.Context, opts *LogsOptions) iter.Seq2[LogEntry, error] {
	return func(yield func(LogEntry, error) bool) {
		left := false
		err := c.call(ctx, "follow logs", func(s *session) error {
			err := s.logs(opts, true, func(e LogEntry) bool {
				left = !yield(e, nil)
				return !left
			})
			if err == nil && !left {
				s.fail(io.ErrUnexpectedEOF)
				return io.ErrUnexpectedEOF
			}
			return err
		})
		if !left {
			yield(LogEntry{}, err)
		}
	}
}

// logs calls take for each line, until it returns false.
func (s *session) logs(opts *LogsOptions, follow bool, take func(LogEntry) bool) error {
	query := url.Values{}
	if opts != nil {
		if len(opts.Services) > 0 {
			query["services"] = opts.Services
		}
		if opts.N != 0 {
			query.Set("n", strconv.Itoa(opts.N))
		}
	}
	if s.follows = follow; follow {
		query.Set("follow", "true")
	}
	body, err := s.stream(request{path: "/v1/logs", query: query})
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	return readLogs(body, take)
}

// readLogs reads lines of JSON.
func readLogs(r io.Reader, take func(LogEntry) bool) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLogLine)
	for lines.Scan() {
		var entry LogEntry
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			return fmt.Errorf("cannot read a line of logs: %w", err)
		}
		if !take(entry) {
			return nil
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("cannot read a line of logs: it has more than %d bytes", maxLogLine)
	}
	return lines.Err()
}
