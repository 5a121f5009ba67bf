package charm

import (
	"context"

	"github.com/charmkit/charmkit/charm/internal/bind"
)

// ConfigHandle reads the charm's options into a struct.
type ConfigHandle[T any] struct{ b *Base }

// Config returns a handle for the options that T binds by its tags:
//
//	type Options struct {
//		LogLevel string        `charm:"log-level"`
//		Timeout  time.Duration `charm:"timeout"` // an int or float option, in seconds
//		Limit    *int          `charm:"limit"`   // nil if it is not set
//	}
//
// If T has a method Validate() error, on itself or a pointer, it is called too,
// and each error that it joins (errors.Join) is one more problem. Options that
// cannot be read have their zero value then, and what it says of them is left
// out: its errors name the options they are about.
func Config[T any](b *Base) *ConfigHandle[T] {
	b.names.use(nameOption, bind.Keys[T]()...)
	return &ConfigHandle[T]{b}
}

// Get returns the options. Values that do not fit are all told in one
// [*InvalidError]; in the unit's status those of several handles stand in one
// list. They are read once per hook.
func (h *ConfigHandle[T]) Get(ctx context.Context) (T, error) {
	var v T
	if h.b.run.config == nil {
		values, err := h.b.run.tools.ConfigGet(ctx)
		if err != nil {
			return v, err
		}
		h.b.run.config = values
	}
	problems := bind.FromJSON(h.b.run.config, &v)
	err := invalid("configuration", problems, &v)
	return v, err
}
