package main

import (
	"bytes"
	"fmt"
	"maps"
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
)

// checkpointOf is the file of an architecture with first weights, after change, as safetensors.
func checkpointOf(t *testing.T, name string, o arch.Options, change func(map[string]format.Tensor)) string {
	t.Helper()
	o.Classes = 10
	g, err := arch.Build(name, o)
	if err != nil {
		t.Fatal(err)
	}
	tensors, err := arch.Init(g, graph.Shape{3, 32, 32}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(tensors)
	}
	d := &format.Document{}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		tensor := tensors[name]
		tensor.Name = name
		d.Tensors = append(d.Tensors, tensor)
	}
	path := filepath.Join(t.TempDir(), "net.safetensors")
	var b bytes.Buffer
	if err := format.WriteSafetensors(&b, d); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.String())
	return path
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// rename moves every key that starts with from, to.
func rename(from, to string) func(map[string]format.Tensor) {
	return func(m map[string]format.Tensor) {
		for _, name := range slices.Collect(maps.Keys(m)) {
			if rest, ok := strings.CutPrefix(name, from); ok {
				m[to+rest] = m[name]
				delete(m, name)
			}
		}
	}
}

func all(changes ...func(map[string]format.Tensor)) func(map[string]format.Tensor) {
	return func(m map[string]format.Tensor) {
		for _, change := range changes {
			change(m)
		}
	}
}

