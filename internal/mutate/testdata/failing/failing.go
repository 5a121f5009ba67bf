// Package failing has a test that fails.
package failing

// Greet returns a greeting.
func Greet(name string) string { return "hello " + name }
