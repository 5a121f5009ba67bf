package recording_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/recording"
)

func TestSecretsDoNotGetIntoARecording(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-and-more"
	file := filepath.Join(t.TempDir(), "content")
	require.NoError(t, os.WriteFile(file, []byte("password: "+secret+"\n"), 0o600))
	text := secret
	for name, recorded := range map[string]hooktool.Recorded{
		"content of a secret":  {Call: hooktool.Call{Tool: "secret-get"}, Result: hooktool.Result{Stdout: []byte(`{"any":"` + text + `"}`)}},
		"one key of a secret":  {Call: hooktool.Call{Tool: "secret-get"}, Result: hooktool.Result{Stdout: []byte(text + "\n")}},
		"cloud credential":     {Call: hooktool.Call{Tool: "credential-get"}, Result: hooktool.Result{Stdout: []byte(`{"credential":{"attrs":{"x":"` + text + `"}}}`)}},
		"argument of a secret": {Call: hooktool.Call{Tool: "secret-add", Args: []string{"any=" + text}}},
		"result of an action":  {Call: hooktool.Call{Tool: "action-set", Args: []string{"any=" + text}}},
		"databag in clear":     {Call: hooktool.Call{Tool: "relation-get"}, Result: hooktool.Result{Stdout: []byte(`{"password":"` + text + `"}`)}},
		"nested in a databag":  {Call: hooktool.Call{Tool: "relation-get"}, Result: hooktool.Result{Stdout: []byte(`{"data":"{\"password\":\"` + text + `\"}"}`)}},
		"option":               {Call: hooktool.Call{Tool: "config-get"}, Result: hooktool.Result{Stdout: []byte(`{"admin_api_token":"` + text + `"}`)}},
		"own name":             {Call: hooktool.Call{Tool: "config-get"}, Result: hooktool.Result{Stdout: []byte(`{"salt":"` + text + `"}`)}},
		"URL":                  {Call: hooktool.Call{Tool: "relation-get"}, Result: hooktool.Result{Stdout: []byte(`{"uris":"postgresql://me:` + text + `@db:5432/x"}`)}},
		"standard input":       {Call: hooktool.Call{Tool: "relation-set", Stdin: []byte("password: " + text + "\n")}},
		"private key":          {Call: hooktool.Call{Tool: "relation-get"}, Result: hooktool.Result{Stdout: []byte(`{"x":"-----BEGIN EC PRIVATE KEY-----\n` + text + `\n-----END EC PRIVATE KEY-----"}`)}},
		"error":                {Call: hooktool.Call{Tool: "relation-get"}, Err: errors.New("password=" + text)},
		"error text":           {Call: hooktool.Call{Tool: "relation-get"}, Result: hooktool.Result{Stderr: []byte("token: " + text)}},
		"file":                 {Call: hooktool.Call{Tool: "secret-set", Args: []string{"--file", file, "secret:x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			w := recording.NewWriter(&out, &recording.Redactor{Keys: []string{"SALT"}}, 1<<20)
			w.Header(recording.Header{Event: "start"})
			w.Tool(recorded)
			// Once seen it is known wherever it comes.
			learned := !strings.Contains(name, "private key")
			if learned {
				w.Tool(hooktool.Recorded{Call: hooktool.Call{Tool: "status-set", Args: []string{"active", "it is " + text}}})
				w.Pebble(recording.PebbleEntry{Container: "app", Body: `{"result":"services:\n  x: {environment: {A: ` + text + `}}"}`})
				w.End(time.Now(), errors.New("cannot use "+text))
			}
			require.NoError(t, w.Err())
			require.NotContains(t, out.String(), secret)
			_, err := recording.Read(&out)
			require.NoError(t, err)
		})
	}
}

func TestPlanInARecordingHasNoSecrets(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := recording.NewWriter(&out, &recording.Redactor{}, 1<<20)
	w.Header(recording.Header{Event: "start", Env: map[string]string{"JUJU_CHARM_HTTP_PROXY": "http://me:sesame@proxy:3128"}})
	w.Pebble(recording.PebbleEntry{Container: "app", Body: `{"result":"services:\n  x:\n    environment:\n      DATABASE_PASSWORD: open-it\n      PORT: 8081\n"}`})
	require.NotContains(t, out.String(), "sesame")
	require.NotContains(t, out.String(), "open-it")
	require.Contains(t, out.String(), "PORT: 8081")
}

func TestWhatIsNoSecretStays(t *testing.T) {
	t.Parallel()
	r := &recording.Redactor{}
	for _, text := range []string{
		"waiting for database", "http://wiki.local:8080/x?y=z", "user=me", "secret: secret:abc", "a@b: c", "password=", "-----BEGIN CERTIFICATE-----\nx",
	} {
		require.Equal(t, text, r.Text(text))
	}
	call, result := r.Call(hooktool.Call{Tool: "config-get", Args: []string{"--format=json"}},
		hooktool.Result{Stdout: []byte(`{"limit":12345678901234567890,"on":true}` + "\n")})
	require.Equal(t, []string{"--format=json"}, call.Args)
	require.Equal(t, `{"limit":12345678901234567890,"on":true}`+"\n", string(result.Stdout))
}

func TestARecordingThatWasCutIsRead(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := recording.NewWriter(&out, &recording.Redactor{}, 1<<20)
	started := time.Unix(1000, 0).UTC()
	w.Header(recording.Header{Event: "start", Started: started, Env: map[string]string{"JUJU_UNIT_NAME": "wiki/0"}})
	w.Tool(hooktool.Recorded{Call: hooktool.Call{Tool: "is-leader"}, Result: hooktool.Result{Stdout: []byte("true")}})
	w.End(started, errors.New("broken"))
	whole := out.String()
	r, err := recording.Read(strings.NewReader(whole))
	require.NoError(t, err)
	require.Equal(t, recording.Header{Version: 1, Event: "start", Started: started, Env: map[string]string{"JUJU_UNIT_NAME": "wiki/0"}}, r.Header)
	require.Equal(t, "broken", r.End().Error)

	cut, err := recording.Read(strings.NewReader(whole[:len(whole)-2]))
	require.NoError(t, err)
	require.Len(t, cut.Entries, 1)
	require.Nil(t, cut.End())

	_, err = recording.Read(strings.NewReader(""))
	require.EqualError(t, err, "cannot read the recording: it has no first line")
	_, err = recording.Read(strings.NewReader(`{"version":7}` + "\n"))
	require.EqualError(t, err, "cannot read line 1 of the recording: it has version 7, not 1")
}

func TestARecordingHasALimit(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := recording.NewWriter(&out, &recording.Redactor{}, 300)
	w.Header(recording.Header{Event: "start"})
	for range 100 {
		w.Tool(hooktool.Recorded{Call: hooktool.Call{Tool: "is-leader"}})
	}
	require.ErrorContains(t, w.Err(), "the limit is reached")
	require.LessOrEqual(t, out.Len(), 300)
	r, err := recording.Read(&out)
	require.NoError(t, err)
	require.NotEmpty(t, r.Entries)
}

func TestAPlayerTellsDifferences(t *testing.T) {
	t.Parallel()
	stdin := "a: b\n"
	p := recording.NewPlayer(&recording.Recording{Entries: []recording.Entry{
		{Tool: &recording.ToolEntry{Name: "juju-log", Args: []string{"x"}}},
		{Tool: &recording.ToolEntry{Name: "config-get", Stdout: `{"a":1}`}},
		{Tool: &recording.ToolEntry{Name: "status-get", Error: "connection lost"}},
		{Tool: &recording.ToolEntry{Name: "secret-add", Args: []string{"x=redacted-7"}, Stdout: "secret:abc"}},
		{Tool: &recording.ToolEntry{Name: "relation-set", Args: []string{"--file", "-"}, Stdin: &stdin}},
		{Pebble: &recording.PebbleEntry{Container: "app", Method: "GET", URL: "/v1/plan?format=yaml", Code: 200, Type: "application/json", Body: "{}"}},
		{Pebble: &recording.PebbleEntry{Container: "app", Method: "POST", URL: "/v1/layers", Code: 200}},
		{Pebble: &recording.PebbleEntry{Container: "app", Method: "GET", URL: "/v1/files", Cut: true}},
	}}, &recording.Redactor{})
	run := func(tool string, args ...string) (string, error) {
		result, err := p.Run(t.Context(), hooktool.Call{Tool: tool, Args: args})
		return string(result.Stdout), err
	}
	out, err := run("config-get")
	require.NoError(t, err)
	require.Equal(t, `{"a":1}`, out)
	_, err = run("config-get")
	require.ErrorIs(t, err, recording.ErrNotRecorded)
	_, err = run("status-get")
	require.EqualError(t, err, "cannot run status-get: connection lost")
	out, err = run("secret-add", "x=another random value")
	require.NoError(t, err)
	require.Equal(t, "secret:abc", out)
	_, err = run("status-set", "active", "all good")
	require.NoError(t, err)
	_, err = run("juju-log", "anything")
	require.NoError(t, err)

	get := func(url string) (string, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+url, nil)
		require.NoError(t, err)
		response, err := p.RoundTripper("app").RoundTrip(req)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		data, err := io.ReadAll(response.Body)
		return string(data), err
	}
	out, err = get("/v1/plan?format=yaml")
	require.NoError(t, err)
	require.Equal(t, "{}", out)
	_, err = get("/v1/files")
	require.ErrorIs(t, err, recording.ErrNotRecorded)
	require.Equal(t, []string{
		"not recorded: config-get",
		`not recorded: status-set active "all good"`,
		"not recorded: GET /v1/files to the Pebble of app",
		`not done again: relation-set --file - <<< "a: b"`,
		"not done again: POST /v1/layers to the Pebble of app",
	}, p.Differences())
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("{\"version\":1,\"event\":\"start\"}\n{\"tool\":{\"name\":\"is-leader\"}}\n{\"end\":{}}\n"))
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := recording.Read(bytes.NewReader(data))
		if err != nil {
			require.ErrorContains(t, err, "cannot read ")
			return
		}
		p := recording.NewPlayer(r, &recording.Redactor{})
		require.LessOrEqual(t, len(p.Differences()), len(r.Entries)*2)
	})
}

func FuzzRedactor(f *testing.F) {
	f.Add("password: sesame", "sesame")
	f.Add("http://a:b@c -----BEGIN X PRIVATE KEY-----", "-----BEGIN ")
	f.Fuzz(func(t *testing.T, text, secret string) {
		r := &recording.Redactor{}
		r.Call(hooktool.Call{Tool: "secret-add", Args: []string{"key=" + secret}}, hooktool.Result{})
		got := r.Text(text)
		// A placeholder may have the secret's letters in it; so may what it leaves.
		if len(secret) >= 4 && !strings.Contains("redacted-1234567890", secret) && !strings.HasPrefix(secret, "secret:") &&
			!strings.HasPrefix(secret, "redacted-") && !strings.Contains(got, "redacted-") {
			require.NotContains(t, got, secret)
		}
	})
}
