package arch

import (
	"fmt"
	"strconv"
	"strings"
)

// A Sketch is what the names and shapes of a checkpoint's parameters say about a residual net.
type Sketch struct {
	Stem     string // of Options: set only where the parameters differ from the architecture's own
	Shortcut string // of Options: the name of the projections, "" where there are none
	resnet
}

// Recognize reads names and shapes of parameters, such as "layer1.0.conv1.weight". It looks at the stem, the numbers
// of blocks and the first block of each stage only: whether all parameters fit is for graph.CheckParams to say.
func Recognize(shapes map[string][]int) Sketch {
	s := Sketch{resnet: resnet{groups: 1, base: 64}}
	var stages []string
	for stage := 1; ; stage++ {
		blocks := 0
		for shapes[fmt.Sprintf("layer%d.%d.conv1.weight", stage, blocks)] != nil {
			blocks++
		}
		if blocks == 0 {
			break
		}
		stages = append(stages, strconv.Itoa(blocks))
	}
	s.blocks = strings.Join(stages, "-")
	out := func(name string) int {
		if shape := shapes[name]; len(shape) > 0 {
			return shape[0]
		}
		return 0
	}
	s.width = out("layer1.0.conv2.weight")
	if last := out("layer1.0.conv3.weight"); last > 0 {
		s.bottleneck = true
		inner, second := s.width, shapes["layer1.0.conv2.weight"]
		s.width = last / 4
		if len(second) == 4 && second[1] > 0 && s.width > 0 {
			s.groups = inner / second[1]
			s.base = 64 * second[1] / s.width
		}
	}
	s.stem = stemOf(shapes)
	if s.stem.Kind == small && s.width != 16 {
		// The nets of this width have a large stem of their own.
		s.Stem, s.stem.Kind = small, large
	}
	for _, name := range []string{"downsample", "shortcut"} {
		for _, stage := range []string{"layer1.0.", "layer2.0."} {
			if len(shapes[stage+name+".0.weight"]) == 4 {
				s.Shortcut = name
			} else if len(shapes[stage+name+".1.weight"]) == 4 {
				s.Shortcut, s.pooled = name, true
			}
		}
	}
	return s
}

func stemOf(shapes map[string][]int) Stem {
	if first, second := shapes["conv1.0.weight"], shapes["conv1.3.weight"]; len(first) == 4 && len(second) == 4 {
		if first[0] < second[0] {
			return Stem{tiered, second[0]}
		}
		return Stem{deep, second[0]}
	}
	if first := shapes["conv1.weight"]; len(first) == 4 && first[3] == 3 {
		return Stem{Kind: small}
	}
	return Stem{Kind: large}
}

// Names lists the architectures that the sketch is one of. There is one at most, and it is certain unless Unsure
// says otherwise.
func (s Sketch) Names() []string {
	var names []string
	for _, n := range catalog() {
		if n.resnet == s.resnet {
			names = append(names, n.name)
		}
	}
	return names
}

// Unsure lists the stems that the sketch may have, where that cannot be seen: pooling after a small convolution has no
// parameters. The files that call their projections "shortcut" are known to have none.
func (s Sketch) Unsure() []string {
	if s.Stem == small && s.Shortcut != "shortcut" {
		return []string{small, smallPool}
	}
	return nil
}

// String describes the sketch, for errors.
func (s Sketch) String() string {
	if s.blocks == "" {
		return "no layer1.0.conv1.weight"
	}
	kind := "two convolutions"
	if s.bottleneck {
		kind = "three convolutions"
	}
	stem := s.stem.Kind
	if s.Stem != "" {
		stem = s.Stem
	}
	return fmt.Sprintf("stages of %s blocks of %s, from %d channels, %d groups, a %s stem", s.blocks, kind, s.width, s.groups, stem)
}
