package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"herbarium/internal/images"
)

// A condition compares one key of an item with a constant.
type condition struct {
	key     string
	op      string
	text    string  // the constant as text
	value   any     // as JSON: float64, bool, nil or string
	literal float64 // if value is a number
}

// operators are tried at each position, longer ones first.
var operators = []string{"==", "!=", "<=", ">=", "<", ">"}

// parseCondition parses KEY OP VALUE.
func parseCondition(text string) (condition, error) {
	at := strings.IndexAny(text, "=!<>")
	for _, op := range operators {
		if at <= 0 || !strings.HasPrefix(text[at:], op) {
			continue
		}
		c := condition{key: strings.TrimSpace(text[:at]), op: op, text: strings.TrimSpace(text[at+len(op):])}
		if c.key == "" || c.text == "" {
			break
		}
		if err := json.Unmarshal([]byte(c.text), &c.value); err != nil {
			c.value = c.text
		}
		switch v := c.value.(type) {
		case float64:
			c.literal = v
		case string:
			c.text = v
		case map[string]any, []any:
			c.value = c.text
		}
		return c, nil
	}
	return condition{}, fmt.Errorf("%q is not a condition: write KEY OP VALUE with == != < <= > or >=, such as 'correct==false'", text)
}

// holds says whether an item fulfils the condition; one without the key does not.
func (c condition) holds(it images.Item) bool {
	v, ok := lookup(it, c.key)
	if !ok {
		return false
	}
	switch v := v.(type) {
	case string: // a name may look like a number
		return c.ordered(cmp.Compare(v, c.text))
	case bool, nil:
		return c.op == "==" && v == c.value || c.op == "!=" && v != c.value
	}
	_, isNumber := c.value.(float64)
	if x, ok := (images.Item{"": v}).Number(""); ok && isNumber {
		return c.ordered(cmp.Compare(x, c.literal))
	}
	return c.op == "!="
}

func (c condition) ordered(order int) bool {
	switch c.op {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// lookup finds a key, or with dots a key within a key.
func lookup(it map[string]any, key string) (any, bool) {
	if v, ok := it[key]; ok {
		return v, true
	}
	outer, inner, dotted := strings.Cut(key, ".")
	if nested, ok := it[outer].(map[string]any); ok && dotted {
		return lookup(nested, inner)
	}
	return nil, false
}
