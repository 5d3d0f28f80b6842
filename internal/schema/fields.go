package schema

import (
	"fmt"
	"reflect"
	"strings"
)

// A Field is a value in the JSON that a type becomes.
type Field struct {
	Path string // from the outermost object: heads[].left
	Type string // integer, number, text, boolean, a list of one of these ([2]number), an object {text: number}, or a named type
}

// Fields returns all fields of a struct's JSON in the order they are written. Structs among leaves, and those within
// themselves, are not taken apart: their type is their name in lower case.
func Fields(t reflect.Type, leaves ...reflect.Type) []Field {
	w := walker{map[reflect.Type]bool{t: true}}
	for _, leaf := range leaves {
		w.named[leaf] = true
	}
	return w.fields("", t)
}

type walker struct{ named map[reflect.Type]bool }

func (w walker) fields(prefix string, t reflect.Type) []Field {
	var all []Field
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported() && !f.Anonymous:
		case name == "" && f.Anonymous:
			all = append(all, w.fields(prefix, f.Type)...)
		default:
			all = append(all, w.value(prefix+name, f.Type)...)
		}
	}
	return all
}

func (w walker) value(path string, t reflect.Type) []Field {
	elem := t
	for elem.Kind() == reflect.Pointer {
		elem = elem.Elem()
	}
	inner := elem
	if elem.Kind() == reflect.Slice {
		inner, path = elem.Elem(), path+"[]"
	}
	if inner.Kind() == reflect.Struct && !w.named[inner] {
		return w.fields(path+".", inner)
	}
	return []Field{{path, w.name(inner)}}
}

func (w walker) name(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return w.name(t.Elem())
	case reflect.Struct:
		return strings.ToLower(t.Name())
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "boolean"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), w.name(t.Elem()))
	case reflect.Map:
		return fmt.Sprintf("{%s: %s}", w.name(t.Key()), w.name(t.Elem()))
	}
	if strings.HasPrefix(t.Kind().String(), "int") || strings.HasPrefix(t.Kind().String(), "uint") {
		return "integer"
	}
	return t.String()
}

// ReadFields returns the fields that the tables below a heading of a page list: path and type are the first two columns.
func ReadFields(path, heading string) ([]Field, error) {
	lines, err := Section(path, heading)
	if err != nil {
		return nil, err
	}
	var all []Field
	for _, row := range Rows(lines) {
		all = append(all, Field{strings.Trim(row[0], "`"), row[1]})
	}
	return all, nil
}
