package tools

import (
	"strings"

	"github.com/juju/gnuflag"
)

// flagSet is where a tool declares its flags: gnuflag's, or quickFlags.
type flagSet interface {
	Var(value gnuflag.Value, name, usage string)
	StringVar(p *string, name, value, usage string)
	BoolVar(p *bool, name string, value bool, usage string)
	IntVar(p *int, name string, value int, usage string)
}

// quickFlags parses the flags of calls in which nothing is unusual, without the
// maps of gnuflag. It either does what gnuflag does, or says that it cannot; a fuzz
// test holds it to that.
type quickFlags struct {
	declared [8]quickFlag
	count    int
	// unable says that there is something which only gnuflag knows.
	unable bool
}

// quickFlag is a flag; to is a *string, a *bool or a gnuflag.Value.
type quickFlag struct {
	name string
	to   any
}

func (q *quickFlags) add(name string, to any) {
	if q.count == len(q.declared) {
		q.unable = true
		return
	}
	q.declared[q.count] = quickFlag{name, to}
	q.count++
}

// Var implements flagSet.
func (q *quickFlags) Var(value gnuflag.Value, name, _ string) { q.add(name, value) }

// StringVar implements flagSet.
func (q *quickFlags) StringVar(p *string, name, value, _ string) {
	*p = value
	q.add(name, p)
}

// BoolVar implements flagSet.
func (q *quickFlags) BoolVar(p *bool, name string, value bool, _ string) {
	*p = value
	q.add(name, p)
}

// IntVar implements flagSet.
func (q *quickFlags) IntVar(p *int, _ string, value int, _ string) { *p, q.unable = value, true }

// parse sets the flags and returns the other arguments. If it is not ok, what it
// has set means nothing.
func (q *quickFlags) parse(args []string) (rest []string, ok bool) {
	if q.unable {
		return nil, false
	}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "" || arg == "-" || arg[0] != '-' {
			rest = append(rest, arg)
			continue
		}
		if arg == "--" {
			return append(rest, args...), true
		}
		name, value, given := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		if long := arg[1] == '-'; !long && len(arg) != 2 {
			return nil, false
		}
		switch to := q.find(name).(type) {
		case nil:
			return nil, false
		case *bool:
			if given {
				return nil, false
			}
			*to = true
			continue
		case *string:
			if value, args, ok = q.value(value, given, args); !ok {
				return nil, false
			}
			*to = value
		case gnuflag.Value:
			if value, args, ok = q.value(value, given, args); !ok || isBool(to) || to.Set(value) != nil {
				return nil, false
			}
		}
	}
	return rest, true
}

// find returns what a flag sets; of two of a name gnuflag refuses the second.
func (q *quickFlags) find(name string) any {
	for i := range q.count {
		if q.declared[i].name == name {
			return q.declared[i].to
		}
	}
	return nil
}

// value returns the value of a flag: what was given with it, or the next argument.
func (q *quickFlags) value(given string, is bool, args []string) (value string, rest []string, ok bool) {
	switch {
	case is:
		return given, args, true
	case len(args) == 0:
		return "", nil, false
	}
	return args[0], args[1:], true
}

func isBool(v gnuflag.Value) bool {
	b, ok := v.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}
