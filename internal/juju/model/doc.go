// Package model holds a Juju model in memory: applications, units, relations,
// secrets, actions and leadership, with the rules that Juju 3.6.11's controller
// has for them.
//
// # Plain state
//
// [State] is plain data. A test builds one as a literal, or with the verbs that
// an operator has ([State.Deploy], [State.Integrate], [State.SetConfig] and so
// on), and reads every field of it afterwards. Nothing in it is a pointer back
// into the engine, and all of it goes through encoding/json unchanged.
//
// # One owner
//
// [Model] owns a State and makes it safe for concurrent use. [Model.View] reads
// under a shared lock, [Model.Update] changes under an exclusive one:
//
//	m := model.New(model.State{Name: "demo"}, model.Options{})
//	err := m.Update(ctx, func(s *model.State) error {
//		return s.Deploy("unleash", charm, model.DeployOptions{Units: 1})
//	})
//
// An update that returned nil is acknowledged: with a [Store] it is on disk.
// [Open] brings a stored model back. [Model.Watch] wakes unit agents when
// something changed.
//
// What one running hook sees of the model, and when its changes reach it, is
// package hook's business.
package model
