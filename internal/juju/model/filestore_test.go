package model

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// errDied is what everything gives after the process that used a disk died.
var errDied = errors.New("the process died")

// dyingDisk is a disk in memory. Its user dies at the step that the test
// chooses: in the middle of a write, before or after anything else. What was not
// synced is there or not, as the test says.
type dyingDisk struct {
	// durable is what a loss of power leaves, seen what other processes see.
	durable, seen map[string][]byte
	steps, dieAt  int
}

func newDyingDisk(dieAt int) *dyingDisk {
	return &dyingDisk{durable: map[string][]byte{}, seen: map[string][]byte{}, dieAt: dieAt}
}

// step counts what changes the disk, and reports whether the process is dead
// before it.
func (d *dyingDisk) step() bool {
	d.steps++
	return d.dieAt > 0 && d.steps >= d.dieAt
}

func (d *dyingDisk) read(name string) ([]byte, error) {
	if data, ok := d.seen[name]; ok {
		return append([]byte(nil), data...), nil
	}
	return nil, fs.ErrNotExist
}

// replace writes a temporary file, syncs it, renames it and syncs the folder: a
// death in the first two leaves the file as it was.
func (d *dyingDisk) replace(name string, data []byte) error {
	for range 2 {
		if d.step() {
			d.seen[name+".tmp"] = data[:len(data)/2]
			return errDied
		}
	}
	d.seen[name] = append([]byte(nil), data...)
	if d.step() {
		return errDied
	}
	d.durable[name] = d.seen[name]
	return nil
}

func (d *dyingDisk) open(name string) (appender, error) {
	if d.step() {
		return nil, errDied
	}
	d.seen[name] = nil
	if d.step() {
		return nil, errDied
	}
	d.durable[name] = nil
	return &dyingFile{d, name}, nil
}

type dyingFile struct {
	disk *dyingDisk
	name string
}

func (f *dyingFile) Write(data []byte) (int, error) {
	if f.disk.step() {
		f.disk.seen[f.name] = append(f.disk.seen[f.name], data[:len(data)/2]...)
		return len(data) / 2, errDied
	}
	f.disk.seen[f.name] = append(f.disk.seen[f.name], data...)
	return len(data), nil
}

func (f *dyingFile) sync() error {
	if f.disk.step() {
		return errDied
	}
	f.disk.durable[f.name] = append([]byte(nil), f.disk.seen[f.name]...)
	return nil
}

func (f *dyingFile) Close() error { return nil }

// contents is a sequence of contents to save, some of them equal to earlier
// ones, some large enough for new snapshots.
func contents() [][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var all [][]byte
	text := []byte(`{"a":1}`)
	for i := range 60 {
		switch {
		case i%13 == 12:
			text = all[i-6]
		case i%17 == 16:
			text = fmt.Appendf(nil, `{"large":%q}`, strings.Repeat("x", 300+i))
		default:
			at := rng.IntN(len(text))
			text = append(append(append([]byte(nil), text[:at]...), fmt.Sprintf("-%d-", i)...), text[min(len(text), at+rng.IntN(5)):]...)
		}
		all = append(all, text)
	}
	return all
}

// Whatever the step at which the process dies, or the power is lost: what was
// acknowledged is there, or what was being saved. C-119.
// C-119.
func TestDeathAtAnyStepLosesNothing(t *testing.T) {
	t.Parallel()
	for _, journaled := range []bool{false, true} {
		open := func(d *dyingDisk) *fileStore {
			return &fileStore{path: "model", disk: d, journaled: journaled, atLeast: 500}
		}
		counting := newDyingDisk(0)
		store := open(counting)
		for _, data := range contents() {
			require.NoError(t, store.Save(t.Context(), data))
		}
		for dieAt := 1; dieAt <= counting.steps; dieAt++ {
			for _, power := range []bool{false, true} {
				dieOnce(t, open, dieAt, power)
			}
		}
	}
}

func dieOnce(t *testing.T, open func(*dyingDisk) *fileStore, dieAt int, power bool) {
	t.Helper()
	d := newDyingDisk(dieAt)
	var acknowledged, trying []byte
	store := open(d)
	for _, trying = range contents() {
		if store.Save(t.Context(), trying) != nil {
			break
		}
		acknowledged = trying
	}
	if power {
		d.seen = d.durable
	}
	d.dieAt = 0
	again := open(d)
	found, err := again.Load(t.Context())
	require.NoError(t, err)
	if string(found) != string(acknowledged) {
		require.Equal(t, string(trying), string(found), "step %d, power %v", dieAt, power)
	}
	// The next process goes on from there.
	for i := range 3 {
		next := append(append([]byte(nil), found...), byte('0'+i))
		require.NoError(t, again.Save(t.Context(), next))
		reread, err := open(d).Load(t.Context())
		require.NoError(t, err)
		require.Equal(t, string(next), string(reread))
	}
}

// A save that failed is not there for those that come after it.
func TestFailedSaveIsFollowedByASnapshot(t *testing.T) {
	t.Parallel()
	d := newDyingDisk(0)
	store := &fileStore{path: "model", disk: d, journaled: true}
	require.NoError(t, store.Save(t.Context(), []byte("one")))
	d.dieAt = d.steps + 1
	require.ErrorIs(t, store.Save(t.Context(), []byte("two")), errDied)
	d.dieAt = 0
	require.NoError(t, store.Save(t.Context(), []byte("three")))
	data, err := store.Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, "three", string(data))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, store.Save(ctx, nil), context.Canceled)
	_, err = store.Load(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func TestJournalIsReplacedWhenItIsLarge(t *testing.T) {
	t.Parallel()
	d := newDyingDisk(0)
	store := &fileStore{path: "model", disk: d, journaled: true}
	for i := range 100 {
		require.NoError(t, store.Save(t.Context(), []byte(strings.Repeat(string(rune('a'+i%26)), 1000))))
		require.LessOrEqual(t, len(d.seen["model.journal"]), 4000)
	}
}

func FuzzReplay(f *testing.F) {
	f.Add([]byte("before"), []byte("after"), []byte("garbage"))
	f.Add([]byte{}, []byte("x"), []byte{})
	f.Fuzz(func(t *testing.T, before, after, tail []byte) {
		record := encodeRecord(before, after)
		require.Equal(t, string(after), string(replay(before, record)))
		replay(before, tail)
		replay(before, append(record, tail...))
		if string(before) != string(after) {
			require.Equal(t, string(before), string(replay(before, record[:len(record)-1])))
		}
	})
}
