package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/juju/gnuflag"

	"github.com/charmkit/charmkit/internal/charmbox"
	"github.com/charmkit/charmkit/internal/helpflag"
	"github.com/charmkit/charmkit/internal/juju/jujuc"
	"github.com/charmkit/charmkit/internal/juju/tools"
)

// Program is a run of charmbox.
type Program struct {
	Args           []string
	Getenv         func(string) string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// errUsage says that the arguments were wrong; what is wrong has been told.
type errUsage struct{ message string }

func (e *errUsage) Error() string { return e.message }

// errExit says that a command of the user's ended with this code; it has told
// why itself.
type errExit struct{ code int }

func (e *errExit) Error() string { return fmt.Sprintf("exit status %d", e.code) }

// verb is one of charmbox's verbs.
type verb struct {
	usage, help string
	run         func(*Program, context.Context, *gnuflag.FlagSet, []string) error
}

// verbs are all of them but "daemon", which is not for people.
func verbs() map[string]verb {
	return map[string]verb{
		"deploy":             {"deploy CHARM [APPLICATION] [-n UNITS] [--config K=V] [--resource NAME=FOLDER]", "deploy a .charm file, or the folder of an unpacked one", (*Program).deploy},
		"config":             {"config APPLICATION [K | K=V ...] [--reset K,...]", "show or change options", (*Program).config},
		"integrate":          {"integrate APP[:ENDPOINT] APP[:ENDPOINT]", "relate two applications", (*Program).integrate},
		"remove-relation":    {"remove-relation APP[:ENDPOINT] APP[:ENDPOINT]", "end a relation", (*Program).removeRelation},
		"remove-application": {"remove-application APPLICATION", "remove an application", (*Program).removeApplication},
		"run":                {"run UNIT ACTION [K=V ...] [--format json]", "run an action and wait for its result", (*Program).runAction},
		"status":             {"status [--format json]", "show the model", (*Program).status},
		"wait":               {"wait [APPLICATION ...] [--timeout 5m]", "wait until applications are active, showing what happens", (*Program).wait},
		"resolve":            {"resolve UNIT [--no-retry]", "run a failed hook again, or skip it", (*Program).resolve},
		"debug-log":          {"debug-log [-f] [-n LINES] [--level LEVEL] [--include UNIT | --include APPLICATION]", "show the log", (*Program).debugLog},
		"exec":               {"exec [--container NAME] UNIT COMMAND ...", "run a command in a unit's container, by default the charm's", (*Program).exec},
		"forward":            {"forward UNIT PORT [--listen ADDRESS]", "make a unit's port reachable on the loopback", (*Program).forward},
		"destroy":            {"destroy", "end the model and everything in it", (*Program).destroy},
		"probe":              {"probe", "tell whether pods can be made here, or what to do", (*Program).probe},
		"pack":               {"pack DIR --dispatch BINARY -o FILE", "write a .charm archive", (*Program).pack},
	}
}

// Main runs charmbox and returns its exit code: 0 done, 1 failed, 2 wrong
// arguments.
func Main(ctx context.Context, p *Program) int {
	// In a charm container the program is the hook tools.
	if name := filepath.Base(p.Args[0]); slices.Contains(tools.Names(), name) {
		return jujuc.Main(name, p.Args[1:], p.Getenv, p.Stdin, p.Stdout, p.Stderr)
	}
	err := p.main(ctx)
	var usage *errUsage
	var exit *errExit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &usage):
		fmt.Fprintln(p.Stderr, usage.message)
		return 2
	}
	fmt.Fprintln(p.Stderr, "ERROR", err)
	return 1
}

func (p *Program) main(ctx context.Context) error {
	if len(p.Args) < 2 {
		p.help()
		return nil
	}
	name, args := p.Args[1], p.Args[2:]
	switch name {
	case "daemon":
		return p.daemon(ctx)
	case "help", "--help", "-h":
		if len(args) == 0 {
			p.help()
			return nil
		}
		name, args = args[0], []string{"--help"}
	}
	v, ok := verbs()[name]
	if !ok {
		return &errUsage{fmt.Sprintf("charmbox has no verb %q; `charmbox help` lists them", name)}
	}
	flags := gnuflag.NewFlagSet(name, gnuflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	var help helpflag.Flag
	flags.Var(&help, "help", "")
	flags.Var(&help, "h", "")
	err := v.run(p, ctx, flags, args)
	if help.Asked {
		fmt.Fprintf(p.Stdout, "usage: charmbox %s\n\n%s\n", v.usage, v.help)
		return nil
	}
	var usage *errUsage
	if errors.As(err, &usage) {
		return &errUsage{fmt.Sprintf("%s\nusage: charmbox %s", usage.message, v.usage)}
	}
	return err
}

func (p *Program) help() {
	fmt.Fprint(p.Stdout, "charmbox is a Juju model on this machine.\n\n")
	all := verbs()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(p.Stdout, "  %-20s%s\n", name, all[name].help)
	}
	fmt.Fprintf(p.Stdout, "\n`charmbox VERB --help` tells more. The model is kept in %s;\nCHARMBOX_DIR names another folder.\n", p.dir())
}

// parse parses flags, which may stand anywhere, and checks the number of
// arguments that are left; at most -1 is any.
func parse(flags *gnuflag.FlagSet, args []string, least, most int) error {
	if err := flags.Parse(true, args); err != nil {
		return &errUsage{err.Error()}
	}
	switch n := flags.NArg(); {
	case n < least:
		return &errUsage{"something is missing"}
	case most >= 0 && n > most:
		return &errUsage{fmt.Sprintf("%q is too much", flags.Args()[most:])}
	}
	return nil
}

// pairs is a flag of K=V that may be given several times.
type pairs map[string]string

func (v pairs) String() string { return "" }

func (v pairs) Set(text string) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok || key == "" {
		return fmt.Errorf("%q is not NAME=VALUE", text)
	}
	v[key] = value
	return nil
}

// dir is the folder of the model, absolute if it can be found out: the daemon
// has another working directory.
func (p *Program) dir() string {
	dir := p.Getenv("CHARMBOX_DIR")
	if dir == "" {
		dir = p.defaultDir()
	}
	if absolute, err := filepath.Abs(dir); err == nil {
		return absolute
	}
	return dir
}

func (p *Program) defaultDir() string {
	if os.Getuid() == 0 {
		return "/var/lib/charmbox"
	}
	state := p.Getenv("XDG_STATE_HOME")
	if state == "" {
		state = filepath.Join(p.Getenv("HOME"), ".local", "state")
	}
	return filepath.Join(state, "charmbox")
}

// client returns a client of the model's daemon. If there is a model and its
// daemon is gone, a new one takes it up.
func (p *Program) client(ctx context.Context) (*charmbox.Client, error) {
	client := charmbox.NewClient(p.dir())
	_, err := client.Status(ctx)
	switch {
	case !errors.Is(err, charmbox.ErrNoDaemon):
		return client, err
	case !charmbox.Stored(p.dir()):
		return nil, charmbox.ErrNoModel
	}
	return client, p.startDaemon(ctx)
}
