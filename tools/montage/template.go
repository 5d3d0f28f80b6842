package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"herbarium/internal/images"
)

// template is text with {key} and {key:VERB} for what an item says.
type template []piece

// piece is a literal, or a key with the verb it is formatted by ("" is plain).
type piece struct{ literal, key, verb string }

var verbForm = regexp.MustCompile(`^0?[0-9]{0,2}(\.[0-9]{1,2})?[dfegs]$`)

// parseTemplate reads a format; {{ and }} stand for braces.
func parseTemplate(text string) (template, error) {
	var out template
	literal := ""
	for text != "" {
		i := strings.IndexAny(text, "{}")
		if i < 0 {
			literal += text
			break
		}
		literal += text[:i]
		if strings.HasPrefix(text[i:], "{{") || strings.HasPrefix(text[i:], "}}") {
			literal += text[i : i+1]
			text = text[i+2:]
			continue
		}
		end := strings.IndexByte(text[i:], '}')
		if text[i] == '}' || end < 0 {
			return nil, fmt.Errorf("a brace has no partner; {{ stands for a brace itself")
		}
		key, verb, formatted := strings.Cut(text[i+1:i+end], ":")
		if key == "" || formatted && !verbForm.MatchString(verb) {
			return nil, fmt.Errorf("{%s} is neither {key} nor like {key:.2f}, {key:04d}", text[i+1:i+end])
		}
		out = append(out, piece{literal: literal}, piece{key: key, verb: verb})
		literal = ""
		text = text[i+end+1:]
	}
	return append(out, piece{literal: literal}), nil
}

// fill renders the template for a picture; clean is applied to each value. It
// returns the keys that the picture lacks, whose places stay empty.
func (t template) fill(p *picture, clean func(string) string) (text string, missing []string) {
	var b strings.Builder
	for _, piece := range t {
		b.WriteString(piece.literal)
		if piece.key == "" {
			continue
		}
		value, ok := p.formatted(piece.key, piece.verb)
		if !ok {
			missing = append(missing, piece.key)
		}
		b.WriteString(clean(value))
	}
	return b.String(), missing
}

// keys lists what a template can name.
func (p *picture) keys() string {
	keys := map[string]bool{images.Index: true}
	for key := range p.item {
		keys[key] = true
	}
	if p.class != "" {
		keys[images.KeyClass] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(keys)), ", ")
}

// value is what a key says, as text.
func (p *picture) value(key string) (string, bool) { return p.formatted(key, "") }

// lookup is the value of a key, or of key a.b the value of b within a; nil if there is none.
func lookup(it map[string]any, key string) any {
	if v, ok := it[key]; ok {
		return v
	}
	outer, inner, dotted := strings.Cut(key, ".")
	if nested, ok := it[outer].(map[string]any); ok && dotted {
		return lookup(nested, inner)
	}
	return nil
}

// formatted is what a key says, by a verb of fmt or as readers like it.
func (p *picture) formatted(key, verb string) (string, bool) {
	v := lookup(p.item, key)
	switch {
	case key == images.Index && v == nil:
		v = p.index
	case key == images.KeyClass && p.class != "":
		v = p.class
	}
	switch {
	case v == nil:
		return "", false
	case verb == "":
		return plain(v), true
	}
	number, isNumber := asNumber(v)
	switch kind := verb[len(verb)-1]; {
	case kind == 's' || !isNumber:
		return fmt.Sprintf("%"+strings.TrimLeft(verb[:len(verb)-1], "0")+"s", plain(v)), true
	case kind == 'd':
		return fmt.Sprintf("%"+verb, int64(number)), true
	default:
		return fmt.Sprintf("%"+verb, number), true
	}
}

func asNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}

// plain renders a value: integers digit by digit, other numbers short.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		if f, err := v.Float64(); err == nil && strings.ContainsAny(v.String(), ".eE") {
			return short(f)
		}
		return v.String()
	case int:
		return strconv.Itoa(v)
	case float64:
		return short(v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
