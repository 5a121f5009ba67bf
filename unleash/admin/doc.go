// Package admin is a small client of Unleash's admin API, as 7.6.5 has it: what
// the charm's actions need.
//
// A [Client] speaks with the token of an administrator. A request that Unleash
// refuses is an [*Error] with the reason in Unleash's own words; the token is
// part of no error.
package admin
