package charmtest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/charmkit/charmkit/charm/charmtest"
)

// exampleT is the test of the examples, which is theirs no further.
func exampleT() testing.TB { return &testingT{} }

// testingT fails an example by a panic.
type testingT struct{ testing.B }

func (t *testingT) Helper()                           {}
func (t *testingT) Context() context.Context          { return context.Background() }
func (t *testingT) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }
func (t *testingT) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// One event: a state in, an event, a state out.
func ExampleRun() {
	t := exampleT() // in a test, its own

	out := charmtest.Run(t, client, charmtest.State{}, charmtest.ConfigChanged())
	fmt.Println(out.State.Status)

	related := charmtest.State{Relations: []charmtest.Relation{{
		Endpoint: "server", RemoteApp: "server", RemoteAppData: map[string]string{"host": "10.1.0.9"},
	}}}
	out = charmtest.Run(t, client, related, charmtest.RelationChanged("server", "server"))
	fmt.Println(out.State.Status)
	fmt.Println(out.Calls.Tools())
	// Output:
	// {blocked integrate server}
	// {active served by 10.1.0.9}
	// [relation-ids relation-get status-get status-set]
}

// A state that no Juju could have is refused, with advice.
func ExampleCheck() {
	err := charmtest.Check(client, charmtest.State{
		Relations: []charmtest.Relation{{Endpoint: "sever"}},
		Ports:     []string{"80-90/tcp"},
	}, charmtest.RelationJoined("server", "server/0"))
	fmt.Println(err)
	// Output:
	// cannot run this test, its own input is wrong:
	//   State.Relations[0].Endpoint: metadata.yaml has no endpoint "sever": write "server"
	//   State.Ports[0]: Kubernetes has neither ranges nor icmp: write single ports, or set Machine
	//   the event: server-relation-joined is of a relation that the state has not: give State.Relations one with Endpoint "server"
}

// A model of two applications, both with their charms.
func ExampleModel() {
	t := exampleT() // in a test, its own

	m := charmtest.NewModel(t, charmtest.ModelOptions{})
	server := m.Deploy("server", server, charmtest.DeployOptions{Units: 2})
	client := m.Deploy("client", client, charmtest.DeployOptions{})
	m.Integrate("client", "server")
	m.Settle()
	fmt.Println(client.Status())

	server.Lead(server.Unit(1))
	m.Settle()
	fmt.Println(client.Status())

	server.Remove()
	m.Settle()
	fmt.Println(client.Status())
	// Output:
	// {active served by server/0}
	// {active served by server/1}
	// {blocked integrate server}
}
