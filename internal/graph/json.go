package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxDepth is more than the depth of any graph's JSON: graph, nodes, node, attribute, number.
const maxDepth = 8

// Parse reads a graph from JSON and validates it. It is strict, for the text comes from other people's files: unknown
// and repeated keys, keys in another case, null, lists of the wrong length, invalid UTF-8 and anything after the graph
// are errors.
func Parse(text []byte) (*Graph, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("graph: not valid UTF-8")
	}
	if err := checkSyntax(text); err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	var g Graph
	fields, err := keys(text, "version", "nodes", "aliases")
	if err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	if raw, ok := fields["version"]; ok {
		if err := json.Unmarshal(raw, &g.Version); err != nil || g.Version < 0 {
			return nil, fmt.Errorf("graph: version: %s is not an integer, 0 or more", raw)
		}
		if g.Version > 0 {
			return nil, fmt.Errorf("graph: version %d is newer than this program knows: a newer Herbarium reads it", g.Version)
		}
	}
	if raw, ok := fields["aliases"]; ok {
		if err := json.Unmarshal(raw, &g.Aliases); err != nil {
			return nil, fmt.Errorf("graph: aliases: %w", plain(err))
		}
	}
	var nodes []json.RawMessage
	if raw, ok := fields["nodes"]; ok {
		if err := json.Unmarshal(raw, &nodes); err != nil {
			return nil, fmt.Errorf("graph: nodes: %w", plain(err))
		}
	}
	if len(nodes) > maxNodes {
		return nil, fmt.Errorf("graph: %d nodes, more than %d", len(nodes), maxNodes)
	}
	g.Nodes = make([]Node, len(nodes))
	for i, raw := range nodes {
		if err := g.Nodes[i].UnmarshalJSON(raw); err != nil {
			return nil, fmt.Errorf("graph: node %d: %w", i, err)
		}
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	return &g, nil
}

// UnmarshalJSON is Parse, so that a graph inside other JSON is read as strictly.
func (g *Graph) UnmarshalJSON(text []byte) error {
	parsed, err := Parse(text)
	if err == nil {
		*g = *parsed
	}
	return err
}

// UnmarshalJSON reads a list of exactly two whole numbers.
func (p *Pair) UnmarshalJSON(text []byte) error {
	var list []int
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	if len(list) != len(p) {
		return fmt.Errorf("%s is not a list of %d numbers", text, len(p))
	}
	copy(p[:], list)
	return nil
}

// UnmarshalJSON reads one node: its name, op and inputs, and the attributes of that op.
func (n *Node) UnmarshalJSON(raw []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return plain(err)
	}
	var op string
	for _, part := range []struct {
		key string
		to  any
	}{{"name", &n.Name}, {"op", &op}, {"in", &n.In}} {
		if value, ok := fields[part.key]; ok {
			if err := json.Unmarshal(value, part.to); err != nil {
				return fmt.Errorf("%s: %w", part.key, plain(err))
			}
			delete(fields, part.key)
		}
	}
	zero, ok := ops[op]
	if !ok {
		return fmt.Errorf("unknown op %q: the net may be of a newer format than this program knows", op)
	}
	v := reflect.New(reflect.TypeOf(zero)).Elem()
	index := attributes(v.Type())
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		at, ok := index[key]
		if !ok {
			return fmt.Errorf("unknown key %q: no attribute of %s", key, op)
		}
		if err := json.Unmarshal(fields[key], v.Field(at).Addr().Interface()); err != nil {
			return fmt.Errorf("%s: %w", key, plain(err))
		}
	}
	if err := checkNeeds(v.Type(), fields); err != nil {
		return fmt.Errorf("%q: %s %w", n.Name, op, err)
	}
	n.Op = v.Interface().(Op)
	return nil
}

// checkNeeds names the attributes that an op needs and that are not there.
func checkNeeds(op reflect.Type, given map[string]json.RawMessage) error {
	var lacking []string
	for i := range op.NumField() {
		tag := op.Field(i).Tag
		name, _, _ := strings.Cut(tag.Get("json"), ",")
		if why, needed := tag.Lookup("needs"); needed && given[name] == nil {
			lacking = append(lacking, name+": "+why)
		}
	}
	if lacking == nil {
		return nil
	}
	return fmt.Errorf("needs %s", strings.Join(lacking, "; "))
}

// MarshalJSON writes the node as UnmarshalJSON reads it: first the name, the op and the inputs, then the attributes, less
// those that are zero.
func (n Node) MarshalJSON() ([]byte, error) {
	if n.Op == nil {
		return nil, fmt.Errorf("node %q has no op", n.Name)
	}
	head, err := json.Marshal(struct {
		Name string   `json:"name"`
		Op   string   `json:"op"`
		In   []string `json:"in"`
	}{n.Name, n.Op.Name(), append([]string{}, n.In...)})
	if err != nil {
		return nil, err
	}
	tail, err := json.Marshal(n.Op)
	if err != nil || len(tail) == len("{}") {
		return head, err
	}
	return slices.Concat(head[:len(head)-1], []byte(","), tail[1:]), nil
}

// attributes are the fields of an op by their names in JSON.
func attributes(t reflect.Type) map[string]int {
	index := map[string]int{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		index[name] = i
	}
	return index
}

// keys splits a JSON object, which checkSyntax has seen, into its values, and refuses keys that are not known.
func keys(raw json.RawMessage, known ...string) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, plain(err)
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, key) {
			return nil, fmt.Errorf("unknown key %q", key)
		}
	}
	return fields, nil
}

// plain says what encoding/json found in the words of JSON, without Go's types.
func plain(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("a %s is of the wrong type here", wrong.Value)
	}
	return err
}

// checkSyntax walks over one JSON value and refuses what encoding/json lets pass: repeated keys, nulls, more text
// after the value, deep nesting.
func checkSyntax(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := checkValue(d, 0); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more text after the JSON value")
	}
	return nil
}

func checkValue(d *json.Decoder, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("JSON nested more than %d deep", maxDepth)
	}
	t, err := d.Token()
	if err != nil {
		return err
	}
	switch t {
	case nil:
		return errors.New("null is not allowed")
	case json.Delim('['):
		for d.More() {
			if err := checkValue(d, depth+1); err != nil {
				return err
			}
		}
		_, err = d.Token()
	case json.Delim('{'):
		seen := map[string]bool{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string)
			if seen[name] {
				return fmt.Errorf("key %q appears twice", name)
			}
			seen[name] = true
			if err := checkValue(d, depth+1); err != nil {
				return err
			}
		}
		_, err = d.Token()
	}
	return err
}
