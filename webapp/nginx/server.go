package nginx

import (
	"fmt"
	"regexp"
	"strings"
)

func (w *file) upstream() {
	w.block("upstream app", func() {
		w.line("server %s max_fails=0", w.config.Upstream)
		w.line("keepalive %d", w.config.Keepalive)
		w.line("keepalive_timeout %s", milliseconds(w.config.KeepaliveTimeout))
	})
}

// app is the server that clients talk to.
func (w *file) app() {
	w.block("server", func() {
		for _, address := range w.config.Listen {
			w.line("listen %s", address)
		}
		// The order matters: what drains does not come by here again.
		w.refuseOdd()
		w.drain()
		// A regular expression goes before a prefix, and NGINX matches the path decoded, merged and without dots. The name
		// ends where a character stands that is part of no name: some servers cut it at a semicolon.
		for _, refused := range w.config.Refuse {
			w.block(fmt.Sprintf("location ~* ^%s([^A-Za-z0-9._~@+-]|$)", regexp.QuoteMeta(strings.TrimSuffix(refused, "/"))), func() {
				w.line("return 404")
			})
		}
		for i, s := range w.config.Static {
			w.static(i, s)
		}
		w.block("location /", func() {
			w.headers()
			w.proxy()
		})
	})
}

// refuseOdd refuses what no client may send and servers read differently: Node's URL makes a slash of a backslash, after which
// /x\..\refused is a refused path.
func (w *file) refuseOdd() {
	w.comment("A backslash or a fragment is part of no request.")
	w.block(`if ($request_uri ~ "^[^?]*\\\\|#")`, func() {
		w.line("return 400")
	})
}

// drain makes every response the last one on its connection while the file exists. NGINX ends a connection after the status
// 501, also if an error_page then answers something else; the named place sends the request back to where it belongs. A
// Transfer-Encoding that NGINX does not know is a 501 as well, and stays one.
func (w *file) drain() {
	w.comment("While this file exists, each response ends its connection.")
	w.line("error_page 501 = @last_response")
	w.block("if (-f "+w.drainFile()+")", func() {
		w.line("set $draining yes")
		w.line("return 501")
	})
	w.block("location @last_response", func() {
		w.block(`if ($draining = "")`, func() { w.line("return 501") })
		w.line("rewrite ^ $uri last")
	})
}

func (w *file) static(i int, s Static) {
	fallback := fmt.Sprintf("@static_%d", i)
	w.block("location "+s.Prefix, func() {
		w.line("alias %s/", strings.TrimSuffix(s.Dir, "/"))
		w.line("try_files $uri %s", fallback)
		w.headers()
		w.line("add_header Cache-Control $cache_control_%d always", i)
	})
	w.block("location "+fallback, func() {
		w.headers()
		w.line("proxy_hide_header Cache-Control")
		w.line("add_header Cache-Control $cache_control_%d always", i)
		w.proxy()
	})
}

// headers are repeated in each location: one add_header there hides all that would be inherited.
func (w *file) headers() {
	w.line("add_header X-Request-Id $request_tag always")
	for _, h := range securityHeaders {
		w.line("add_header %s $add_%s always", h.name, h.variable)
	}
}

// proxy passes a request on as it came, and tells the app who sent it.
func (w *file) proxy() {
	w.line("proxy_pass http://app$request_uri")
	w.line("proxy_http_version 1.1")
	w.line("proxy_connect_timeout 5s")
	w.line("proxy_send_timeout %s", milliseconds(w.config.ProxyReadTimeout))
	w.line("proxy_read_timeout %s", milliseconds(w.config.ProxyReadTimeout))
	w.line("proxy_buffer_size 16k")
	w.line("proxy_buffers 8 16k")
	w.line("proxy_hide_header X-Request-Id")
	for _, h := range [][2]string{
		{"Host", "$client_host"},
		{"Connection", "$upgrade_connection"},
		{"Upgrade", "$upgrade"},
		{"X-Request-Id", "$request_tag"},
		{"X-Real-IP", "$remote_addr"},
		{"X-Forwarded-For", "$remote_addr"},
		{"X-Forwarded-Proto", "$client_scheme"},
		{"X-Forwarded-Host", "$client_host"},
		{"Forwarded", `""`},
		{"Proxy", `""`},
	} {
		w.line("proxy_set_header %s %s", h[0], h[1])
	}
}
