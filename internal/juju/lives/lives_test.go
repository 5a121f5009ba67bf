package lives_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	steps = flag.Int("steps", 500, "how many steps the lives have together")
	seed  = flag.Uint64("seed", 0, "live only this seed; 0 means as many as there are steps for")
)

// length is how many steps one life has.
const length = 250

// live runs a sequence, and what comes after it until all is at rest.
func live(ctx context.Context, sequence []step) (*world, error) {
	w, err := newWorld(ctx)
	if err != nil {
		return w, err
	}
	for _, s := range sequence {
		if err := w.do(s); err != nil {
			return w, fmt.Errorf("step {%q, %d}: %w", s.Do, s.N, err)
		}
	}
	return w, w.rest()
}

// TestLives is about all guarantees.
// C-023, C-024, C-110, C-111, C-112, C-113, C-114, C-115, C-116, C-117, C-118.
func TestLives(t *testing.T) {
	t.Parallel()
	seeds := []uint64{*seed}
	if *seed == 0 {
		seeds = nil
		for i := range max(1, *steps/length) {
			seeds = append(seeds, uint64(i+1))
		}
	}
	hooks := 0
	began := time.Now()
	for _, seed := range seeds {
		sequence := generate(seed, length)
		w, err := live(t.Context(), sequence)
		hooks += w.hooks
		if err == nil {
			continue
		}
		short := shrink(sequence, func(s []step) bool {
			_, other := live(t.Context(), s)
			return other != nil && rule(other) == rule(err)
		}, 400)
		_, shortErr := live(t.Context(), short)
		t.Fatalf("seed %d: %v\n\nshortened to %d steps: %v\n%s", seed, err, len(short), shortErr, printed(short))
	}
	t.Logf("%d lives of %d steps, %d hooks, %s", len(seeds), length, hooks, time.Since(began).Round(time.Millisecond))
}

// The model's process dies at each of its writes in turn. C-119.
// C-119.
func TestDeathAtEveryWrite(t *testing.T) {
	t.Parallel()
	sequence := generate(3, 50)
	calm := sequence[:0:0]
	for _, s := range sequence {
		if s.Do != "crash" {
			calm = append(calm, s)
		}
	}
	w, err := live(t.Context(), calm)
	require.NoError(t, err)
	require.Greater(t, w.store.saves, 50)
	t.Logf("%d writes", w.store.saves)
	for k := 1; k <= w.store.saves; k++ {
		for _, stored := range []bool{false, true} {
			w, err := newWorld(t.Context())
			require.NoError(t, err)
			w.store.dieIn, w.store.stored = k, stored
			for _, s := range calm {
				if err = w.do(s); err != nil {
					break
				}
			}
			died := w.store.deadOnce
			if err == nil {
				err = w.rest()
			}
			require.NoError(t, err, "death at write %d, stored %v, died %v", k, stored, died)
		}
	}
}

// A sequence that breaks a guarantee is found, and shortened to what breaks it.
func TestShrink(t *testing.T) {
	t.Parallel()
	sequence := generate(1, length)
	fails := func(s []step) bool {
		scaled, configured := false, false
		for _, s := range s {
			scaled = scaled || s.Do == "scale"
			configured = configured || scaled && s.Do == "config"
		}
		return configured
	}
	require.True(t, fails(sequence))
	short := shrink(sequence, fails, 400)
	require.Len(t, short, 2)
	require.Equal(t, "scale config", short[0].Do+" "+short[1].Do)
	require.Contains(t, printed(short), `{"scale", `)
}

// rule is the guarantee that an error says is broken.
func rule(err error) string { return regexp.MustCompile(`C-\d+|rest`).FindString(err.Error()) }

func asJSON(data map[string]string) string {
	if data == nil {
		data = map[string]string{}
	}
	text, err := json.Marshal(data)
	if err != nil {
		return err.Error()
	}
	return string(text) + "\n"
}
