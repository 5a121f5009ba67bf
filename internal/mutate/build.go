package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

//go:embed switch.go.txt
var switchText string

// build compiles the tests of packages against the mutants of one of them, into
// a folder, and returns the tests' binaries.
func build(ctx context.Context, dir string, src *source, s *schema, packages []string) ([]binary, error) {
	s.files[filepath.Join(src.dir, "mutate_switch.go")] = fmt.Appendf(nil,
		"package %s\n%s\nconst mutateCount = %d\n", src.name, switchText, max(1, len(s.mutants)))
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for path, text := range s.files {
		changed := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(changed, text, 0o644); err != nil {
			return nil, fmt.Errorf("cannot write the mutants: %w", err)
		}
		overlay.Replace[path] = changed
	}
	data, err := json.Marshal(overlay)
	if err != nil {
		return nil, fmt.Errorf("cannot write the mutants: %w", err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		return nil, fmt.Errorf("cannot write the mutants: %w", err)
	}
	var binaries []binary
	for i, p := range packages {
		path := filepath.Join(dir, "tests"+strconv.Itoa(i))
		if _, err := run(ctx, "go", "test", "-c", "-vet=off", "-overlay", file, "-o", path, p); err != nil {
			return nil, fmt.Errorf("cannot compile the mutants: %w", err)
		}
		folder, err := run(ctx, "go", "list", "-f", "{{.Dir}}", p)
		if err != nil {
			return nil, fmt.Errorf("cannot find the tests: %w", err)
		}
		binaries = append(binaries, binary{path: path, dir: string(folder[:len(folder)-1])})
	}
	return binaries, nil
}
