package nginx

import (
	"fmt"
	"strings"
)

// writer writes directives, indented by their depth.
type writer struct {
	strings.Builder
	depth int
}

// line writes one directive.
func (w *writer) line(format string, args ...any) {
	w.indent()
	fmt.Fprintf(w, format+";\n", args...)
}

// comment explains what follows to whoever reads the file in the container.
func (w *writer) comment(text string) {
	w.indent()
	fmt.Fprintf(w, "# %s\n", text)
}

// block writes a directive that holds others.
func (w *writer) block(head string, body func()) {
	w.indent()
	fmt.Fprintf(w, "%s {\n", head)
	w.depth++
	body()
	w.depth--
	w.indent()
	w.WriteString("}\n")
}

func (w *writer) indent() {
	w.WriteString(strings.Repeat("    ", w.depth))
}
