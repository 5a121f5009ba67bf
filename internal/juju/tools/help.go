package tools

import (
	"bytes"
	"fmt"

	"github.com/juju/gnuflag"
)

// helpText says how a tool is called.
func helpText(name string, t tool, cmd command) string {
	f := gnuflag.NewFlagSetWithFlagKnownAs(name, gnuflag.ContinueOnError, "option")
	cmd.flags(f)
	var options bytes.Buffer
	f.SetOutput(&options)
	f.PrintDefaults()

	usage := "Usage: " + name
	if options.Len() > 0 {
		usage += " [options]"
	}
	if t.args != "" {
		usage += " " + t.args
	}
	text := fmt.Sprintf("%s\n\nSummary:\n%s\n", usage, t.purpose)
	if options.Len() > 0 {
		text += "\nOptions:\n" + options.String()
	}
	return text
}
