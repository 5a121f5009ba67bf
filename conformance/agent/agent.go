// Package agent runs hooks as Juju 3.6.11's unit agent does: with its context
// factory, its hook context, its hook-tool server and its client of the
// controller's API. Only the charm's process is left out.
package agent

import (
	"time"

	"github.com/juju/clock"
	"github.com/juju/loggo"
	"github.com/juju/names/v5"

	"github.com/juju/juju/api/agent/secretsmanager"
	"github.com/juju/juju/api/agent/uniter"
	"github.com/juju/juju/charmkit-conformance/controller"
	"github.com/juju/juju/charmkit-conformance/script"
	"github.com/juju/juju/core/leadership"
	"github.com/juju/juju/internal/worker/uniter/runner/context"
	"github.com/juju/juju/juju/sockets"
	"github.com/juju/juju/secrets"
)

// paths are where a sidecar charm's agent has its files.
type paths struct{ base, charm, tools, socket string }

func (p paths) GetToolsDir() string { return p.tools }
func (p paths) GetBaseDir() string  { return p.base }
func (p paths) GetCharmDir() string { return p.charm }
func (p paths) GetResourcesDir() string {
	return p.base + "/resources"
}
func (p paths) GetMetricsSpoolDir() string { return p.base + "/state/spool/metrics" }

func (p paths) GetJujucServerSocket(bool) sockets.Socket {
	return sockets.Socket{Network: "unix", Address: p.socket}
}

func (p paths) GetJujucClientSocket(bool) sockets.Socket {
	return sockets.Socket{Network: "unix", Address: p.socket}
}

// tracker tells whether the unit leads its application.
type tracker struct {
	controller *controller.Controller
	unit       names.UnitTag
}

func (t tracker) ApplicationName() string {
	name, err := names.UnitApplication(t.unit.Id())
	if err != nil {
		panic(err) // it is a unit's tag
	}
	return name
}

func (t tracker) ClaimDuration() time.Duration { return 30 * time.Second }

func (t tracker) ClaimLeader() leadership.Ticket {
	return ticket(t.controller.LeadershipCheck(t.ApplicationName(), t.unit.Id()).Check() == nil)
}

func (t tracker) WaitLeader() leadership.Ticket { return ticket(true) }
func (t tracker) WaitMinion() leadership.Ticket { return ticket(true) }

type ticket bool

func (t ticket) Wait() bool { return bool(t) }

func (t ticket) Ready() <-chan struct{} {
	ready := make(chan struct{})
	close(ready)
	return ready
}

// agent is one unit's agent for one hook.
type agent struct {
	controller *controller.Controller
	caller     *controller.Caller
	state      *uniter.State
	unit       names.UnitTag
	hook       script.Hook
	paths      paths
	logs       *logs
}

func (a *agent) factory() (context.ContextFactory, error) {
	unit, err := a.state.Unit(a.unit)
	if err != nil {
		return nil, err
	}
	resources, err := uniter.NewResourcesFacadeClient(a.caller, a.unit)
	if err != nil {
		return nil, err
	}
	secretsClient := secretsmanager.NewClient(a.caller)
	relations, err := a.relations()
	if err != nil {
		return nil, err
	}
	return context.NewContextFactory(context.FactoryConfig{
		State: a.state, Unit: unit, Resources: resources, Payloads: uniter.NewPayloadFacadeClient(a.caller),
		SecretsClient: secretsClient,
		SecretsBackendGetter: func() (secrets.BackendsClient, error) {
			return secrets.NewClient(secretsClient)
		},
		Tracker:          tracker{a.controller, a.unit},
		GetRelationInfos: func() map[int]*context.RelationInfo { return relations },
		Paths:            a.paths,
		Clock:            clock.WallClock,
		Logger:           a.logs.logger(),
	})
}

// relations are the relations that the unit has entered, with the remote units
// that the charm was told of.
func (a *agent) relations() (map[int]*context.RelationInfo, error) {
	infos := map[int]*context.RelationInfo{}
	for id, r := range a.controller.World.Relations {
		if ru := r.Units[a.unit.Id()]; ru == nil || !ru.InScope {
			continue
		}
		relation, err := a.state.Relation(names.NewRelationTag(controller.Key(r)))
		if err != nil {
			return nil, err
		}
		unit, err := relation.Unit(a.unit)
		if err != nil {
			return nil, err
		}
		members, told := a.hook.Members[id]
		if !told {
			members = controller.RemoteUnits(r, a.unit.Id())
		}
		infos[id] = &context.RelationInfo{RelationUnit: &context.RelationUnitShim{RelationUnit: unit}, MemberNames: members}
	}
	return infos, nil
}

// logs collects what juju-log writes.
type logs struct {
	context *loggo.Context
	lines   []string
}

func newLogs() *logs {
	l := &logs{context: loggo.NewContext(loggo.TRACE)}
	if err := l.context.AddWriter("script", l); err != nil {
		panic(err) // the context is new
	}
	return l
}

func (l *logs) logger() loggo.Logger { return l.context.GetLogger("unit") }

// Write implements loggo.Writer.
func (l *logs) Write(e loggo.Entry) {
	if len(e.Module) > 9 && e.Module[len(e.Module)-9:] == ".juju-log" {
		l.lines = append(l.lines, e.Level.String()+" "+e.Message)
	}
}
