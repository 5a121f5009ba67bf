package charmbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// failure is the answer to a request that could not be met.
type failure struct {
	Error string `json:"error"`
}

// Serve answers the verbs on the daemon's socket until destroy is asked for, or
// ctx ends. It returns true if the model was destroyed.
func (b *Box) Serve(ctx context.Context, listener net.Listener) (destroyed bool, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	mux := http.NewServeMux()
	handle(mux, "deploy", func(ctx context.Context, r DeployRequest) (struct{}, error) { return struct{}{}, b.Deploy(ctx, r) })
	handle(mux, "config", b.Config)
	handle(mux, "integrate", func(ctx context.Context, r IntegrateRequest) (struct{}, error) {
		return struct{}{}, b.Integrate(ctx, r)
	})
	handle(mux, "remove-application", func(ctx context.Context, name string) (struct{}, error) { return struct{}{}, b.Remove(ctx, name) })
	handle(mux, "run", b.Run)
	handle(mux, "resolve", func(ctx context.Context, r ResolveRequest) (struct{}, error) { return struct{}{}, b.Resolve(ctx, r) })
	handle(mux, "exec", b.Exec)
	handle(mux, "forward", b.Forward)
	handle(mux, "status", func(context.Context, struct{}) (Status, error) { return b.Status(), nil })
	handle(mux, "debug-log", func(ctx context.Context, r LogRequest) (LogAnswer, error) {
		return b.logs.after(ctx, r.After, r.Wait), nil
	})
	handle(mux, "destroy", func(context.Context, struct{}) (DestroyAnswer, error) {
		stop(errDestroyed)
		return DestroyAnswer{PID: os.Getpid()}, nil
	})
	server := &http.Server{Handler: mux, BaseContext: func(net.Listener) context.Context { return ctx }}
	answered := make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(answered)
		grace, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			server.Close()
		}
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return false, fmt.Errorf("cannot serve the daemon's socket: %w", err)
	}
	<-answered
	return errors.Is(context.Cause(ctx), errDestroyed), nil
}

var errDestroyed = errors.New("the model is being destroyed")

// handle adds a verb: JSON in, JSON out.
func handle[Q, A any](mux *http.ServeMux, verb string, do func(context.Context, Q) (A, error)) {
	mux.HandleFunc("POST /"+verb, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var request Q
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			json.NewEncoder(w).Encode(failure{"cannot read the request: " + err.Error()})
			return
		}
		answer, err := do(r.Context(), request)
		if err != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			json.NewEncoder(w).Encode(failure{err.Error()})
			return
		}
		json.NewEncoder(w).Encode(answer)
	})
}
