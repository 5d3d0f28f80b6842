package arch

import (
	"fmt"

	"herbarium/internal/graph"
)

// cifar builds the nets of section 4.2 of He et al., "Deep Residual Learning for Image Recognition" (CVPR 2016), with
// 6 blocks + 2 layers: three stages of 16, 32 and 64 channels. Where the shape changes the shortcut takes every second
// pixel and pads the channels with zeros on both sides ("option A", without parameters).
func cifar(blocks int, o Options) *graph.Graph {
	var b builder
	x := b.conv("conv1", b.begin(o), 16, 3, 1)
	x = b.relu("relu", b.bn("bn1", x))
	channels := 16
	for stage, width := range []int{16, 32, 64} {
		layer := fmt.Sprintf("layer%d", stage+1)
		for i := range blocks {
			block := fmt.Sprintf("%s.%d", layer, i)
			stride, shortcut := 1, x
			if width != channels {
				stride = 2
				s := b.add(graph.Node{Name: block + ".shortcut.slice", Op: graph.Slice,
					Start: []int{0, 0, 0}, Step: []int{1, 2, 2}}, x)
				side := (width - channels) / 2
				shortcut = b.add(graph.Node{Name: block + ".shortcut.pad", Op: graph.Pad, Mode: "zeros",
					Before: []int{side, 0, 0}, After: []int{side, 0, 0}}, s)
			}
			x = b.residual(block, basic(&b, block, x, width, stride), shortcut)
			channels = width
		}
		b.alias(layer, x)
	}
	return b.head("linear", x, o.Classes)
}

// imagenet builds the nets of table 1 of the same paper in torchvision's layout: where the shape changes the shortcut
// is a 1x1 convolution and a batch norm (downsample.0 and .1), and a bottleneck has its stride in the 3x3 convolution.
func imagenet(branch block, expansion int, blocks [4]int, o Options) *graph.Graph {
	var b builder
	x := b.begin(o)
	if o.Stem == small {
		x = b.relu("relu", b.bn("bn1", b.conv("conv1", x, 64, 3, 1)))
	} else {
		x = b.relu("relu", b.bn("bn1", b.conv("conv1", x, 64, 7, 2)))
		x = b.add(graph.Node{Name: "maxpool", Op: graph.MaxPool, Kernel: graph.Pair{3, 3}, Stride: graph.Pair{2, 2},
			Pad: graph.Pair{1, 1}, Dilation: graph.Pair{1, 1}}, x)
	}
	channels := 64
	for stage := range blocks {
		layer := fmt.Sprintf("layer%d", stage+1)
		width := 64 << stage
		for i := range blocks[stage] {
			block := fmt.Sprintf("%s.%d", layer, i)
			stride := 1
			if stage > 0 && i == 0 {
				stride = 2
			}
			y := branch(&b, block, x, width, stride)
			out, shortcut := expansion*width, x
			if stride != 1 || out != channels {
				shortcut = b.bn(block+".downsample.1", b.conv(block+".downsample.0", x, out, 1, stride))
			}
			x = b.residual(block, y, shortcut)
			channels = out
		}
		b.alias(layer, x)
	}
	return b.head("fc", x, o.Classes)
}

// A block adds the residual branch of the block named, up to its last batch norm, which has width channels times the
// block's expansion: 1 for basic, 4 for bottleneck.
type block func(b *builder, name, in string, width, stride int) string

func basic(b *builder, name, in string, width, stride int) string {
	x := b.conv(name+".conv1", in, width, 3, stride)
	x = b.relu(name+".relu1", b.bn(name+".bn1", x))
	return b.bn(name+".bn2", b.conv(name+".conv2", x, width, 3, 1))
}

func bottleneck(b *builder, name, in string, width, stride int) string {
	x := b.conv(name+".conv1", in, width, 1, 1)
	x = b.relu(name+".relu1", b.bn(name+".bn1", x))
	x = b.conv(name+".conv2", x, width, 3, stride)
	x = b.relu(name+".relu2", b.bn(name+".bn2", x))
	return b.bn(name+".bn3", b.conv(name+".conv3", x, 4*width, 1, 1))
}

// residual ends a block: the node that carries its name is the ReLU after the sum.
func (b *builder) residual(name, branch, shortcut string) string {
	return b.relu(name, b.add(graph.Node{Name: name + ".add", Op: graph.Add}, branch, shortcut))
}
