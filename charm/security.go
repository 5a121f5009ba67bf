package charm

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// Events that matter to who watches over security, by their names in OWASP's
// logging vocabulary.
const (
	// securityRefused: Juju has refused something to the charm.
	securityRefused = "authz_fail"
	// securityCrash: a hook has failed.
	securityCrash = "sys_crash"
	// securityRestart: the charm reboots its machine.
	securityRestart = "sys_restart"
	// securityUnwatched: the charm has stopped a check.
	securityUnwatched = "sys_monitor_disabled"
)

// maxSecurityDescription is the length of a description in bytes: escaped as JSON it
// is still no longer than one message of the log may be.
const maxSecurityDescription = 4 << 10

// securityRecord is one such event, in the form that OWASP gives it.
type securityRecord struct {
	Time  string `json:"datetime"`
	Level string `json:"level"`
	Type  string `json:"type"`
	// App is the model's UUID and the unit's name.
	App         string `json:"appid"`
	Event       string `json:"event"`
	Description string `json:"description"`
}

// security writes a record to the unit's log, as JSON at Juju's level TRACE,
// whatever LogFrom says: logging-config decides whether it is kept. That it
// cannot be written is no failure, and told nowhere: that would be one more.
func (r *run) security(ctx context.Context, event, subject, description string) {
	level := "WARN"
	if event == securityRefused {
		level = "CRITICAL"
	}
	record := securityRecord{
		Time: time.Now().UTC().Format(time.RFC3339), Level: level, Type: "security",
		App:         r.modelUUID + "-" + r.unit,
		Event:       event + ":" + subject,
		Description: shorten(r.instruments.redact(description), maxSecurityDescription),
	}
	data, err := json.Marshal(record)
	if err != nil || len(data) > maxLogMessage {
		return
	}
	_ = r.tools.JujuLog(ctx, "TRACE", string(data))
}

// watchRefusals notes what Juju refuses.
func (r *run) watchRefusals(ctx context.Context, call hooktool.Call, result hooktool.Result) {
	if result.Code == 0 || call.Tool == "juju-log" {
		return
	}
	err := &hooktool.Error{Tool: call.Tool, Code: result.Code, Message: strings.TrimPrefix(strings.TrimSpace(string(result.Stderr)), "ERROR ")}
	if errors.Is(err, ErrPermission) || errors.Is(err, ErrNotLeader) {
		r.security(ctx, securityRefused, r.unit+","+call.Tool, "Juju refused "+call.Tool+": "+err.Message)
	}
}
