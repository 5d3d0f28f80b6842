package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/graph"
	"herbarium/internal/torchtest"
)

// What a file cannot say is as the flags say, and by default as people mostly mean it.
func TestWhatTheFlagsDecide(t *testing.T) {
	cifar := checkpointOf(t, "resnet20", arch.Options{}, nil)
	large := checkpointOf(t, "resnet10t", arch.Options{}, nil)
	imagenet := [][]float64{{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}}
	tests := []struct {
		args    []string
		input   int
		prepare graph.Prepare
		norm    [][]float64
	}{
		{[]string{cifar}, 32, graph.Prepare{Resize: 32, Crop: 32, Interpolation: "bilinear"}, imagenet},
		{[]string{large}, 224, graph.Prepare{Resize: 256, Crop: 224, Interpolation: "bilinear"}, imagenet},
		{[]string{"--input", "176", large}, 176, graph.Prepare{Resize: 201, Crop: 176, Interpolation: "bilinear"}, imagenet},
		{[]string{"--resize", "235", "--crop", "224", "--interpolation", "bicubic", "--norm", "half", large}, 224,
			graph.Prepare{Resize: 235, Crop: 224, Interpolation: "bicubic"}, [][]float64{{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}}},
		{[]string{"--norm", "none", cifar}, 32, graph.Prepare{Resize: 32, Crop: 32, Interpolation: "bilinear"}, [][]float64{{0, 0, 0}, {1, 1, 1}}},
		{[]string{"--norm", "cifar10", "--input", "48", cifar}, 48, graph.Prepare{Resize: 48, Crop: 48, Interpolation: "bilinear"}, [][]float64{{0.4914, 0.4822, 0.4465}, {0.247, 0.2435, 0.2616}}},
		{[]string{"--mean", "51", "--std", "51,102,255", "--range", "255", cifar}, 32, graph.Prepare{Resize: 32, Crop: 32, Interpolation: "bilinear"}, [][]float64{{0.2, 0.2, 0.2}, {0.2, 0.4, 1}}},
	}
	for _, tt := range tests {
		model, _ := adopted(t, tt.args...)
		if diff := cmp.Diff(&tt.prepare, model.Prepare); diff != "" || model.Input[1] != tt.input || model.Input[2] != tt.input {
			t.Errorf("%v: input %v, %s", tt.args, model.Input, diff)
		}
		first, ok := model.Graph.Nodes[0].Op.(graph.Normalize)
		if diff := cmp.Diff(tt.norm, [][]float64{first.Mean, first.Std}); diff != "" || !ok {
			t.Errorf("%v: %s", tt.args, diff)
		}
	}
}

// Whatever stands before the keys and whatever the head is called, the net is found.
func TestNamesOfOthers(t *testing.T) {
	count := func(m map[string]format.Tensor) {
		m["bn1.num_batches_tracked"] = format.Of("", nil, []int64{7})
	}
	twice := func(m map[string]format.Tensor) {
		for name, tensor := range m {
			if !strings.HasPrefix(name, "student.") {
				m["student."+name] = tensor
			}
		}
	}
	tests := []struct {
		o      arch.Options
		change func(map[string]format.Tensor)
		args   []string
		head   string
	}{
		{arch.Options{}, nil, nil, "linear"},
		{arch.Options{}, all(count, rename("", "module.")), nil, "linear"},
		{arch.Options{}, all(count, rename("", "_orig_mod.module.backbone.")), nil, "linear"},
		{arch.Options{Head: "fc"}, nil, nil, "fc"},
		{arch.Options{Shortcut: "shortcut"}, rename("", "model."), nil, "linear"},
		{arch.Options{Head: "head.1"}, nil, nil, "head.1"},
		{arch.Options{}, all(rename("", "encoder."), rename("encoder.linear", "classifier")), nil, "classifier"},
		{arch.Options{}, twice, []string{"--prefix", "student"}, "linear"},
		{arch.Options{}, all(rename("", "backbone."), func(m map[string]format.Tensor) { m["loss.weight"] = format.Of("", []int{1, 3}, []float32{1, 1, 1}) }), []string{"--prefix", "backbone."}, "linear"},
	}
	for _, tt := range tests {
		model, _ := adopted(t, append(tt.args, checkpointOf(t, "resnet20", tt.o, tt.change))...)
		if model.Graph.Aliases[graph.Logits] != tt.head || model.Arch != "resnet20" {
			t.Errorf("%s with head %q, want resnet20 with %q", model.Arch, model.Graph.Aliases[graph.Logits], tt.head)
		}
	}
}

