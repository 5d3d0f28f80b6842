package graph

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"herbarium/format"
	"herbarium/internal/errs"
)

// A Mismatch says how a set of tensors differs from the parameters that a graph needs. Every difference is listed.
type Mismatch struct {
	Missing    []string // in the order of the graph
	Unexpected []string // sorted
	Misshapen  []string // "NAME is F32 3x3, not F32 4x3", in the order of the graph
}

// Error lists the first differences of each kind in one line.
func (m *Mismatch) Error() string {
	var parts []string
	for _, kind := range []struct {
		what  string
		names []string
	}{{"missing", m.Missing}, {"unexpected", m.Unexpected}, {"misshapen", m.Misshapen}} {
		if len(kind.names) > 0 {
			parts = append(parts, fmt.Sprintf("%d %s: %s", len(kind.names), kind.what, errs.Few(kind.names)))
		}
	}
	return "parameters do not fit the graph: " + strings.Join(parts, "; ")
}

// CheckParams compares the names, shapes and types of p with what the graph needs for an input of shape in. If they
// differ the error is a *Mismatch.
func (g *Graph) CheckParams(in Shape, p map[string]format.Tensor) error {
	params, err := g.Params(in)
	if err != nil {
		return err
	}
	var m Mismatch
	known := map[string]bool{}
	for _, want := range params {
		known[want.Name] = true
		t, ok := p[want.Name]
		switch {
		case !ok:
			m.Missing = append(m.Missing, want.Name)
		case t.DType != want.DType || !slices.Equal(t.Shape, want.Shape):
			m.Misshapen = append(m.Misshapen, fmt.Sprintf("%s is %s %s, not %s %s",
				want.Name, t.DType, Shape(t.Shape), want.DType, Shape(want.Shape)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if !known[name] {
			m.Unexpected = append(m.Unexpected, name)
		}
	}
	if m.Missing == nil && m.Unexpected == nil && m.Misshapen == nil {
		return nil
	}
	return &m
}

// checkValues looks at every number of the net.
func (n *Net) checkValues() error {
	for _, name := range slices.Sorted(maps.Keys(n.Params)) {
		if err := CheckFinite(name, n.Params[name]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(n.Stats)) {
		if err := CheckFinite(statSpace+"."+name, n.Stats[name]); err != nil {
			return err
		}
	}
	return n.checkVariances()
}

// checkVariances looks for running variances that leave a batch norm nothing to take a root of. Files that are damaged, or
// whose tensors have wrong names, have such.
func (n *Net) checkVariances() error {
	for i := range n.Graph.Nodes {
		bn, ok := n.Graph.Nodes[i].Op.(BN)
		if !ok {
			continue
		}
		name := n.Graph.Nodes[i].Name + ".running_var"
		t := n.Params[name]
		values, err := format.Float32s(&t)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		for k, v := range values {
			if !(float64(v)+bn.Eps > 0) {
				return fmt.Errorf("tensor %q: element %d is %v, which is no variance", name, k, v)
			}
		}
	}
	return nil
}

// CheckFinite fails if an element of t, whose name for the error is given, is NaN or infinite, or if its data are not
// as long as its shape asks for.
func CheckFinite(name string, t format.Tensor) error {
	size := t.DType.Size()
	if size == 0 || len(t.Data) != t.Len()*size {
		return fmt.Errorf("tensor %q: %d bytes of data for %s %s", name, len(t.Data), t.DType, Shape(t.Shape))
	}
	// A float is NaN or infinite if all bits of its exponent are set.
	for i := 0; i < len(t.Data); i += size {
		var bad bool
		switch t.DType {
		case format.F32:
			bad = binary.LittleEndian.Uint32(t.Data[i:])&0x7f80_0000 == 0x7f80_0000
		case format.F64:
			bad = binary.LittleEndian.Uint64(t.Data[i:])&0x7ff0_0000_0000_0000 == 0x7ff0_0000_0000_0000
		case format.F16:
			bad = binary.LittleEndian.Uint16(t.Data[i:])&0x7c00 == 0x7c00
		case format.BF16:
			bad = binary.LittleEndian.Uint16(t.Data[i:])&0x7f80 == 0x7f80
		default:
			return nil
		}
		if bad {
			return fmt.Errorf("tensor %q: element %d is NaN or infinite", name, i/size)
		}
	}
	return nil
}
