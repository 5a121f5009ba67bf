package charmbox

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// The log's numbers go on when older records are dropped.
func TestTheLogIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxLogBytes/10)
	for name, test := range map[string]struct {
		message string
		records int
		atLeast int
	}{
		"many":       {message: "m", records: 3*maxRecords + 7, atLeast: maxRecords / 2},
		"long":       {message: long, records: 123, atLeast: 4},
		"one larger": {message: strings.Repeat("x", 2*maxLogBytes), records: 3, atLeast: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			book := newLogBook()
			for range test.records {
				book.add(model.LogRecord{Message: test.message})
				require.LessOrEqual(t, len(book.records), maxRecords)
				require.LessOrEqual(t, book.bytes, max(maxLogBytes, len(test.message)))
				require.Equal(t, len(book.records)*len(test.message), book.bytes)
			}
			answer := book.after(t.Context(), 0, 0)
			require.Equal(t, test.records, answer.Last)
			require.GreaterOrEqual(t, len(answer.Records), test.atLeast)
			require.Empty(t, book.after(t.Context(), answer.Last, 0).Records)
		})
	}
}
