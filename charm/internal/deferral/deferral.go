// Package deferral is how deferred events are written down in the unit's state:
// the framework reads and writes them there, and the test package shows them.
package deferral

import "encoding/json"

// Key is where the unit's state has the deferred events.
const Key = "charmkit-deferred"

// Event is a deferred event: what Juju has said of it, and whose it is.
type Event struct {
	// Handler is the name that the handler was registered under, Event that of the
	// event, such as "database-relation-changed".
	Handler         string `json:"handler"`
	Event           string `json:"event"`
	Relation        string `json:"relation,omitempty"`
	App             string `json:"app,omitempty"`
	Unit            string `json:"unit,omitempty"`
	DepartingUnit   string `json:"departing,omitempty"`
	Secret          string `json:"secret,omitempty"`
	SecretLabel     string `json:"label,omitempty"`
	SecretRevision  int    `json:"revision,omitempty"`
	Notice          string `json:"notice,omitempty"`
	NoticeType      string `json:"notice-type,omitempty"`
	NoticeKey       string `json:"notice-key,omitempty"`
	Check           string `json:"check,omitempty"`
	Storage         string `json:"storage,omitempty"`
	StorageKind     string `json:"storage-kind,omitempty"`
	StorageLocation string `json:"storage-location,omitempty"`
	TargetBase      string `json:"base,omitempty"`
	TargetSeries    string `json:"series,omitempty"`
}

// Encode writes the events, oldest first; none are the empty text.
func Encode(events []Event) (string, error) {
	if len(events) == 0 {
		return "", nil
	}
	data, err := json.Marshal(events)
	return string(data), err
}

// Decode reads what Encode has written.
func Decode(text string) (events []Event, err error) {
	if text == "" {
		return nil, nil
	}
	return events, json.Unmarshal([]byte(text), &events)
}
