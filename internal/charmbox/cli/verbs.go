package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/juju/gnuflag"
	"gopkg.in/yaml.v3"

	"github.com/charmkit/charmkit/internal/charmbox"
	"github.com/charmkit/charmkit/internal/charmfile"
)

func (p *Program) deploy(ctx context.Context, flags *gnuflag.FlagSet, args []string) error {
	request := charmbox.DeployRequest{Config: map[string]string{}, Resources: map[string]string{}}
	flags.IntVar(&request.Units, "n", 1, "")
	flags.Var(pairs(request.Config), "config", "")
	flags.Var(pairs(request.Resources), "resource", "")
	if err := parse(flags, args, 1, 2); err != nil {
		return err
	}
	request.Application = flags.Arg(1)
	var err error
	// The daemon has another working directory.
	if request.Charm, err = filepath.Abs(flags.Arg(0)); err != nil {
		return err
	}
	for name, path := range request.Resources {
		if request.Resources[name], err = filepath.Abs(path); err != nil {
			return err
		}
	}
	if _, err := os.Stat(request.Charm); err != nil {
		return fmt.Errorf("cannot read the charm: %w", err)
	}
	client, err := p.client(ctx)
	if errors.Is(err, charmbox.ErrNoModel) {
		client, err = charmbox.NewClient(p.dir()), p.startDaemon(ctx)
	}
	if err != nil {
		return err
	}
	return client.Deploy(ctx, request)
}

func (p *Program) config(ctx context.Context, flags *gnuflag.FlagSet, args []string) error {
	var reset string
	flags.StringVar(&reset, "reset", "", "")
	if err := parse(flags, args, 1, -1); err != nil {
		return err
	}
	request := charmbox.ConfigRequest{Application: flags.Arg(0), Set: map[string]string{}}
	show := ""
	for _, arg := range flags.Args()[1:] {
		if !strings.Contains(arg, "=") && flags.NArg() == 2 {
			show = arg
			continue
		}
		if err := pairs(request.Set).Set(arg); err != nil {
			return &errUsage{err.Error()}
		}
	}
	if reset != "" {
		request.Reset = strings.Split(reset, ",")
	}
	client, err := p.client(ctx)
	if err != nil {
		return err
	}
	options, err := client.Config(ctx, request)
	switch {
	case err != nil:
		return err
	case show != "":
		option, ok := options[show]
		if !ok {
			return fmt.Errorf("%s has no option %q: there is %s", flags.Arg(0), show, strings.Join(slices.Sorted(maps.Keys(options)), ", "))
		}
		if option.Value != nil {
			fmt.Fprintln(p.Stdout, option.Value)
		}
		return nil
	case len(request.Set)+len(request.Reset) > 0:
		return nil
	}
	return p.yaml(map[string]any{"application": flags.Arg(0), "settings": options})
}

func (p *Program) integrate(ctx context.Context, flags *gnuflag.FlagSet, args []string) error {
	return p.relate(ctx, flags, args, charmbox.IntegrateRequest{})
}

func (p *Program) removeRelation(ctx context.Context, flags *gnuflag.FlagSet, args []string) error {
	return p.relate(ctx, flags, args, charmbox.IntegrateRequest{Remove: true})
}

func (p *Program) relate(ctx context.Context, flags *gnuflag.FlagSet, args []string, request charmbox.IntegrateRequest) error {
	if err := parse(flags, args, 2, 2); err != nil {
		return err
	}
	request.Endpoints = [2]string{flags.Arg(0), flags.Arg(1)}
	client, err := p.client(ctx)
	if err != nil {
		return err
	}
	return client.Integrate(ctx, request)
}

func (p *Program) removeApplication(ctx context.Context, flags *gnuflag.FlagSet, args []string) error {
	if err := parse(flags, args, 1, 1); err != nil {
		return err
	}
	client, err := p.client(ctx)
	if err != nil {
		return err
	}
	return client.Remove(ctx, flags.Arg(0))
}

