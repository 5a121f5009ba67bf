package charm

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/charmkit/charmkit/charm/internal/spool"
	"github.com/charmkit/charmkit/charm/recording"
)

// RecordOptions bound the recordings of hooks; zero values mean the defaults.
type RecordOptions struct {
	// Hooks is how many recordings are kept; default 20.
	Hooks int
	// Bytes is the most that one recording takes; default 1 MiB.
	Bytes int
	// Keys are parts of further names, of options, keys of databags and so on,
	// whose values are secret. Those that sound like passwords, tokens or keys are
	// known.
	Keys []string
}

const (
	defaultRecordedHooks = 20
	defaultRecordedBytes = 1 << 20
	// recordings is where they are, in the charm's directory.
	recordings      = ".charmkit/recordings"
	recordingSuffix = ".jsonl"
)

// Record keeps recordings of the last hooks in the folder .charmkit/recordings
// of the charm's directory, for the binary's commands "replay" and "explain":
// the environment that Juju gave, and what the hook tools and Pebbles answered,
// without secrets (see the package recording). A hook never fails for its
// recording.
func (b *Base) Record(options RecordOptions) {
	if options.Hooks <= 0 {
		options.Hooks = defaultRecordedHooks
	}
	if options.Bytes <= 0 {
		options.Bytes = defaultRecordedBytes
	}
	b.record = &options
}

// recordingSpool is where the recordings of a charm are.
func recordingSpool(dir string, options RecordOptions) *spool.Spool {
	return spool.Open(filepath.Join(dir, recordings), spool.Options{
		Suffix: recordingSuffix, Files: options.Hooks, Bytes: int64(options.Hooks) * int64(options.Bytes),
	})
}

// startRecording begins the recording of a hook. Without room for it there is
// none.
func startRecording(dir string, options RecordOptions, getenv func(string) string, event string, redactor *recording.Redactor) (*recording.Writer, *os.File) {
	started := time.Now()
	s := recordingSpool(dir, options)
	file, err := s.Append(s.Name(0, started))
	if err != nil {
		fmt.Fprintf(os.Stderr, "cannot record this hook: %v\n", err)
		return nil, nil
	}
	redactor.Keys = options.Keys
	w := recording.NewWriter(file, redactor, options.Bytes)
	w.Header(recording.Header{Event: event, Started: started, Env: recordedEnvironment(getenv)})
	return w, file
}

// recordedEnvironment is what the charm can have read of the environment,
// without what admits to the agent.
func recordedEnvironment(getenv func(string) string) map[string]string {
	env := map[string]string{}
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		switch {
		case !strings.HasPrefix(name, "JUJU_"), name == "JUJU_CONTEXT_ID", strings.HasPrefix(name, "JUJU_AGENT_"):
		default:
			env[name] = getenv(name)
		}
	}
	// An environment that is not the process's own cannot be listed.
	for _, name := range [...]string{
		"JUJU_DISPATCH_PATH", "JUJU_HOOK_NAME", "JUJU_UNIT_NAME", "JUJU_MODEL_NAME", "JUJU_MODEL_UUID", "JUJU_VERSION", "JUJU_CHARM_DIR",
		"JUJU_RELATION", "JUJU_RELATION_ID", "JUJU_REMOTE_APP", "JUJU_REMOTE_UNIT", "JUJU_DEPARTING_UNIT",
		"JUJU_SECRET_ID", "JUJU_SECRET_LABEL", "JUJU_SECRET_REVISION", "JUJU_STORAGE_ID", "JUJU_STORAGE_LOCATION", "JUJU_STORAGE_KIND",
		"JUJU_WORKLOAD_NAME", "JUJU_NOTICE_ID", "JUJU_NOTICE_TYPE", "JUJU_NOTICE_KEY", "JUJU_PEBBLE_CHECK_NAME",
		"JUJU_ACTION_NAME", "JUJU_ACTION_UUID", "JUJU_ACTION_TAG", "JUJU_PRINCIPAL_UNIT", "JUJU_AVAILABILITY_ZONE",
	} {
		if value := getenv(name); value != "" {
			env[name] = value
		}
	}
	return env
}