func TestEveryKeyThatDoesNotFitIsListed(t *testing.T) {
	path := checkpointOf(t, "resnet20", arch.Options{}, func(m map[string]format.Tensor) {
		delete(m, "bn1.bias")
		delete(m, "layer3.2.bn2.running_var")
		m["queue"] = format.Of("", []int{2}, []float32{1, 2})
		m["layer2.0.conv1.bias"] = format.Of("", []int{32}, make([]float32, 32))
		m["conv1.weight"] = format.Of("", []int{16, 2, 3, 3}, make([]float32, 288))
		m["linear.bias"] = format.Of("", []int{10}, make([]int64, 10))
	})
	out, errs, status := adopt(nil, path)
	want := fmt.Sprintf(`adopt: %s does not fit resnet20: 2 keys missing, 2 unexpected, 2 misshapen
adopt: misshapen conv1.weight is F32 16x2x3x3, not F32 16x3x3x3
adopt: misshapen linear.bias is I64 10, not F32 10
adopt: missing bn1.bias
adopt: missing layer3.2.bn2.running_var
adopt: unexpected layer2.0.conv1.bias
adopt: unexpected queue
`, path)
	if diff := cmp.Diff(want, errs); diff != "" || status != 1 {
		t.Errorf("status %d\n%s", status, diff)
	}
	if d, err := format.NewReader(bytes.NewReader(out), format.Limits{}).Next(); err == nil {
		t.Errorf("a document came out: %v", d.Meta)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	dir := t.TempDir()
	two := func(m map[string]format.Tensor) {
		for name, tensor := range maps.Clone(m) {
			m["encoder_q."+name] = tensor
			m["encoder_k."+name] = tensor
			delete(m, name)
		}
	}
	nan := func(m map[string]format.Tensor) {
		m["bn1.bias"] = format.Of("", []int{16}, slices.Repeat([]float32{float32(math.NaN())}, 16))
		m["linear.bias"] = format.Of("", []int{10}, slices.Repeat([]float64{1e300}, 10))
	}
	negative := func(m map[string]format.Tensor) {
		m["bn1.running_var"] = format.Of("", []int{16}, slices.Repeat([]float32{-1}, 16))
	}
	scalar := func(m map[string]format.Tensor) { m["head.scale"] = format.Of("", nil, []float32{1}) }
	plain, small := arch.Options{}, arch.Options{Stem: "small"}
	file := func(o arch.Options, change func(map[string]format.Tensor)) string {
		return checkpointOf(t, "resnet20", o, change)
	}
	good := file(plain, nil)
	evil := write(t, filepath.Join(dir, "evil.pt"), "\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R.")
	tests := []struct {
		args   []string
		status int
		want   []string
	}{
		{[]string{evil}, 1, []string{`evil.pt: the pickle asks for "posix.system", which no tensor needs: refused, nothing was run`, "hint: save the tensors alone: torch.save(model.state_dict()"}},
		{nil, 2, []string{"no checkpoint is named", "hint: adopt FILE"}},
		{[]string{filepath.Join(dir, "absent")}, 1, []string{"absent: no such file"}},
		{[]string{dir}, 1, []string{"is a directory, not a checkpoint"}},
		{[]string{write(t, filepath.Join(dir, "empty"), "")}, 1, []string{"empty: the file is empty"}},
		{[]string{"--arch", "vgg16", good}, 1, []string{`no architecture "vgg16"; there are resnet20, `}},
		{[]string{"--arch", "resnet32", good}, 1, []string{"does not fit resnet32: 60 keys missing", "\nadopt: missing layer1.3.conv1.weight\n", "hint: its layers are those of resnet20"}},
		{[]string{"--arch", "timm/resnet18.a1_in1k", good}, 1, []string{"does not fit resnet18", "hint: its layers are those of resnet20"}},
		{[]string{file(plain, two)}, 1, []string{"holds 2 nets", `hint: take one by --prefix: "encoder_k.", "encoder_q."`}},
		{[]string{"--prefix", "encoder", file(plain, two)}, 1, []string{`no net under --prefix encoder; there are "encoder_k.", "encoder_q."`}},
		{[]string{file(plain, rename("layer1.0.conv1", "stage1"))}, 1, []string{"holds no residual net: no key ends with layer1.0.conv1.weight", "hint: its keys are bn1.bias, "}},
		{[]string{file(plain, rename("layer2.2.conv1", "layer2.2.conv"))}, 1, []string{"no known architecture has stages of 3-2-3 blocks of two convolutions, from 16 channels, 1 groups, a small stem", "hint: --arch names one"}},
		{[]string{file(plain, rename("linear.weight", "linear.w"))}, 1, []string{"0 keys missing, 2 unexpected", "\nadopt: unexpected linear.w\n"}},
		{[]string{file(plain, all(rename("linear.bias", "proj.bias"), func(m map[string]format.Tensor) {
			m["proj.0.weight"], m["proj.2.weight"] = m["linear.weight"], m["linear.weight"]
			delete(m, "linear.weight")
		}))}, 1, []string{"2 linear layers are left, proj.0, proj.2"}},
		{[]string{file(plain, all(rename("", "backbone."), scalar))}, 1, []string{"0 keys missing, 1 unexpected", "hint: --prefix backbone. leaves out what is not under it"}},
		{[]string{file(plain, nan)}, 1, []string{"2 tensors of the net hold no finite numbers", `adopt: tensor "bn1.bias": element 0 is NaN or infinite`, `tensor "linear.bias": element 0`}},
		{[]string{file(plain, negative)}, 1, []string{`tensor "bn1.running_var": element 0 is -1, which is no variance`}},
		{[]string{checkpointOf(t, "resnet10t", arch.Options{}, rename("conv1.3", "conv1.4"))}, 1, []string{"no known architecture"}},
		{[]string{checkpointOf(t, "resnet18", small, nil)}, 1, []string{"whether pooling follows cannot be seen", "hint: --stem small, or --stem small-pool"}},
		{[]string{"--stem", "deep", good}, 1, []string{`resnet20: no stem "deep"; there are small`}},
		{[]string{"--mean", "0.5", good}, 2, []string{"--mean and --std go together"}},
		{[]string{"--mean", "0.5,1", "--std", "1", good}, 2, []string{"need 3 numbers"}},
		{[]string{"--mean", "0", "--std", "0", good}, 2, []string{"std above 0"}},
		{[]string{"--mean", "NaN", "--std", "1", good}, 2, []string{"finite numbers"}},
		{[]string{"--norm", "zero", good}, 2, []string{"--norm must be one of"}},
		{[]string{"--input", "33", "--resize", "32", good}, 2, []string{"resize 32 is below crop 33"}},
		{[]string{"--input=-1", good}, 2, []string{"--input -1 must be 0 or more"}},
		{[]string{"--classes", filepath.Join(dir, "absent"), good}, 1, []string{"no such file"}},
		{[]string{"--classes", write(t, filepath.Join(dir, "few.txt"), "a\nb\n"), good}, 1, []string{"few.txt: 2 names for 10 logits"}},
		{[]string{"--stats", good, good}, 1, []string{"holds no images"}},
		{[]string{"--to", "safetensors", good}, 2, []string{"say where by -o"}},
		{[]string{"--to", "safetensors", "-o", filepath.Join(dir, "x"), good}, 1, []string{"0 nets in the input"}},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.want, " "), func(t *testing.T) {
			_, errs, status := adopt(nil, tt.args...)
			if status != tt.status {
				t.Errorf("status %d, want %d", status, tt.status)
			}
			for _, want := range tt.want {
				if !strings.Contains(errs, want) {
					t.Errorf("said\n%swant %q", errs, want)
				}
			}
		})
	}
}
