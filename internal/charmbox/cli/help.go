package cli

import "github.com/juju/gnuflag"

// helpFlag ends the parsing at --help. gnuflag's own help is not used: it changes a variable of that package at each call,
// so two programs in one process would race.
type helpFlag struct{ asked bool }

func (h *helpFlag) String() string   { return "" }
func (h *helpFlag) IsBoolFlag() bool { return true }
func (h *helpFlag) Set(string) error {
	h.asked = true
	return gnuflag.ErrHelp
}
