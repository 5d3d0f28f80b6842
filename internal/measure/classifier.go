package measure

import (
	"math"
	"strconv"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
)

// Classifier is a net that says what is in pictures: forward only, with its batch norms folded.
//
// Pictures are a tensor [N,C,H,W]: U8 as 0–255, or F32 as [0,1].
type Classifier struct {
	Classes []string // one for each logit; their numbers where the net has no names
	Named   bool     // the net names its classes
	model   *graph.Net
	net     *net.Net
}

// NewClassifier puts a net on a device, with the layers that Errors and GradCAM may be asked for.
func NewClassifier(model *graph.Net, layers []string, o net.Options) (*Classifier, error) {
	classes, err := model.CheckClassifier()
	if err != nil {
		return nil, err
	}
	staged := *model
	if staged.Graph, err = model.Graph.Staged(names(model.Graph.Heads())...); err != nil {
		return nil, err
	}
	n, err := net.View(&staged, append([]string{graph.Logits}, layers...), o)
	if err != nil {
		return nil, err
	}
	c := &Classifier{Classes: model.Classes, Named: len(model.Classes) > 0, model: model, net: n}
	if !c.Named {
		for i := range classes {
			c.Classes = append(c.Classes, strconv.Itoa(i))
		}
	}
	return c, nil
}

// Close frees the net.
func (c *Classifier) Close() { c.net.Close() }

// Workers is [net.Net.Workers].
func (c *Classifier) Workers(batch int) int { return c.net.Workers(batch) }

// Fits is an error if the net cannot run on pictures of shape in [C,H,W]. Of a size that it was not made for, OtherSize says so.
func (c *Classifier) Fits(in graph.Shape) error {
	_, err := c.model.Sized(in)
	return err
}

// OtherSize is [graph.Net.OtherSize].
func (c *Classifier) OtherSize(height, width int, who string) string {
	return c.model.OtherSize(height, width, who)
}

// Logits are what the net says about each picture [K].
func (c *Classifier) Logits(pictures format.Tensor) ([][]float32, error) {
	var out [][]float32
	err := torch.Do(func(s *torch.Scope) error {
		y, err := c.net.Forward(s, c.load(s, pictures), net.Pass{Want: []string{graph.Logits}})
		if err == nil {
			out = rows[float32](s, y[graph.Logits])
		}
		return err
	})
	return out, err
}

// Errors is |f - f0|/|f0| of each picture at each layer, [N][layer], with f the layer's whole output for the picture,
// f0 that for its original, and |.| the Euclidean norm. It is NaN where f0 is zero.
func (c *Classifier) Errors(pictures, originals format.Tensor, layers []string) ([][]float64, error) {
	out := make([][]float64, pictures.Shape[0])
	err := torch.Do(func(s *torch.Scope) error {
		f, err := c.net.Forward(s, c.load(s, pictures), net.Pass{Want: layers, Maps: true})
		if err != nil {
			return err
		}
		f0, err := c.net.Forward(s, c.load(s, originals), net.Pass{Want: layers, Maps: true})
		if err != nil {
			return err
		}
		for _, layer := range layers {
			length, distance := norms(s, f0[layer]), norms(s, s.Sub(f[layer], f0[layer]))
			for i := range out {
				ratio := math.NaN()
				if length[i] > 0 {
					ratio = distance[i] / length[i]
				}
				out[i] = append(out[i], ratio)
			}
		}
		return nil
	})
	return out, err
}

// norms are the Euclidean norms of the items of x [N,...].
func norms(s *torch.Scope, x torch.Tensor) []float64 {
	x = s.Reshape(s.Cast(x, torch.F64), x.Shape()[0], -1)
	return torch.Read[float64](s, s.Sqrt(s.Sum(s.Mul(x, x), 1)))
}

func (c *Classifier) load(s *torch.Scope, pictures format.Tensor) torch.Tensor {
	x := s.LoadAs(&pictures, torch.F32, c.net.Device())
	if pictures.DType == format.U8 {
		s.ScaleInPlace(x, 1.0/255)
	}
	return x
}

// rows are the values of the items of x [N,...].
func rows[T format.Element](s *torch.Scope, x torch.Tensor) [][]T {
	n := x.Shape()[0]
	values := torch.Read[T](s, s.Contiguous(x))
	out := make([][]T, n)
	for i := range out {
		size := len(values) / n
		out[i] = values[i*size : (i+1)*size : (i+1)*size]
	}
	return out
}

// Finite says whether there is neither NaN nor an infinity among the values.
func Finite(values []float32) bool {
	for _, v := range values {
		if v := float64(v); math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
