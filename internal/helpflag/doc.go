// Package helpflag is the flag --help for sets of github.com/juju/gnuflag.
//
// gnuflag's own help is not used: it changes a variable of that package at each
// call, so two programs in one process would race.
package helpflag

import "github.com/juju/gnuflag"

// Flag is a boolean flag that ends the parsing, and tells that it was given.
type Flag struct{ Asked bool }

// String implements gnuflag.Value.
func (f *Flag) String() string { return "" }

// IsBoolFlag tells gnuflag that no value follows.
func (f *Flag) IsBoolFlag() bool { return true }

// Set implements gnuflag.Value.
func (f *Flag) Set(string) error {
	f.Asked = true
	return gnuflag.ErrHelp
}
