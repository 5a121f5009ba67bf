package unleash_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/crash"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/pebble/pebbletest"
	"github.com/charmkit/charmkit/unleash"
	"github.com/charmkit/charmkit/webapp"
)

// server is what the app's service runs, with Node.
const server = "/app/server.mjs"

// TestMain lets this program be Node as well.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == server {
		fmt.Fprintln(os.Stderr, serveApp())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// serveApp is an app that tells with which environment and secrets it was
// started, and lets the password of its one user be changed.
func serveApp() error {
	loaded, err := os.ReadFile(os.Getenv("UNLEASH_SECRETS_FILE"))
	if err != nil {
		return err
	}
	for _, name := range []string{"UNLEASH_URL", "LOG_LEVEL", "DATABASE_POOL_MAX"} {
		loaded = append(loaded, name+"="+os.Getenv(name)+"\n"...)
	}
	http.HandleFunc("GET /api/admin/user-admin", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"users": [{"id": 1, "username": "admin"}]}`)
	})
	http.HandleFunc("POST /api/admin/user-admin/1/change-password", func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Password string }
		if err := errors.Join(json.NewDecoder(r.Body).Decode(&asked), os.WriteFile(passwordFile, []byte(asked.Password), 0o600)); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(loaded) })
	return http.ListenAndServe(fmt.Sprintf(":%d", webapp.PortApp), nil)
}

// TestKilled kills the charm at its hook-tool calls and Pebble requests, and
// refuses its commits, from its deployment on, through an integration, changes of
// options of both containers, new credentials, and the integration's end.
func TestKilled(t *testing.T) {
	if os.Getpid() != 1 {
		t.Parallel()
	}
	var user *pebbletest.User
	if os.Getuid() == 0 {
		user = &pebbletest.User{UID: nobody, GID: nobody}
	}
	crash.Test(t, crash.Case[*unleash.Charm]{
		Charm:      underTest,
		Containers: []string{"nginx", "app"},
		User:       user,
		Prepare:    images,
		Story: []crash.Step{
			{Name: "wait for a database", Status: "blocked", Do: func(*model.State) error { return nil }},
			{Name: "integrate a database", Status: "active", Do: integrate},
			{Name: "change options", Status: "active", Do: func(s *model.State) error {
				return s.SetConfig(crash.App, map[string]string{"gzip": "false", "external-url": "https://flags.example.com"})
			}},
			{Name: "set a password", Status: "active", Action: &crash.Action{Name: "set-admin-password"}},
			{Name: "change the credentials", Status: "active", Do: func(s *model.State) error {
				return s.UpdateSecret(database+"/0", databaseID, model.SecretChange{Content: credentials("a-second-password")})
			}},
		},
		Observe: observe,
		Always: func(_ context.Context, s *model.State) error {
			return errors.Join(usedAndNotStored(s), setAndNotTold(s))
		},
	})
}

// passwordFile is where the app keeps the password that was set.
const passwordFile = "/var/lib/unleash/password"

// setAndNotTold finds a password that took effect and that no action tells of.
func setAndNotTold(s *model.State) error {
	password, err := os.ReadFile(passwordFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, action := range s.Actions {
		// What an action tells shows when it has ended.
		if action.Status == model.ActionRunning || action.Results["password"] == string(password) {
			return nil
		}
	}
	return errors.Join(errors.New("a password is in force that no action tells of"), err)
}

// usedAndNotStored finds credentials that the app is given and that are in no
// stored secret.
func usedAndNotStored(s *model.State) error {
	text, err := os.ReadFile("/var/lib/unleash/secrets.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var used map[string]string
	if err := errors.Join(err, json.Unmarshal(text, &used)); err != nil {
		return err
	}
	stored := map[string]bool{"admin": true} // a name, not a credential
	for _, secret := range s.Secrets {
		for _, revision := range secret.Revisions {
			for _, value := range revision.Content {
				plain, err := base64.StdEncoding.DecodeString(value)
				if err != nil {
					return err
				}
				stored[string(plain)] = true
			}
		}
	}
	for name, value := range used {
		if url, err := url.Parse(value); err == nil && url.User != nil {
			value, _ = url.User.Password()
		}
		if !stored[value] {
			return fmt.Errorf("%s is in use and in no stored secret", name)
		}
	}
	return nil
}

// nobody is the ordinary user whom root's pods run as.
const nobody = 65534

// images makes what the rocks would hold.
func images(t testing.TB) {
	t.Helper()
	for _, dir := range []string{"/app/node_modules/.bin", "/app/node_modules/unleash-server", "/srv/static", "/var/lib/charm-nginx", "/var/lib/unleash"} {
		require.NoError(t, os.MkdirAll(dir, 0o755))
		if os.Getuid() == 0 {
			require.NoError(t, os.Chown(dir, nobody, nobody))
		}
	}
	require.NoError(t, os.WriteFile("/app/node_modules/unleash-server/package.json", []byte(`{"version": "7.6.5"}`), 0o644))
	node := "/app/node_modules/.bin/node"
	require.NoError(t, os.WriteFile(node, nil, 0o755))
	test, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, syscall.Mount(test, node, "", syscall.MS_BIND, ""))
}

// database is the application at the other side.
const database = "postgresql"

// integrate makes a database and its credentials appear.
func integrate(s *model.State) error {
	provider, err := metadata.Load(fstest.MapFS{"metadata.yaml": {Data: []byte(
		"name: postgresql\nsummary: s\ndescription: d\nprovides: {database: {interface: postgresql_client}}")}})
	if err != nil {
		return err
	}
	if err := s.Deploy(database, provider, model.DeployOptions{Units: 1}); err != nil {
		return err
	}
	s.ClaimLeadership(database + "/0")
	relation, err := s.Integrate(crash.App+":database", database+":database")
	if err != nil {
		return err
	}
	if err := s.EnterScope(relation.ID, database+"/0"); err != nil {
		return err
	}
	owner := model.Owner{Kind: model.ApplicationOwner, Name: database}
	if err := s.CreateSecret(databaseID, owner, model.SecretChange{Content: credentials("a-first-password")}); err != nil {
		return err
	}
	if err := s.GrantSecret(database+"/0", databaseID, model.Grant{Target: crash.App, Relation: relation.Key()}); err != nil {
		return err
	}
	relation.AppData(database).Merge(map[string]string{
		"database": "unleash", "endpoints": "10.1.0.9:5432", "secret-user": "secret:" + databaseID,
	})
	return nil
}

func credentials(password string) map[string]string {
	return map[string]string{
		"username": base64.StdEncoding.EncodeToString([]byte("a-user")),
		"password": base64.StdEncoding.EncodeToString([]byte(password)),
	}
}

// observe asks NGINX and the app what they run.
func observe(ctx context.Context, _ *model.State) (map[string]string, error) {
	seen := map[string]string{}
	for name, url := range map[string]string{
		"NGINX":     "http://127.0.0.1:9080/generation",
		"app":       fmt.Sprintf("http://127.0.0.1:%d/", webapp.PortApp),
		"the entry": fmt.Sprintf("http://127.0.0.1:%d/", webapp.PortHTTP),
	} {
		page, err := fetch(ctx, url)
		if err != nil {
			return nil, err
		}
		seen[name] = page
	}
	for _, dir := range []string{"/var/lib/unleash", "/var/lib/charm-nginx"} {
		files, err := filepath.Glob(dir + "/*")
		if err != nil {
			return nil, err
		}
		seen["files in "+dir] = strings.Join(files, " ")
	}
	secrets, err := os.ReadFile("/var/lib/unleash/secrets.json")
	if err != nil {
		return nil, err
	}
	if !json.Valid(secrets) {
		return nil, fmt.Errorf("the file of secrets is no JSON")
	}
	seen["secrets"] = string(secrets)
	return seen, nil
}

func fetch(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	return string(page), err
}
