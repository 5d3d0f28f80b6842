// Package jsontext writes JSON as items, reports and histories hold it: compact, with <, > and & as they are. JSON has no NaN
// and no infinity: a number that is none is not known, and is left out.
package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
)

// Marshal is v as encoding/json writes it, without a line end. Keys of objects whose number is NaN or infinite are left out,
// and such elements of lists are null.
func Marshal(v any) ([]byte, error) {
	text, err := encode(v)
	if bad := (*json.UnsupportedValueError)(nil); errors.As(err, &bad) && bad.Value.CanFloat() {
		if v, ok := finite(reflect.ValueOf(v)); ok {
			return encode(v)
		}
		return []byte("null"), nil
	}
	return text, err
}

func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// finite is v with maps in place of objects, and without numbers that JSON has not; false if v is such a number.
func finite(v reflect.Value) (any, bool) {
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		f := v.Float()
		return v.Interface(), !math.IsNaN(f) && !math.IsInf(f, 0)
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil, true
		}
		return finite(v.Elem())
	case reflect.Map:
		out := map[string]any{}
		for key, value := range v.Seq2() {
			if x, ok := finite(value); ok {
				out[key.String()] = x
			}
		}
		return out, true
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && (v.IsNil() || v.Type().Elem().Kind() == reflect.Uint8) {
			return v.Interface(), true
		}
		out := make([]any, v.Len())
		for i := range out {
			if x, ok := finite(v.Index(i)); ok {
				out[i] = x
			}
		}
		return out, true
	case reflect.Struct:
		out := map[string]any{}
		fields(v, out)
		return out, true
	}
	return v.Interface(), true
}

// fields puts those of a struct into an object, by the names of their tags.
func fields(v reflect.Value, to map[string]any) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, options, tagged := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && !tagged && name == "":
			fields(v.Field(i), to)
			continue
		case !f.IsExported() || name == "-":
			continue
		case name == "":
			name = f.Name
		}
		empty := v.Field(i).IsZero() || v.Field(i).Kind() == reflect.Map && v.Field(i).Len() == 0 || v.Field(i).Kind() == reflect.Slice && v.Field(i).Len() == 0
		if empty && strings.Contains(options, "omitempty") {
			continue
		}
		if x, ok := finite(v.Field(i)); ok {
			to[name] = x
		}
	}
}
