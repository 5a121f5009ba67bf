package bind

import (
	"bytes"
	"encoding"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"time"
)

// FromJSON decodes values that are JSON, as config-get and action-get give
// them, into the struct that into points to. Keys that no field binds are
// ignored; null and the empty string are no value.
func FromJSON(values map[string]json.RawMessage, into any) []Problem {
	return decode(into, func(f field) (bool, string) {
		raw, ok := values[f.key]
		if !ok || bytes.Equal(raw, []byte("null")) {
			return false, ""
		}
		var text string
		if json.Unmarshal(raw, &text) == nil {
			if text == "" {
				return false, ""
			}
			return true, setText(settable(f.value), text)
		}
		return true, setJSON(settable(f.value), raw)
	})
}

// FromStrings decodes plain string values, as databags and secrets hold them.
// Keys that no field binds are ignored; an empty value is no value.
func FromStrings(values map[string]string, into any) []Problem {
	return decode(into, func(f field) (bool, string) {
		text, ok := values[f.key]
		if !ok || text == "" {
			return false, ""
		}
		if !f.json {
			return true, setText(settable(f.value), text)
		}
		if err := json.Unmarshal([]byte(text), f.value.Addr().Interface()); err != nil {
			return true, "is not valid JSON for its type"
		}
		return true, ""
	})
}

// decode goes over the fields; set tells whether there was a value, and what
// was wrong with it.
func decode(into any, set func(field) (found bool, reason string)) []Problem {
	var problems []Problem
	for _, f := range fieldsOf(reflect.ValueOf(into).Elem()) {
		found, reason := set(f)
		if !found && f.required {
			reason = "is missing"
		}
		if reason != "" {
			problems = append(problems, Problem{f.key, reason})
		}
	}
	return problems
}

// settable follows a pointer field, making what it points to.
func settable(v reflect.Value) reflect.Value {
	if v.Kind() != reflect.Pointer {
		return v
	}
	v.Set(reflect.New(v.Type().Elem()))
	return v.Elem()
}

// setText sets a value from its text and returns what is wrong with it.
func setText(v reflect.Value, text string) string {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := u.UnmarshalText([]byte(text)); err != nil {
			return "is not valid: " + err.Error()
		}
		return ""
	}
	switch {
	case v.Kind() == reflect.String:
		v.SetString(text)
		return ""
	case v.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return "is not true or false"
		}
		v.SetBool(b)
		return ""
	case v.CanInt() || v.CanUint() || v.CanFloat():
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return "is not a number"
		}
		if i, err := strconv.ParseInt(text, 10, 64); err == nil && v.CanInt() && v.Type() != reflect.TypeFor[time.Duration]() {
			return setInt(v, i)
		}
		return setNumber(v, n)
	}
	return "cannot be read as text"
}

// setJSON sets a value from JSON that is not a string.
func setJSON(v reflect.Value, raw json.RawMessage) string {
	switch {
	case v.Kind() == reflect.Bool:
		var b bool
		if json.Unmarshal(raw, &b) != nil {
			return "is not true or false"
		}
		v.SetBool(b)
		return ""
	case v.CanInt() || v.CanUint() || v.CanFloat():
		var n json.Number
		if json.Unmarshal(raw, &n) != nil {
			return "is not a number"
		}
		return setText(v, n.String())
	case v.Kind() == reflect.String:
		return "is not a string"
	}
	if json.Unmarshal(raw, v.Addr().Interface()) != nil {
		return "is not valid JSON for its type"
	}
	return ""
}

func setInt(v reflect.Value, i int64) string {
	if v.OverflowInt(i) {
		return "is too large"
	}
	v.SetInt(i)
	return ""
}

// setNumber sets a number of any kind; Juju sends whole numbers as floats.
func setNumber(v reflect.Value, n float64) string {
	if v.Type() == reflect.TypeFor[time.Duration]() {
		if math.Abs(n) > float64(math.MaxInt64/int64(time.Second)) {
			return "is too large"
		}
		v.SetInt(int64(math.Round(n * float64(time.Second))))
		return ""
	}
	if v.CanFloat() {
		v.SetFloat(n)
		return ""
	}
	if n != math.Trunc(n) {
		return "is not a whole number"
	}
	// Beyond 2^53 a float no longer says which whole number was meant.
	if math.Abs(n) > 1<<53 {
		return "is too large"
	}
	if v.CanInt() {
		return setInt(v, int64(n))
	}
	if n < 0 || v.OverflowUint(uint64(n)) {
		return "is out of range"
	}
	v.SetUint(uint64(n))
	return ""
}
