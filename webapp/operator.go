package webapp

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/webapp/nginx"
)

// The names that a charm's metadata.yaml declares.
const (
	ContainerNGINX = "nginx"
	ContainerApp   = "app"
)

// The names of what runs in the containers.
const (
	ServiceNGINX    = "nginx"
	ServiceExporter = "nginx-exporter"
	ServiceApp      = "app"

	CheckNGINX    = "nginx-up"
	CheckExporter = "nginx-exporter-up"
	CheckReady    = "app-ready"
	CheckUp       = "app-up"
)

// Ports that the pod listens on.
const (
	PortHTTP     = 8080 // NGINX
	PortApp      = 8081 // the app
	PortExporter = 9113 // NGINX's metrics
	portStatus   = 9080 // NGINX's status, on the loopback only
)

// Options say what is particular to a charm.
type Options struct {
	// Workload says what should run in the app container. Errors that are
	// conditions (see package charm) become part of the status, and the app
	// is left as it is; charm.AbsentError, that an operator has yet to
	// integrate something, stops it.
	Workload func(context.Context) (*Workload, error)
	// ReadyPath answers 200 while the app can serve, UpPath while it lives.
	ReadyPath, UpPath string
	// Diagnose tells why the app is not ready, as a condition; nil if it knows
	// of nothing.
	Diagnose func(context.Context) error
	// Static are the folders that NGINX serves from its own container.
	Static []Static
	// Refuse are paths that nobody outside the pod may ask for.
	Refuse []string
	// Hide are paths below which the access log shows nothing, since what
	// follows is secret.
	Hide []string
	// StartTimeout is how long a hook waits for the app to be ready; default
	// 60 seconds.
	StartTimeout time.Duration
}

// Static is a folder of files whose names change with their content.
type Static struct {
	// Prefix is the path under which they appear, with a slash at both ends.
	Prefix string
	// Dir is the folder in the nginx container.
	Dir string
}

// Workload is what runs in the app container.
type Workload struct {
	// Service is the app. It listens on PortApp.
	Service pebble.Service
	// Files are what it reads; those that it reads only at start name
	// ServiceApp in Restarts.
	Files []pebble.File
}

// Operator runs an app behind NGINX.
type Operator struct {
	b        *charm.Base
	options  Options
	settings *charm.ConfigHandle[Settings]
	nginx    *charm.Container
	app      *charm.Container
	client   *http.Client
}

// New adds the operator to a charm.
func New(b *charm.Base, options Options) *Operator {
	if options.StartTimeout == 0 {
		options.StartTimeout = time.Minute
	}
	o := &Operator{
		b:        b,
		options:  options,
		settings: charm.Config[Settings](b),
		nginx:    b.Container(ContainerNGINX),
		app:      b.Container(ContainerApp),
		// The charm's container shares the pod's network.
		client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}},
	}
	b.On.Install(func(ctx context.Context, _ *charm.InstallEvent) error { return o.openPorts(ctx) })
	b.On.UpgradeCharm(func(ctx context.Context, _ *charm.UpgradeCharmEvent) error { return o.openPorts(ctx) })
	b.WakeUpBy(o.app)
	b.Reconcile(o.reconcile)
	return o
}

// App returns the app's container.
func (o *Operator) App() *charm.Container { return o.app }

// NGINX returns NGINX's container.
func (o *Operator) NGINX() *charm.Container { return o.nginx }

func (o *Operator) openPorts(ctx context.Context) error {
	return o.b.SetPorts(ctx, charm.TCP(PortHTTP))
}

// reconcile makes both containers what they should be. Neither waits for the
// other: NGINX answers 502 while there is no app, and its settings can be
// changed then too.
func (o *Operator) reconcile(ctx context.Context, st *charm.Status) error {
	return errors.Join(
		o.reconcileNGINX(ctx),
		o.reconcileApp(ctx, st),
	)
}

// statusAddress is where NGINX tells of itself.
func statusAddress() netip.AddrPort {
	return netip.AddrPortFrom(loopback, portStatus)
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// frontend is NGINX's configuration for these settings.
func (o *Operator) frontend(settings Settings) nginx.Config {
	c := nginx.Config{
		Listen:            []netip.AddrPort{netip.AddrPortFrom(netip.IPv4Unspecified(), PortHTTP)},
		Status:            statusAddress(),
		Upstream:          netip.AddrPortFrom(loopback, PortApp),
		Refuse:            o.options.Refuse,
		Hide:              o.options.Hide,
		ClientMaxBodySize: settings.ClientMaxBodySize,
		ProxyReadTimeout:  settings.ProxyReadTimeout,
		Gzip:              settings.Gzip,
		TrustedProxies:    settings.TrustedProxies,
	}
	for _, s := range o.options.Static {
		c.Static = append(c.Static, nginx.Static{Prefix: s.Prefix, Dir: s.Dir, MaxAge: settings.StaticMaxAge})
	}
	return c
}
