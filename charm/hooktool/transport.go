package hooktool

import "context"

// Call is one run of a hook tool.
type Call struct {
	Tool string
	Args []string
	// Stdin is the tool's standard input; nil is none at all.
	Stdin []byte
}

// Result is what a hook tool gave back.
type Result struct {
	// Code is the exit code: 0 done, 1 failed, 2 bad flags or arguments.
	Code           int
	Stdout, Stderr []byte
}

// Transport carries calls to the unit agent. Run returns an error only if the
// tool could not be run or its answer not be read; a tool that ran and failed
// is a Result. Calls are made one at a time.
type Transport interface {
	Run(ctx context.Context, call Call) (Result, error)
	Close() error
}

// Pipeliner is a transport that can have several calls under way at once. Only
// relation-get may be asked this way: its command object in Juju reads nothing
// that another tool writes.
type Pipeliner interface {
	// RunAll runs the calls and returns their results in the same order.
	RunAll(ctx context.Context, calls []Call) ([]Result, error)
}

// Func is a transport that is a function of the same process.
type Func func(ctx context.Context, call Call) (Result, error)

// Run calls f.
func (f Func) Run(ctx context.Context, call Call) (Result, error) { return f(ctx, call) }

// Close does nothing.
func (f Func) Close() error { return nil }

// runAll pipelines calls where the transport can, and runs them one after
// another where it can't.
func runAll(ctx context.Context, t Transport, calls []Call) ([]Result, error) {
	if p, ok := t.(Pipeliner); ok {
		return p.RunAll(ctx, calls)
	}
	results := make([]Result, len(calls))
	for i, call := range calls {
		result, err := t.Run(ctx, call)
		if err != nil {
			return nil, err
		}
		results[i] = result
	}
	return results, nil
}
