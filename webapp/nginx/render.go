package nginx

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"path"
	"slices"
)

// Rendered is a configuration as NGINX reads it.
type Rendered struct {
	// Path is where the file belongs: [ConfigPath].
	Path string
	// Content is the whole configuration: all it includes is the system's list of MIME types.
	Content []byte
	// Generation is the digest of the configuration: 16 hexadecimal digits.
	Generation string
}

// Render returns the configuration as a file. The same configuration always gives the same file. The error is that of
// [Config.Validate].
func Render(c Config) (*Rendered, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	digest := sha256.Sum256([]byte(render(c, "")))
	generation := hex.EncodeToString(digest[:8])
	return &Rendered{
		Path:       ConfigPath(c.Directory),
		Content:    []byte(render(c, generation)),
		Generation: generation,
	}, nil
}

func render(c Config, generation string) string {
	w := &file{config: c, generation: generation}
	w.comment("Written by the charm, which writes it anew when it changes.")
	w.line("daemon off")
	w.line("pid %s", pidPath(c.Directory))
	w.line("worker_processes %d", c.WorkerProcesses)
	w.line("worker_shutdown_timeout %s", milliseconds(c.ShutdownTimeout))
	w.line("error_log stderr warn")
	w.block("events", func() {
		w.line("worker_connections %d", c.WorkerConnections)
	})
	w.block("http", func() {
		w.basics()
		w.log()
		w.clients()
		w.maps()
		w.upstream()
		w.app()
		w.status()
	})
	return w.String()
}

// file is the configuration being written; its methods are in the order of the file.
type file struct {
	writer
	config     Config
	generation string
}

func (w *file) drainFile() string { return DrainFile(w.config.Directory, w.generation) }

func (w *file) basics() {
	c := w.config
	w.line("include %s", c.MimeTypes)
	w.line("default_type application/octet-stream")
	for _, temporary := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		w.line("%s_temp_path %s", temporary, path.Join(c.Directory, temporary))
	}
	w.line("server_tokens off")
	w.line("sendfile on")
	w.line("tcp_nopush on")
	w.line("keepalive_timeout %s", milliseconds(c.ClientKeepalive))
	w.line("client_max_body_size %s", c.ClientMaxBodySize)
	w.line("client_body_timeout %s", milliseconds(c.ProxyReadTimeout))
	w.line("send_timeout %s", milliseconds(c.ProxyReadTimeout))
	if c.Gzip {
		w.line("gzip on")
		w.line("gzip_vary on")
		w.line("gzip_proxied any")
		w.line("gzip_comp_level 5")
		w.line("gzip_min_length 1024")
		w.line("gzip_types text/css text/plain text/xml text/javascript application/javascript application/json " +
			"application/manifest+json application/xml image/svg+xml")
	}
}

// status is for the charm, the exporter and the checks; clients cannot reach it.
func (w *file) status() {
	w.block("server", func() {
		w.line("listen %s", w.config.Status)
		w.line("access_log off")
		w.line("default_type text/plain")
		w.block("location = "+PathHealth, func() { w.line(`return 200 "ok\n"`) })
		w.block("location = "+PathGeneration, func() {
			w.block("if (-f "+w.drainFile()+")", func() { w.line(`return 200 "%s%s\n"`, w.generation, draining) })
			w.line(`return 200 "%s\n"`, w.generation)
		})
		w.block("location = "+PathStubStatus, func() { w.line("stub_status") })
		w.block("location /", func() { w.line("return 404") })
	})
}

// networks returns the trusted networks in order, each once, without host bits.
func networks(prefixes []netip.Prefix) []netip.Prefix {
	var masked []netip.Prefix
	for _, p := range prefixes {
		masked = append(masked, p.Masked())
	}
	slices.SortFunc(masked, func(a, b netip.Prefix) int {
		if order := a.Addr().Compare(b.Addr()); order != 0 {
			return order
		}
		return a.Bits() - b.Bits()
	})
	return slices.Compact(masked)
}
