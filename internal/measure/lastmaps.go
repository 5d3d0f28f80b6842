package measure

import (
	"fmt"

	"herbarium/internal/graph"
)

// LastMaps is the layer that Grad-CAM is usually shown at: the last one whose output still has positions. Where the logits
// come from a class token it is the last sum of tokens, which is what the last block begins with, that they see the
// positions of: after it nothing that the patches hold reaches them.
func LastMaps(model *graph.Net) (string, error) {
	part, err := model.Graph.Slice(graph.Logits)
	if err != nil {
		return "", err
	}
	values, err := part.Values(model.Input)
	if err != nil {
		return "", err
	}
	waist := map[string]bool{}
	for _, name := range part.Waists(values) {
		waist[name] = true
	}
	for i := len(part.Nodes) - 1; i >= 0; i-- {
		name := part.Nodes[i].Name
		if m := values[name].Map(); m.Height*m.Width <= 1 {
			continue
		}
		if tokens, _ := values[name].Prefix(); tokens == nil || waist[name] && part.PositionsReach(values, name, graph.Logits) {
			return name, nil
		}
	}
	return "", fmt.Errorf("no layer of this net has more than one position")
}
