package pebble

import "time"

// ExpectHandshake makes a container wait only so much longer than five seconds for
// Pebble to begin a command; a negative time is less.
func ExpectHandshake(c *Container, more time.Duration) { c.handshake = more }
