// Package unleash is the charm unleash-k8s: the feature-flag server Unleash
// (npm package unleash-server, 7.6.5) behind NGINX, with its data in
// PostgreSQL.
//
// Most of it is package webapp; what stands here is what is particular to
// Unleash: its environment, the administrator's secret, and two actions over its
// REST API (package admin).
package unleash
