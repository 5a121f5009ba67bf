package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/testenv"
	"github.com/charmkit/charmkit/internal/testenv/postgres"
	"github.com/charmkit/charmkit/internal/testenv/unleash"
	"github.com/charmkit/charmkit/unleash/admin"
)

// TestUnleash asks the real one: it starts once for all parts.
func TestUnleash(t *testing.T) {
	t.Parallel()
	s := &server{unleash.Start(t, postgres.Start(t).URL)}
	for name, test := range map[string]func(*server, *testing.T){
		"tokens":         (*server).testTokens,
		"refused tokens": (*server).testRefusedTokens,
		"find user":      (*server).testFindUser,
		"password":       (*server).testPassword,
		"wrong token":    (*server).testWrongToken,
	} {
		t.Run(name, func(t *testing.T) { test(s, t) })
	}
}

type server struct{ *unleash.Server }

func (s *server) admin() *admin.Client { return admin.New(s.URL+"/", unleash.Token) }

func (s *server) testTokens(t *testing.T) {
	for _, kind := range []struct {
		tokenType admin.TokenType
		path      string
	}{
		{admin.TokenClient, "/api/client/features"},
		{admin.TokenFrontend, "/api/frontend"},
	} {
		options := admin.TokenOptions{
			Name: "shop " + string(kind.tokenType), Type: kind.tokenType, Environment: "development", Projects: []string{"default"},
		}
		token, err := s.admin().CreateToken(t.Context(), options)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(token.Secret, "default:development."), token.Secret)
		secret := token.Secret
		token.Secret = ""
		require.Equal(t, &admin.Token{
			Name: options.Name, Type: string(options.Type), Environment: options.Environment, Projects: options.Projects,
		}, token)
		require.Equal(t, http.StatusOK, s.get(t, kind.path, secret))
		require.Equal(t, http.StatusUnauthorized, s.get(t, kind.path, secret+"x"))

		// A name is a label: a second token of it is another token.
		again, err := s.admin().CreateToken(t.Context(), options)
		require.NoError(t, err)
		require.NotEqual(t, secret, again.Secret)
		require.Equal(t, http.StatusOK, s.get(t, kind.path, secret), "the first goes on")
	}
}

func (s *server) testRefusedTokens(t *testing.T) {
	good := admin.TokenOptions{Name: "x", Type: admin.TokenClient, Environment: "development", Projects: []string{"default"}}
	for reason, change := range map[string]func(*admin.TokenOptions){
		"Environment=nowhere does not exist":                func(o *admin.TokenOptions) { o.Environment = "nowhere" },
		"Project=noproject does not exist":                  func(o *admin.TokenOptions) { o.Projects = []string{"noproject"} },
		`You sent "odd"`:                                    func(o *admin.TokenOptions) { o.Type = "odd" },
		`You sent "admin"`:                                  func(o *admin.TokenOptions) { o.Type = "admin" },
		`"tokenName" is not allowed to be empty`:            func(o *admin.TokenOptions) { o.Name = "" },
		"Client token cannot be scoped to all environments": func(o *admin.TokenOptions) { o.Environment = "*" },
	} {
		o := good
		change(&o)
		_, err := s.admin().CreateToken(t.Context(), o)
		var refused *admin.Error
		require.ErrorAs(t, err, &refused, reason)
		require.Equal(t, http.StatusBadRequest, refused.Status)
		require.Contains(t, refused.Reason, reason)
		require.True(t, strings.HasPrefix(err.Error(), fmt.Sprintf("cannot create token %q: Unleash refuses: ", o.Name)), err)
		require.NotContains(t, err.Error(), unleash.Token)
	}
}

func (s *server) testFindUser(t *testing.T) {
	user, err := s.admin().FindUser(t.Context(), unleash.Username)
	require.NoError(t, err)
	require.Equal(t, unleash.Username, user.Username)
	require.NotZero(t, user.ID)

	_, err = s.admin().FindUser(t.Context(), "nobody")
	var missing *admin.NoUserError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "nobody", missing.Name)
	// Nobody is found by the email address that they have not got.
	_, err = s.admin().FindUser(t.Context(), "")
	require.ErrorAs(t, err, &missing)
}