func (p *Program) runAction(ctx context.Context, flags *gnuflag.FlagSet, args []string) error {
	var format string
	flags.StringVar(&format, "format", "yaml", "")
	if err := parse(flags, args, 2, -1); err != nil {
		return err
	}
	if format != "yaml" && format != "json" {
		return &errUsage{fmt.Sprintf("format %q is neither yaml nor json", format)}
	}
	params := map[string]any{}
	for _, arg := range flags.Args()[2:] {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			return &errUsage{fmt.Sprintf("%q is not NAME=VALUE", arg)}
		}
		// As in juju, values are YAML.
		var parsed any
		if yaml.Unmarshal([]byte(value), &parsed) != nil || parsed == nil {
			parsed = value
		}
		params[key] = parsed
	}
	client, err := p.client(ctx)
	if err != nil {
		return err
	}
	result, err := client.Run(ctx, charmbox.RunRequest{Unit: flags.Arg(0), Action: flags.Arg(1), Params: params})
	if err != nil {
		return err
	}
	if err := p.showResult(result, format); err != nil {
		return err
	}
	if result.Status != "completed" {
		return fmt.Errorf("action %s on %s %s: %s", flags.Arg(1), result.Unit, result.Status, result.Message)
	}
	return nil
}

// showResult prints an action's results on standard output, and in YAML, where
// there is no other place for it, what it logged on standard error.
func (p *Program) showResult(result charmbox.RunResult, format string) error {
	if format == "json" {
		return p.json(result)
	}
	for _, line := range result.Log {
		fmt.Fprintln(p.Stderr, line)
	}
	if len(result.Results) == 0 {
		return nil
	}
	return p.yaml(result.Results)
}

func (p *Program) status(ctx context.Context, flags *gnuflag.FlagSet, args []string) error {
	var format string
	flags.StringVar(&format, "format", "tabular", "")
	if err := parse(flags, args, 0, 0); err != nil {
		return err
	}
	if format != "tabular" && format != "json" {
		return &errUsage{fmt.Sprintf("format %q is neither tabular nor json", format)}
	}
	client, err := p.client(ctx)
	if err != nil {
		return err
	}
	status, err := client.Status(ctx)
	if err != nil {
		return err
	}
	if format == "json" {
		return p.json(status)
	}
	return status.WriteTable(p.Stdout)
}

func (p *Program) resolve(ctx context.Context, flags *gnuflag.FlagSet, args []string) error {
	var request charmbox.ResolveRequest
	flags.BoolVar(&request.NoRetry, "no-retry", false, "")
	if err := parse(flags, args, 1, 1); err != nil {
		return err
	}
	request.Unit = flags.Arg(0)
	client, err := p.client(ctx)
	if err != nil {
		return err
	}
	return client.Resolve(ctx, request)
}

func (p *Program) forward(ctx context.Context, flags *gnuflag.FlagSet, args []string) error {
	var request charmbox.ForwardRequest
	flags.StringVar(&request.Listen, "listen", "", "")
	if err := parse(flags, args, 2, 2); err != nil {
		return err
	}
	port, err := strconv.Atoi(flags.Arg(1))
	if err != nil || port < 1 || port > 65535 {
		return &errUsage{fmt.Sprintf("%q is not a port", flags.Arg(1))}
	}
	request.Unit, request.Port = flags.Arg(0), port
	client, err := p.client(ctx)
	if err != nil {
		return err
	}
	answer, err := client.Forward(ctx, request)
	if err != nil {
		return err
	}
	fmt.Fprintln(p.Stdout, answer.Address)
	return nil
}

func (p *Program) pack(_ context.Context, flags *gnuflag.FlagSet, args []string) error {
	var out string
	options := charmfile.PackOptions{Arch: runtime.GOARCH}
	flags.StringVar(&options.Dispatch, "dispatch", "", "")
	flags.StringVar(&out, "o", "", "")
	if err := parse(flags, args, 1, 1); err != nil {
		return err
	}
	if options.Dispatch == "" || out == "" {
		return &errUsage{"--dispatch and -o are needed"}
	}
	options.Dir = flags.Arg(0)
	// A pack that fails leaves what was there.
	temporary := out + ".new"
	file, err := os.Create(temporary)
	if err != nil {
		return err
	}
	defer os.Remove(temporary)
	if err := charmfile.Pack(file, options); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := os.Rename(temporary, out); err != nil {
		return err
	}
	fmt.Fprintln(p.Stdout, out)
	return nil
}

func (p *Program) json(v any) error {
	encoder := json.NewEncoder(p.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// yaml prints what has JSON tags as YAML.
func (p *Program) yaml(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var plain any
	if err := yaml.Unmarshal(data, &plain); err != nil {
		return err
	}
	encoder := yaml.NewEncoder(p.Stdout)
	encoder.SetIndent(2)
	return encoder.Encode(plain)
}
