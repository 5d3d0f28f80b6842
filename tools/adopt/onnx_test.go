package main

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"herbarium/internal/arch"
	"herbarium/internal/graph"
	"herbarium/internal/torchtest"
)

// Nets that bench/onnx_nets.py has exported to $HERBARIUM_ONNX give the logits that PyTorch gave, within 1e-4 of their
// spread across the images. It prints the rows of the table in docs/onnx.md: net, pixels, layers, error for each exporter
// in the order of their names.
func TestExportedNets(t *testing.T) {
	dir := os.Getenv("HERBARIUM_ONNX")
	if dir == "" {
		t.Skip("HERBARIUM_ONNX names no folder with nets of bench/onnx_nets.py")
	}
	torchtest.Pin(t)
	paths, err := filepath.Glob(filepath.Join(dir, "*.onnx"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no nets in %s", dir)
	}
	rows := map[string]string{}
	for _, path := range paths {
		name, _, _ := strings.Cut(filepath.Base(path), ".")
		bytes, err := os.ReadFile(filepath.Join(dir, name+".images"))
		if err != nil {
			t.Fatal(err)
		}
		want := floats(t, filepath.Join(dir, name+".logits"))
		images := make([]float32, len(bytes))
		for i, b := range bytes {
			images[i] = float32(b) / 255
		}
		const count = 4 // images, as in bench/onnx_nets.py
		side := int(math.Sqrt(float64(len(images) / count / 3)))
		out, errs, status := adopt(nil, "--norm", "none", "--input", fmt.Sprint(side), path)
		if status != 0 {
			t.Errorf("%s: %s", filepath.Base(path), errs)
			continue
		}
		model := netOf(t, out)
		off := relativeError(logits(t, model, count, side, images), want, count)
		if rows[name] == "" {
			rows[name] = fmt.Sprintf("| %s | %d | %d |", name, side, len(model.Graph.Nodes)-1) // all but normalize
		}
		rows[name] += fmt.Sprintf(" %.1g |", off)
		if !(off < 1e-4) {
			t.Errorf("%s: logits are off by %.2g of their spread", filepath.Base(path), off)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		fmt.Println(rows[name])
	}
}

// relativeError is the largest error of any of k logits over n images, over the standard deviation that logits have
// across the images, in the mean over logits.
func relativeError(got, want []float32, n int) float64 {
	k := len(want) / n
	spread := 0.0
	for j := range k {
		var sum, squares float64
		for i := range n {
			w := float64(want[i*k+j])
			sum += w
			squares += w * w
		}
		mean := sum / float64(n)
		spread += math.Sqrt(max(squares/float64(n)-mean*mean, 0)) / float64(k)
	}
	return farthest(want, got) / spread
}

// A net whose tensors lie in a file beside it, as PyTorch exports it.
func TestONNX(t *testing.T) {
	torchtest.Pin(t)
	model, said := adopted(t, "--norm", "none", "testdata/small.onnx", "--output-name", "probabilities")
	image := make([]float32, 768)
	for i := range image {
		image[i] = float32(i) / 768
	}
	if far := farthest(floats(t, "testdata/small.logits"), logits(t, model, 1, 16, image)); !(far < 1e-5) {
		t.Errorf("logits are off by %g", far)
	}
	if got := layers(model); got != "normalize conv1 relu avgpool fc.flatten fc" {
		t.Errorf("layers %s", got)
	}
	want := graph.Prepare{Resize: 16, Crop: 16, Interpolation: "bilinear"}
	if model.Arch != "onnx" || *model.Prepare != want {
		t.Errorf("arch %q, prepare %v", model.Arch, *model.Prepare)
	}
	for _, line := range []string{"ONNX graph of 5 layers, 3 logits in fc", "at the end left out", "center 16; normalization none"} {
		if !strings.Contains(said, line) {
			t.Errorf("said\n%swant %q", said, line)
		}
	}
	names := write(t, filepath.Join(t.TempDir(), "names"), "a\nb\nc\n")
	model, _ = adopted(t, "--input", "32", "--classes", names, "--output-name", "twice", "testdata/small.onnx")
	if got := layers(model); got != "normalize conv1 relu avgpool fc.flatten fc affine" || model.Input[1] != 32 || len(model.Classes) != 3 {
		t.Errorf("layers %s, input %v, classes %v", got, model.Input, model.Classes)
	}
}

func layers(model *graph.Net) string {
	var names []string
	for _, n := range model.Graph.Nodes {
		names = append(names, n.Name)
	}
	return strings.Join(names, " ")
}

func TestONNXErrorsSayWhatToDo(t *testing.T) {
	whole, err := os.ReadFile("testdata/small.onnx")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	at := func(name, content string) string {
		folder := filepath.Join(dir, name)
		if err := os.Mkdir(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		return write(t, filepath.Join(folder, "net.onnx"), content)
	}
	pipe := at("pipe", string(whole))
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe", "small.onnx.data"), 0o666); err != nil {
		t.Fatal(err)
	}
	sparse := at("sparse", string(whole))
	write(t, filepath.Join(dir, "sparse", "small.onnx.data"), "")
	if err := os.Truncate(filepath.Join(dir, "sparse", "small.onnx.data"), largest+1); err != nil {
		t.Fatal(err)
	}
	few := at("few", string(whole))
	write(t, filepath.Join(dir, "few", "small.onnx.data"), "few")
	checkpoint := checkpointOf(t, "resnet20", arch.Options{}, nil)
	pick := []string{"--output-name", "twice"}
	tests := []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"testdata/small.onnx"}, 1, `small.onnx: the graph has 2 outputs: name one by --output-name, "probabilities", "twice"`},
		{[]string{"testdata/small.onnx", "--output-name", "thrice"}, 1, `the graph has no output "thrice"; there are "probabilities", "twice"`},
		{[]string{"testdata/small.onnx", "--input-name", "sound"}, 1, `the graph has no input "sound"; there are "image"`},
		{append(pick, at("alone", string(whole))), 1, `initializer "conv1.weight": its elements are in "small.onnx.data": no such file`},
		{append(pick, at("up", strings.ReplaceAll(string(whole), "small.onnx.data", "../al.onnx.data"))), 1, `in "../al.onnx.data", and only files in the folder of the ONNX file are read`},
		{append(pick, at("root", strings.ReplaceAll(string(whole), "small.onnx.data", "/etc/hosts/data"))), 1, `in "/etc/hosts/data", and only files in the folder`},
		{append(pick, pipe), 1, `in "small.onnx.data", which is no regular file`},
		{append(pick, sparse), 1, `in "small.onnx.data": the files beside the ONNX file have more than 4294967296 bytes`},
		{append(pick, few), 1, `of "small.onnx.data", which has 3`},
		{[]string{at("half", string(whole[:len(whole)/2]))}, 1, "the file is truncated or damaged"},
		{[]string{at("other", "not a model")}, 1, `a text, no net: it starts with "not a model"`},
		{append(pick, "--arch", "resnet18", "testdata/small.onnx"), 2, "--arch, --stem and --prefix are for checkpoints"},
		{append(pick, checkpoint), 2, "--input-name and --output-name are for ONNX files"},
		{append(pick, "--input", "2", "testdata/small.onnx"), 1, "the image is too small for this net"},
		{append(pick, "--input=-3", "testdata/small.onnx"), 2, "--input -3 must be 0 or more"},
		{append(pick, "--classes", write(t, filepath.Join(dir, "names"), "a\nb\n"), "testdata/small.onnx"), 1, "2 names for 3 logits"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			_, errs, status := adopt(nil, tt.args...)
			if status != tt.status || !strings.Contains(errs, tt.want) || strings.Count(errs, "\n") != 1 {
				t.Errorf("status %d, said\n%swant status %d, a line with %q", status, errs, tt.status, tt.want)
			}
		})
	}
}
