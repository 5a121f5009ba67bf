package charm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/charm/recording"
	"github.com/charmkit/charmkit/pebble"
)

// commandOptions are what a command takes from outside.
type commandOptions struct {
	// args are the command line, the program's name first.
	args           []string
	getenv         func(string) string
	stdout, stderr io.Writer
}

const commandUsage = `This is the hook binary of a charm: Juju runs it, without arguments. Run it yourself as

  %[1]s check [DIR]     compare the names in the code with the charm's files
  %[1]s events          list the events that the charm handles
  %[1]s replay [FILE]   run a recorded hook again, and tell what differs; with
                       --as-test before FILE, print it as a test of package charmtest
  %[1]s explain [FILE]  tell what reconciling would change, without changing it

DIR is the folder of the charm's files; here if it is left out. FILE is a recording, or a charm's folder with
recordings: the newest counts. Recordings are made if the charm asks for them, in .charmkit/recordings.
Without FILE, explain reads the running model; run it in the unit's hook context (juju exec --unit).
`

// errDiffers makes a command fail that has said why.
var errDiffers = errors.New("differs")

// runCommand runs a command of the charm's author and returns the exit code: 0
// done, 1 failed or found something, 2 the command line is wrong.
func runCommand[C any](ctx context.Context, newCharm Constructor[C], o commandOptions) int {
	program, verb := filepath.Base(o.args[0]), o.args[1]
	args := o.args[2:]
	asTest := verb == "replay" && len(args) > 0 && args[0] == "--as-test"
	if asTest {
		args = args[1:]
	}
	argument := ""
	if len(args) > 0 {
		argument = args[0]
	}
	var err error
	switch {
	case verb == "help" || verb == "-h" || verb == "--help":
		fmt.Fprintf(o.stdout, commandUsage, program)
		return 0
	case len(args) > 1 || verb == "events" && argument != "" || strings.HasPrefix(argument, "-"):
		verb = ""
	case verb == "check":
		err = checkCommand(newCharm, argument, o)
	case verb == "events":
		err = eventsCommand(newCharm, o)
	case asTest:
		err = asTestCommand(newCharm, argument, o)
	case verb == "replay":
		err = replayCommand(ctx, newCharm, argument, o)
	case verb == "explain":
		err = explainCommand(ctx, newCharm, argument, o)
	default:
		verb = ""
	}
	if verb == "" {
		fmt.Fprintf(o.stderr, commandUsage, program)
		return 2
	}
	if err == nil {
		return 0
	}
	if !errors.Is(err, errDiffers) {
		fmt.Fprintln(o.stderr, err)
	}
	return 1
}

func checkCommand[C any](newCharm Constructor[C], dir string, o commandOptions) error {
	if dir == "" {
		dir = "."
	}
	files, err := metadata.LoadSource(os.DirFS(dir))
	if err != nil {
		return err
	}
	if err := Check(newCharm, files); err != nil {
		return err
	}
	fmt.Fprintf(o.stdout, "%s: the code and the files agree\n", files.Meta.Name)
	return nil
}

func eventsCommand[C any](newCharm Constructor[C], o commandOptions) error {
	events, err := Events(newCharm)
	if err != nil {
		return err
	}
	for _, event := range events {
		fmt.Fprintln(o.stdout, event)
	}
	return nil
}

// openRecording reads the recording in a file, or the newest of a folder.
func openRecording(path string) (*recording.Recording, error) {
	if path == "" {
		path = "."
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot find the recording: %w", err)
	}
	if info.IsDir() {
		s := recordingSpool(path, RecordOptions{})
		names, err := s.List()
		if err != nil {
			return nil, err
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("cannot find a recording in %s: the charm makes them if it calls Record of its Base", filepath.Join(path, recordings))
		}
		path = s.Path(names[len(names)-1])
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open the recording: %w", err)
	}
	defer file.Close()
	return recording.Read(file)
}

// recorded reads the environment of a recording.
func recorded(r *recording.Recording) func(string) string {
	return func(name string) string { return r.Header.Env[name] }
}

// nowhere is a container whose Pebble is not there: requests are answered before.
func nowhere(name string) *pebble.Container { return pebble.NewContainer(name, "/nonexistent/"+name) }

