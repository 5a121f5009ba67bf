package charm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"slices"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/charm/tracing"
	"github.com/charmkit/charmkit/pebble"
)

// Constructor declares a charm: it takes handles from the base and registers
// handlers on them.
type Constructor[C any] func(*Base) (C, error)

// Main is the main function of a charm. It runs the event that Juju gives and
// exits: 0 when the hook has succeeded, 1 when Juju should run it again. Juju
// gives no arguments; with some, the binary is a command for the charm's author:
// "help" lists them.
func Main[C any](newCharm Constructor[C]) {
	if len(os.Args) > 1 {
		os.Exit(runCommand(context.Background(), newCharm, commandOptions{
			args: os.Args, getenv: os.Getenv, stdout: os.Stdout, stderr: os.Stderr,
		}))
	}
	if _, err := Run(context.Background(), newCharm, Options{}); err != nil {
		// Juju copies standard error into the log, and for actions to the user.
		fmt.Fprintln(os.Stderr, printable(err.Error()))
		if p, ok := errors.AsType[*PanicError](err); ok {
			os.Stderr.Write(p.Stack)
		}
		os.Exit(1)
	}
}

// Options are what Run takes from outside; the zero value is a hook that Juju
// runs.
type Options struct {
	// Getenv reads the environment of the hook; default os.Getenv.
	Getenv func(string) string
	// Transport carries the hook tools; default hooktool.Open. Run closes it.
	Transport hooktool.Transport
	// Files is the charm directory; default JUJU_CHARM_DIR.
	Files fs.FS
	// Metadata is what metadata.yaml says; default it is read from Files.
	Metadata *metadata.Meta
	// Pebble returns a container by its name; default the one whose Pebble listens
	// where Juju has it, on /charm/containers/NAME/pebble.socket.
	Pebble func(name string) *pebble.Container
	// Dir is where a charm that is recorded or traced keeps its files; default
	// JUJU_CHARM_DIR, if Files is not set either. Without it there are none.
	Dir string
	// Traced gets the trace of a charm that is traced, instead of Dir and of the
	// backend.
	Traced func(*tracing.Trace)
}

// ErrNotUnderJuju is returned by Run when the environment names no event.
var ErrNotUnderJuju = errors.New("cannot tell what to do: this is the hook binary of a charm, which Juju runs as \"dispatch\" with JUJU_DISPATCH_PATH set")

// Run runs one event and returns the charm that handled it. It is what Main
// calls.
func Run[C any](ctx context.Context, newCharm Constructor[C], options Options) (c C, err error) {
	options, err = options.withDefaults()
	if err != nil {
		return c, err
	}
	defer options.Transport.Close()
	event, err := eventFromEnvironment(options.Getenv)
	if err != nil {
		return c, err
	}
	b := newBase(options.Pebble)
	c, err = newCharm(b)
	if err != nil {
		return c, fmt.Errorf("cannot construct the charm: %w", err)
	}
	if b.tracing != nil {
		b.tracing.charmType = fmt.Sprintf("%T", c)
	}
	meta, err := checkNames(b, options)
	if err != nil {
		return c, err
	}
	return c, b.runEvent(ctx, event, meta, options)
}

// runEvent dispatches the event, seen by what the charm has asked to see it.
func (b *Base) runEvent(ctx context.Context, e event, meta *metadata.Meta, options Options) (err error) {
	ctx, instruments := b.instrument(ctx, &e, meta, options)
	options.Transport = instruments
	b.run = newRun(e, options)
	b.run.meta = meta
	b.run.instruments = instruments
	instruments.refused = b.run.watchRefusals
	hook, root := tracing.Start(ctx, e.name)
	var to *tracing.Destination
	defer func() {
		root.End(err)
		instruments.finish(ctx, b, to, err)
	}()
	if instruments.trace != nil {
		// Tools that look for the trace of a hook in the log know this text.
		b.Log.DebugContext(hook, fmt.Sprintf("Starting root trace with id='%s'.", instruments.trace.ID()))
	}
	return b.guard(hook, func() error {
		if err := b.dispatch(hook); err != nil {
			return err
		}
		if instruments.trace == nil || !b.tracing.asks(&e) {
			return nil
		}
		var err error
		to, err = b.tracing.where(hook)
		return err
	})
}

