package measure

import (
	"fmt"
	"slices"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
)

// Maps of what a transformer attends to; see [Classifier.Attention].
const (
	attention = "attention"
	weighed   = "attention-gradient"
	rollout   = "rollout"
)

// AttentionMaps are the kinds of maps of attention.
func AttentionMaps() []string { return []string{attention, weighed, rollout} }

// attended is a layer of attention whose keys are positions.
type attended struct {
	node          string
	queries       int  // tokens that ask
	one           bool // the first of them is a class token, whose weights count; else all do
	prefix        int  // keys that are no positions
	height, width int  // of the grid of the others
}

// attentions are the layers of attention that the logits come from, in order; an error if one is not over all positions of a
// grid.
func attentions(model *graph.Net) ([]attended, error) {
	part, err := model.Graph.Slice(graph.Logits)
	if err != nil {
		return nil, err
	}
	values, err := part.Values(model.Input)
	if err != nil {
		return nil, err
	}
	var all []attended
	for _, n := range part.Nodes {
		if n.Op.Name() != (graph.Attention{}).Name() {
			continue
		}
		q, k := values[n.In[0]], values[n.In[1]]
		m := k.Map()
		keys := k[len(k)-2]
		a := attended{n.Name, q[len(q)-2].Size, q[len(q)-2].Prefix > 0 || !q.Map().Spatial, keys.Prefix, m.Height, m.Width}
		rows := len(keys.Parts) == 2 && keys.Parts[0].Of == graph.Rows && keys.Parts[1].Of == graph.Columns
		if len(k) != 2 || !rows || keys.Prefix+m.Height*m.Width != keys.Size {
			a.height = 0 // within windows, or of what no grid is known of
		}
		all = append(all, a)
	}
	if all == nil {
		return nil, fmt.Errorf("no layer of this net is an attention whose weights could be shown: peek --layers lists ops")
	}
	return all, nil
}

// CheckAttention is an error unless the net has maps of these kinds.
func CheckAttention(model *graph.Net, kinds []string) error {
	all, err := attentions(model)
	if err != nil {
		return err
	}
	if last := all[len(all)-1]; last.height == 0 {
		return fmt.Errorf("the last attention, %s, is not over all positions of one grid, but within windows or other parts: gradcam shows where the net looks", last.node)
	}
	if !slices.Contains(kinds, rollout) {
		return nil
	}
	last := all[len(all)-1]
	for _, a := range all {
		if a.height != last.height || a.width != last.width || a.prefix != last.prefix || a.queries != a.prefix+a.height*a.width {
			return fmt.Errorf("rollout follows tokens through layers that all attend to all of them, which %s and %s do not: attention shows the last", a.node, last.node)
		}
	}
	return nil
}

// Attention says where in each picture a transformer looks, as maps [N,S,h,w] over its patches, one for each kind, with A the
// weights of the last attention, in each head for each token that asks:
//
//   - attention: A, mean over heads, of the class token, or mean over all tokens that ask where there is none,
//   - attention-gradient: the same of max(A dy/dA, 0), with y the logit of the class (Chefer, Gur and Wolf, "Generic Attention-Model
//     Explainability for Interpreting Bi-Modal and Encoder-Decoder Transformers", ICCV 2021, equation 5),
//   - rollout: the same of the product over all layers of (A + I)/2, with A the mean over heads (Abnar and Zuidema, "Quantifying
//     Attention Flow in Transformers", ACL 2020, section 3).
func (c *Classifier) Attention(pictures format.Tensor, kinds []string, class func(i int, logits []float32) (int, error)) (logits [][]float32, heat format.Tensor, err error) {
	all, err := attentions(c.model)
	if err != nil {
		return nil, heat, err
	}
	last := all[len(all)-1]
	err = torch.Do(func(s *torch.Scope) error {
		return s.Recording(func() error {
			weights, see := map[string]torch.Tensor{}, map[string]func(torch.Tensor){}
			for _, a := range all {
				if a == last || slices.Contains(kinds, rollout) {
					see[a.node] = func(w torch.Tensor) {
						if a == last {
							s.RequireGrad(w)
						}
						weights[a.node] = w
					}
				}
			}
			y, err := c.net.Forward(s, c.load(s, pictures), net.Pass{Want: []string{graph.Logits}, Weights: see})
			if err != nil {
				return err
			}
			index, err := c.chosen(s, y[graph.Logits], &logits, class)
			if err != nil {
				return err
			}
			var maps []torch.Tensor
			for _, kind := range kinds {
				w := s.Detach(weights[last.node])
				switch kind {
				case weighed:
					g := s.Gradients(s.Sum(s.Gather(y[graph.Logits], 1, index)), weights[last.node])[0]
					w = s.Relu(s.Mul(w, g))
				case rollout:
					w = c.rollout(s, all, weights)
				}
				maps = append(maps, last.shown(s, w))
			}
			heat = s.Store("heat", s.Contiguous(s.Cat(1, maps...)))
			return nil
		})
	})
	return logits, heat, err
}

// rollout is the product [N,1,T,T] of what all layers pass on.
func (c *Classifier) rollout(s *torch.Scope, all []attended, weights map[string]torch.Tensor) torch.Tensor {
	n := all[0].queries
	identity := make([]float32, n*n)
	for i := range n {
		identity[i*n+i] = 1
	}
	one := s.To(torch.From(s, []int{1, 1, n, n}, identity), c.net.Device())
	product := one
	for _, a := range all {
		mean := s.MeanKeep(s.Cast(s.Detach(weights[a.node]), torch.F32), 1)
		product = s.MatMul(s.Scale(s.Add(mean, one), 0.5), product)
	}
	return product
}

// shown are weights [N,heads,T,S] as a map [N,1,h,w] of what those that count attend to.
func (a attended) shown(s *torch.Scope, w torch.Tensor) torch.Tensor {
	if a.one {
		w = s.Narrow(w, 2, 0, 1)
	}
	mean := s.Mean(s.Cast(w, torch.F32), 1, 2)
	positions := s.Narrow(mean, 1, a.prefix, a.height*a.width)
	return s.Reshape(positions, -1, 1, a.height, a.width)
}
