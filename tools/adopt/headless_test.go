package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/graph"
)

// values makes a tensor of rising numbers.
func values(shape ...int) format.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i%7-3) / 8
	}
	return format.Of("", shape, v)
}

func without(prefix string) func(map[string]format.Tensor) {
	return func(m map[string]format.Tensor) {
		for name := range m {
			if strings.HasPrefix(name, prefix) {
				delete(m, name)
			}
		}
	}
}

// A checkpoint without a linear layer, or with layers of which none can be the head, is a backbone: its features are the
// means of its last channels, and it has no logits.
func TestBackbonesHaveNoClasses(t *testing.T) {
	projector := func(m map[string]format.Tensor) {
		m["projector.0.weight"], m["projector.2.weight"] = values(64, 64), values(16, 64)
	}
	for _, tt := range []struct {
		args []string
		file string
	}{
		{nil, checkpointOf(t, "resnet20", arch.Options{}, without("linear"))},
		{[]string{"--no-classes"}, checkpointOf(t, "resnet20", arch.Options{}, nil)},
		{[]string{"--no-classes"}, checkpointOf(t, "resnet20", arch.Options{}, all(without("linear"), projector))},
	} {
		model, said := adopted(t, append(tt.args, tt.file)...)
		last := model.Graph.Nodes[len(model.Graph.Nodes)-1]
		if _, err := model.Graph.Find(graph.Logits); err == nil || !strings.Contains(err.Error(), "it has no classes") || last.Name != "flatten" {
			t.Errorf("%v: logits %v, the last layer is %s", tt.args, model.Graph.Aliases, last.Name)
		}
		if !strings.Contains(said, "no classes: it ends with features 64 in flatten") || strings.Contains(said, "classes have no names") {
			t.Errorf("%v: said %s", tt.args, said)
		}
		if _, err := model.CheckClassifier(); err == nil {
			t.Error("a backbone is a classifier")
		}
		stages, err := model.Stages()
		if err != nil || strings.Join(stages, " ") != "layer1 layer2 layer3" && strings.Join(stages, " ") != "layer1 layer2 layer3 flatten" {
			t.Errorf("stages %v, %v", stages, err)
		}
	}
	names := write(t, filepath.Join(t.TempDir(), "names"), "a\n")
	_, errs, status := adopt(nil, "--classes", names, checkpointOf(t, "resnet20", arch.Options{}, without("linear")))
	if status != 2 || !strings.Contains(errs, "has no linear layer that would give them") {
		t.Errorf("status %d: %s", status, errs)
	}
	_, errs, status = adopt(nil, checkpointOf(t, "resnet20", arch.Options{}, all(without("linear"), projector)))
	if status != 1 || !strings.Contains(errs, "hint: --no-classes adopts the net without them") {
		t.Errorf("status %d: %s", status, errs)
	}
}

// Logits are what a layer gives with a weight for each; the means of a sum's channels are features.
func TestAnswers(t *testing.T) {
	linear, conv := graph.Linear{Out: 4}, graph.Conv{Out: 4}
	for _, tt := range []struct {
		name string
		ops  []graph.Op
		want bool
	}{
		{"fc", []graph.Op{graph.GAP{}, graph.Flatten{}, linear}, true},
		{"fc", []graph.Op{linear, graph.Sigmoid{}}, true},
		{"embedding", []graph.Op{linear}, false},
		{"x", []graph.Op{conv, graph.ReLU{}, graph.GAP{}, graph.Flatten{}}, true},
		{"x", []graph.Op{conv, graph.SiLU{}, graph.GAP{}, graph.Flatten{}}, false},
		{"x", []graph.Op{graph.Add{}, graph.ReLU{}, graph.GAP{}, graph.Flatten{}}, false},
		{"x", []graph.Op{graph.MaxPool{}, graph.GAP{}, graph.Flatten{}}, false},
		{"x", []graph.Op{linear, graph.Add{}}, true},
	} {
		g := &graph.Graph{}
		in := graph.Input
		for i, op := range tt.ops {
			name := fmt.Sprint("n", i)
			if i == len(tt.ops)-1 {
				name = tt.name
			}
			g.Nodes = append(g.Nodes, graph.Node{Name: name, In: []string{in}, Op: op})
			in = name
		}
		if got := answers(g, &g.Nodes[len(g.Nodes)-1]); got != tt.want {
			t.Errorf("%s of %v: %v, want %v", tt.name, tt.ops, got, tt.want)
		}
	}
}