func (o Options) withDefaults() (Options, error) {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Files == nil {
		if o.Dir == "" {
			o.Dir = o.Getenv("JUJU_CHARM_DIR")
		}
		o.Files = os.DirFS(o.Getenv("JUJU_CHARM_DIR"))
	}
	if o.Pebble == nil {
		o.Pebble = func(name string) *pebble.Container {
			return pebble.NewContainer(name, "/charm/containers/"+name+"/pebble.socket")
		}
	}
	if o.Transport == nil {
		dir, err := os.Getwd()
		if err != nil {
			return o, fmt.Errorf("cannot find the current directory: %w", err)
		}
		o.Transport = hooktool.Open(hooktool.OpenOptions{Getenv: o.Getenv, Dir: dir})
	}
	return o, nil
}

// checkNames reports every name that the charm uses and metadata.yaml does not
// declare.
func checkNames(b *Base, options Options) (*metadata.Meta, error) {
	if options.Metadata != nil {
		return options.Metadata, b.checkMeta(options.Metadata)
	}
	data, err := fs.ReadFile(options.Files, "metadata.yaml")
	if err != nil {
		return nil, fmt.Errorf("cannot read the charm's metadata.yaml: %w", err)
	}
	meta, err := metadata.ParseMeta(data)
	if err != nil {
		return nil, fmt.Errorf("cannot parse metadata.yaml: %w", err)
	}
	return &meta, b.checkMeta(&meta)
}

// PanicError is a panic of the charm's own code. It fails the hook.
type PanicError struct {
	// Value is what panic was called with, Stack where.
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// guard runs what is the charm's own code, and tells the logs of its failure. A panic
// becomes an error that names the event.
func (b *Base) guard(ctx context.Context, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("cannot handle %s: %w", b.run.event.name, &PanicError{p, debug.Stack()})
		}
		err = b.run.instruments.withoutSecrets(err)
		if err != nil {
			b.Log.ErrorContext(ctx, "hook failed", "event", b.run.event.name, "error", err.Error())
			b.run.security(ctx, securityCrash, b.run.unit+","+b.run.event.name, "the hook failed: "+err.Error())
		}
	}()
	return do()
}

// dispatch calls the handlers and reconcilers of the event, and writes the status.
func (b *Base) dispatch(ctx context.Context) error {
	if slices.Contains(obsoleteKinds[:], b.run.event.kind) {
		return nil
	}
	if !b.run.event.isKnown() {
		// A newer Juju may have more of them; nothing can be registered for it.
		b.Log.WarnContext(ctx, "unknown event", "event", b.run.event.name)
	}
	if b.run.event.kind == kindAction {
		return b.runAction(ctx)
	}
	last := b.run.event.kind == kindStop || b.run.event.kind == kindRemove
	if !last {
		if err := b.handleDeferred(ctx); err != nil {
			return err
		}
	}
	if err := b.handle(ctx); err != nil {
		return err
	}
	if !last {
		if err := b.reconcile(ctx); err != nil {
			return err
		}
	}
	if err := b.saveDeferred(ctx); err != nil {
		return err
	}
	return b.removeUnread(ctx)
}

// runAction runs an action, and the reconcilers if it asks for that.
func (b *Base) runAction(ctx context.Context) error {
	action, ok := b.actions[b.run.event.name]
	if !ok {
		return fmt.Errorf("cannot run action %q: the charm does not handle it", b.run.event.name)
	}
	b.run.debugger.stop(ctx, debugHook)
	if err := action.run(ctx); err != nil {
		return err
	}
	switch {
	case action.reconcile:
		return b.reconcile(ctx)
	case b.run.wakeUp > 0:
		return b.arrangeWakeUp(ctx)
	}
	return nil
}

// handle calls the handlers of the event.
func (b *Base) handle(ctx context.Context) error {
	if b.run.event.isWakeUp() {
		return nil
	}
	for _, handle := range b.handlers[b.run.event.trigger] {
		b.run.debugger.stop(ctx, debugHook)
		inner, span := tracing.Start(ctx, "handle "+b.run.event.name)
		err := handle(inner, &b.run.event)
		span.End(err)
		if err != nil {
			return fmt.Errorf("cannot handle %s: %w", b.run.event.name, err)
		}
	}
	return nil
}
