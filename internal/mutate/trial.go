package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// test is one test, and what it does without a mutant.
type test struct {
	binary  binary
	name    string
	took    time.Duration
	reached []int
}

// trial tries the mutants of a package with its tests.
type trial struct {
	tests []*test
	// patience is how long tests may take that took no time at all.
	patience time.Duration
	// budget is after how long a mutant is given up; zero is never.
	budget time.Duration
	// reach has for each mutant the tests that come there, the quickest first.
	reach map[int][]*test

	mu sync.Mutex
	// killers are the tests that killed last, by function.
	killers map[string]*test
}

// jobs is how many tests run at a time.
const jobs = 2

// limit is how long tests may take with a mutant that took so long without: on a
// busy machine, one that only takes its time must not count as killed.
func (t *trial) limit(usual time.Duration) time.Duration { return 10*usual + t.patience }

// patience is what a trial has by itself.
const patience = 5 * time.Second

// slowest is how long a test may take at all.
const slowest = 5 * time.Minute

// parallel calls f for each item, some at a time, until one fails.
func parallel[T any](ctx context.Context, items []T, f func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan T)
	var workers sync.WaitGroup
	for range jobs {
		workers.Go(func() {
			for item := range queue {
				if err := f(ctx, item); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, item := range items {
		select {
		case queue <- item:
		case <-ctx.Done():
		}
	}
	close(queue)
	workers.Wait()
	return context.Cause(ctx)
}

// survey runs each test alone, and learns what it reaches.
func survey(ctx context.Context, binaries []binary, dir string) (*trial, error) {
	t := &trial{patience: patience, reach: map[int][]*test{}, killers: map[string]*test{}}
	for _, b := range binaries {
		names, err := b.tests(ctx)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			t.tests = append(t.tests, &test{binary: b, name: name})
		}
	}
	err := parallel(ctx, t.tests, func(ctx context.Context, one *test) error {
		trace, err := os.CreateTemp(dir, "trace")
		if err != nil {
			return fmt.Errorf("cannot trace tests: %w", err)
		}
		defer trace.Close()
		start := time.Now()
		err = one.binary.run(ctx, runOptions{tests: []string{one.name}, limit: slowest, env: []string{"MUTATE=", "MUTATE_TRACE=" + trace.Name()}})
		if err != nil {
			return fmt.Errorf("%s fails without a mutant: %w", one.name, err)
		}
		one.took = time.Since(start)
		// Processes of one test write to the file, each what it reaches.
		data, err := os.ReadFile(trace.Name())
		if err != nil {
			return fmt.Errorf("cannot trace tests: %w", err)
		}
		for _, line := range strings.Fields(string(data)) {
			id, err := strconv.Atoi(line)
			if err != nil {
				return fmt.Errorf("cannot trace tests: %w", err)
			}
			one.reached = append(one.reached, id)
		}
		slices.Sort(one.reached)
		one.reached = slices.Compact(one.reached)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(t.tests, func(a, b *test) int { return int(a.took - b.took) })
	for _, one := range t.tests {
		for _, id := range one.reached {
			t.reach[id] = append(t.reach[id], one)
		}
	}
	return t, nil
}

// kill tries mutants, and calls done for each with the test that killed it, or nil.
func (t *trial) kill(ctx context.Context, mutants []mutant, done func(mutant, *test)) error {
	return parallel(ctx, mutants, func(ctx context.Context, m mutant) error {
		killer := t.killer(ctx, m)
		if err := context.Cause(ctx); err != nil {
			return err
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		if killer != nil {
			t.killers[m.function()] = killer
		}
		done(m, killer)
		return nil
	})
}

// function is the file and the function that a mutant is in.
func (m mutant) function() string {
	function, _, _ := strings.Cut(m.name, ":")
	return function
}

// quick is what a test takes that is tried before those that take less.
const quick = time.Second

// order returns the tests that come to a mutant, the quickest first; before them
// the one that killed another mutant of the function, if it is quick.
func (t *trial) order(m mutant) []*test {
	tests := slices.Clone(t.reach[m.id])
	t.mu.Lock()
	last := t.killers[m.function()]
	t.mu.Unlock()
	if i := slices.Index(tests, last); i > 0 && last.took < quick {
		tests = append([]*test{last}, slices.Delete(tests, i, i+1)...)
	}
	return tests
}

// within returns the first of the tests, as many as it takes to use up the budget.
func (t *trial) within(tests []*test) []*test {
	spent := time.Duration(0)
	for i, one := range tests {
		if t.budget > 0 && spent >= t.budget {
			return tests[:i]
		}
		spent += one.took
	}
	return tests
}

// killer returns the first of the tests that fails with a mutant, or one of
// those that ran together with it; nil if all pass.
func (t *trial) killer(ctx context.Context, m mutant) *test {
	tests := t.within(t.order(m))
	// Most mutants die of the first test. The more have passed, the more run at
	// once.
	for size := 1; len(tests) > 0; size *= 2 {
		batch := tests[:min(size, len(tests))]
		for i, one := range batch {
			if one.binary != batch[0].binary {
				batch = batch[:i]
				break
			}
		}
		tests = tests[len(batch):]
		var o runOptions
		var usual time.Duration
		for _, one := range batch {
			o.tests = append(o.tests, one.name)
			usual += one.took
		}
		o.limit = t.limit(usual)
		o.env = []string{"MUTATE=" + strconv.Itoa(m.id)}
		if err := batch[0].binary.run(ctx, o); err != nil {
			return batch[0]
		}
	}
	return nil
}
