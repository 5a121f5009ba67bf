package e2e_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/charmbox"
	"github.com/charmkit/charmkit/internal/sandbox/sandboxtest"
)

// TestUnleash is the life of one deployment: each part leaves it as it found it,
// settled.
func TestUnleash(t *testing.T) {
	t.Parallel()
	b := newBox(t, charmbox.Options{})

	b.deployUnleash(t, map[string]string{"log-level": "loud"})
	b.awaitUnit(t, "unleash/0", "blocked", "log-level is not one of", "integrate database")
	web := b.site(t)
	eventually(t, "NGINX answers without the app", func() bool {
		return web.get(t, "/").status == http.StatusBadGateway
	})
	b.deployPostgreSQL(t)
	b.integrate(t)
	b.awaitUnit(t, "unleash/0", "blocked", "log-level is not one of")
	b.configure(t, "unleash", "log-level", "info")
	b.settle(t)

	u := &unleash{b, web}
	for _, part := range []struct {
		name string
		test func(*unleash, *testing.T)
	}{
		{"status", (*unleash).testStatus},
		{"serves", (*unleash).testServes},
		{"password", (*unleash).testPassword},
		{"NGINX option", (*unleash).testNGINXOption},
		{"invalid option", (*unleash).testInvalidOption},
		{"notices", (*unleash).testNotices},
		{"killed hook", (*unleash).testKilledHook},
		{"killed before the reload", (*unleash).testKilledBeforeReload},
		{"lost socket", (*unleash).testLostSocket},
		{"killed container", (*unleash).testKilledContainer},
		{"wrong password", (*unleash).testWrongPassword},
		{"removed relation", (*unleash).testRemovedRelation},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.test(u, t) }) {
			return // the others would start from what they do not expect
		}
	}
}

// unleash is a settled deployment.
type unleash struct {
	*box
	web *site
}

func (u *unleash) testStatus(t *testing.T) {
	status, err := u.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, charmbox.ModelStatus{Name: "e2e", Type: "caas", Cloud: "charmbox", Version: "3.6.11"}, status.Model)
	app := status.Applications["unleash"]
	require.Equal(t, "unleash-k8s", app.CharmName)
	require.Equal(t, "7.6.5", app.Version)
	require.Equal(t, 1, app.Scale)
	require.Equal(t, map[string][]charmbox.Related{"database": {{
		Application: "postgresql", Endpoint: "database", Interface: "postgresql_client", Role: "requires",
	}}}, app.Relations)
	unit := app.Units["unleash/0"]
	require.True(t, unit.Leader)
	require.Equal(t, []string{"8080/tcp"}, unit.Ports)
	require.Equal(t, "active", unit.Workload.Current)
	require.Equal(t, "idle", unit.Agent.Current)
}

func (u *unleash) testServes(t *testing.T) {
	page := u.web.get(t, "/")
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.header.Get("Content-Type"), "text/html")
	asset := regexp.MustCompile(`/static/[^"]+\.js`).FindString(page.body)
	require.NotEmpty(t, asset, page.body)
	require.Equal(t, http.StatusOK, u.web.get(t, asset).status)

	token := u.run(t, "create-api-token", map[string]any{"name": "e2e"})["token"].(string)
	features := u.web.get(t, "/api/client/features", "Authorization", token)
	require.Equal(t, http.StatusOK, features.status, features.body)
	require.Contains(t, features.body, `"features":`)
	require.Equal(t, http.StatusUnauthorized, u.web.get(t, "/api/client/features").status)
	require.Equal(t, http.StatusNotFound, u.web.get(t, "/internal-backstage/prometheus").status)

	// Tokens that are a part of the path.
	u.web.get(t, "/invite/e2e-invitation/validate")
	u.web.do(t.Context(), http.MethodDelete, "/api/admin/projects/default/api-tokens/"+token, "")
	eventually(t, "NGINX has logged the requests", func() bool { return strings.Contains(u.log(), `"method":"DELETE"`) })
	require.Contains(t, u.log(), `"path":"/invite..."`)
	require.NotContains(t, u.log(), "e2e-invitation")
	require.NotContains(t, u.log(), token)
}

