package nginx

import (
	"net/netip"
	"time"
)

// Config says how NGINX serves an app. Listen and Upstream are required; every other zero value means what its comment says.
type Config struct {
	// Directory holds all that NGINX writes, and its configuration: /var/lib/charm-nginx. NGINX's user owns it.
	Directory string

	// Listen are the addresses that clients connect to. An IPv6 address takes IPv6 connections only, so that a machine
	// without IPv6 is served by leaving it out.
	Listen []netip.AddrPort

	// Status is the loopback address of the status listener: 127.0.0.1:9080.
	Status netip.AddrPort

	// Upstream is where the app listens.
	Upstream netip.AddrPort

	// Keepalive is how many idle connections to the app each worker keeps: 16.
	Keepalive int

	// KeepaliveTimeout is how long a connection to the app may be idle: 4 s. It must be shorter than the app's own limit
	// (Node's is 5 s), or the app closes connections while requests are on their way to it.
	KeepaliveTimeout time.Duration

	// Static are folders that NGINX serves by itself.
	Static []Static

	// Refuse are paths that answer 404, with everything below them, in any spelling (/Internal, /%69nternal, //internal).
	Refuse []string

	// Hide are paths that have secrets below them; the access log has "..." instead of what follows the path.
	Hide []string

	// ClientMaxBodySize is the largest request body, such as 512k, 10m or 1g: 10m. Larger ones answer 413.
	ClientMaxBodySize string

	// ProxyReadTimeout is how long the app may be silent in the middle of a response, and a client in the middle of a
	// request: 60 s.
	ProxyReadTimeout time.Duration

	// ClientKeepalive is how long a client's connection may be idle: 100 s, which is longer than what the usual ingresses
	// keep theirs (60 s and 90 s), since the side that gives up first is the one that never sees a lost request.
	ClientKeepalive time.Duration

	// Gzip compresses responses for clients that accept it.
	Gzip bool

	// TrustedProxies are the networks whose X-Forwarded-For and X-Forwarded-Proto are believed. Everybody else's are
	// replaced by what NGINX sees itself.
	TrustedProxies []netip.Prefix

	// WorkerProcesses is the number of workers: 2. (NGINX's "auto" counts the machine's processors, not the container's.)
	WorkerProcesses int

	// WorkerConnections is how many connections a worker has at most, to clients and to the app together: 1024.
	WorkerConnections int

	// ShutdownTimeout is how long an old worker lives on after a reload, for responses and WebSockets under way: 1 h.
	ShutdownTimeout time.Duration

	// MimeTypes is the file with the types of static files: /etc/nginx/mime.types.
	MimeTypes string

	// AccessLog is where a line per request goes: /dev/stdout.
	AccessLog string
}

// Static is a folder that NGINX serves by itself. What the folder lacks comes from the app, so that a page of a newer or older
// release finds its files while the containers are being refreshed one after the other.
type Static struct {
	// Prefix is the path that the folder appears under, beginning and ending with a slash.
	Prefix string
	// Dir is the folder's absolute path.
	Dir string
	// MaxAge is how long clients and caches may keep a file without asking again, in whole seconds: for files whose name
	// changes with their content. Zero makes them ask each time.
	MaxAge time.Duration
}

// withDefaults returns the configuration with every zero value replaced by what it means.
func (c Config) withDefaults() Config {
	set(&c.Directory, "/var/lib/charm-nginx")
	set(&c.Status, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 9080))
	set(&c.Keepalive, 16)
	set(&c.KeepaliveTimeout, 4*time.Second)
	set(&c.ClientMaxBodySize, "10m")
	set(&c.ProxyReadTimeout, time.Minute)
	set(&c.ClientKeepalive, 100*time.Second)
	set(&c.WorkerProcesses, 2)
	set(&c.WorkerConnections, 1024)
	set(&c.ShutdownTimeout, time.Hour)
	set(&c.MimeTypes, "/etc/nginx/mime.types")
	set(&c.AccessLog, "/dev/stdout")
	return c
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
