package bind

import (
	"reflect"
	"runtime"
)

// FuncName returns the name of a function, its package's path before it, and the
// file that it stands in.
func FuncName(f any) (name, file string) {
	fn := runtime.FuncForPC(reflect.ValueOf(f).Pointer())
	if fn == nil {
		return "", ""
	}
	file, _ = fn.FileLine(fn.Entry())
	return fn.Name(), file
}
