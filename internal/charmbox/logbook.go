package charmbox

import (
	"context"
	"sync"
	"time"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// maxRecords is how many records of the log are kept, and maxLogBytes how much
// text; a charm may log anything.
const (
	maxRecords  = 20000
	maxLogBytes = 32 << 20
)

// logBook keeps the log of the model and wakes those who follow it.
type logBook struct {
	mu      sync.Mutex
	records []LogRecord
	// bytes is the length of all messages.
	bytes int
	// dropped is how many older records there were.
	dropped int
	more    chan struct{}
}

func newLogBook() *logBook { return &logBook{more: make(chan struct{})} }

func (l *logBook) add(r model.LogRecord) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes += len(r.Message)
	if len(l.records) == maxRecords || l.bytes > maxLogBytes {
		l.dropOlder()
	}
	l.records = append(l.records, LogRecord{Time: r.Time, Unit: r.Unit, Module: r.Module, Level: r.Level, Message: r.Message})
	close(l.more)
	l.more = make(chan struct{})
}

// dropOlder drops the older half, by their number and by their length.
func (l *logBook) dropOlder() {
	drop := 0
	for ; drop < len(l.records) && (len(l.records)-drop > maxRecords/2 || l.bytes > maxLogBytes/2); drop++ {
		l.bytes -= len(l.records[drop].Message)
	}
	l.records = append(l.records[:0:0], l.records[drop:]...)
	l.dropped += drop
}

// after returns the records after a number, waiting for one if there is none.
func (l *logBook) after(ctx context.Context, number int, wait time.Duration) LogAnswer {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		l.mu.Lock()
		last := l.dropped + len(l.records)
		from := min(max(number-l.dropped, 0), len(l.records))
		answer := LogAnswer{Records: append([]LogRecord(nil), l.records[from:]...), Last: last}
		more := l.more
		l.mu.Unlock()
		if len(answer.Records) > 0 || ctx.Err() != nil {
			return answer
		}
		select {
		case <-more:
		case <-ctx.Done():
		}
	}
}