func TestClasses(t *testing.T) {
	want := strings.Fields("a b c d e f g h i j")
	file := checkpointOf(t, "resnet20", arch.Options{}, nil)
	for _, text := range []string{
		"a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n",
		"\ufeffa\r\nb\r\nc\r\nd\r\ne\r\nf\r\ng\r\nh\r\ni\r\nj",
		` ["a","b","c","d","e","f","g","h","i","j"]`,
		`{"1":"b","0":"a","2":"c","3":"d","4":"e","5":"f","6":"g","7":"h","8":"i","9":"j"}`,
		`{"0":["n0","a"],"1":["n1","b"],"2":["n2","c"],"3":["n3","d"],"4":["n4","e"],"5":["n5","f"],"6":["n6","g"],"7":["n7","h"],"8":["n8","i"],"9":["n9","j"]}`,
		`{"j":9,"a":0,"b":1,"c":2,"d":3,"e":4,"f":5,"g":6,"h":7,"i":8}`,
	} {
		model, _ := adopted(t, "--classes", write(t, filepath.Join(t.TempDir(), "classes"), text), file)
		if diff := cmp.Diff(want, model.Classes); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	names := write(t, filepath.Join(t.TempDir(), "classes"), "crane\nb\nc\nd\ne\nf\ng\nh\ncrane\nj\n")
	model, said := adopted(t, "--classes", names, file)
	if model.Classes[8] != "crane (8)" || !strings.Contains(said, "warning") || !strings.Contains(said, "crane (8)") {
		t.Errorf("classes %q, said %s", model.Classes, said)
	}
	for _, bad := range []string{"", "[1]", "{", `{"a":0,"b":0}`, `{"0":"a","7":"b"}`, `{"0":[]}`, `{"0":null}`, "\xff", "a\n\nb", "a\na\na (1)"} {
		names, err := parseClasses([]byte(bad))
		if err == nil {
			_, err = distinguish(names)
		}
		if err == nil && names != nil {
			t.Errorf("%q gives %q", bad, names)
		}
	}
}

func TestStatsAreMeasured(t *testing.T) {
	d := &format.Document{Meta: map[string]string{"kind": "images", "classes": `["a"]`, "items": `[{"name":"0"},{"name":"1"}]`}}
	photos := make([]uint8, 2*3*32*32)
	for i := range photos {
		photos[i] = uint8(i * i >> 3)
	}
	d.Tensors = []format.Tensor{format.Of("image", []int{2, 3, 32, 32}, photos), format.Of("label", []int{2}, []int64{0, 0})}
	var b bytes.Buffer
	w := format.NewWriter(&b, format.WriterOptions{})
	if err := w.Write(d); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	images := write(t, filepath.Join(t.TempDir(), "images.st"), b.String())
	model, _ := adopted(t, "--threads", "1", "--stats", images, checkpointOf(t, "resnet20", arch.Options{}, nil))
	for _, name := range []string{"max.linear", "max.layer1.0", "bn.bn1.mean", "color.cov", "spectrum"} {
		if _, ok := model.Stats[name]; !ok {
			t.Errorf("no statistics %s", name)
		}
	}
	_, errs, status := adopt(nil, "--input", "40", "--stats", images, checkpointOf(t, "resnet20", arch.Options{}, nil))
	if status != 1 || !strings.Contains(errs, "images of 32x32, the net sees 40x40") || !strings.Contains(errs, "hint: prepare them: ingest") {
		t.Errorf("status %d: %s", status, errs)
	}
}

// What is taken out is a net to adopt, and to the tools that read nets.
func TestOutAndInAgain(t *testing.T) {
	first := checkpointOf(t, "resnet20", arch.Options{}, nil)
	names := write(t, filepath.Join(t.TempDir(), "classes"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n")
	stream, errs, status := adopt(nil, "--classes", names, first)
	if status != 0 {
		t.Fatal(errs)
	}
	plain, errs, status := adopt(stream, "--to", "safetensors", "-o", "-")
	if status != 0 {
		t.Fatal(errs)
	}
	d, err := format.NewReader(bytes.NewReader(plain), format.Limits{}).Next()
	if err != nil {
		t.Fatal(err)
	}
	if counter := d.Tensor("layer1.0.bn1.num_batches_tracked"); counter == nil || counter.DType != format.I64 || d.Meta["format"] != "pt" {
		t.Errorf("no counter of batches in the file, or no format: %v", d.Meta)
	}
	direct, err := graph.FromDocument(d)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := adopted(t, write(t, filepath.Join(t.TempDir(), "x.safetensors"), string(plain)))
	before, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	want, err := format.NewReader(bytes.NewReader(before), format.Limits{}).Next()
	if err != nil {
		t.Fatal(err)
	}
	for _, tensor := range want.Tensors {
		if !bytes.Equal(tensor.Data, again.Params[tensor.Name].Data) || !bytes.Equal(tensor.Data, direct.Params[tensor.Name].Data) {
			t.Errorf("%s changed on its way", tensor.Name)
		}
	}
	if len(direct.Classes) != 10 || direct.Prepare == nil {
		t.Errorf("classes %v, prepare %v", direct.Classes, direct.Prepare)
	}
	if _, errs, status := adopt(slices.Concat(stream, stream), "--to", "safetensors", "-o", "-"); status != 1 || !strings.Contains(errs, "2 nets in the input") {
		t.Errorf("status %d: %s", status, errs)
	}
}

// A net that was trained on BGR, as Caffe and OpenCV have it, sees RGB images of the stream in its own order, and so are its
// means: 255 x - m for pixels from 0 to 255.
func TestBGR(t *testing.T) {
	torchtest.Pin(t)
	path := checkpointOf(t, "resnet20", arch.Options{}, nil)
	given := []string{"--mean", "103.939,116.779,123.68", "--std", "1,2,3", "--range", "255"}
	plain, _ := adopted(t, append(given, path)...)
	bgr, _ := adopted(t, append(given, "--channels", "bgr", path)...)
	const n, plane = 2, 32 * 32
	rgb, reversed := make([]float32, n*3*plane), make([]float32, n*3*plane)
	for i := range rgb {
		rgb[i] = float32(0.5 + 0.5*math.Sin(float64(i*i)))
		item, c, p := i/(3*plane), i/plane%3, i%plane
		reversed[(item*3+2-c)*plane+p] = rgb[i]
	}
	got := logits(t, bgr, n, 32, rgb)
	if far := farthest(logits(t, plain, n, 32, reversed), got); !(far < 1e-5) {
		t.Errorf("logits are off by %g", far)
	}
	if far := farthest(logits(t, plain, n, 32, rgb), got); far < 1e-3 {
		t.Error("the order of the channels makes no difference")
	}
	first := bgr.Graph.Nodes[0].Op.(graph.Normalize)
	for i, want := range []float64{123.68, 116.779, 103.939} {
		if math.Abs(255*first.Mean[i]-want) > 1e-9 {
			t.Errorf("mean of channel %d is %v of 255, want %v", i, 255*first.Mean[i], want)
		}
	}
	if _, err := bgr.Document(); err != nil {
		t.Error(err)
	}
}

// A checkpoint whose first convolution takes one channel is a net of gray images.
func TestGrayCheckpoint(t *testing.T) {
	path := checkpointOf(t, "resnet20", arch.Options{}, func(m map[string]format.Tensor) {
		m["conv1.weight"] = format.Of("", []int{16, 1, 3, 3}, make([]float32, 144))
	})
	for _, tt := range []struct {
		args []string
		want [][]float64
	}{
		{nil, [][]float64{{0}, {1}}},
		{[]string{"--norm", "mnist"}, [][]float64{{0.1307}, {0.3081}}},
		{[]string{"--norm", "half"}, [][]float64{{0.5}, {0.5}}},
		{[]string{"--mean", "51", "--std", "102", "--range", "255"}, [][]float64{{0.2}, {0.4}}},
	} {
		model, _ := adopted(t, append(tt.args, path)...)
		first, _ := model.Graph.Nodes[0].Op.(graph.Normalize)
		if diff := cmp.Diff(tt.want, [][]float64{first.Mean, first.Std}); diff != "" || !slices.Equal(model.Input, graph.Shape{1, 32, 32}) {
			t.Errorf("%v: input %v, %s", tt.args, model.Input, diff)
		}
	}
	for want, args := range map[string][]string{
		"--norm imagenet is of RGB, and the net sees images that are gray":    {"--norm", "imagenet"},
		"--mean and --std need one number: the net sees images that are gray": {"--mean", "0.1,0.2,0.3", "--std", "1"},
		"--channels bgr: the net sees images that are gray":                   {"--channels", "bgr"},
	} {
		if _, errs, status := adopt(nil, append(args, path)...); status != 2 || !strings.Contains(errs, want) {
			t.Errorf("%v: status %d, %s", args, status, errs)
		}
	}
}
