package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// box runs charmbox as a person would.
type box struct{ program string }

// show prints the command, runs it, and shows its output as it comes.
func (b box) show(ctx context.Context, args ...string) error {
	fmt.Printf("$ charmbox %s\n", strings.Join(args, " "))
	cmd := exec.CommandContext(ctx, b.program, args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("charmbox %s: %w", args[0], err)
	}
	return nil
}

func (b box) showStatus(ctx context.Context) error { return b.show(ctx, "status") }

// output runs a command and returns what it prints.
func (b box) output(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, b.program, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("charmbox %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

// result shows an action and returns its results.
func (b box) result(ctx context.Context, shown []string, args ...string) (map[string]any, error) {
	fmt.Printf("$ charmbox run %s\n", strings.Join(shown, " "))
	out, err := b.output(ctx, append([]string{"run", "--format", "json"}, args...)...)
	if err != nil {
		return nil, err
	}
	var result struct {
		Results map[string]any `json:"results"`
	}
	return result.Results, json.Unmarshal([]byte(out), &result)
}

// endEarlierDemo ends a model that an earlier demo left; a model with anything
// else in it is somebody's work.
func (b box) endEarlierDemo(ctx context.Context) error {
	out, err := b.output(ctx, "status", "--format", "json")
	if err != nil {
		// There is no model, which is what a demo wants.
		return nil
	}
	var status struct {
		Applications map[string]any `json:"applications"`
	}
	if err := json.Unmarshal([]byte(out), &status); err != nil {
		return err
	}
	for name := range status.Applications {
		if name != "postgresql" && name != "unleash-k8s" {
			return fmt.Errorf("the model has an application %q that no demo made: end it with `build/bin/charmbox destroy`, or set CHARMBOX_DIR to another folder", name)
		}
	}
	fmt.Println("(ending the model of an earlier demo)")
	_, err = b.output(ctx, "destroy")
	return err
}
