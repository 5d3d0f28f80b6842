package look

import (
	"fmt"
	"maps"
	"strings"

	"herbarium/internal/arch"
	"herbarium/internal/graph"
)

// Randomized is the viewer of the net with new random weights in some layers, or in "all", as before training (He et al.
// 2015): a picture that looks the same for it does not show what was learned (Adebayo et al. 2018).
func (v *Viewer) Randomized(layers []string) (*Viewer, error) {
	drawn, err := arch.Init(v.Model.Graph, v.Model.Input, v.options.Ascent.Seed)
	if err != nil {
		return nil, err
	}
	model := *v.Model
	model.Params = maps.Clone(v.Model.Params)
	for _, node := range v.Model.Graph.Nodes {
		if p, ok := node.Op.(graph.Parameter); ok && p.Buffer { // a mask or a table: nothing that was learned
			delete(drawn, node.Name)
		}
	}
	for _, layer := range layers {
		prefix := layer
		if node, err := v.Model.Graph.Find(layer); err == nil && layer == graph.Logits {
			prefix = node.Name
		}
		found := layer == "all"
		for name, p := range drawn {
			if layer == "all" || name == prefix || strings.HasPrefix(name, prefix+".") {
				model.Params[name] = p
				found = true
			}
		}
		if !found {
			_, err := v.Model.Graph.Find(layer)
			if err == nil {
				err = fmt.Errorf("layer %s has no weights", layer)
			}
			return nil, err
		}
	}
	return v.of(&model), nil
}
