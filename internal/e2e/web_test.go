package e2e_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/charmbox"
)

// site is a web server behind a forward.
type site struct {
	address string
	client  *http.Client
}

// site forwards to NGINX of unleash/0.
func (b *box) site(t *testing.T) *site {
	t.Helper()
	answer, err := b.Forward(t.Context(), charmbox.ForwardRequest{Unit: "unleash/0", Port: 8080})
	require.NoError(t, err)
	return newSite(answer.Address)
}

// newSite keeps no connections: what is behind the address comes and goes.
func newSite(address string) *site {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return &site{address: strings.TrimSpace(address), client: client}
}

// reply is an answer that was read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// do sends a request; header holds pairs. The status is 0 if there is no answer.
func (s *site) do(ctx context.Context, method, path, body string, header ...string) reply {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+s.address+path, strings.NewReader(body))
	if err != nil {
		return reply{body: err.Error()}
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := s.client.Do(request)
	if err != nil {
		return reply{body: err.Error()}
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{body: err.Error()}
	}
	return reply{status: response.StatusCode, header: response.Header, body: string(content)}
}

func (s *site) get(t *testing.T, path string, header ...string) reply {
	t.Helper()
	return s.do(t.Context(), http.MethodGet, path, "", header...)
}
