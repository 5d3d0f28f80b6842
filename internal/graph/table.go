package graph

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// A Row says what a node is and costs.
type Row struct {
	Name   string
	Op     string
	Value  Value // of the output, without the batch
	Params int64 // trained numbers; running statistics not counted
	MACs   int64 // multiply-adds for one item in conv, linear, matmul and blurpool; the other ops count as nothing

	// Where the output looks: at position (y, x) it sees Field pixels of the graph's input from Start + (y, x) Stride
	// on, and Start may lie in the padding; a constant sees 0 pixels. With Whole it sees the whole input, Field is the input's size, and Start
	// and Stride are 0.
	Field  Pair
	Stride [2]float64
	Start  [2]float64
	Whole  bool

	Aliases []string // its other names, sorted
}

// Table returns a row for every node, in order, for an input of shape in.
func (g *Graph) Table(in Shape) ([]Row, error) {
	values, err := g.Values(in)
	if err != nil {
		return nil, err
	}
	params, err := g.params(values)
	if err != nil {
		return nil, err
	}
	trained := map[string]int64{}
	for _, p := range params {
		if !p.Buffer {
			trained[p.Node] += p.Size()
		}
	}
	also := map[string][]string{}
	for _, alias := range slices.Sorted(maps.Keys(g.Aliases)) {
		also[g.Aliases[alias]] = append(also[g.Aliases[alias]], alias)
	}
	fields := g.fields(values)
	rows := make([]Row, len(g.Nodes))
	for i := range g.Nodes {
		n := &g.Nodes[i]
		r := Row{Name: n.Name, Op: n.Op.Name(), Value: values[n.Name], Params: trained[n.Name], Aliases: also[n.Name]}
		r.MACs = n.macs(values)
		f := fields[n.Name]
		switch r.Whole = f.whole; {
		case f.none:
		case r.Whole:
			if m := values[Input].Map(); m.Spatial {
				r.Field = Pair{m.Height, m.Width}
			}
		default:
			r.Start, r.Stride = f.lo, f.step
			for a := range 2 {
				r.Field[a] = int(math.Ceil(f.hi[a]-f.lo[a]-1e-9)) + 1
			}
		}
		rows[i] = r
	}
	return rows, nil
}

// macs returns the multiply-adds of one item. Sizes are checked by then, but their product may still be beyond an
// int64 in a graph made to deceive; it is cut off there.
func (n *Node) macs(values map[string]Value) int64 {
	op, ok := n.Op.(interface {
		macs(ins []Value, out Value) float64
	})
	if !ok {
		return 0
	}
	var ins []Value
	for _, in := range n.In {
		ins = append(ins, values[in])
	}
	return int64(min(op.macs(ins, values[n.Name]), 1<<62)) // exact below 2^53
}

// elements is the number of elements of a value.
func elements(v Value) float64 {
	count := 1.0
	for _, a := range v {
		count *= float64(a.Size)
	}
	return count
}

// Positions says where a value has positions, as 14x14, behind a class token 1+14x14, or - for none.
func (v Value) Positions() string {
	m := v.Map()
	if !m.Spatial {
		return "-"
	}
	text := fmt.Sprintf("%dx%d", m.Height, m.Width)
	if tokens, axis := v.Prefix(); tokens != nil {
		text = fmt.Sprintf("%d+%s", v[axis].Prefix, text)
	}
	return text
}

// WriteTable writes rows as an aligned table with a line of totals. Where positions are not the last two axes of every value,
// a column says which grid they make, and how many tokens stand before it.
func WriteTable(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	grid := func(string) string { return "" }
	if slices.ContainsFunc(rows, func(r Row) bool { return !r.Value.Layout().Plain() }) {
		grid = func(text string) string { return text + "\t" }
	}
	fmt.Fprintln(t, "node\top\tshape\t"+grid("positions")+"parameters\tmultiply-adds\tfield\tstride\talias")
	var params, macs int64
	for _, r := range rows {
		params += r.Params
		macs += r.MACs
		field, stride := "whole", "-"
		switch {
		case r.Whole:
		case r.Field == Pair{}: // a constant
			field = "-"
		default:
			field, stride = pairText(float64(r.Field[0]), float64(r.Field[1])), pairText(r.Stride[0], r.Stride[1])
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s%s\t%s\t%s\t%s\t%s\n", r.Name, r.Op, r.Value.Shape(), grid(r.Value.Positions()), count(r.Params), count(r.MACs), field, stride, cmp.Or(strings.Join(r.Aliases, ", "), "-"))
	}
	fmt.Fprintf(t, "total\t\t\t%s%s\t%s\t\t\t\n", grid(""), count(params), count(macs))
	return t.Flush()
}

// pairText writes one number where both axes agree.
func pairText(y, x float64) string {
	if y == x {
		return fmt.Sprintf("%.4g", y)
	}
	return fmt.Sprintf("%.4gx%.4g", y, x)
}

// count leaves an empty cell where there is nothing to count.
func count(n int64) string {
	if n == 0 {
		return "-"
	}
	return strconv.FormatInt(n, 10)
}
