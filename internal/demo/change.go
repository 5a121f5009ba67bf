package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	loadConnections = 50
	loadRequests    = 1000
)

// changeUnderLoad changes an option while NGINX is busy, and shows that nobody
// has noticed but by the new setting.
func (d *demo) changeUnderLoad(ctx context.Context) error {
	page, err := d.get(ctx, "/", nil)
	if err != nil {
		return err
	}
	path := string(regexp.MustCompile(`/static/[^"]+\.js`).Find(page.body))
	before, err := d.nginxMaster(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%d connections ask for %s without a pause; NGINX's master is process %s\n", loadConnections, path, before)

	l := &load{address: d.address, path: path, connections: loadConnections}
	stop, finish := make(chan struct{}), make(chan struct{})
	ended := make(chan struct{})
	go func() {
		l.run(ctx, stop)
		close(ended)
	}()
	slow := make(chan error, 1)
	go func() {
		status, err := slowLogin(ctx, d.address, d.credentials, finish)
		fmt.Printf("a slow login, begun before the change, is answered after it: %s\n", status)
		slow <- err
	}()

	if err := d.box.show(ctx, "config", "unleash-k8s", "static-max-age=60"); err != nil {
		return err
	}
	changed := time.Now()
	if err := d.awaitSetting(ctx, path, "max-age=60"); err != nil {
		return err
	}
	fmt.Printf("the new setting is in the answers %.1f seconds later\n", time.Since(changed).Seconds())
	// Some load on the new workers too.
	for target := l.requests.Load() + loadRequests; l.requests.Load() < target && ctx.Err() == nil; {
		time.Sleep(10 * time.Millisecond)
	}
	close(finish)
	if err := <-slow; err != nil {
		return fmt.Errorf("%w: the slow login failed: %w", errDemo, err)
	}
	close(stop)
	<-ended

	after, err := d.nginxMaster(ctx)
	if err != nil {
		return err
	}
	for _, setting := range slices.Sorted(maps.Keys(l.settings)) {
		fmt.Printf("%7d answers with Cache-Control: %s\n", l.settings[setting], setting)
	}
	fmt.Printf("%7d requests on %d connections at a time, none sent twice: %d failed\n", l.requests.Load(), loadConnections, len(l.failures))
	fmt.Printf("NGINX's master is still process %s\n", after)
	if len(l.failures) > 0 {
		return fmt.Errorf("%w: %d requests failed, such as: %w", errDemo, len(l.failures), l.failures[0])
	}
	return expect(before == after && len(l.settings) == 2, "master %s became %s; settings seen: %v", before, after, l.settings)
}

// awaitSetting waits until an answer has the new setting.
func (d *demo) awaitSetting(ctx context.Context, path, want string) error {
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		answer, err := d.get(ctx, path, http.Header{"Connection": {"close"}})
		if err != nil {
			return err
		}
		if strings.Contains(answer.header.Get("Cache-Control"), want) {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return expect(false, "the setting did not change within 30 seconds")
}

// nginxMaster is the id of NGINX's master process, in its container.
func (d *demo) nginxMaster(ctx context.Context) (string, error) {
	return d.box.output(ctx, "exec", "--container", "nginx", "unleash-k8s/0", "cat", "/var/lib/charm-nginx/nginx.pid")
}