func (s *server) testPassword(t *testing.T) {
	const strong = "An0ther-Good-passw0rd"
	require.Equal(t, http.StatusOK, s.login(t, unleash.Password))

	err := s.admin().SetPassword(t.Context(), unleash.Username, "weak")
	var refused *admin.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusBadRequest, refused.Status)
	require.Contains(t, refused.Reason, "The password must be at least 10 characters long.")
	require.Equal(t, http.StatusOK, s.login(t, unleash.Password))

	err = s.admin().SetPassword(t.Context(), "nobody", strong)
	require.ErrorAs(t, err, new(*admin.NoUserError))
	require.EqualError(t, err, `cannot set the password: Unleash has no user "nobody"`)

	require.NoError(t, s.admin().SetPassword(t.Context(), unleash.Username, strong))
	require.Equal(t, http.StatusOK, s.login(t, strong))
	require.Equal(t, http.StatusUnauthorized, s.login(t, unleash.Password))
}

func (s *server) testWrongToken(t *testing.T) {
	const wrong = "*:*.wrong"
	for _, ask := range []func(*admin.Client) error{
		func(c *admin.Client) error {
			_, err := c.CreateToken(t.Context(), admin.TokenOptions{Name: "x"})
			return err
		},
		func(c *admin.Client) error { return c.SetPassword(t.Context(), unleash.Username, "x") },
	} {
		err := ask(admin.New(s.URL, wrong))
		var refused *admin.Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, http.StatusUnauthorized, refused.Status)
		require.NotEmpty(t, refused.Reason)
		require.NotContains(t, err.Error(), wrong)
		require.ErrorContains(t, err, "Unleash does not know the administrator's token")
	}
}

// get asks for a page as an application does.
func (s *server) get(t *testing.T, path, token string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", token)
	return do(t, request)
}

// login logs in as the first administrator.
func (s *server) login(t *testing.T, password string) int {
	t.Helper()
	body, err := json.Marshal(map[string]string{"username": unleash.Username, "password": password})
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/auth/simple/login", strings.NewReader(string(body)))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	return do(t, request)
}

func do(t *testing.T, request *http.Request) int {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	client := admin.New("http://"+testenv.Address(t).String(), unleash.Token)
	_, err := client.CreateToken(t.Context(), admin.TokenOptions{Name: "x"})
	require.ErrorIs(t, err, admin.ErrNotReachable)
	require.True(t, strings.HasPrefix(err.Error(), `cannot create token "x": Unleash does not answer`), err)
	err = client.SetPassword(t.Context(), "admin", "p4ssword")
	require.ErrorIs(t, err, admin.ErrNotReachable)
	for _, secret := range []string{unleash.Token, "p4ssword"} {
		require.NotContains(t, err.Error(), secret)
	}
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	asked, done := make(chan struct{}), make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(asked); <-done }))
	defer silent.Close()
	defer close(done)
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	go func() { <-asked; cancel(enough) }()
	_, err := admin.New(silent.URL, "token").FindUser(ctx, "admin")
	require.ErrorIs(t, err, enough)
	require.NotErrorIs(t, err, admin.ErrNotReachable)
}

// Something else than Unleash may answer, such as a proxy.
func TestAnswersOfOthers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		body   string
		want   string
	}{
		{502, "<html>Bad Gateway</html>", "cannot list users: Unleash refuses: 502 Bad Gateway"},
		{500, `{}`, "cannot list users: Unleash refuses: 500 Internal Server Error"},
		{403, `{"message":"m"}`, "cannot list users: Unleash refuses: m"},
		{400, `{"message":"m","details":[{"message":"a"},{"description":"b"},{}]}`, "cannot list users: Unleash refuses: a; b"},
		{400, `{"details":[{}]}`, "cannot list users: Unleash refuses: 400 Bad Request"},
		{200, "<html>", "cannot list users: cannot read Unleash's answer: invalid character '<' looking for beginning of value"},
	} {
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(test.status)
			_, _ = io.WriteString(w, test.body)
		}))
		_, err := admin.New(other.URL, "token").FindUser(t.Context(), "admin")
		other.Close()
		require.EqualError(t, err, test.want)
	}
}
