package graph

import (
	"encoding/json"

	"herbarium/format"
)

// A Net is a graph with everything a tool needs to use it.
type Net struct {
	Graph   *Graph
	Params  map[string]format.Tensor // parameters and buffers by PyTorch's names
	Stats   map[string]format.Tensor // what training photos looked like inside the net; without the prefix "stat."
	Classes []string                 // names of the logits, in order; nil if unknown
	Input   Shape                    // [C,H,W] of the images the net was made for
	Arch    string                   // the builder's name, or where the net was adopted from
	History json.RawMessage          // how it was trained: any JSON; nil if unknown
	Meta    map[string]string        // metadata of the document that is none of the above, kept as it came
}
