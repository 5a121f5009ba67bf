package bind

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// ToStrings encodes the struct v, or what it points to. A nil pointer, an
// empty string and an empty list or map give an empty string: in a databag
// that deletes the key.
func ToStrings(v any) (map[string]string, error) {
	value := reflect.ValueOf(v)
	if value.Kind() == reflect.Pointer {
		value = value.Elem()
	}
	// fieldsOf hands out addressable fields only of an addressable struct.
	addressable := reflect.New(value.Type()).Elem()
	addressable.Set(value)
	values := map[string]string{}
	for _, f := range fieldsOf(addressable) {
		text, err := toText(f)
		if err != nil {
			return nil, fmt.Errorf("cannot encode %s: %w", f.key, err)
		}
		values[f.key] = text
	}
	return values, nil
}

func toText(f field) (string, error) {
	v := f.value
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "", nil
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		if v.Len() == 0 {
			return "", nil
		}
	}
	if f.json {
		data, err := json.Marshal(v.Interface())
		return string(data), err
	}
	if m, ok := v.Addr().Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		return string(text), err
	}
	switch {
	case v.Kind() == reflect.String:
		return v.String(), nil
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool()), nil
	case v.Type() == reflect.TypeFor[time.Duration]():
		return strconv.FormatFloat(time.Duration(v.Int()).Seconds(), 'f', -1, 64), nil
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), nil
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), nil
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'g', -1, 64), nil
	}
	return "", fmt.Errorf("%s has no text form; tag it with \"json\"", v.Type())
}
