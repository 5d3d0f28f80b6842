package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	unicodenorm "golang.org/x/text/unicode/norm"

	"herbarium/format"
)

// A Net is a graph with everything a tool needs to use it.
type Net struct {
	Graph   *Graph
	Params  map[string]format.Tensor // parameters and buffers by PyTorch's names, F32
	Stats   map[string]format.Tensor // what training photos looked like inside the net; without the prefix "stat."
	Classes []string                 // names of the logits, in order; nil if unknown
	Input   Shape                    // [C,H,W] of the images the net was made for
	Prepare *Prepare                 // how photos become inputs; nil if unknown
	Arch    string                   // the builder's name, or where the net was adopted from
	History json.RawMessage          // how it was trained: any JSON; nil if unknown
	Meta    map[string]string        // metadata of the document that is none of the above, kept as it came
}

// netKind is the kind of the documents that hold nets.
const netKind = "net"

// FromDocument reads a net and checks all of it: that the graph is valid, that every parameter is there in its shape
// and type and no other, that class names are distinct and as many as the logits, and that no number is NaN or
// infinite. PyTorch's num_batches_tracked is accepted and dropped.
func FromDocument(d *format.Document) (*Net, error) {
	n, err := FromHeader(d)
	if err != nil {
		return nil, err
	}
	if err := n.checkValues(); err != nil {
		return nil, fmt.Errorf("net: %w", err)
	}
	return n, nil
}

// FromHeader is FromDocument for a document whose body has not been read: it checks all but the numbers.
func FromHeader(d *format.Document) (*Net, error) {
	if d.Kind() != netKind {
		return nil, fmt.Errorf("net: document is of kind %q, not %q", d.Kind(), netKind)
	}
	n := &Net{Arch: d.Meta["arch"], Params: map[string]format.Tensor{}, Stats: map[string]format.Tensor{}, Meta: map[string]string{}}
	for key, value := range d.Meta {
		switch key {
		case "kind", "arch":
		case "graph", "input", "classes", "prepare", "history":
			if err := n.read(key, value); err != nil {
				return nil, fmt.Errorf("net: %w", err)
			}
		default:
			n.Meta[key] = value
		}
	}
	if n.Graph == nil || n.Input == nil {
		return nil, errors.New("net: document lacks graph or input in its metadata")
	}
	for _, t := range d.Tensors {
		if stat, ok := strings.CutPrefix(t.Name, statSpace+"."); ok {
			n.Stats[stat] = t
		} else if !n.Graph.counter(t) {
			n.Params[t.Name] = t
		}
	}
	if err := n.check(); err != nil {
		return nil, fmt.Errorf("net: %w", err)
	}
	return n, nil
}

// read takes one entry of the metadata.
func (n *Net) read(key, value string) (err error) {
	switch key {
	case "graph":
		n.Graph, err = Parse([]byte(value))
		return err
	case "input":
		err = json.Unmarshal([]byte(value), &n.Input)
	case "classes":
		err = json.Unmarshal([]byte(value), &n.Classes)
		for i, name := range n.Classes {
			n.Classes[i] = unicodenorm.NFC.String(name) // as images have them
		}
	case "prepare":
		n.Prepare, err = parsePrepare([]byte(value))
	case "history":
		n.History = json.RawMessage(value)
		if !json.Valid(n.History) {
			err = errors.New("not JSON")
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, plain(err))
	}
	return nil
}

// counter says whether t is PyTorch's count of the batches that a norm of the graph has seen.
func (g *Graph) counter(t format.Tensor) bool {
	name, ok := strings.CutSuffix(t.Name, ".num_batches_tracked")
	if !ok || t.DType != format.I64 || t.Len() != 1 {
		return false
	}
	if n := g.node(name); n != nil {
		_, ok = n.Op.(BN)
		return ok
	}
	return false
}

// Document writes the net, after the checks of FromDocument: what is written can be read. Tensors are shared.
func (n *Net) Document() (*format.Document, error) {
	if n.Graph == nil {
		return nil, errors.New("net: has no graph")
	}
	if err := first(n.check(), n.checkValues()); err != nil {
		return nil, fmt.Errorf("net: %w", err)
	}
	d := &format.Document{Meta: maps.Clone(n.Meta)}
	if d.Meta == nil {
		d.Meta = map[string]string{}
	}
	d.Meta["kind"] = netKind
	for key, value := range map[string]any{"graph": n.Graph, "input": n.Input, "classes": n.Classes, "prepare": n.Prepare} {
		if key == "classes" && n.Classes == nil || key == "prepare" && n.Prepare == nil {
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("net: %s: %w", key, err)
		}
		d.Meta[key] = string(text)
	}
	if n.Arch != "" {
		d.Meta["arch"] = n.Arch
	}
	if n.History != nil {
		d.Meta["history"] = string(n.History)
	}
	params, err := n.Graph.Params(n.Input)
	if err != nil {
		return nil, fmt.Errorf("net: %w", err)
	}
	for _, p := range params {
		t := n.Params[p.Name]
		t.Name = p.Name
		d.Tensors = append(d.Tensors, t)
	}
	for _, name := range slices.Sorted(maps.Keys(n.Stats)) {
		t := n.Stats[name]
		t.Name = statSpace + "." + name
		d.Tensors = append(d.Tensors, t)
	}
	return d, nil
}

// check checks all but the numbers.
func (n *Net) check() error {
	values, err := n.Graph.Values(n.Input)
	if err != nil {
		return err
	}
	if n.History != nil && !json.Valid(n.History) {
		return errors.New("history: not JSON")
	}
	if n.Prepare != nil {
		if err := n.checkPrepare(); err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
	}
	seen := map[string]bool{}
	for _, c := range n.Classes {
		if c == "" || seen[c] {
			return fmt.Errorf("classes: %q is empty or appears twice", c)
		}
		seen[c] = true
	}
	if logits, err := n.Graph.Find(Logits); err == nil && n.Classes != nil {
		if k := values[logits.Name].Map().Channels; len(n.Classes) != k {
			return fmt.Errorf("classes: %d names for %d logits", len(n.Classes), k)
		}
	}
	return n.Graph.CheckParams(n.Input, n.Params)
}
