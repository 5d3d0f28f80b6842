package arch

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"herbarium/internal/graph"
)

// The counts are those of plain PyTorch models (internal/net/testdata/make_reference.py counts them with hooks). The
// parameters of the large nets are the well-known numbers of torchvision.
func TestCost(t *testing.T) {
	tests := []struct {
		name, stem    string
		classes, size int
		params, macs  int64
	}{
		{"resnet20", "", 10, 32, 269_722, 40_551_040},
		{"resnet32", "", 10, 32, 464_154, 68_862_592},
		{"resnet44", "", 10, 32, 658_586, 97_174_144},
		{"resnet56", small, 10, 32, 853_018, 125_485_696},
		{"resnet18", "", 1000, 224, 11_689_512, 1_814_073_344},
		{"resnet18", small, 1000, 32, 11_681_832, 555_929_600},
		{"resnet34", "", 1000, 224, 21_797_672, 3_663_761_408},
		{"resnet34", small, 1000, 32, 21_789_992, 1_159_909_376},
		{"resnet50", large, 1000, 224, 25_557_032, 4_089_184_256},
		{"resnet50", small, 1000, 32, 25_549_352, 1_299_857_408},
		{"resnet110", "", 10, 32, 1_727_962, 252_887_680},
		{"resnet101", "", 1000, 224, 44_549_160, 0}, // these are the numbers that torchvision and timm give
		{"resnet152", "", 1000, 224, 60_192_808, 0},
		{"resnext50_32x4d", "", 1000, 224, 25_028_904, 0},
		{"resnext101_32x8d", "", 1000, 224, 88_791_336, 0},
		{"resnext101_64x4d", "", 1000, 224, 83_455_272, 0},
		{"wide_resnet50_2", "", 1000, 224, 68_883_240, 0},
		{"wide_resnet101_2", "", 1000, 224, 126_886_696, 0},
		{"resnet10t", "", 1000, 176, 5_435_488, 0},
		{"resnet18d", "", 1000, 224, 11_708_744, 0},
		{"resnet50s", "", 1000, 224, 25_680_808, 0},
	}
	for _, tt := range tests {
		g, err := Build(tt.name, Options{Classes: tt.classes, Stem: tt.stem, Size: tt.size})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := g.Table(graph.Shape{3, tt.size, tt.size})
		if err != nil {
			t.Fatal(err)
		}
		var params, macs int64
		for _, r := range rows {
			params += r.Params
			macs += r.MACs
		}
		if params != tt.params || macs != tt.macs && tt.macs != 0 {
			t.Errorf("%s %s: %d parameters and %d multiply-adds, want %d and %d", tt.name, tt.stem, params, macs, tt.params, tt.macs)
		}
	}
}

// field returns the receptive field and stride of a layer of a net at 224 pixels.
func field(t *testing.T, g *graph.Graph, layer string) (field graph.Pair, stride float64) {
	t.Helper()
	n, err := g.Find(layer)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := g.Table(graph.Shape{3, 224, 224})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Name == n.Name {
			return r.Field, r.Stride[0]
		}
	}
	t.Fatalf("no row for %q", layer)
	return
}

func TestReceptiveFields(t *testing.T) {
	tests := []struct {
		arch, layer   string
		field, stride int
	}{
		{"resnet20", "conv1", 3, 1},
		{"resnet20", "layer3", 81, 4}, // 3 after the stem, 15 and 37 after the first stages
		{"resnet18", "maxpool", 11, 4},
		{"resnet18", "layer1", 43, 4},
		{"resnet18", "layer4", 435, 32},
		{"resnet34", "layer4", 899, 32},
		{"resnet50", "layer4", 427, 32},
	}
	for _, tt := range tests {
		g, err := Build(tt.arch, Options{Classes: 10})
		if err != nil {
			t.Fatal(err)
		}
		if f, s := field(t, g, tt.layer); f != (graph.Pair{tt.field, tt.field}) || s != float64(tt.stride) {
			t.Errorf("%s %s: field %v stride %v, want %d and %d", tt.arch, tt.layer, f, s, tt.field, tt.stride)
		}
	}
}