// describe names the hook of a recording.
func describe(r *recording.Recording) string {
	return fmt.Sprintf("%s of %s, %s", r.Header.Event, r.Header.Env["JUJU_UNIT_NAME"], r.Header.Started.UTC().Format(time.RFC3339))
}

func replayCommand[C any](ctx context.Context, newCharm Constructor[C], path string, o commandOptions) error {
	r, err := openRecording(path)
	if err != nil {
		return err
	}
	player := recording.NewPlayer(r, &recording.Redactor{})
	ctx = pebble.WithMiddleware(ctx, func(container string, _ http.RoundTripper) http.RoundTripper {
		return player.RoundTripper(container)
	})
	_, err = Run(ctx, newCharm, Options{
		Getenv: recorded(r), Transport: player, Files: os.DirFS("."), Pebble: nowhere,
	})
	fmt.Fprintf(o.stdout, "replayed %s\n", describe(r))
	differences := player.Differences()
	now, then := "success", "success"
	if err != nil {
		now = err.Error()
	}
	switch end := r.End(); {
	case end == nil:
		then = "it was killed"
	case end.Error != "":
		then = end.Error
	}
	if now != then {
		differences = append(differences, fmt.Sprintf("it ended with: %s; recorded: %s", now, then))
	}
	fmt.Fprintf(o.stdout, "ended: %s\n", now)
	for _, difference := range differences {
		fmt.Fprintf(o.stdout, "  %s\n", difference)
	}
	if len(differences) > 0 {
		return errDiffers
	}
	fmt.Fprintln(o.stdout, "it did the same")
	return nil
}

func explainCommand[C any](ctx context.Context, newCharm Constructor[C], path string, o commandOptions) error {
	options := Options{Getenv: o.getenv, Files: os.DirFS(".")}
	e := event{name: kindUpdateStatus, trigger: trigger{kind: kindUpdateStatus}}
	redactor := &recording.Redactor{}
	var player *recording.Player
	if path != "" {
		r, err := openRecording(path)
		if err != nil {
			return err
		}
		player = recording.NewPlayer(r, &recording.Redactor{})
		options.Getenv, options.Transport, options.Pebble = recorded(r), player, nowhere
		if e, err = eventFromEnvironment(options.Getenv); err != nil {
			return err
		}
		fmt.Fprintf(o.stdout, "reconciling after %s\n", describe(r))
	} else if o.getenv("JUJU_CONTEXT_ID") == "" {
		return errors.New("cannot explain: there is no hook context here (use juju exec --unit), and no recording was given")
	} else if dir := o.getenv("JUJU_CHARM_DIR"); dir != "" {
		options.Files = os.DirFS(dir)
	}
	options, err := options.withDefaults()
	if err != nil {
		return err
	}
	dry := recording.NewDry(options.Transport, redactor)
	defer dry.Close()
	options.Transport, options.Dir = dry, ""
	ctx = pebble.WithMiddleware(ctx, func(container string, next http.RoundTripper) http.RoundTripper {
		if player != nil {
			next = player.RoundTripper(container)
		}
		return dry.RoundTripper(container, next)
	})
	if err := reconcileOnce(ctx, newCharm, e, options); err != nil {
		fmt.Fprintf(o.stdout, "it would fail: %s\n", redactor.Text(err.Error()))
	}
	would := dry.Would()
	for _, change := range would {
		fmt.Fprintf(o.stdout, "would: %s\n", change)
	}
	if len(would) == 0 {
		fmt.Fprintln(o.stdout, "nothing would change")
	}
	return nil
}

// reconcileOnce runs the reconcilers alone.
func reconcileOnce[C any](ctx context.Context, newCharm Constructor[C], e event, options Options) error {
	b := newBase(options.Pebble)
	if _, err := newCharm(b); err != nil {
		return fmt.Errorf("cannot construct the charm: %w", err)
	}
	meta, err := checkNames(b, options)
	if err != nil {
		return err
	}
	b.handlers, b.deferrers, b.actions = map[trigger][]handler{}, nil, nil
	e.kind = kindUpdateStatus
	b.record, b.tracing = nil, nil
	return b.runEvent(ctx, e, meta, options)
}
