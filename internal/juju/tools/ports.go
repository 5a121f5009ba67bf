package tools

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/internal/juju/model"
)

const portSyntax = "PORT[/PROTOCOL] | FROM-TO[/PROTOCOL] | icmp"

type portCommand struct {
	*call
	ignoredFormat
	act       func(model.Port) error
	endpoints string
	ports     model.PortRange
}

func newOpenPort(c *call) command { return &portCommand{call: c, act: c.hook.OpenPort} }

func newClosePort(c *call) command { return &portCommand{call: c, act: c.hook.ClosePort} }

func (t *portCommand) flags(f flagSet) {
	t.ignoredFormat.flags(f)
	f.StringVar(&t.endpoints, "endpoints", "", "the endpoints that it is for, with commas between; all if there are none")
}

func (t *portCommand) init(args []string) (err error) {
	if len(args) == 0 {
		return errors.New("no port or range specified")
	}
	if t.ports, err = model.ParsePortRange(strings.ToLower(args[0])); err != nil {
		return err
	}
	return noMore(args[1:])
}

func (t *portCommand) run() error {
	t.warn(t.call)
	for endpoint := range strings.SplitSeq(t.endpoints, ",") {
		if err := t.act(model.Port{Endpoint: strings.TrimSpace(endpoint), Range: t.ports}); err != nil {
			return err
		}
	}
	return nil
}

type openedPorts struct {
	output
	endpoints bool
}

func newOpenedPorts(c *call) command { return &openedPorts{output: newOutput(c)} }

func (t *openedPorts) flags(f flagSet) {
	t.output.flags(f)
	f.BoolVar(&t.endpoints, "endpoints", false, "print the endpoints of each range too")
}

func (t *openedPorts) init(args []string) error { return noMore(args) }

func (t *openedPorts) run() error {
	endpoints := map[model.PortRange][]string{}
	var ranges []model.PortRange
	for _, p := range t.hook.OpenedPorts() {
		if _, known := endpoints[p.Range]; !known {
			ranges = append(ranges, p.Range)
		}
		endpoints[p.Range] = append(endpoints[p.Range], p.Endpoint)
	}
	slices.SortFunc(ranges, model.ComparePortRanges)
	lines := make([]string, len(ranges))
	for i, r := range ranges {
		lines[i] = r.String()
		if !t.endpoints {
			continue
		}
		names := endpoints[r]
		slices.Sort(names)
		list := strings.Join(names, ", ")
		if slices.Contains(names, "") {
			list = "*"
		}
		lines[i] = fmt.Sprintf("%s (%s)", r, list)
	}
	return t.print(lines)
}
