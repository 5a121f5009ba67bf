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
// is made of, and what only a charm can decide: [Container.Exec], [Container.Notify], [Container.StartChecks] and others.
//
// # Errors
//
// A container whose Pebble does not answer is [ErrNotReady], within milliseconds. What callers may have to tell apart are
// types: [PlanError], [NotSupportedError], [ChownError], [PathError], [ChangeError], [ExecError], [ValidationError],
// [ReloadError].
//
// # Versions
//
// Juju 3.6.11 puts Pebble 1.19.2 into every workload container, whatever the image holds. It refuses a whole layer for one
// field that it does not know; the few that are newer are a NotSupportedError. Facts about Pebble in this package come from
// the sources of 1.19.2 and 1.32.1, and its tests run against both.
package pebble
