package charmbox

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// WriteTable writes the status as a table in juju's manner.
func (s Status) WriteTable(w io.Writer) error {
	var t table
	t.row("Model", "Cloud", "Version")
	t.row(s.Model.Name, s.Model.Cloud, s.Model.Version)
	if len(s.Applications) == 0 {
		t.section()
		t.row(fmt.Sprintf("Model %q is empty.", s.Model.Name))
		return t.write(w)
	}
	t.section("App", "Version", "Status", "Scale", "Charm", "Message")
	for _, name := range slices.Sorted(maps.Keys(s.Applications)) {
		a := s.Applications[name]
		t.row(name, a.Version, a.Status.Current, fmt.Sprintf("%d/%d", len(a.Units), a.Scale), a.CharmName, a.Status.Message)
	}
	t.section("Unit", "Workload", "Agent", "Address", "Ports", "Message")
	for _, appName := range slices.Sorted(maps.Keys(s.Applications)) {
		a := s.Applications[appName]
		for _, name := range slices.Sorted(maps.Keys(a.Units)) {
			u := a.Units[name]
			mark := ""
			if u.Leader {
				mark = "*"
			}
			t.row(name+mark, u.Workload.Current, u.Agent.Current, u.Address, strings.Join(u.Ports, ","), u.message())
		}
	}
	s.writeRelations(&t)
	return t.write(w)
}

// message is the workload's, after what the agent does.
func (u UnitStatus) message() string {
	doing, ok := strings.CutPrefix(u.Agent.Message, "running ")
	if u.Agent.Current != "executing" || !ok {
		return u.Workload.Message
	}
	return strings.TrimSpace("(" + strings.TrimSuffix(doing, " hook") + ") " + u.Workload.Message)
}

// writeRelations writes each relation once, from the providing side.
func (s Status) writeRelations(t *table) {
	headed := false
	for _, app := range slices.Sorted(maps.Keys(s.Applications)) {
		for _, endpoint := range slices.Sorted(maps.Keys(s.Applications[app].Relations)) {
			for _, r := range s.Applications[app].Relations[endpoint] {
				if r.Role != "provides" {
					continue
				}
				if !headed {
					t.section("Integration provider", "Requirer", "Interface")
					headed = true
				}
				t.row(app+":"+endpoint, r.Application+":"+r.Endpoint, r.Interface)
			}
		}
	}
}

// table aligns the columns of each of its sections.
type table struct{ text bytes.Buffer }

// section begins a new one, with these heads.
func (t *table) section(heads ...string) {
	t.text.WriteByte('\n')
	if len(heads) > 0 {
		t.row(heads...)
	}
}

// row adds a line. Every cell ends with a tab, so that an empty one keeps its
// column.
func (t *table) row(cells ...string) {
	for _, cell := range cells {
		t.text.WriteString(strings.Join(strings.Fields(cell), " ") + "\t")
	}
	t.text.WriteByte('\n')
}

func (t *table) write(w io.Writer) error {
	var aligned bytes.Buffer
	tw := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	tw.Write(t.text.Bytes())
	if err := tw.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(aligned.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}
