package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	rounds := flag.Int("rounds", 0, "run each program at most this often per scenario; 0 is as often as the scenario wants")
	page := flag.String("page", "", "write the figures into this page of the documentation, and a picture beside it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *rounds, *page); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int, page string) error {
	bench, err := setUp(ctx)
	if err != nil {
		return err
	}
	defer bench.tearDown()
	r := report{sizes: bench.sizes}
	for _, s := range scenarios() {
		if rounds > 0 {
			s.rounds = min(s.rounds, rounds)
		}
		fmt.Fprintf(os.Stderr, "%s, %d times each\n", s.name, s.rounds)
		measured, err := bench.measure(ctx, s)
		if err != nil {
			return fmt.Errorf("cannot measure %s: %w", s.name, err)
		}
		r.rows = append(r.rows, measured...)
	}
	fmt.Print(r.markdown())
	if page != "" {
		if err := r.write(page); err != nil {
			return err
		}
	}
	if rounds > 0 {
		return nil // too few runs to judge by
	}
	return r.check()
}
