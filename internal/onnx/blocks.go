package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"herbarium/internal/graph"
)

// tile repeats axes: after a reshape to [..., 1, d, ...] the 1 becomes as many, and both are joined.
func tile(t *translator, n *node, in []*value) ([]*value, error) {
	by, err := list(n, "repeats", in, 1)
	if err != nil {
		return nil, err
	}
	v := in[0]
	dims := v.dims()
	if len(by) != len(dims) {
		return nil, fmt.Errorf("%d repeats for %d axes", len(by), len(dims))
	}
	for a, k := range by {
		if k < 1 {
			return nil, fmt.Errorf("it repeats an axis %d times", k)
		}
		if k == 1 {
			continue
		}
		dims = v.dims()
		wide := slices.Insert(slices.Clone(dims), a, 1)
		axes := slices.Insert(slices.Clone(v.axes), a, nil)
		wide[a] = k
		out, err := t.repeatedTo(&value{at: v.at, axes: axes}, wide)
		if err != nil {
			return nil, err
		}
		v = out[0]
		v = &value{at: v.at, axes: slices.Concat(v.axes[:a], [][]atom{slices.Concat(v.axes[a], v.axes[a+1])}, v.axes[a+2:])}
	}
	return []*value{{at: v.at, axes: v.axes}}, nil
}

// depth is DepthToSpace or SpaceToDepth: nothing is made, but axes are cut, turned and joined.
func depth(t *translator, n *node, in []*value) ([]*value, error) {
	v := in[0]
	d, b := v.dims(), clamp(n.int("blocksize", 0))
	if len(d) != 4 || b < 1 || n.op == "DepthToSpace" && d[1]%(b*b) != 0 || n.op == "SpaceToDepth" && (d[2]%b != 0 || d[3]%b != 0) {
		return nil, fmt.Errorf("blocks of %d do not fit shape %v", b, d)
	}
	var cut sizes
	var order []int
	var to sizes
	switch mode := n.text("mode", "DCR"); {
	case n.op == "SpaceToDepth":
		cut, order = sizes{d[0], d[1], d[2] / b, b, d[3] / b, b}, []int{0, 3, 5, 1, 2, 4}
		to = sizes{d[0], d[1] * b * b, d[2] / b, d[3] / b}
	case mode == "CRD":
		cut, order = sizes{d[0], d[1] / (b * b), b, b, d[2], d[3]}, []int{0, 1, 4, 2, 5, 3}
		to = sizes{d[0], d[1] / (b * b), d[2] * b, d[3] * b}
	default:
		cut, order = sizes{d[0], b, b, d[1] / (b * b), d[2], d[3]}, []int{0, 3, 4, 1, 5, 2}
		to = sizes{d[0], d[1] / (b * b), d[2] * b, d[3] * b}
	}
	axes, err := regroup(v.axes, cut)
	if err != nil {
		again, err := first(t.reordered(v, cut))
		if err != nil {
			return nil, err
		}
		v, axes = again, again.axes
	}
	turned := make([][]atom, len(order))
	for i, a := range order {
		turned[i] = axes[a]
	}
	if axes, err = regroup(turned, to); err != nil {
		return nil, err
	}
	return []*value{{at: v.at, axes: axes}}, nil
}

// einsum is Einsum of one value, or of two as a product of matrices.
func einsum(t *translator, n *node, in []*value) ([]*value, error) {
	equation := strings.ReplaceAll(n.text("equation", ""), " ", "")
	left, to, ok := strings.Cut(equation, "->")
	terms := strings.Split(left, ",")
	if !ok || strings.Contains(equation, ".") || len(terms) != len(in) || len(in) > 2 || slices.Contains(in, nil) {
		return nil, fmt.Errorf("its equation %.60q is not a sum over one or two inputs with all axes named", equation)
	}
	for i, term := range terms {
		if len(term) != len(in[i].dims()) || repeats(term) || repeats(to) {
			return nil, fmt.Errorf("its equation %.60q does not fit an input of shape %v", equation, in[i].dims())
		}
		if in[i].c != nil {
			v, err := t.asNode(in[i])
			if err != nil {
				return nil, err
			}
			in = slices.Clone(in)
			in[i] = v
		}
		// What is in no other term is summed first.
		others := to + strings.Join(slices.Delete(slices.Clone(terms), i, i+1), "")
		for a := len(term) - 1; a >= 0; a-- {
			if !strings.Contains(others, term[a:a+1]) {
				out, err := t.reduced("sum", in[i], []int{a}, false)
				if err != nil {
					return nil, err
				}
				in = slices.Clone(in)
				in[i] = out[0]
				term = term[:a] + term[a+1:]
			}
		}
		terms[i] = term
	}
	if len(in) == 1 {
		v, err := named(in[0], terms[0], to)
		return one(v, err)
	}
	var both, sum, mine, yours string
	for _, c := range terms[0] {
		switch in1, out := strings.ContainsRune(terms[1], c), strings.ContainsRune(to, c); {
		case in1 && out:
			both += string(c)
		case in1:
			sum += string(c)
		default:
			mine += string(c)
		}
	}
	for _, c := range terms[1] {
		if !strings.ContainsRune(terms[0], c) {
			yours += string(c)
		}
	}
	if strings.Trim(to, both+mine+yours) != "" {
		return nil, fmt.Errorf("its equation %.60q has axes that no input has", equation)
	}
	a, err := matrixOf(in[0], terms[0], both, mine, sum)
	if err != nil {
		return nil, err
	}
	b, err := matrixOf(in[1], terms[1], both, sum, yours)
	if err != nil {
		return nil, err
	}
	out, err := t.multiplied(a, b)
	if err != nil {
		return nil, err
	}
	dims := map[byte]int{}
	for i, term := range terms {
		for k := range len(term) {
			dims[term[k]] = in[i].dims()[k]
		}
	}
	all := both + mine + yours
	var wide sizes
	for k := range len(all) {
		wide = append(wide, dims[all[k]])
	}
	axes, err := regroup(out.axes, wide)
	if err != nil {
		return nil, errors.New("its result " + err.Error())
	}
	v, err := named(&value{at: out.at, axes: axes}, all, to)
	return one(v, err)
}

