package arch

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"herbarium/internal/graph"
)

// TopDown says what a top-down net is made of, coarse to fine. Nil stands for the architecture's own.
type TopDown struct {
	Scales []int // how many times smaller the image is at each: falling, each a multiple of the next, 1 is as it is
	Widths []int // channels at each
}

// scaled is a family of nets that work at several scales, with as many blocks at each.
type scaled struct {
	name   string
	blocks int
	width  int // channels at the finest scale of the td shape; each coarser one has twice as many
	scales []int
}

// families of top-down nets: the number counts convolutions as in ResNets.
func families() []scaled {
	return []scaled{
		{"resnet14", 2, 8, []int{4, 2, 1}},      // for 28 pixels
		{"resnet32", 5, 16, []int{4, 2, 1}},     // for 32 pixels
		{"resnet18", 2, 32, []int{16, 8, 4, 2}}, // for 128 pixels
	}
}

// TopDownNames lists what BuildTopDown knows: widths shrink toward the fine end (td), stay (uni) or grow (rev).
func TopDownNames() []string {
	var names []string
	for _, shape := range []string{"td", "uni", "rev"} {
		for _, f := range families() {
			names = append(names, shape+"-"+f.name)
		}
	}
	return names
}

// family finds what comes after the first hyphen of an architecture's name.
func family(name string) (shape string, f scaled, err error) {
	shape, rest, _ := strings.Cut(name, "-")
	i := slices.IndexFunc(families(), func(f scaled) bool { return f.name == rest })
	if i < 0 || !slices.Contains(TopDownNames(), name) {
		return "", f, fmt.Errorf("no top-down architecture %q; there are %s", name, strings.Join(TopDownNames(), ", "))
	}
	return shape, families()[i], nil
}

// widths are those of a shape for n scales, coarse to fine. The same width everywhere is the geometric mean of those
// that shrink, to a multiple of 8.
func (f scaled) widths(shape string, n int) []int {
	w := make([]int, n)
	for i := range w {
		switch shape {
		case "td":
			w[i] = f.width << (n - 1 - i)
		case "rev":
			w[i] = f.width << i
		default:
			w[i] = max(8, 8*int(math.Round(float64(f.width)*math.Pow(2, float64(n-1)/2)/8)))
		}
	}
	return w
}

// BuildTopDown returns the graph of a net that is given a small image first and larger ones in later layers, after
// Lelekas, Tomen, Pintea and van Gemert, "Top-Down Networks: A coarse-to-fine reimagination of CNNs" (CVPR Workshops
// 2020). Every scale comes directly from the input [C,H,W] (blurpool). The coarsest enters first; each further stage
// enlarges what was found (u: 1x1 convolution, nearest neighbor), lets the next finer image in (c: 3x3 convolution)
// and merges them: 3x3 convolution of concat(u+c, c), batch norm, ReLU. Blocks are pre-activated (He et al., ECCV 2016).
//
// Beyond the paper every stage ends in a head (graph.Head), named after the height of its map: head8, head16, head32;
// the stage's output is stage8 and so on, and "logits" is an alias of the finest head.
func BuildTopDown(name string, in graph.Shape, t TopDown, o Options) (*graph.Graph, error) {
	shape, f, err := family(name)
	if err != nil {
		return nil, err
	}
	scales, widths := t.Scales, t.Widths
	if scales == nil {
		scales = f.scales
	}
	if widths == nil && len(scales) <= 16 {
		widths = f.widths(shape, len(scales))
	}
	if err := checkScales(in, scales, widths); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var b builder
	image := b.begin(o)
	x, before := "", 0
	for i, scale := range scales {
		stage := fmt.Sprintf("stage%d", in[1]/scale)
		c := b.conv(stage+".entry", b.shrunk(fmt.Sprintf("image%d", in[1]/scale), image, scale), widths[i], 3, 1)
		if i > 0 {
			u := b.enlarged(stage+".up", b.conv(stage+".up.conv", x, widths[i], 1, 1), before/scale)
			a := b.add(graph.Node{Name: stage + ".add", Op: graph.Add{}}, u, c)
			c = b.conv(stage+".merge", b.add(graph.Node{Name: stage + ".concat", Op: graph.Concat{}}, a, c), widths[i], 3, 1)
		}
		x = b.relu(stage+".relu", b.bn(stage+".bn", c))
		for k := range f.blocks {
			x = b.preactivated(fmt.Sprintf("%s.%d", stage, k), x, widths[i], widths[i], 1)
		}
		x = b.relu(stage+".out", b.bn(stage+".norm", x))
		b.alias(stage, x)
		b.alias(graph.Logits, b.meanHead(fmt.Sprintf("head%d", in[1]/scale), x, o.Classes))
		before = scale
	}
	return b.finish(name, in)
}

