package arch

import (
	"slices"
	"strings"
)

// A Stem is the first layers of a residual net.
type Stem struct {
	Kind  string // one of the stems below
	Width int    // of a deep or tiered one: channels of its second convolution
}

// The stems. Those of torchvision are large; the others make more of small images, or of large ones.
const (
	large     = "large"      // a 7x7 convolution with stride 2, then max-pooling with stride 2
	small     = "small"      // a 3x3 convolution: for images below about 64 pixels
	smallPool = "small-pool" // a 3x3 convolution, then max-pooling with stride 2
	deep      = "deep"       // three 3x3 convolutions, the first with stride 2, then max-pooling (conv1.0, .3, .6)
	tiered    = "tiered"     // deep, with fewer channels in the first of the three
)

// A resnet says what one residual net is made of.
type resnet struct {
	bottleneck bool // three convolutions a block, the last with four times the width; else two
	blocks     string
	width      int // channels of the first stage; each further one has twice as many
	groups     int // of a bottleneck's 3x3 convolution
	base       int // its channels, per group and per 64 of the stage's width
	stem       Stem
	pooled     bool // where the size changes the shortcut is averaged before its convolution (ResNet-D)
}

// stages are the numbers of blocks.
func (r resnet) stages() []int {
	var n []int
	for _, text := range strings.Split(r.blocks, "-") {
		v := 0
		for _, digit := range text {
			v = 10*v + int(digit-'0')
		}
		n = append(n, v)
	}
	return n
}

// cifar is a net of section 4.2 of He et al. (CVPR 2016), for small images.
func cifar(blocks string) resnet {
	return resnet{blocks: blocks, width: 16, groups: 1, base: 64, stem: Stem{Kind: small}}
}

// basic is a net of table 1 of the same paper with two convolutions a block, and bottleneck one with three.
func basic(blocks string) resnet {
	return resnet{blocks: blocks, width: 64, groups: 1, base: 64, stem: Stem{Kind: large}}
}

func bottleneck(blocks string) resnet {
	r := basic(blocks)
	r.bottleneck = true
	return r
}

// grouped is a ResNeXt (Xie et al., CVPR 2017), or with one group a wide ResNet (Zagoruyko & Komodakis, BMVC 2016).
func (r resnet) grouped(groups, base int) resnet {
	r.groups, r.base = groups, base
	return r
}

// deepened has three convolutions in its stem (He et al., "Bag of Tricks", CVPR 2019: ResNet-C); averaged the shortcuts
// of ResNet-D too.
func (r resnet) deepened(kind string, width int) resnet {
	r.stem = Stem{kind, width}
	return r
}

func (r resnet) averaged() resnet {
	r.pooled = true
	return r
}

type named struct {
	name string
	resnet
}

// catalog lists all architectures: our own, torchvision's and timm's, under the names that those give them.
func catalog() []named {
	const (
		of18, of26, of34     = "2-2-2-2", "2-2-2-2", "3-4-6-3"
		of50, of101          = "3-4-6-3", "3-4-23-3"
		of152, of200, single = "3-8-36-3", "3-24-36-3", "1-1-1-1"
	)
	all := []named{
		{"resnet20", cifar("3-3-3")}, {"resnet32", cifar("5-5-5")}, {"resnet44", cifar("7-7-7")},
		{"resnet56", cifar("9-9-9")}, {"resnet110", cifar("18-18-18")},
		{"resnet18", basic(of18)}, {"resnet34", basic(of34)},
		{"resnet50", bottleneck(of50)}, {"resnet101", bottleneck(of101)}, {"resnet152", bottleneck(of152)},
		{"resnext50_32x4d", bottleneck(of50).grouped(32, 4)}, {"resnext101_32x4d", bottleneck(of101).grouped(32, 4)},
		{"resnext101_32x8d", bottleneck(of101).grouped(32, 8)}, {"resnext101_32x16d", bottleneck(of101).grouped(32, 16)},
		{"resnext101_32x32d", bottleneck(of101).grouped(32, 32)}, {"resnext101_64x4d", bottleneck(of101).grouped(64, 4)},
		{"wide_resnet50_2", bottleneck(of50).grouped(1, 128)}, {"wide_resnet101_2", bottleneck(of101).grouped(1, 128)},
		{"resnet26", bottleneck(of26)}, {"resnet200", bottleneck(of200)},
		{"resnet10t", basic(single).deepened(tiered, 32).averaged()}, {"resnet14t", bottleneck(single).deepened(tiered, 32).averaged()},
		{"resnet26t", bottleneck(of26).deepened(tiered, 32).averaged()}, {"resnet50t", bottleneck(of50).deepened(tiered, 32).averaged()},
		{"resnext50d_32x4d", bottleneck(of50).grouped(32, 4).deepened(deep, 32).averaged()},
	}
	for _, n := range all {
		if !n.bottleneck || n.stem.Kind != large || n.groups != 1 || n.base != 64 {
			continue
		}
		all = append(all, named{n.name + "d", n.deepened(deep, 32).averaged()})
		if n.name == "resnet50" || n.name == "resnet101" || n.name == "resnet152" {
			all = append(all, named{n.name + "c", n.deepened(deep, 32)}, named{n.name + "s", n.deepened(deep, 64)})
		}
	}
	return append(all, named{"resnet18d", basic(of18).deepened(deep, 32).averaged()},
		named{"resnet34d", basic(of34).deepened(deep, 32).averaged()})
}

// Names lists the architectures that Build knows.
func Names() []string {
	var names []string
	for _, n := range catalog() {
		names = append(names, n.name)
	}
	return names
}

// Canonical strips what does not change an architecture from a name as other software writes it: a folder before it
// and the tag of a set of weights behind it ("timm/resnet18.a1_in1k" is resnet18).
func Canonical(name string) string {
	name = name[strings.LastIndexByte(name, '/')+1:]
	name, _, _ = strings.Cut(name, ".")
	return name
}

// lookup finds an architecture by name.
func lookup(name string) (resnet, bool) {
	all := catalog()
	i := slices.IndexFunc(all, func(n named) bool { return n.name == name })
	if i < 0 {
		return resnet{}, false
	}
	return all[i].resnet, true
}