// repeats says whether a letter is there twice.
func repeats(term string) bool {
	for i := range len(term) {
		if strings.Count(term, term[i:i+1]) > 1 {
			return true
		}
	}
	return false
}

// named is a value whose axes are called by the letters of from, with those of to.
func named(v *value, from, to string) (*value, error) {
	out := &value{at: v.at}
	for k := range len(to) {
		a := strings.IndexByte(from, to[k])
		if a < 0 {
			return nil, fmt.Errorf("it has no axis %q", to[k:k+1])
		}
		out.axes = append(out.axes, v.axes[a])
	}
	return out, nil
}

// matrixOf is a value as [front..., rows, columns], each of the last two joined of axes by their letters.
func matrixOf(v *value, from, front, rows, columns string) (*value, error) {
	out, err := named(v, from, front+rows+columns)
	if err != nil {
		return nil, err
	}
	f, r := len(front), len(front)+len(rows)
	return &value{at: out.at, axes: slices.Concat(out.axes[:f], [][]atom{slices.Concat(out.axes[f:r]...), slices.Concat(out.axes[r:]...)})}, nil
}

// cumulative is CumSum along an axis: a product with a matrix of ones on one side of the diagonal.
func cumulative(t *translator, n *node, in []*value) ([]*value, error) {
	at, err := list(n, "axis", in, 1)
	if err != nil || len(at) != 1 {
		return nil, or(err, "its axis is no constant number")
	}
	v := in[0]
	a, err := axis(at[0], len(v.axes))
	if err != nil {
		return nil, err
	}
	d := v.dims()[a]
	if d > 4096 {
		return nil, fmt.Errorf("it adds up an axis of %d", d)
	}
	if err := t.spend(4 * d * d); err != nil {
		return nil, err
	}
	w := make([]float32, d*d)
	exclusive, reverse := n.int("exclusive", 0) != 0, n.int("reverse", 0) != 0
	for to := range d {
		for from := range d {
			before := from <= to
			if reverse {
				before = from >= to
			}
			if before && !(exclusive && from == to) {
				w[to*d+from] = 1
			}
		}
	}
	last := slices.Clone(v.axes)
	last = append(slices.Delete(last, a, a+1), v.axes[a])
	c := constantOf([]int{d, d}, w)
	out, err := first(t.linear(&value{at: v.at, axes: last}, c, nil))
	if err != nil {
		return nil, err
	}
	axes := slices.Clone(out.axes[:len(last)-1])
	return []*value{{at: out.at, axes: slices.Insert(axes, a, out.axes[len(last)-1])}}, nil
}

// triangle is Trilu of a value: a product with a matrix of ones and zeros.
func triangle(t *translator, n *node, in []*value) ([]*value, error) {
	d := in[0].dims()
	k, err := list(n, "k", in, 1)
	if err != nil || len(d) < 2 {
		return nil, or(err, "its input has no two axes")
	}
	if len(k) == 0 {
		k = []int{0}
	}
	rows, columns := d[len(d)-2], d[len(d)-1]
	if size, err := count([]int{rows, columns}); err != nil || t.spend(4*size) != nil {
		return nil, or(err, "its input is too large")
	}
	c := constantOf([]int{rows, columns}, triangular(rows, columns, k[0], n.int("upper", 1) != 0))
	return t.folded(graph.Mul{}, []*value{in[0], {c: c}})
}

// triangular is 1 on and above the k-th diagonal, or on and below it, else 0.
func triangular(rows, columns, k int, upper bool) []float32 {
	w := make([]float32, rows*columns)
	for i := range rows {
		for j := range columns {
			if upper && j-i >= k || !upper && j-i <= k {
				w[i*columns+j] = 1
			}
		}
	}
	return w
}
