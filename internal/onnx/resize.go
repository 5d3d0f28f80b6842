package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"herbarium/internal/graph"
)

// resize is Resize or Upsample of height and width: nearest as floor(i in/out), bilinear or bicubic with half pixels or aligned corners.
func resize(t *translator, n *node, in []*value) ([]*value, error) {
	v, err := t.settled(in[0])
	if err != nil {
		return nil, err
	}
	order, dims := t.order(v), v.dims()
	out := slices.Clone(dims)
	scales, sizes := 2, 3
	if n.op == "Upsample" || t.opset < 11 {
		scales, sizes = 1, -1
	}
	if want, err := list(n, "sizes", in, sizes); err != nil {
		return nil, err
	} else if len(want) == len(dims) {
		out = want
	} else {
		f, err := scalesOf(n, in, scales)
		if err != nil || len(f) != len(dims) {
			return nil, or(err, "it has neither scales nor sizes for each axis")
		}
		for i := range out {
			size := float64(dims[i]) * float64(min(max(f[i], 0), 4096))
			if out[i] = int(math.Round(size)); math.Abs(size-float64(out[i])) > 1e-3 { // 5/3 is written as 1.6666666
				return nil, fmt.Errorf("it brings an axis of %d to %v", dims[i], size)
			}
		}
	}
	var to graph.Resize
	if len(t.shape(v.at)) != 3 {
		return nil, errors.New("its input is no image")
	}
	to.Size = graph.Pair{t.shape(v.at)[1], t.shape(v.at)[2]}
	for i, a := range order {
		switch {
		case a >= 1:
			to.Size[a-1] = out[i]
		case out[i] != dims[i]:
			return nil, fmt.Errorf("it changes axis %d of shape %v to %d", i, dims, out[i])
		}
	}
	if to.Mode, to.Align, err = t.resizeMode(n, t.shape(v.at), to.Size); err != nil {
		return nil, err
	}
	at, err := t.emit(spec{op: to}, v.at)
	if err != nil {
		return nil, err
	}
	return []*value{t.arranged(at, order)}, nil
}

// scalesOf are those of an input, or before operator set 9 of an attribute; none if there are none.
func scalesOf(n *node, in []*value, i int) ([]float32, error) {
	if i < len(in) && in[i] != nil {
		by, err := weights(in, i, "scales")
		if err != nil {
			return nil, err
		}
		return floats(by)
	}
	if a := n.typed("scales", listOfFloats); a != nil {
		return floatsOf(a.floats), nil
	}
	return nil, nil
}

// resizeMode is what this project calls the node's mode, if it has it, and whether corners are aligned.
func (t *translator) resizeMode(n *node, in graph.Shape, out graph.Pair) (string, bool, error) {
	mode, at, round := n.text("mode", "nearest"), n.text("coordinate_transformation_mode", "half_pixel"), n.text("nearest_mode", "round_prefer_floor")
	if t.opset < 11 {
		at, round = "asymmetric", "floor"
	}
	whole := out[0]%in[1] == 0 && out[1]%in[2] == 0
	switch {
	case n.int("antialias", 0) != 0 || n.text("keep_aspect_ratio_policy", "stretch") != "stretch":
	case mode == "nearest" && at == "asymmetric" && (round == "floor" || whole && round == "round_prefer_floor" && out[0] <= 2*in[1] && out[1] <= 2*in[2]):
		return "nearest", false, nil
	case mode == "nearest" && (at == "half_pixel" || at == "pytorch_half_pixel") && whole && round != "ceil" && round != "floor":
		return "nearest", false, nil
	case mode == "cubic" && (!near(n.float("cubic_coeff_a", -0.75), -0.75) || n.int("exclude_outside", 0) != 0):
	case mode != "linear" && mode != "cubic":
	case at == "half_pixel" || at == "pytorch_half_pixel" && out[0] > 1 && out[1] > 1:
		return map[string]string{"linear": "bilinear", "cubic": "bicubic"}[mode], false, nil
	case at == "align_corners":
		return map[string]string{"linear": "bilinear", "cubic": "bicubic"}[mode], true, nil
	}
	return "", false, fmt.Errorf("mode %.20q, %.40q, %.40q is none that is translated: nearest that reads floor(i in/out), linear and cubic with half pixels or aligned corners", mode, at, round)
}
