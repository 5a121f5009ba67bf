// Command demo runs the Unleash charm for real and shows what it does. It is
// what `make demo` runs.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo:", err)
		os.Exit(1)
	}
}

// demo is one run.
type demo struct {
	box     box
	started time.Time
	// address is where NGINX can be reached from this machine.
	address string
	// credentials are the administrator's, as the body of a login.
	credentials []byte
}

// root is the repository, in which the Makefile runs the demo.
func run(ctx context.Context) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	d := &demo{box: box{program: filepath.Join(root, "build", "bin", "charmbox")}, started: time.Now()}
	fmt.Println("charmkit's demo: the Unleash charm behind NGINX, on this machine, no cluster.")
	for _, step := range []struct {
		title string
		do    func(context.Context) error
	}{
		{"Deploy PostgreSQL and Unleash, and integrate them", d.deploy},
		{"The model", d.box.showStatus},
		{"A page of Unleash, through NGINX", d.page},
		{"A feature flag, made over the admin API and read over the client API", d.featureFlag},
		{"An NGINX setting changes under load", d.changeUnderLoad},
	} {
		fmt.Printf("\n\033[1m== %s\033[0m\n", step.title)
		if err := step.do(ctx); err != nil {
			return err
		}
	}
	d.next()
	return nil
}

// deploy ends what an earlier demo left and brings everything up.
func (d *demo) deploy(ctx context.Context) error {
	if err := d.box.endEarlierDemo(ctx); err != nil {
		return err
	}
	arch := runtime.GOARCH
	for _, args := range [][]string{
		{"deploy", "build/postgresql_" + arch + ".charm", "--resource", "postgresql-image=examples/postgresql"},
		{"deploy", "build/unleash-k8s_" + arch + ".charm", "--resource", "nginx-image=rock/nginx", "--resource", "app-image=rock/app"},
		{"integrate", "unleash-k8s:database", "postgresql"},
		{"wait", "--timeout", "3m"},
	} {
		if err := d.box.show(ctx, args...); err != nil {
			return err
		}
	}
	var err error
	d.address, err = d.box.output(ctx, "forward", "unleash-k8s/0", "8080")
	return err
}

func (d *demo) next() {
	fmt.Printf(`
The demo took %.0f seconds and leaves the model running. Unleash is at

  http://%s   (set a password: build/bin/charmbox run unleash-k8s/0 set-admin-password)

What to try next:

  build/bin/charmbox status
  build/bin/charmbox config unleash-k8s log-level=debug
  build/bin/charmbox config unleash-k8s log-level=loud          # blocked, and says why
  build/bin/charmbox run unleash-k8s/0 create-api-token name=mine
  build/bin/charmbox remove-relation unleash-k8s postgresql     # blocked; NGINX stays up
  build/bin/charmbox debug-log -f --level DEBUG
  make demo-stop                                                # leaves nothing behind

docs/tutorial/first-charm.md writes a charm of your own.
`, time.Since(d.started).Seconds(), d.address)
}

var errDemo = errors.New("the demo did not show what it should")

// expect is the demo's own check: a demo that shows the wrong thing fails.
func expect(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%w: %s", errDemo, fmt.Sprintf(format, args...))
}
