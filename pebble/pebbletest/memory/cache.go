package memory

import "sync"

// cacheSize is how many answers a Cache keeps. When it is full it forgets all of them.
const cacheSize = 4096

// Cache remembers what layers say, by their text, so that a layer is read once however many Pebbles meet it. All that it holds
// follows from its key and is never written to. The zero value is empty; it may be used from several goroutines.
type Cache struct {
	mu      sync.Mutex
	answers map[cacheKey]any
}

// cacheKey is a question: what it is about, and the texts it is about.
type cacheKey struct {
	kind cacheKind
	text string
}

type cacheKind byte

const (
	parsedLayer cacheKind = iota
	combinedPlan
	mergedLayer
)

// remember returns the answer to a question, from memory if it was asked before.
func remember[V any](c *Cache, kind cacheKind, text string, answer func() V) V {
	key := cacheKey{kind, text}
	c.mu.Lock()
	known, ok := c.answers[key]
	c.mu.Unlock()
	if ok {
		return known.(V)
	}
	value := answer()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answers == nil || len(c.answers) >= cacheSize {
		c.answers = map[cacheKey]any{}
	}
	c.answers[key] = value
	return value
}
