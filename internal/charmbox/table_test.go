package charmbox_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/charmbox"
)

// twoApplications is a status with all that a table shows.
func twoApplications() charmbox.Status {
	unit := func(workload, message, agent, doing string) charmbox.UnitStatus {
		return charmbox.UnitStatus{
			Workload: charmbox.StatusInfo{Current: workload, Message: message},
			Agent:    charmbox.StatusInfo{Current: agent, Message: doing},
		}
	}
	web := unit("waiting", "no\nroute", "executing", "running config-changed hook")
	web.Leader, web.Ports, web.Address = true, []string{"80/tcp", "443/tcp"}, "10.88.1.1"
	return charmbox.Status{
		Model: charmbox.ModelStatus{Name: "m", Cloud: "charmbox", Version: "3.6.11"},
		Applications: map[string]charmbox.ApplicationStatus{
			"web": {
				CharmName: "wiki", Scale: 2, Status: charmbox.StatusInfo{Current: "waiting", Message: "no route"},
				Relations: map[string][]charmbox.Related{"db": {{"pg", "database", "sql", "requires"}}},
				Units:     map[string]charmbox.UnitStatus{"web/0": web, "web/1": unit("unknown", "", "allocating", "starting a new pod")},
			},
			"pg": {
				CharmName: "postgresql", Version: "15.18", Scale: 1, Status: charmbox.StatusInfo{Current: "active"},
				Relations: map[string][]charmbox.Related{"database": {{"web", "db", "sql", "provides"}}},
				Units:     map[string]charmbox.UnitStatus{"pg/0": unit("active", "", "idle", "")},
			},
		},
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, twoApplications().WriteTable(&out))
	require.Equal(t, strings.TrimLeft(`
Model  Cloud     Version
m      charmbox  3.6.11

App  Version  Status   Scale  Charm       Message
pg   15.18    active   1/1    postgresql
web           waiting  2/2    wiki        no route

Unit    Workload  Agent       Address    Ports           Message
pg/0    active    idle
web/0*  waiting   executing   10.88.1.1  80/tcp,443/tcp  (config-changed) no route
web/1   unknown   allocating

Integration provider  Requirer  Interface
pg:database           web:db    sql
`, "\n"), out.String())
}

func TestTableOfEmptyModel(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, charmbox.Status{Model: charmbox.ModelStatus{Name: "m"}}.WriteTable(&out))
	require.Equal(t, "Model  Cloud  Version\nm\n\nModel \"m\" is empty.\n", out.String())
}

func TestUnsettled(t *testing.T) {
	t.Parallel()
	s := twoApplications()
	require.Equal(t, "web/0 is waiting: no\nroute (running config-changed hook)", s.Unsettled())
	require.Equal(t, "web/0 is waiting: no\nroute (running config-changed hook)", s.Unsettled("pg", "web"))
	require.Empty(t, s.Unsettled("pg"))
	require.True(t, s.Settled("pg"))
	require.False(t, s.Settled())
	require.Equal(t, "there is no application x", s.Unsettled("x"))
	require.True(t, charmbox.Status{}.Settled())

	app := s.Applications["pg"]
	app.Scale = 0
	s.Applications["pg"] = app
	require.Equal(t, "pg has 1 of 0 units and is active", s.Unsettled("pg"), "it is being removed")
}