// The mean and deviation beside a checkpoint's weights are its normalization, unless the flags give one.
func TestNormalizerOfTheFile(t *testing.T) {
	beside := func(mean, std string, m, s []float32) func(map[string]format.Tensor) {
		return func(all map[string]format.Tensor) {
			all[mean], all[std] = format.Of("", []int{1, len(m), 1, 1}, m), format.Of("", []int{1, len(s), 1, 1}, s)
		}
	}
	m, s := []float32{0.25, 0.5, 0.75}, []float32{0.125, 0.25, 0.5}
	bytes := []float32{63.75, 127.5, 191.25}
	want := "mean 0.25 0.5 0.75, std 0.125 0.25 0.5"
	for name, tt := range map[string]struct {
		args   []string
		change func(map[string]format.Tensor)
		says   string
		mean   float64
	}{
		"robustness":       {nil, all(rename("", "model."), beside("normalizer.new_mean", "normalizer.new_std", m, s)), want, 0.25},
		"in the net":       {nil, beside("mu", "sigma", m, s), want, 0.25},
		"with a prefix":    {[]string{"--prefix", "model."}, all(rename("", "model."), beside("normalize.mean", "normalize.std", m, s)), want, 0.25},
		"of bytes":         {nil, beside("pixel_mean", "pixel_std", bytes, []float32{31.875, 63.75, 127.5}), want, 0.25},
		"twice the same":   {nil, all(beside("a.mean", "a.std", m, s), beside("b.mean", "b.std", m, s)), want, 0.25},
		"two that differ":  {nil, all(beside("a.mean", "a.std", m, s), beside("b.mean", "b.std", s, s)), "2 normalizations that differ, none of which is used", 0.485},
		"flags":            {[]string{"--norm", "half"}, beside("mu", "sigma", m, s), "which the flags replace: mu 0.25,0.5,0.75, sigma 0.125,0.25,0.5", 0.5},
		"mean and std":     {[]string{"--mean", "0.1", "--std", "1"}, beside("mu", "sigma", m, s), "which the flags replace", 0.1},
		"no normalization": {nil, nil, "normalization imagenet", 0.485},
	} {
		model, said := adopted(t, append(tt.args, checkpointOf(t, "resnet20", arch.Options{}, tt.change))...)
		first, _ := model.Graph.Nodes[0].Op.(graph.Normalize)
		if d := first.Mean[0] - tt.mean; d > 1e-6 || d < -1e-6 || !strings.Contains(said, tt.says) {
			t.Errorf("%s: mean %v, said\n%swant %v and %q", name, first.Mean, said, tt.mean, tt.says)
		}
	}
}

// What a download has left instead of a net is named, whatever the file is called.
func TestFilesThatAreNoNets(t *testing.T) {
	for _, ext := range []string{".onnx", ".pth", ".safetensors"} {
		for text, want := range map[string]string{
			"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n": "a pointer of Git LFS, not the file itself: git lfs pull",
			"<!DOCTYPE html><html><head><title>Sign in</title></head></html>":     "a web page, not the file itself",
			"{\"error\":\"Entry not found\"}":                                     "text in JSON, such as a server's error",
			"":                                                                    "the file is empty",
			"\x89PNG\r\n\x1a\n\x00\x00":                                           "a PNG picture: ingest reads pictures",
		} {
			_, errs, status := adopt(nil, write(t, filepath.Join(t.TempDir(), "net"+ext), text))
			if status != 1 || !strings.Contains(errs, want) || strings.Count(errs, "\n") != 1 {
				t.Errorf("net%s of %.20q: status %d, said %swant %q", ext, text, status, errs, want)
			}
		}
	}
	zip, err := os.ReadFile(checkpointOf(t, "resnet20", arch.Options{}, nil))
	if err != nil {
		t.Fatal(err)
	}
	if model, _ := adopted(t, write(t, filepath.Join(t.TempDir(), "net.onnx"), string(zip))); model.Arch != "resnet20" {
		t.Errorf("a checkpoint named .onnx is %s", model.Arch)
	}
	_, errs, status := adopt(nil, write(t, filepath.Join(t.TempDir(), "net.safetensors"), string(zip[:len(zip)-100])))
	if status != 1 || !strings.Contains(errs, "the file is cut off") || strings.Contains(errs, "command") {
		t.Errorf("status %d: %s", status, errs)
	}
}

// A hub's cache keeps files under other names in one folder, and links to them: weights beside an ONNX file are read there,
// but no link leads out of it.
func TestLinksOfAHubsCache(t *testing.T) {
	dir := t.TempDir()
	snapshot, blobs := filepath.Join(dir, "snapshots", "main"), filepath.Join(dir, "blobs")
	for _, folder := range []string{snapshot, blobs} {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, name string) {
		t.Helper()
		os.Remove(filepath.Join(snapshot, name))
		if err := os.Symlink(target, filepath.Join(snapshot, name)); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{"small.onnx": "0a", "small.onnx.data": "0b"} {
		data, err := os.ReadFile(filepath.Join("testdata", from))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(blobs, to), string(data))
		link("../../blobs/"+to, from)
	}
	file := filepath.Join(snapshot, "small.onnx")
	args := []string{"--output-name", "twice", "--no-prov", file}
	linked, errs, status := adopt(nil, args...)
	direct, _, _ := adopt(nil, "--output-name", "twice", "--no-prov", "testdata/small.onnx")
	if status != 0 || !bytes.Equal(linked, direct) {
		t.Errorf("status %d, %d bytes, want %d: %s", status, len(linked), len(direct), errs)
	}
	secret := write(t, filepath.Join(dir, "secret"), strings.Repeat("x", 1000))
	for _, target := range []string{"../../secret", secret, "../../blobs/../secret"} {
		link(target, "small.onnx.data")
		_, errs, status := adopt(nil, args...)
		if status != 1 || !strings.Contains(errs, "links that lead out of the folder of the ONNX file are not followed") || !strings.Contains(errs, "hint: copy what it leads to: cp -rL") {
			t.Errorf("%s: status %d, said %s", target, status, errs)
		}
	}
}
