// Package postgresql speaks the relation interface postgresql_client, version
// 0: the one that every published provider of PostgreSQL understands.
//
// A charm that needs a database takes a [Requirer] and asks it:
//
//	database := postgresql.Requires(b, "database", postgresql.Options{Database: "wiki"})
//	...
//	db, err := database.Get(ctx)
//
// A charm that offers databases takes a [Provider], goes over its
// [Provider.Requests], and answers each with credentials and endpoints.
//
// # The databags
//
// The requirer's leader writes into its application databag the name of the
// database and "requested-secrets", the list of fields that it wants in secrets.
// The provider's leader answers in its own: "endpoints" (host:port, the primary
// first), "secret-user" (a secret with username and password), perhaps
// "secret-tls", "read-only-endpoints", "version". Endpoints may come after the
// credentials. Rotated credentials come as secret-changed, not as
// relation-changed.
package postgresql
