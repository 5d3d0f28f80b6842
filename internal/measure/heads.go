package measure

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
)

// HeadLayers are the layers that NewClassifier must be given for Heads and Evidence.
func HeadLayers(model *graph.Net) ([]string, error) {
	var layers []string
	for _, h := range model.Graph.Heads() {
		layers = append(layers, h.Name, h.Map)
	}
	if layers == nil {
		return nil, fmt.Errorf("this net has no heads that are the mean of a map; topdown makes such nets")
	}
	return layers, nil
}

// Heads are what each head says about each picture, [picture][head][K].
func (c *Classifier) Heads(pictures format.Tensor) (logits [][][]float32, err error) {
	heads := c.model.Graph.Heads()
	err = torch.Do(func(s *torch.Scope) error {
		y, err := c.net.Forward(s, c.load(s, pictures), net.Pass{Want: names(heads)})
		if err == nil {
			logits = byPicture(s, heads, y)
		}
		return err
	})
	return logits, err
}

// A Stage is what it took to bring pictures from one head of a net to the next.
type Stage struct {
	Pictures int // that went through it
	Time     time.Duration
}

// HeadsUntil are what the heads say about each picture, [picture][head][K], up to the first head that gives a class at least
// a threshold of probability. After each head the net goes on with the pictures that are left; stages has as many as heads.
func (c *Classifier) HeadsUntil(pictures format.Tensor, threshold float64) (logits [][][]float32, stages []Stage, err error) {
	heads := c.model.Graph.Heads()
	logits, stages = make([][][]float32, pictures.Shape[0]), make([]Stage, len(heads))
	err = torch.Do(func(s *torch.Scope) error {
		start := time.Now()
		run, err := c.net.Begin(s, c.load(s, pictures), net.Pass{Want: names(heads)})
		if err != nil {
			return err
		}
		left := make([]int, len(logits)) // pictures that no head was sure about yet
		for i := range left {
			left[i] = i
		}
		for h, head := range heads {
			var stay, unsure []int // of those left: their places, and themselves
			for at, l := range rows[float32](s, run.Until(head.Name)) {
				i := left[at]
				logits[i] = append(logits[i], l)
				if !answers(l, threshold) {
					stay, unsure = append(stay, at), append(unsure, i)
				}
			}
			now := time.Now()
			stages[h], start = Stage{len(left), now.Sub(start)}, now
			if len(unsure) == 0 || h+1 == len(heads) {
				break
			}
			if len(unsure) < len(left) {
				run.Keep(stay)
			}
			left = unsure
		}
		return nil
	})
	return logits, stages, err
}

// Evidence is what each head says, and where it lies: the map of each head for one class without the head's bias, so
// that the mean of the map plus the bias is the logit. class names the class for picture i, given its logits [head][K].
// heat is [N,heads,h,w] in the resolution of the largest map; values of smaller ones are repeated, which leaves their
// mean as it is where sizes are multiples.
func (c *Classifier) Evidence(pictures format.Tensor, class func(i int, logits [][]float32) (int, error)) (logits [][][]float32, heat format.Tensor, err error) {
	heads := c.model.Graph.Heads()
	err = torch.Do(func(s *torch.Scope) error {
		want := names(heads)
		for _, h := range heads {
			want = append(want, h.Map)
		}
		y, err := c.net.Forward(s, c.load(s, pictures), net.Pass{Want: want})
		if err != nil {
			return err
		}
		logits = byPicture(s, heads, y)
		chosen := make([]int64, len(logits))
		for i := range logits {
			k, err := class(i, logits[i])
			if err != nil {
				return err
			}
			chosen[i] = int64(k)
		}
		heat = s.Store("heat", c.evidence(s, heads, y, chosen))
		return nil
	})
	return logits, heat, err
}

func (c *Classifier) evidence(s *torch.Scope, heads []graph.Head, y map[string]torch.Tensor, class []int64) torch.Tensor {
	height, width := 0, 0
	for _, h := range heads {
		shape := y[h.Map].Shape()
		height, width = max(height, shape[2]), max(width, shape[3])
	}
	maps := make([]torch.Tensor, len(heads))
	for i, h := range heads {
		all := y[h.Map]
		shape := all.Shape()
		bias := c.model.Params[h.Map+".bias"]
		all = s.Sub(all, s.Reshape(s.LoadAs(&bias, torch.F32, c.net.Device()), 1, -1, 1, 1))
		rows := make([]torch.Tensor, len(class))
		for n, k := range class {
			rows[n] = s.Narrow(s.Narrow(all, 0, n, 1), 1, int(k), 1)
		}
		maps[i] = s.Cat(0, rows...)
		if shape[2] != height || shape[3] != width {
			maps[i] = s.UpsampleNearest(maps[i], height, width)
		}
	}
	return s.Contiguous(s.Cat(1, maps...))
}

// Bias is what a head adds to the mean of its map for a class.
func (c *Classifier) Bias(head, class int) (float64, error) {
	bias := c.model.Params[c.model.Graph.Heads()[head].Map+".bias"]
	v, err := format.Float32s(&bias)
	if err != nil {
		return 0, err
	}
	return float64(v[class]), nil
}

func names(heads []graph.Head) []string {
	var out []string
	for _, h := range heads {
		out = append(out, h.Name)
	}
	return out
}

func byPicture(s *torch.Scope, heads []graph.Head, y map[string]torch.Tensor) [][][]float32 {
	var out [][][]float32
	for _, h := range heads {
		for i, row := range rows[float32](s, y[h.Name]) {
			if i == len(out) {
				out = append(out, nil)
			}
			out[i] = append(out[i], row)
		}
	}
	return out
}

// OnlyScale is a copy of a net that sees the image of one scale, that with so many rows, and at the others nothing but
// the mean color: the convolutions that let them in have weights of zero.
func OnlyScale(model *graph.Net, rows int) (*graph.Net, error) {
	entries := model.Graph.Entries()
	if len(entries) < 2 {
		return nil, fmt.Errorf("this net sees the image at one scale only; topdown makes nets that see several")
	}
	at := slices.IndexFunc(entries, func(e graph.Entry) bool { return e.Factor*rows == model.Input[1] })
	if at < 0 {
		var have []string
		for _, e := range entries {
			have = append(have, fmt.Sprint(model.Input[1]/e.Factor))
		}
		return nil, fmt.Errorf("no scale %d in this net; it has %s", rows, strings.Join(have, ", "))
	}
	out := *model
	out.Params = map[string]format.Tensor{}
	for name, t := range model.Params {
		out.Params[name] = t
	}
	for i, e := range entries {
		if i == at {
			continue
		}
		name := e.Node + ".weight"
		t := model.Params[name]
		t.Data = make([]byte, len(t.Data))
		out.Params[name] = t
	}
	return &out, nil
}