// Araujo, Norris and Sim (Distill 2019) give 483 pixels for ResNet-50 as first published, with the stride in a block's
// first 1x1 convolution; torchvision moved it to the 3x3 convolution, which sees less.
func TestReceptiveFieldOfTheOriginalResNet50(t *testing.T) {
	g, err := Build("resnet50", Options{Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		second, ok := n.Op.(graph.Conv)
		if ok && strings.HasSuffix(n.Name, ".conv2") && second.Stride == (graph.Pair{2, 2}) {
			first, err := g.Find(strings.TrimSuffix(n.Name, "conv2") + "conv1")
			if err != nil {
				t.Fatal(err)
			}
			conv := first.Op.(graph.Conv)
			conv.Stride, second.Stride = second.Stride, conv.Stride
			first.Op, n.Op = conv, second
		}
	}
	if f, s := field(t, g, "layer4"); f != (graph.Pair{483, 483}) || s != 32 {
		t.Errorf("field %v stride %v, want 483 and 32", f, s)
	}
}

// The names of parameters are those of PyTorch's state dicts, so that checkpoints fit.
func TestParameterNames(t *testing.T) {
	list := func(arch string) []string {
		g, err := Build(arch, Options{Classes: 10})
		if err != nil {
			t.Fatal(err)
		}
		params, err := g.Params(graph.Shape{3, 32, 32})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range params {
			if !strings.Contains(p.Name, "bn") { // the norms follow their convolutions
				names = append(names, p.Name+" "+graph.Shape(p.Shape).String())
			}
		}
		return names
	}
	down := "layer2.0.downsample.1"
	want := []string{
		"conv1.weight 64x3x7x7",
		"layer1.0.conv1.weight 64x64x3x3", "layer1.0.conv2.weight 64x64x3x3",
		"layer1.1.conv1.weight 64x64x3x3", "layer1.1.conv2.weight 64x64x3x3",
		"layer2.0.conv1.weight 128x64x3x3", "layer2.0.conv2.weight 128x128x3x3", "layer2.0.downsample.0.weight 128x64x1x1",
		down + ".weight 128", down + ".bias 128", down + ".running_mean 128", down + ".running_var 128",
	}
	if diff := cmp.Diff(want, list("resnet18")[:len(want)]); diff != "" {
		t.Error(diff)
	}
	want = []string{
		"conv1.weight 16x3x3x3",
		"layer1.0.conv1.weight 16x16x3x3", "layer1.0.conv2.weight 16x16x3x3",
		"layer1.1.conv1.weight 16x16x3x3", "layer1.1.conv2.weight 16x16x3x3",
		"layer1.2.conv1.weight 16x16x3x3", "layer1.2.conv2.weight 16x16x3x3",
		"layer2.0.conv1.weight 32x16x3x3", "layer2.0.conv2.weight 32x32x3x3",
	}
	got := list("resnet20")
	if diff := cmp.Diff(want, got[:len(want)]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"linear.weight 10x64", "linear.bias 10"}, got[len(got)-2:]); diff != "" {
		t.Error(diff)
	}
	got = list("resnet50")
	if want := "layer1.0.downsample.0.weight 256x64x1x1"; !slices.Contains(got, want) {
		t.Errorf("resnet50 lacks %s", want)
	}
	if want := "layer4.2.conv3.weight 2048x512x1x1"; !slices.Contains(got, want) {
		t.Errorf("resnet50 lacks %s", want)
	}
}

// What users ask for by name is there, and is what the name says.
func TestNodeNames(t *testing.T) {
	for arch, layers := range map[string]map[string]graph.Op{
		"resnet20": {"normalize": graph.Normalize{}, "relu": graph.ReLU{}, "layer3": graph.ReLU{}, "layer3.2.relu1": graph.ReLU{}, "layer3.2.add": graph.Add{},
			"layer2.0.shortcut.slice": graph.Slice{}, "layer2.0.shortcut.pad": graph.Pad{}, "avgpool": graph.GAP{}, "linear": graph.Linear{}, "logits": graph.Linear{}},
		"resnet18": {"maxpool": graph.MaxPool{}, "layer4.1": graph.ReLU{}, "layer4.1.bn2": graph.BN{}, "layer2.0.downsample.1": graph.BN{}, "flatten": graph.Flatten{}, "fc": graph.Linear{}},
		"resnet50": {"layer4": graph.ReLU{}, "layer1.0.relu2": graph.ReLU{}, "layer1.0.bn3": graph.BN{}, "logits": graph.Linear{}},
	} {
		g, err := Build(arch, Options{Classes: 10, Mean: []float64{0.4, 0.5, 0.6}, Std: []float64{0.1, 0.2, 1}})
		if err != nil {
			t.Fatal(err)
		}
		for layer, op := range layers {
			if n, err := g.Find(layer); err != nil || n.Op.Name() != op.Name() {
				t.Errorf("%s: %s is %v, %v, want a %s", arch, layer, n, err, op.Name())
			}
		}
		want := graph.Node{Name: "normalize", In: []string{graph.Input}, Op: graph.Normalize{Mean: []float64{0.4, 0.5, 0.6}, Std: []float64{0.1, 0.2, 1}}}
		if diff := cmp.Diff(want, g.Nodes[0]); diff != "" {
			t.Error(diff)
		}
	}
	g, err := Build("resnet34", Options{Classes: 10, Stem: small})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Find("maxpool"); err == nil {
		t.Error("the small stem has a maxpool")
	}
}

// Every norm of every kind of architecture can be folded: none is left over for the viewers to compute.
func TestAllNormsFold(t *testing.T) {
	for _, name := range []string{"resnet20", "resnet18", "resnext50_32x4d", "resnet10t"} {
		g, err := Build(name, Options{Classes: 2})
		if err != nil {
			t.Fatal(err)
		}
		in := graph.Shape{3, 32, 32}
		p, err := Init(g, in, 1)
		if err != nil {
			t.Fatal(err)
		}
		folded, q, err := g.Fold(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range folded.Nodes {
			if _, ok := n.Op.(graph.BN); ok {
				t.Errorf("%s: %s is left", name, n.Name)
			}
		}
		if err := folded.CheckParams(in, q); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBuildErrors(t *testing.T) {
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"resnet21", Options{Classes: 10}, `no architecture "resnet21"; there are resnet20, `},
		{"resnet20", Options{}, "0 classes"},
		{"resnet20", Options{Classes: 10, Stem: "large"}, `no stem "large"`},
		{"resnet18", Options{Classes: 10, Stem: "tiny"}, `no stem "tiny"; there are large, small, small-pool`},
		{"resnet18", Options{Classes: 10, Size: -1}, "-1 is not within"},
		{"resnet18", Options{Classes: 10, Std: []float64{1, -1, 1}}, `node "normalize"`},
	}
	for _, tt := range tests {
		g, err := Build(tt.name, tt.o)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Build(%q, %+v) = %v, %v, want an error with %q", tt.name, tt.o, g, err, tt.want)
		}
	}
	// Padding keeps a ResNet alive down to a single pixel.
	if _, err := Build("resnet18", Options{Classes: 10, Size: 1}); err != nil {
		t.Error(err)
	}
}
