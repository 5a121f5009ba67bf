package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// source is a package without its tests, parsed and type-checked.
type source struct {
	dir   string
	name  string
	fset  *token.FileSet
	files []*ast.File
	// text has the content of each of the files.
	text [][]byte
	pkg  *types.Package
	info *types.Info
}

// listed is what go list says of a package.
type listed struct {
	ImportPath string
	Dir        string
	Name       string
	Export     string
	GoFiles    []string
	DepOnly    bool
}

// load reads a package, given as go names it (./charm).
func load(ctx context.Context, pattern string) (*source, error) {
	packages, err := list(ctx, pattern)
	if err != nil {
		return nil, err
	}
	exports := map[string]string{}
	var target *listed
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
		if !p.DepOnly {
			if target != nil {
				return nil, fmt.Errorf("cannot load %s: it is more than one package", pattern)
			}
			target = p
		}
	}
	if target == nil {
		return nil, fmt.Errorf("cannot load %s: no such package", pattern)
	}
	src := &source{dir: target.Dir, name: target.Name, fset: token.NewFileSet()}
	for _, name := range target.GoFiles {
		path := filepath.Join(target.Dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("cannot load %s: %w", pattern, err)
		}
		file, err := parser.ParseFile(src.fset, path, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("cannot load %s: %w", pattern, err)
		}
		src.files, src.text = append(src.files, file), append(src.text, text)
	}
	src.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{},
		Defs:  map[*ast.Ident]types.Object{},
		Uses:  map[*ast.Ident]types.Object{},
	}
	config := types.Config{Importer: importer.ForCompiler(src.fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})}
	src.pkg, err = config.Check(target.ImportPath, src.fset, src.files, src.info)
	if err != nil {
		return nil, fmt.Errorf("cannot load %s: %w", pattern, err)
	}
	return src, nil
}

// list returns a package and all that it imports, compiled.
func list(ctx context.Context, pattern string) ([]*listed, error) {
	output, err := run(ctx, "go", "list", "-deps", "-export", "-json=ImportPath,Dir,Name,Export,GoFiles,DepOnly", "--", pattern)
	if err != nil {
		return nil, fmt.Errorf("cannot list %s: %w", pattern, err)
	}
	var packages []*listed
	decoder := json.NewDecoder(bytes.NewReader(output))
	for {
		p := new(listed)
		switch err := decoder.Decode(p); {
		case errors.Is(err, io.EOF):
			return packages, nil
		case err != nil:
			return nil, fmt.Errorf("cannot list %s: %w", pattern, err)
		}
		packages = append(packages, p)
	}
}

// run runs a command that is to succeed, and returns its standard output.
func run(ctx context.Context, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, stderr.Bytes())
	}
	return stdout.Bytes(), nil
}
