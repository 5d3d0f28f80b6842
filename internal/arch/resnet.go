package arch

import (
	"cmp"
	"fmt"

	"herbarium/internal/graph"
)

// build makes the nets of He et al., "Deep Residual Learning for Image Recognition" (CVPR 2016), in the layout of
// torchvision and timm: a bottleneck has its stride in the 3x3 convolution. Where the shape changes the shortcut is a
// 1x1 convolution and a batch norm (downsample.0 and .1). Nets for small images (section 4.2 of the paper, three
// stages) take every second pixel instead and pad the channels with zeros on both sides ("option A").
func (r resnet) build(o Options) *graph.Graph {
	var b builder
	stem := r.stem
	if o.Stem != "" {
		stem.Kind = o.Stem
	}
	stages := r.stages()
	project := o.Shortcut
	head := o.Head
	if len(stages) == 3 {
		head = cmp.Or(head, "linear")
	} else {
		project, head = cmp.Or(project, "downsample"), cmp.Or(head, "fc")
	}
	x, channels := b.stem(b.begin(o), stem, r.width)
	for stage, blocks := range stages {
		layer := fmt.Sprintf("layer%d", stage+1)
		width := r.width << stage
		for i := range blocks {
			block := fmt.Sprintf("%s.%d", layer, i)
			stride := 1
			if stage > 0 && i == 0 {
				stride = 2
			}
			y, out := r.branch(&b, block, x, width, stride)
			shortcut := x
			switch {
			case stride == 1 && out == channels:
			case project == "":
				shortcut = b.padded(block+".shortcut", x, out-channels)
			case r.pooled:
				shortcut = b.pooled(block+"."+project, x, out, stride)
			default:
				shortcut = b.bn(block+"."+project+".1", b.conv(block+"."+project+".0", x, out, 1, stride))
			}
			x = b.residual(block, y, shortcut)
			channels = out
		}
		b.alias(layer, x)
	}
	return b.head(head, x, o.Classes)
}

// stem adds the first layers, and returns the channels of the last.
func (b *builder) stem(x string, s Stem, width int) (string, int) {
	switch s.Kind {
	case deep, tiered:
		first, last := s.Width, 2*s.Width
		if s.Kind == tiered {
			first = 3 * s.Width / 4
		}
		x = b.relu("conv1.2", b.bn("conv1.1", b.conv("conv1.0", x, first, 3, 2)))
		x = b.relu("conv1.5", b.bn("conv1.4", b.conv("conv1.3", x, s.Width, 3, 1)))
		x, width = b.conv("conv1.6", x, last, 3, 1), last
	case large:
		x = b.conv("conv1", x, width, 7, 2)
	default:
		x = b.conv("conv1", x, width, 3, 1)
	}
	x = b.relu("relu", b.bn("bn1", x))
	if s.Kind != small {
		x = b.add(graph.Node{Name: "maxpool", Op: graph.MaxPool{Kernel: graph.Pair{3, 3}, Stride: graph.Pair{2, 2},
			Pad: graph.Pair{1, 1}, Dilation: graph.Pair{1, 1}}}, x)
	}
	return x, width
}

// branch adds the residual branch of the block named, up to its last batch norm, and returns its channels.
func (r resnet) branch(b *builder, name, x string, width, stride int) (string, int) {
	if !r.bottleneck {
		x = b.relu(name+".relu1", b.bn(name+".bn1", b.conv(name+".conv1", x, width, 3, stride)))
		return b.bn(name+".bn2", b.conv(name+".conv2", x, width, 3, 1)), width
	}
	inner := width * r.base / 64 * r.groups
	x = b.relu(name+".relu1", b.bn(name+".bn1", b.conv(name+".conv1", x, inner, 1, 1)))
	grouped := square(inner, 3, stride)
	grouped.Groups = r.groups
	x = b.add(graph.Node{Name: name + ".conv2", Op: grouped}, x)
	x = b.relu(name+".relu2", b.bn(name+".bn2", x))
	return b.bn(name+".bn3", b.conv(name+".conv3", x, 4*width, 1, 1)), 4 * width
}

// padded adds a shortcut without parameters: every second pixel, and more channels that are zero.
func (b *builder) padded(name, x string, more int) string {
	x = b.add(graph.Node{Name: name + ".slice", Op: graph.Slice{Start: []int{0, 0, 0}, Step: []int{1, 2, 2}}}, x)
	return b.add(graph.Node{Name: name + ".pad", Op: graph.Pad{Mode: "zeros",
		Before: []int{more / 2, 0, 0}, After: []int{more / 2, 0, 0}}}, x)
}

// pooled adds the shortcut of ResNet-D: a mean of 2x2 pixels where the size changes, then the projection.
func (b *builder) pooled(name, x string, out, stride int) string {
	if stride > 1 {
		x = b.add(graph.Node{Name: name + ".0", Op: graph.AvgPool{Kernel: graph.Pair{2, 2},
			Stride: graph.Pair{stride, stride}, Ceil: true}}, x)
	}
	return b.bn(name+".2", b.conv(name+".1", x, out, 1, 1))
}

// residual ends a block: the node that carries its name is the ReLU after the sum.
func (b *builder) residual(name, branch, shortcut string) string {
	return b.relu(name, b.add(graph.Node{Name: name + ".add", Op: graph.Add{}}, branch, shortcut))
}