// checkScales refuses what no net can be built from.
func checkScales(in graph.Shape, scales, widths []int) error {
	if len(scales) == 0 || len(scales) > 16 {
		return fmt.Errorf("%d scales; there must be 1 to 16", len(scales))
	}
	for i, s := range scales {
		if s < 1 || i > 0 && (s >= scales[i-1] || scales[i-1]%s != 0) {
			return fmt.Errorf("scales %s: they must fall, each a multiple of the next, such as 4,2,1", list(scales))
		}
	}
	if coarsest := scales[0]; in[1]%coarsest != 0 || in[2]%coarsest != 0 {
		return fmt.Errorf("photos of %dx%d cannot be divided by the coarsest scale, %d", in[1], in[2], coarsest)
	}
	if len(widths) != len(scales) {
		return fmt.Errorf("%d widths (%s) for %d scales (%s)", len(widths), list(widths), len(scales), list(scales))
	}
	for _, w := range widths {
		if w < 1 || w > 1<<14 {
			return fmt.Errorf("width %d is not within 1 and %d", w, 1<<14)
		}
	}
	reach := graph.BlurPool{Stride: graph.Pair{scales[0], scales[0]}}.Radius()
	if scales[0] > 1 && min(in[1], in[2]) <= reach {
		return fmt.Errorf("photos of %dx%d are too small for scale %d, whose blur reaches %d pixels: leave it out of --scales", in[1], in[2], scales[0], reach)
	}
	return nil
}

func list(v []int) string { return strings.Trim(strings.ReplaceAll(fmt.Sprint(v), " ", ","), "[]") }

// shrunk is the image at a scale, blurred before pixels are left out.
func (b *builder) shrunk(name, image string, scale int) string {
	if scale == 1 {
		return image
	}
	return b.add(graph.Node{Name: name, Op: graph.BlurPool{Stride: graph.Pair{scale, scale}}}, image)
}

func (b *builder) enlarged(name, in string, times int) string {
	s := float64(times)
	return b.add(graph.Node{Name: name, Op: graph.Resize{Mode: "nearest", Scale: []float64{s, s}}}, in)
}

// preactivated adds a block whose norms and ReLUs come before its convolutions; a change of shape is projected from
// the first ReLU (He et al., "Identity Mappings in Deep Residual Networks", ECCV 2016).
func (b *builder) preactivated(name, x string, from, to, stride int) string {
	y := b.relu(name+".relu1", b.bn(name+".bn1", x))
	shortcut := x
	if from != to || stride != 1 {
		shortcut = b.conv(name+".project", y, to, 1, stride)
	}
	y = b.relu(name+".relu2", b.bn(name+".bn2", b.conv(name+".conv1", y, to, 3, stride)))
	return b.add(graph.Node{Name: name, Op: graph.Add{}}, b.conv(name+".conv2", y, to, 3, 1), shortcut)
}

// meanHead adds a head (graph.Head).
func (b *builder) meanHead(name, x string, classes int) string {
	m := square(classes, 1, 1)
	m.Bias = true
	x = b.add(graph.Node{Name: name + ".map", Op: m}, x)
	return b.add(graph.Node{Name: name, Op: graph.Flatten{}}, b.add(graph.Node{Name: name + ".mean", Op: graph.GAP{}}, x))
}

func (b *builder) finish(name string, in graph.Shape) (*graph.Graph, error) {
	err := b.Validate()
	if err == nil {
		_, err = b.Shapes(in)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &b.Graph, nil
}
