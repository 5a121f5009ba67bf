// Package webapp is a reusable operator for an app behind NGINX.
//
// A charm that uses it declares two workload containers, nginx and app, and the
// options of [Settings]. It says in one function what its app needs
// ([Options.Workload]); webapp does the rest:
//
//   - the nginx container: NGINX on 8080, the entry point of all web traffic,
//     with a configuration rendered from the options, tried before it is
//     swapped in, and reloaded without a lost request when only it changed; and
//     the exporter of NGINX's metrics on 9113;
//   - the app container: the app on 8081, restarted exactly when its
//     definition or its files change, stopped when what it cannot do without is
//     gone;
//   - checks whose levels mean something: NGINX, the entry point, is alive; the
//     app is ready; the exporter has no level and can take no pod out of
//     service;
//   - the status: everything that is missing, in one message.
//
// The operator is a component: it registers what it needs on the base, and the
// charm adds handlers and reconcilers of its own beside it.
package webapp
