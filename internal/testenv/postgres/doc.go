// Package postgres runs a real PostgreSQL for a test.
//
//	database := postgres.Start(t)
//	client.Connect(database.URL)
//
// It listens on a loopback address of its own, wants the password (scram-sha-256), and does without what makes data outlive a
// crash. At the end of the test it is gone, with all that was in it.
package postgres
