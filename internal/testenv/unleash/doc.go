// Package unleash runs the real Unleash for a test, by the app container's own script and as the charm does: with what is
// secret in a file.
package unleash
