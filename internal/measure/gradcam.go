package measure

import (
	"fmt"
	"slices"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
)

// CheckMaps is an error unless the logits depend on the layer and its output has positions.
func CheckMaps(model *graph.Net, layer string) error {
	node, err := model.Graph.Find(layer)
	if err != nil {
		return err
	}
	part, err := model.Graph.Slice(graph.Logits)
	if err != nil {
		return err
	}
	if _, err := part.Find(node.Name); err != nil {
		return fmt.Errorf("the logits do not depend on layer %s", layer)
	}
	values, err := model.Graph.Values(model.Input)
	if err != nil {
		return err
	}
	if !values[node.Name].Map().Spatial {
		return fmt.Errorf("layer %s has no positions, only channels", layer)
	}
	return nil
}

// GradCAM says where in each picture a layer speaks for a class (Selvaraju et al., "Grad-CAM: Visual Explanations from
// Deep Networks via Gradient-based Localization", ICCV 2017). With A^k the layer's channels and y the logit of the class
//
//	alpha_k = mean over positions of dy/dA^k   (equation 1)
//	heat = max(sum_k alpha_k A^k, 0)           (equation 2)
//
// class names the class that picture i is explained for, given its logits. The heat is [N,S,h,w] with a map for each
// layer, in the layer's own resolution; smaller maps are brought to the size of the largest, bilinearly.
func (c *Classifier) GradCAM(pictures format.Tensor, layers []string, class func(i int, logits []float32) (int, error)) (logits [][]float32, heat format.Tensor, err error) {
	err = torch.Do(func(s *torch.Scope) error {
		return s.Recording(func() error {
			x := c.load(s, pictures)
			maps, y, err := c.forward(s, x, layers)
			if err != nil {
				return err
			}
			at, err := c.chosen(s, y, &logits, class)
			if err != nil {
				return err
			}
			// Pictures do not see each other: the sum's gradient is each one's own.
			grads := s.Gradients(s.Sum(s.Gather(y, 1, at)), maps...)
			values, err := c.net.Values(x)
			if err != nil {
				return err
			}
			for i, layer := range layers {
				node, err := c.net.Graph.Find(layer)
				if err != nil {
					return err
				}
				v := values[node.Name]
				maps[i], grads[i] = net.Map(s, v, maps[i]), net.Map(s, v, grads[i])
				if slices.Max(v.Layout().Prefix) > 0 && s.Number(s.Max(s.Abs(grads[i]))) == 0 {
					return fmt.Errorf("layer %s: the logits come from its class token alone, and not from its positions: name an earlier layer", layer)
				}
			}
			heat = s.Store("heat", weigh(s, maps, grads))
			return nil
		})
	})
	return logits, heat, err
}

// chosen are the classes [N,1] that pictures are explained for, given what the net says of them, y [N,K], which goes into
// logits.
func (c *Classifier) chosen(s *torch.Scope, y torch.Tensor, logits *[][]float32, class func(i int, logits []float32) (int, error)) (torch.Tensor, error) {
	*logits = rows[float32](s, s.Detach(y))
	index := make([]int64, len(*logits))
	for i, row := range *logits {
		k, err := class(i, row)
		if err != nil {
			return torch.None, err
		}
		index[i] = int64(k)
	}
	return s.To(torch.From(s, []int{len(index), 1}, index), y.Device()), nil
}

// forward runs the net and records from the first of the layers on: what comes before needs no gradient.
func (c *Classifier) forward(s *torch.Scope, x torch.Tensor, layers []string) (maps []torch.Tensor, logits torch.Tensor, err error) {
	at := map[string]torch.Tensor{}
	for _, layer := range layers {
		node, err := c.net.Graph.Find(layer)
		if err != nil {
			return nil, logits, err
		}
		at[node.Name] = torch.None
	}
	y, err := c.net.Forward(s, x, net.Pass{
		Want: append([]string{graph.Logits}, layers...), // a wanted node is not overwritten
		Observe: func(node *graph.Node, _ []torch.Tensor, y torch.Tensor) {
			if _, ok := at[node.Name]; ok {
				s.RequireGrad(y)
				at[node.Name] = y
			}
		},
	})
	if err != nil {
		return nil, logits, err
	}
	for _, layer := range layers {
		node, err := c.net.Graph.Find(layer)
		if err != nil {
			return nil, logits, err
		}
		maps = append(maps, at[node.Name])
	}
	return maps, y[graph.Logits], nil
}

// weigh is equations 1 and 2 for each layer's maps [N,C,h,w], as one tensor [N,S,h,w].
func weigh(s *torch.Scope, maps, grads []torch.Tensor) torch.Tensor {
	heats := make([]torch.Tensor, len(maps))
	height, width := 0, 0
	for i, a := range maps {
		a = s.Cast(s.Detach(a), torch.F32)
		alpha := s.MeanKeep(s.Cast(grads[i], torch.F32), 2, 3)
		heats[i] = s.Relu(s.SumKeep(s.Mul(alpha, a), 1))
		height, width = max(height, a.Shape()[2]), max(width, a.Shape()[3])
	}
	for i, h := range heats {
		if h.Shape()[2] != height || h.Shape()[3] != width {
			heats[i] = s.UpsampleBilinear(h, height, width, false)
		}
	}
	return s.Contiguous(s.Cat(1, heats...))
}
