package charmbox

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/sandbox"
)

// Options are what a Box needs.
type Options struct {
	// Dir is where the model lives. It holds one model.
	Dir string
	// Model is the model's name, if it is new.
	Model string
	// Pebble is the path of the static daemon that the containers run.
	Pebble string
	// Tools is the path of the program that is /charm/bin/jujuc: it must
	// behave as the hook tool under whose name it is run.
	Tools string

	// Store keeps the model; nil is a file in Dir.
	Store model.Store
	// RetryDelay is the time until a failed hook is run again, 0 for Juju's 5
	// seconds.
	RetryDelay time.Duration
	// BeforeCommit, if not nil, may refuse the commit of a unit's hook, as a
	// controller may.
	BeforeCommit func(unit string, info hook.Info) error
}

// Box is one Juju model on this machine: the engine, and a pod for each unit.
type Box struct {
	options Options
	dirs    dirs
	model   *model.Model
	network *sandbox.Network
	logs    *logBook

	mu       sync.Mutex
	units    map[string]*unit
	forwards []forward
	// ended tells that a unit's work is over.
	ended chan struct{}

	stop    context.CancelFunc
	running sync.WaitGroup
}

// forward is a port of a unit on the loopback, as long as the daemon runs.
type forward struct {
	unit   string
	port   int
	listen string
	closer *sandbox.Forwarder
}

// Open opens the model in a folder, or makes it, and starts its units. Units
// that ran when the last daemon ended get new pods, as after the loss of a node.
func Open(ctx context.Context, options Options) (*Box, error) {
	b := &Box{options: options, dirs: dirs{options.Dir}, logs: newLogBook(), units: map[string]*unit{}, ended: make(chan struct{}, 1)}
	if err := b.prepare(); err != nil {
		return nil, fmt.Errorf("cannot prepare %s: %w", options.Dir, err)
	}
	store := options.Store
	if store == nil {
		store = model.FileStore(b.dirs.store())
	}
	m, err := model.Open(ctx, model.State{Name: options.Model, CloudAPIVersion: "1.32.0"}, model.Options{Store: store, Log: b.logs.add})
	if err != nil {
		return nil, fmt.Errorf("cannot open the model: %w", err)
	}
	b.model = m
	if b.network, err = sandbox.NewNetwork(ctx, networkFor(options.Dir)); err != nil {
		return nil, err
	}
	if err := m.Update(ctx, replacePods); err != nil {
		return nil, errors.Join(err, b.network.Close())
	}
	run, stop := context.WithCancel(context.Background())
	b.stop = stop
	b.running.Go(func() { b.supervise(run) })
	return b, nil
}

// prepare makes the folder and the programs that every charm container has.
func (b *Box) prepare() error {
	if err := os.MkdirAll(b.dirs.bin(), 0o755); err != nil {
		return err
	}
	// Containers have files of other users, secret ones and such that run as
	// root: nobody else may pass here.
	if err := sandbox.MakeDirectory(sandbox.Directory{Path: b.dirs.units(), Mode: 0o700}); err != nil {
		return err
	}
	for name, source := range map[string]string{"pebble": b.options.Pebble, "jujuc": b.options.Tools} {
		if err := copyProgram(source, filepath.Join(b.dirs.bin(), name)); err != nil {
			return err
		}
	}
	return nil
}

// networkFor gives each model its own range, so that addresses tell models
// apart; the networks are separate anyway.
func networkFor(dir string) netip.Prefix {
	sum := fnv.New32a()
	sum.Write([]byte(dir))
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 88, byte(sum.Sum32()), 0}), 24)
}

// replacePods tells the units that their pods are new: those of the last daemon
// went with it.
func replacePods(s *model.State) error {
	for _, u := range s.Units {
		replacePod(s, u)
	}
	return nil
}

// replacePod tells a unit that its pod is new. Until its agent has looked around
// the unit is not idle, whatever it was.
func replacePod(s *model.State, u *model.Unit) {
	u.Pod++
	u.Agent.Set(model.Status{Status: "allocating", Message: "starting a new pod", Since: s.Now()})
}

// Close ends all pods. The model stays.
func (b *Box) Close() error {
	b.stop()
	b.running.Wait()
	return b.network.Close()
}

// supervise keeps one pod for each unit of the model.
func (b *Box) supervise(ctx context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	for {
		changed := b.model.Watch()
		var names []string
		b.model.View(func(s *model.State) {
			for name := range s.Units {
				names = append(names, name)
			}
		})
		for _, name := range names {
			b.mu.Lock()
			_, known := b.units[name]
			if !known {
				u := &unit{box: b, name: name}
				b.units[name] = u
				workers.Go(func() {
					u.run(ctx)
					b.mu.Lock()
					delete(b.units, name)
					b.mu.Unlock()
					// A unit of the same name may wait for its turn.
					select {
					case b.ended <- struct{}{}:
					default:
					}
				})
			}
			b.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-b.ended:
		}
	}
}

// log adds a record of the sandbox's own about a unit.
func (b *Box) log(unit, module, level, format string, args ...any) {
	b.model.Log(model.LogRecord{Time: time.Now(), Unit: unit, Module: module, Level: level, Message: fmt.Sprintf(format, args...)})
}

// copyProgram copies an executable, so that a rebuilt one does not change under
// the pods that run it.
func copyProgram(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	temporary := to + ".new"
	if err := os.WriteFile(temporary, data, 0o755); err != nil {
		return err
	}
	return os.Rename(temporary, to)
}
