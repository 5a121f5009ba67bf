// Package bind decodes Juju's untyped data (options, action parameters,
// databags, secrets) into tagged structs, and encodes structs for it. It is
// the only package of the framework that reflects.
//
// A field is bound by its tag:
//
//	type Config struct {
//		LogLevel string `charm:"log-level"`
//		Limit    *int   `charm:"limit"`          // nil if there is no value
//		Name     string `charm:"name,required"`  // a problem if there is none
//		Wanted   []string `charm:"wanted,json"`  // JSON within a string value
//	}
//
// Fields without a tag are left alone; embedded structs are bound as if their
// fields stood in the outer one. Strings, booleans, integers, floats,
// [time.Duration] (in seconds), [encoding.TextUnmarshaler] and pointers to
// these are understood everywhere; other types where the data is JSON.
//
// Nothing stops at the first problem: all are returned.
package bind
