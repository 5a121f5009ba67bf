package model

import (
	"sync"
	"time"
)

// LogRecord is one record of the model's log.
type LogRecord struct {
	Time time.Time
	// Unit is the unit it is about; Module is the logger, such as
	// unit.unleash/0.juju-log.
	Unit, Module string
	// Level is TRACE, DEBUG, INFO, WARNING, ERROR or CRITICAL.
	Level, Message string
}

// maxLogs bounds how many records [Model.Logs] can return, and maxLogBytes the
// length of all their messages: a charm may log anything.
const (
	maxLogs     = 10000
	maxLogBytes = 32 << 20
)

type logBuffer struct {
	mu      sync.Mutex
	records []LogRecord
	// bytes is the length of all messages.
	bytes int
	sink  func(LogRecord)
}

// Log adds a record to the model's log. An empty time is filled in.
func (m *Model) Log(r LogRecord) {
	if r.Time.IsZero() {
		r.Time = m.now().UTC()
	}
	b := &m.logs
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bytes += len(r.Message)
	if len(b.records) >= maxLogs || b.bytes > maxLogBytes {
		b.dropOlder()
	}
	b.records = append(b.records, r)
	if b.sink != nil {
		b.sink(r)
	}
}

// dropOlder drops the older half, by their number and by their length.
func (b *logBuffer) dropOlder() {
	drop := 0
	for ; drop < len(b.records) && (len(b.records)-drop > maxLogs/2 || b.bytes > maxLogBytes/2); drop++ {
		b.bytes -= len(b.records[drop].Message)
	}
	b.records = append(b.records[:0:0], b.records[drop:]...)
}

// Logs returns the latest records, oldest first.
func (m *Model) Logs() []LogRecord {
	m.logs.mu.Lock()
	defer m.logs.mu.Unlock()
	return append([]LogRecord(nil), m.logs.records...)
}
