package python_test

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/schema"
)

// A net goes through PyTorch unchanged, to the byte of its parameters.
func TestNetThroughPyTorch(t *testing.T) {
	n := realNets(t)[0].net
	n.Stats = map[string]format.Tensor{"max.fc": format.Of("", []int{10}, make([]float32, 10))}
	n.Classes = strings.Fields("a b c d e f g h i j")
	n.History, n.Arch, n.Meta = json.RawMessage(`[{"epoch":1}]`), "resnet20", map[string]string{"own": "kept"}
	d, err := n.Document()
	if err != nil {
		t.Fatal(err)
	}
	out := run(t, torchPython(), `
import sys, herbarium_net as hn, herbarium_stream as hs
hs.main(lambda doc: hn.from_torch(hn.to_torch(doc)))
`, stream(t, d))
	again, err := graph.FromDocument(documents(t, out)[0])
	if err != nil {
		t.Fatal(err)
	}
	e, err := again.Document()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(stream(t, d), stream(t, e)) {
		t.Errorf("%v\n%v", d.Meta, e.Meta)
	}
}

// The net that NET.md writes from Python is one that every tool takes.
func TestNetPageExample(t *testing.T) {
	lines, err := schema.Section("../NET.md", "A net from Python")
	if err != nil {
		t.Fatal(err)
	}
	out := run(t, numpyPython(), schema.Code(lines, "python")[0], nil)
	n, err := graph.FromDocument(documents(t, out)[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(scored(t, n, pictures(n))) != 4 {
		t.Error("the example has not two logits")
	}
}

// The images that ITEMS.md writes from Python are a document that passes every check.
func TestItemsPageExample(t *testing.T) {
	lines, err := schema.Section("../ITEMS.md", "Images")
	if err != nil {
		t.Fatal(err)
	}
	b, err := images.FromDocument(documents(t, run(t, numpyPython(), schema.Code(lines, "python")[0], nil))[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Check(); err != nil {
		t.Error(err)
	}
	if b.Len() != 2 || b.Class(1) != "rose" || b.Items[1].Name() != "b" {
		t.Errorf("%+v", b.Items)
	}
}

// model is a module with much of what people use.
//
//go:embed testdata/model.py
var model string

// A net made of a module of PyTorch is one that score runs as PyTorch does.
func TestNetFromPyTorch(t *testing.T) {
	out := run(t, torchPython(), model+`
import sys
torch.manual_seed(0)
made = trained(Model())
x = torch.rand(2, 3, 32, 32)
mean, std = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)
normalized = (x - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
with hs.Writer(sys.stdout.buffer) as out, torch.no_grad():
    out.write(hn.from_torch(made, (3, 32, 32), list("abcde"), mean, std))
    out.write(hs.Document({}, {"image": x.numpy(), "logits": made(normalized).numpy()}))
`, nil)
	docs := documents(t, out)
	n, err := graph.FromDocument(docs[0])
	if err != nil {
		t.Fatal(err)
	}
	want, err := format.Values[float32](docs[1].Tensor("logits"))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "model", scored(t, n, *docs[1].Tensor("image")), want)
	if fmt.Sprint(n.Classes) != "[a b c d e]" || n.Arch != "Model" || n.Graph.Nodes[0].Name != "normalize" {
		t.Errorf("%v, %s, %+v", n.Classes, n.Arch, n.Graph.Nodes[0])
	}
	for name, node := range map[string]string{"layer1": "layer1.1.relu_2", "layer1.0": "layer1.0.relu_2", "gate": "gate.mul", "logits": "fc"} {
		if got := n.Graph.Aliases[name]; got != node {
			t.Errorf("alias %s is %q, want %s; aliases are %v", name, got, node, n.Graph.Aliases)
		}
	}
}

// A module that takes one channel is a net of gray images.
func TestGrayNetFromPyTorch(t *testing.T) {
	out := run(t, torchPython(), `
import sys, torch, herbarium_net as hn, herbarium_stream as hs
from torch import nn
torch.manual_seed(0)
made = nn.Sequential(nn.Conv2d(1, 4, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 49, 3)).eval()
x = torch.rand(2, 1, 14, 14)
with hs.Writer(sys.stdout.buffer) as out, torch.no_grad():
    out.write(hn.from_torch(made, (1, 14, 14), list("abc"), 0.1307, [0.3081]))
    out.write(hs.Document({}, {"image": x.numpy(), "logits": made((x - 0.1307) / 0.3081).numpy()}))
`, nil)
	docs := documents(t, out)
	n, err := graph.FromDocument(docs[0])
	if err != nil {
		t.Fatal(err)
	}
	want, err := format.Values[float32](docs[1].Tensor("logits"))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "gray", scored(t, n, *docs[1].Tensor("image")), want)
}

// What has no place in a net is refused in one line that names it.
func TestPyTorchThatIsNoNet(t *testing.T) {
	out := run(t, torchPython(), `
import torch, herbarium_net as hn, herbarium_stream as hs
from torch import nn
head = lambda *layers: nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
class Where(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x
class Rows(nn.Module):
    def forward(self, x):
        return x * torch.ones(8, 8)
class Less(nn.Module):
    def forward(self, x):
        return x - x.relu()
class Random(nn.Module):
    def forward(self, x):
        return nn.functional.dropout(x, 0.5, True)
for layer in [nn.PixelShuffle(2), nn.GroupNorm(2, 8), nn.Conv2d(8, 8, 3, padding_mode="reflect"), nn.AdaptiveAvgPool2d(3), Where(), Rows(), Less(), Random(),
              nn.Upsample(scale_factor=2, mode="bicubic"), nn.BatchNorm2d(8, track_running_stats=False)]:
    try:
        hn.from_torch(head(nn.Conv2d(3, 8, 1), layer), (3, 8, 8))
        print("taken", layer)
    except hs.StreamError as e:
        print("refused", str(e).replace("\n", "\\n"))
for arguments in [(nn.Sequential(nn.Conv2d(3, 8, 1)), (3, 8, 8)), (head(nn.Conv2d(2, 8, 1)), (2, 8, 8)), (head(nn.Conv2d(3, 8, 1)), (3, 8, 8), ["a"])]:
    try:
        hn.from_torch(*arguments)
        print("taken")
    except hs.StreamError as e:
        print("refused", str(e))
`, nil)
	want := []string{"PixelShuffle", "GroupNorm", "zero padding", "all positions", "cannot trace", "each index of an axis", "sub", "in every pass",
		"nearest, and bilinear", "running statistics", "logits [N,K]", "(3, H, W)", "1 names of classes for 2 logits"}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%s", out)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, "refused ") || !strings.Contains(line, want[i]) {
			t.Errorf("%s; want it refused with %q", line, want[i])
		}
	}
}
