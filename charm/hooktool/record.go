package hooktool

import "context"

// Recorded is one call with what came of it.
type Recorded struct {
	Call   Call
	Result Result
	Err    error
}

// Record returns a transport that hands every call made on inner to sink, in
// the order in which they were asked. Closing it closes inner.
func Record(inner Transport, sink func(Recorded)) Transport {
	return &recorder{inner: inner, sink: sink}
}

type recorder struct {
	inner Transport
	sink  func(Recorded)
}

func (r *recorder) Run(ctx context.Context, call Call) (Result, error) {
	result, err := r.inner.Run(ctx, call)
	r.sink(Recorded{call, result, err})
	return result, err
}

func (r *recorder) RunAll(ctx context.Context, calls []Call) ([]Result, error) {
	results, err := runAll(ctx, r.inner, calls)
	for i, call := range calls {
		if err != nil {
			r.sink(Recorded{Call: call, Err: err})
			continue
		}
		r.sink(Recorded{Call: call, Result: results[i]})
	}
	return results, err
}

func (r *recorder) Close() error { return r.inner.Close() }