func (u *unleash) testPassword(t *testing.T) {
	result := u.run(t, "set-admin-password", nil)
	login := `{"username":"` + result["username"].(string) + `","password":"` + result["password"].(string) + `"}`
	answer := u.web.do(t.Context(), http.MethodPost, "/auth/simple/login", login, "Content-Type", "application/json")
	require.Equal(t, http.StatusOK, answer.status, answer.body)
}

// maxAge is what NGINX says of static files, which is an option's value.
func (u *unleash) maxAge(t *testing.T) string {
	t.Helper()
	asset := regexp.MustCompile(`/static/[^"]+\.js`).FindString(u.web.get(t, "/").body)
	return u.web.get(t, asset).header.Get("Cache-Control")
}

func (u *unleash) testNGINXOption(t *testing.T) {
	master := u.nginxMaster(t)
	u.configure(t, "unleash", "static-max-age", "61")
	eventually(t, "the option is in force", func() bool { return regexp.MustCompile(`max-age=61\b`).MatchString(u.maxAge(t)) })
	require.Equal(t, master, u.nginxMaster(t))
	u.settle(t)
}

func (u *unleash) testInvalidOption(t *testing.T) {
	master := u.nginxMaster(t)
	for option, bad := range map[string]string{"proxy-read-timeout": "0", "database-pool-size": "101"} {
		u.configure(t, "unleash", option, bad)
		u.awaitUnit(t, "unleash/0", "blocked", option)
		require.Equal(t, http.StatusOK, u.web.get(t, "/").status)
		require.Equal(t, http.StatusOK, u.web.get(t, "/health").status)
		_, err := u.Config(t.Context(), charmbox.ConfigRequest{Application: "unleash", Reset: []string{option}})
		require.NoError(t, err)
		u.settle(t)
	}
	require.Equal(t, master, u.nginxMaster(t))
}

// testNotices notifies Pebble as the charm's user, and as the workload's, of whom
// Juju's agent is told nothing.
func (u *unleash) testNotices(t *testing.T) {
	notify := func(container string, command ...string) {
		result, err := u.Exec(t.Context(), charmbox.ExecRequest{Unit: "unleash/0", Container: container, Command: command})
		require.NoError(t, err)
		require.Zero(t, result.Code, "%s", result.Stderr)
	}
	const ran = `ran "app-pebble-custom-notice" hook`
	notify("app", "/charm/bin/pebble", "notify", "example.com/workload")
	notify("", "env", "PEBBLE_SOCKET=/charm/containers/app/pebble.socket", "pebble", "notify", "example.com/charm")
	eventually(t, "the charm's notice is an event", func() bool { return strings.Contains(u.log(), ran) })
	if !sandboxtest.Ordinary(t) { // to whom all users are one
		require.Equal(t, 1, strings.Count(u.log(), ran))
	}
	u.settle(t)
}

func (u *unleash) testRemovedRelation(t *testing.T) {
	require.NoError(t, u.Integrate(t.Context(), charmbox.IntegrateRequest{
		Endpoints: [2]string{"unleash", "postgresql"}, Remove: true,
	}))
	u.awaitUnit(t, "unleash/0", "blocked", "integrate database")
	services, err := u.container("unleash/0", "app").Services(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, "active", string(services["app"].Status))
	require.Equal(t, http.StatusBadGateway, u.web.get(t, "/").status)

	eventually(t, "the relation is gone", func() bool {
		status, err := u.Status(t.Context())
		require.NoError(t, err)
		return len(status.Applications["unleash"].Relations)+len(status.Applications["postgresql"].Relations) == 0
	})
	u.integrate(t)
	u.settle(t)
	require.Equal(t, http.StatusOK, u.web.get(t, "/").status)
}
