// Package pebble declares what a workload container should run, and makes it so.
//
// Every workload container of a Kubernetes charm runs Pebble, which starts services, checks their health and forwards their
// output. A [Layer] is a part of its configuration; layers stacked on each other make the [Plan]. [ParseLayer] and [Combine]
// work on them without any Pebble.
//
// A [Container] talks to one Pebble:
//
//	nginx := pebble.NewContainer("nginx", "/charm/containers/nginx/pebble.socket")
//
// The way to use it is [Container.Apply], which takes layer and files together, does what is missing and nothing else:
//
//	applied, err := nginx.Apply(ctx, pebble.Want{
//		Layer: pebble.Layer{Services: map[string]*pebble.Service{
//			"nginx": {Startup: pebble.StartupEnabled, Command: "nginx -g 'daemon off;'"},
//		}},
//		Files: []pebble.File{
//			{Path: "/etc/nginx/nginx.conf", Content: config, Reloads: []string{"nginx"}},
//		},
//		Reloads: []pebble.Reload{{
//			Service:    "nginx",
//			Generation: generation,           // also a part of config, served on a loopback location
//			Loaded:     askNginx,             // asks that location
//			Command:    &pebble.Command{Args: []string{"nginx", "-s", "reload"}},
//		}},
//	})
//
// It may be called in every hook, and killed at any time: the next call completes it. The other methods are the steps that it
// is made of, and what only a charm can decide.
//
// # Services, changes and checks
//
// What Pebble does takes time, and is a [Change] with its tasks. [Container.Start], [Container.Stop], [Container.Restart] and
// [Container.Replan] wait for its end, and return a [ChangeError] with the last output of what failed. [Container.Begin] does
// not wait; [Container.WaitChange], [Container.Changes] and [Container.AbortChange] are for whoever wants to know more.
//
// [Container.Services] and [Container.Checks] tell how things are now, [Container.Health] in one word. A check can be stopped
// by [Container.StopChecks] and run at once by [Container.RefreshCheck].
//
// # Commands
//
// [Container.Exec] runs a command to its end:
//
//	result, err := nginx.Exec(ctx, pebble.Command{Args: []string{"nginx", "-T"}})
//
// A command that fails is an [ExecError] with the end of its output. [Container.StartCommand] returns at once with a [Process]
// to write to, to read from, to signal and to wait for.
//
// # Files
//
// [Container.Push], [Container.Pull], [Container.List], [Container.Stat], [Container.MakeDir] and [Container.Remove] are for one
// path, and fail with a [PathError], which errors.Is compares with fs.ErrNotExist. [Container.PushDir] and [Container.PullDir]
// copy trees, with all that went wrong in one [CopyError].
//
// # What happened
//
// [Container.Logs] and [Container.FollowLogs] return what services have written. [Container.Notify] leaves a [Notice], of which
// Juju makes a hook; [Container.Notices] and [Container.WaitNotices] read them, [Container.Warnings] those in which Pebble warns.
// [Container.Metrics] counts starts of services and failures of checks.
//
// # Errors
//
// A container whose Pebble does not answer is [ErrNotReady], within milliseconds. What callers may have to tell apart are
// types: [PlanError], [NotSupportedError], [ChownError], [PathError], [CopyError], [ChangeError], [ExecError],
// [ValidationError], [ReloadError], and [APIError] for all other refusals.
//
// Nothing is tried twice, since a hook must not hang. A Pebble that restarts in the midst of things can be waited for with
// [Container.WaitReady], and what is safe to repeat be repeated with [Container.Retry]: within the deadline of the context.
//
// # Contexts and middleware
//
// Every call ends with its context. [WithMiddleware] puts something around the requests of a context, to trace or record them.
//
// # Versions
//
// Juju 3.6.11 puts Pebble 1.19.2 into every workload container, whatever the image holds. It refuses a whole layer for one
// field that it does not know; what is newer, in layers and calls, is a NotSupportedError that names the version it needs.
// States and kinds are strings, and times that are not known are zero, so that what a newer Pebble says is kept as it is.
//
// Not here is what serves people at a terminal or Pebbles on a network: terminals for commands, layers in subfolders, pairing,
// debugging. [Container.Client] lends Pebble's own client for such things. [Container.Identities] and its kin are here.
//
// Facts about Pebble in this package come from the sources of 1.19.2 and 1.32.1, and its tests run against both.
package pebble
