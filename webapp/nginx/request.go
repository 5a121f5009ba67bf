package nginx

import (
	"fmt"
	"regexp"
	"time"
)

// log writes one JSON object for each request. Queries hold tokens (a link that resets a password), so the path is all it
// has of the address, and NGINX's own messages, which quote the whole request, are kept out below "crit": the access log
// has the status and what the app answered.
func (w *file) log() {
	w.line("error_log stderr crit")
	w.block("map $uri $logged_path", func() {
		for _, hidden := range w.config.Hide {
			w.line(`"~*^(?<shown>%s)." "${shown}..."`, regexp.QuoteMeta(hidden))
		}
		w.line("default $uri")
	})
	w.line(`log_format access escape=json '{"time":"$time_iso8601","client":"$remote_addr","request_id":"$request_tag",` +
		`"method":"$request_method","host":"$host","path":"$logged_path","protocol":"$server_protocol","status":"$status",` +
		`"bytes":"$body_bytes_sent","seconds":"$request_time","app_status":"$upstream_status",` +
		`"app_seconds":"$upstream_response_time","user_agent":"$http_user_agent"}'`)
	w.line("access_log %s access", w.config.AccessLog)
}

// clients finds who a client is and how it came.
func (w *file) clients() {
	proxies := networks(w.config.TrustedProxies)
	for _, network := range proxies {
		w.line("set_real_ip_from %s", network)
	}
	w.line("real_ip_header X-Forwarded-For")
	w.line("real_ip_recursive on")
	w.block("geo $realip_remote_addr $by_trusted_proxy", func() {
		w.line("default no")
		for _, network := range proxies {
			w.line("%s yes", network)
		}
	})
	w.block(`map "$by_trusted_proxy $http_x_forwarded_proto" $client_scheme`, func() {
		w.line(`"yes https" https`)
		w.line(`"yes http" http`)
		w.line("default $scheme")
	})
}

// maps writes the variables that headers are made of.
func (w *file) maps() {
	w.block("map $http_x_request_id $request_tag", func() {
		w.line(`"~^[A-Za-z0-9._-]{1,128}$" $http_x_request_id`)
		w.line("default $request_id")
	})
	w.comment("HTTP/1.0 may come without, HTTP/1.1 to the app may not.")
	w.block("map $http_host $client_host", func() {
		w.line(`"" localhost`)
		w.line("default $http_host")
	})
	w.comment("Only WebSockets may leave HTTP.")
	w.block("map $http_upgrade $upgrade", func() {
		w.line("websocket websocket")
		w.line(`default ""`)
	})
	w.block("map $upgrade $upgrade_connection", func() {
		w.line("websocket upgrade")
		w.line(`default ""`)
	})
	w.comment("What the app says about itself goes first.")
	for _, h := range securityHeaders {
		w.block(fmt.Sprintf("map $upstream_http_%s $add_%s", h.variable, h.variable), func() {
			w.line(`"" %s`, h.value)
			w.line(`default ""`)
		})
	}
	for i, s := range w.config.Static {
		w.comment("An error, or a page in the place of a file, is not kept.")
		w.block(fmt.Sprintf(`map "$status $upstream_http_content_type" $cache_control_%d`, i), func() {
			if s.MaxAge > 0 {
				w.line(`"~^(200|206|304) text/html" no-cache`)
				w.line(`"~^(200|206|304) " "public, max-age=%d, immutable"`, int(s.MaxAge/time.Second))
			}
			w.line("default no-cache")
		})
	}
}

// securityHeaders are added unless the app sends them itself.
var securityHeaders = []struct{ name, variable, value string }{
	{"X-Content-Type-Options", "x_content_type_options", "nosniff"},
	{"X-Frame-Options", "x_frame_options", "SAMEORIGIN"},
	{"Referrer-Policy", "referrer_policy", "strict-origin-when-cross-origin"},
}

// milliseconds returns a duration as NGINX reads it.
func milliseconds(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }
