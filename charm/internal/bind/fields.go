package bind

import (
	"fmt"
	"reflect"
	"strings"
)

// Problem is one value that does not fit its field.
type Problem struct {
	// Key is the option, parameter or databag key.
	Key string
	// Reason says what is wrong, without the value: it may be a secret.
	Reason string
}

func (p Problem) String() string { return p.Key + " " + p.Reason }

// field is one bound field of a struct.
type field struct {
	key      string
	required bool
	// json says that the value is JSON inside a string.
	json  bool
	value reflect.Value
}

// Keys returns the keys that a struct type binds, in the order of its fields.
func Keys[T any]() []string {
	var v T
	var keys []string
	for _, f := range fieldsOf(reflect.ValueOf(&v).Elem()) {
		keys = append(keys, f.key)
	}
	return keys
}

// fieldsOf lists the bound fields of a struct value.
func fieldsOf(v reflect.Value) []field {
	if v.Kind() != reflect.Struct {
		panic(fmt.Sprintf("charm: %s is not a struct: data is bound to structs with `charm` tags", v.Type()))
	}
	var fields []field
	for i := range v.NumField() {
		t := v.Type().Field(i)
		if t.Anonymous && t.Type.Kind() == reflect.Struct {
			fields = append(fields, fieldsOf(v.Field(i))...)
			continue
		}
		tag, ok := t.Tag.Lookup("charm")
		if !ok {
			continue
		}
		if !t.IsExported() {
			panic(fmt.Sprintf("charm: field %s of %s has a `charm` tag but is not exported", t.Name, v.Type()))
		}
		parts := strings.Split(tag, ",")
		f := field{key: parts[0], value: v.Field(i)}
		for _, option := range parts[1:] {
			switch option {
			case "required":
				f.required = true
			case "json":
				f.json = true
			default:
				panic(fmt.Sprintf("charm: field %s of %s has unknown tag option %q", t.Name, v.Type(), option))
			}
		}
		fields = append(fields, f)
	}
	return fields
}
