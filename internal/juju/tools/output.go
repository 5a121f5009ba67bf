package tools

import (
	"encoding/json"
	"fmt"
	"strings"
)

// output is the --format and --output flags of the tools that print a value.
type output struct {
	*call
	format string
	// noSmart says that the format smart is none.
	noSmart bool
	file    string
}

func newOutput(c *call) output {
	return output{call: c, format: "smart"}
}

// newStructuredOutput is for tools whose values have no smart form.
func newStructuredOutput(c *call) output {
	return output{call: c, format: "yaml", noSmart: true}
}

func (o *output) flags(f flagSet) {
	usage := "Specify output format (json|smart|yaml)"
	if o.noSmart {
		usage = "Specify output format (json|yaml)"
	}
	f.Var((*formatFlag)(o), "format", usage)
	f.StringVar(&o.file, "o", "", "Specify an output file")
	f.StringVar(&o.file, "output", "", "")
}

// formatFlag is the format of an output as a flag.
type formatFlag output

func (v *formatFlag) String() string { return v.format }

func (v *formatFlag) Set(name string) error {
	if name != "json" && name != "yaml" && (name != "smart" || v.noSmart) {
		return fmt.Errorf("unknown format %q", name)
	}
	v.format = name
	return nil
}

// print writes the value in the chosen format.
func (o *output) print(value any) error {
	var data []byte
	var err error
	switch o.format {
	case "json":
		data, err = json.Marshal(value)
		data = append(data, '\n')
	case "yaml":
		data, err = toYAML(value)
	default:
		data, err = smart(value)
	}
	if err != nil {
		return err
	}
	if o.file == "" {
		o.stdout.Write(data)
		return nil
	}
	return o.writeFile(o.path(o.file), data)
}

// smart prints simple values as a shell likes them, and nothing for nothing.
func smart(value any) ([]byte, error) {
	var text string
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		text = v
	case []string:
		text = strings.Join(v, "\n")
	case bool:
		text = "False"
		if v {
			text = "True"
		}
	default:
		return toYAML(value)
	}
	if text == "" {
		return nil, nil
	}
	return []byte(text + "\n"), nil
}

// ignoredFormat is the --format flag of the tools that print nothing.
type ignoredFormat struct{ value string }

func (i *ignoredFormat) flags(f flagSet) {
	f.StringVar(&i.value, "format", "", "deprecated format flag")
}

// warn writes Juju's warning, which has no newline.
func (i *ignoredFormat) warn(c *call) {
	if i.value != "" {
		fmt.Fprintf(&c.stderr, "--format flag deprecated for command %q", c.name)
	}
}
