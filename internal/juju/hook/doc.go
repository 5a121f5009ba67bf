// Package hook is what one running hook, or action, sees of a Juju model and
// does to it.
//
// An [Info] says what happened. A [Context] is one run: the hook tools (package
// tools) read and write through it, [Context.Env] is the environment that the
// charm gets, and [Context.Finish] ends it:
//
//	c, err := hook.New(hook.Options{Model: m, Unit: "unleash/0", Info: hook.Info{Kind: hook.ConfigChanged}})
//	...                                   // the charm runs
//	err = c.Finish(ctx, hook.Outcome{})   // exit code 0: commit
//
// # A transaction, Juju's kind
//
// Some writes act at once (status, workload version, logs, what a secret read
// tracks). All others are recorded: the hook's own reads see them, the rest of
// the model sees them when [Context.Commit] succeeds. The commit may be refused
// although the charm exited 0, and then the hook has failed. As in Juju 3.6.11
// the commit is not one transaction: some things are refused unseen, then changes
// to secrets are applied one by one, then comes the transaction for all the rest.
//
// # What the agent remembers
//
// Which remote units a charm was told of, and what it read of them, outlives
// single hooks: a unit's agent keeps it in a [Memory]. A Context without one
// sees every unit that is in scope, and reads afresh.
package hook
