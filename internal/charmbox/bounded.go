package charmbox

import "bytes"

// maxOutput is how much of a program's output is kept, in bytes, where it is kept
// as a whole.
const maxOutput = 16 << 20

// boundedBuffer keeps the beginning of what is written to it.
type boundedBuffer struct {
	// kept is no embedded field: it would read all there is by itself.
	kept bytes.Buffer
	// full is called when there was more.
	full func()
}

// Write takes everything, so that the program is not held up.
func (b *boundedBuffer) Write(data []byte) (int, error) {
	fits := data[:min(len(data), maxOutput-b.kept.Len())]
	if len(fits) < len(data) {
		b.full()
	}
	b.kept.Write(fits)
	return len(data), nil
}

// Bytes returns what was kept.
func (b *boundedBuffer) Bytes() []byte { return b.kept.Bytes() }
