package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/random"
	"herbarium/internal/robustness"
)

const side = 4

var classNames = []string{"daisy", "rose", "tulip", "iris"}

// bowl is a small honest net with curved boundaries; edit may spoil it.
func bowl(classes int, edit func(*graph.Net)) *graph.Net {
	r := random.New(4, 4)
	const d, hidden = 3 * side * side, 24
	draw := func(name string, scale float64, shape ...int) format.Tensor {
		n := 1
		for _, k := range shape {
			n *= k
		}
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(scale * r.NormFloat64())
		}
		return format.Of(name, shape, v)
	}
	n := &graph.Net{Arch: "bowl", Classes: classNames[:classes], Input: graph.Shape{3, side, side}, Graph: &graph.Graph{Nodes: []graph.Node{
		{Name: "normalize", In: []string{graph.Input}, Op: graph.Normalize{Mean: []float64{0.5, 0.5, 0.5}, Std: []float64{1, 1, 1}}},
		{Name: "flatten", In: []string{"normalize"}, Op: graph.Flatten{}},
		{Name: "hidden", In: []string{"flatten"}, Op: graph.Linear{Out: hidden, Bias: true}},
		{Name: "act", In: []string{"hidden"}, Op: graph.SiLU{}},
		{Name: "fc", In: []string{"act"}, Op: graph.Linear{Out: classes, Bias: true}},
	}, Aliases: map[string]string{graph.Logits: "fc"}}, Params: map[string]format.Tensor{}}
	for _, t := range []format.Tensor{draw("hidden.weight", 1, hidden, d), draw("hidden.bias", 0.3, hidden), draw("fc.weight", 1, classes, hidden), draw("fc.bias", 0.1, classes)} {
		n.Params[t.Name] = t
	}
	if edit != nil {
		edit(n)
	}
	return n
}

// photos are labeled at random: about one in as many classes is right.
func photos(n, classes int, edit func(*images.Batch)) *images.Batch {
	b := &images.Batch{Classes: classNames[:classes], Height: side, Width: side}
	for i := range n {
		r := random.New(5, uint64(i))
		for range 3 * side * side {
			b.U8 = append(b.U8, byte(r.IntN(256)))
		}
		b.Labels = append(b.Labels, int64(r.IntN(classes)))
		b.Items = append(b.Items, images.Item{"name": fmt.Sprintf("photo-%d", i)})
	}
	if edit != nil {
		edit(b)
	}
	return b
}

type outcome struct {
	status         int
	stdout, stderr string
}

// toolOn runs the tool on a net in a file and images on standard input.
func toolOn(t *testing.T, n *graph.Net, b *images.Batch, args ...string) outcome {
	t.Helper()
	var in, out, diagnostics bytes.Buffer
	d, err := b.Document()
	if err != nil {
		t.Fatal(err)
	}
	stream(t, &in, d)
	p := cli.Process{Args: append([]string{"--net", saved(t, n), "--threads", "1"}, args...), Stdin: &in, Stdout: &out, Stderr: &diagnostics}
	status := p.Run("adversary", manual, &command{})
	return outcome{status, out.String(), diagnostics.String()}
}

func saved(t *testing.T, n *graph.Net) string {
	t.Helper()
	d, err := n.Document()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "net.st.zst")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	stream(t, f, d)
	return path
}

func stream(t *testing.T, to io.Writer, docs ...*format.Document) {
	t.Helper()
	w := format.NewWriter(to, format.WriterOptions{})
	for _, d := range docs {
		if err := w.Write(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// read takes the images and the report out of a stream.
func read(t *testing.T, text string) (*images.Batch, robustness.Result) {
	t.Helper()
	var batch *images.Batch
	var report robustness.Result
	r := format.NewReader(strings.NewReader(text), format.Limits{})
	for {
		d, err := r.Next()
		if errors.Is(err, io.EOF) {
			return batch, report
		}
		if err != nil {
			t.Fatal(err)
		}
		switch d.Kind() {
		case images.Kind:
			if batch, err = images.FromDocument(d); err != nil {
				t.Fatal(err)
			}
		case "report":
			if err := json.Unmarshal(d.Tensor("json").Data, &report); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What cannot be attacked is said in a line that names the item or the flag, and leaves nothing.
func TestBadInput(t *testing.T) {
	softmax := func(n *graph.Net) {
		n.Graph.Nodes = append(n.Graph.Nodes, graph.Node{Name: "softmax", In: []string{"fc"}, Op: graph.Softmax{}})
		n.Graph.Aliases[graph.Logits] = "softmax"
	}
	overflow := func(n *graph.Net) {
		for name, p := range n.Params {
			v, _ := format.Float32s(&p)
			big := make([]float32, len(v))
			for i := range v {
				big[i] = v[i] * 1e30
			}
			n.Params[name] = format.Of(name, p.Shape, big)
		}
	}
	toFloat := func(value float32) func(*images.Batch) {
		return func(b *images.Batch) {
			b.F32 = make([]float32, len(b.U8))
			b.U8 = nil
			b.F32[3*side*side+1] = value
		}
	}
	for name, c := range map[string]struct {
		net    func(*graph.Net)
		images func(*images.Batch)
		args   []string
		status int
		want   []string
	}{
		"pixel above 1":  {nil, toFloat(1.5), nil, 1, []string{`document 1 (images): item 1 (photo-1): tensor "image" has values from 0 to 1.5, want pixels from 0 to 1`, "hint: clip them"}},
		"pixel below 0":  {nil, toFloat(-0.1), nil, 1, []string{`item 1 (photo-1): tensor "image" has values from -0.1 to 0`, "hint: undo the normalization"}},
		"pixel NaN":      {nil, toFloat(float32(math.NaN())), nil, 1, []string{`item 1 (photo-1): tensor "image" has NaN at [0 0 1]`}},
		"no labels":      {nil, func(b *images.Batch) { b.Labels, b.Classes = nil, nil }, nil, 1, []string{`item "photo-0" has no label`, "hint: put photos into one folder per class"}},
		"a label lacks":  {nil, func(b *images.Batch) { b.Labels[2] = images.NoLabel }, nil, 1, []string{`item "photo-2" has no label`}},
		"unknown class":  {nil, func(b *images.Batch) { b.Classes = []string{"daisy", "rose", "tulip", "orchid"}; b.Labels[0] = 3 }, nil, 1, []string{`the net has no class "orchid"; its classes are "daisy", "rose", "tulip", "iris"`}},
		"size":           {func(n *graph.Net) { n.Input = graph.Shape{3, 4, 4} }, func(b *images.Batch) { b.Height, b.Width = 2, 8 }, nil, 0, []string{"warning: images are 2x8 and the net was made for 4x4; ingest --for NET makes them fit"}},
		"probabilities":  {softmax, nil, nil, 1, []string{"outputs look like probabilities", "--no-verdict"}},
		"NaN logits":     {overflow, nil, nil, 1, []string{`item "photo-0": the logit of class 0 is`}},
		"eps 8":          {nil, nil, []string{"--eps", "8"}, 2, []string{"--eps: 8 is more than the whole range of a pixel", "for 8 steps of 8-bit pixels write 8/255"}},
		"eps negative":   {nil, nil, []string{"--eps=-1/255"}, 2, []string{"--eps: -1/255 is negative"}},
		"eps no number":  {nil, nil, []string{"--eps", "1/0"}, 2, []string{`--eps: "1/0" is not a number`}},
		"eps word":       {nil, nil, []string{"--eps", "small"}, 2, []string{`--eps: "small" is not a number`}},
		"eps twice":      {nil, nil, []string{"--eps", "0.1,0.1"}, 2, []string{"a radius is given twice"}},
		"unknown attack": {nil, nil, []string{"--attack", "pgdd"}, 2, []string{`no attack is called "pgdd"; there are noise, fgsm, pgd`}},
		"unknown target": {nil, nil, []string{"--target", "dasy"}, 1, []string{`target: the net has no class "dasy"; nearest is "daisy"`}},
		"two targets":    {nil, nil, []string{"--target", "rose", "--targeted", "least"}, 2, []string{"exclude each other"}},
		"no classes":     {func(n *graph.Net) { n.Classes = nil }, nil, nil, 1, []string{"the net does not name its classes"}},
		"steps":          {nil, nil, []string{"--steps=-1"}, 2, []string{"--steps -1 must be 0 or more"}},
		"no net":         {nil, nil, []string{"--compare", "absent"}, 1, []string{"absent"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := toolOn(t, bowl(4, c.net), photos(6, 4, c.images), append(c.args, "-o", filepath.Join(t.TempDir(), "x"))...)
			if o.status != c.status {
				t.Errorf("status %d, want %d: %s", o.status, c.status, o.stderr)
			}
			for _, want := range c.want {
				if !strings.Contains(o.stderr, want) {
					t.Errorf("no %q in %q", want, o.stderr)
				}
			}
		})
	}
}

// What is written is what is reported: sources as they came, changes within eps, the report's counts those of the items.
func TestOutput(t *testing.T) {
	b := photos(60, 4, nil)
	o := toolOn(t, bowl(4, nil), b, "--eps", "0.01,0.03,0.3", "--attack", "fgsm,pgd", "--steps", "20")
	if o.status != 0 {
		t.Fatal(o.stderr)
	}
	out, report := read(t, o.stdout)
	if out.Len() != 60 || report.Items != 60 || len(report.Curve) != 3 || len(report.Curve[0].Attacks) != 2 {
		t.Fatalf("%d images, report %+v", out.Len(), report)
	}
	source, err := format.Values[uint8](&out.Extra[0])
	if err != nil || out.Extra[0].Name != "source" || !bytes.Equal(source, b.U8) {
		t.Errorf("the source is not what came: %v", err)
	}
	clean, robust := 0, []int{0, 0, 0}
	for i, item := range out.Items {
		label := out.Class(i)
		if item.Text("before") == label {
			clean++
		}
		eps, attacked := item.Number("eps")
		for k, p := range report.Curve {
			if item.Text("before") == label && (!attacked || eps > p.Eps+1e-9) {
				robust[k]++
			}
		}
		largest := 0.0
		for k := range 3 * side * side {
			at := i*3*side*side + k
			largest = math.Max(largest, math.Abs(float64(out.F32[at])-float64(b.U8[at])/255))
		}
		if linf, _ := item.Number("linf"); attacked && (math.Abs(linf-largest) > 1e-6 || largest > eps+1e-6 || item.Text("predicted") == label) {
			t.Errorf("item %d: changed by %v, it says %v, eps %v, predicted %s of class %s", i, largest, linf, eps, item.Text("predicted"), label)
		}
		if !attacked && largest > 1e-6 {
			t.Errorf("item %d was not broken but changed by %v", i, largest)
		}
	}
	if clean != report.Clean.Count {
		t.Errorf("%d right by the items, %d by the report", clean, report.Clean.Count)
	}
	for k, p := range report.Curve {
		if robust[k] != p.Robust.Count {
			t.Errorf("eps %v: %d withstand by the items, %d by the report", p.Eps, robust[k], p.Robust.Count)
		}
		if k > 0 && p.Robust.Count > report.Curve[k-1].Robust.Count {
			t.Errorf("accuracy rises at eps %v", p.Eps)
		}
	}
	if report.Passes.Forward == 0 || report.Passes.Backward == 0 || report.Passes.Backward > report.Passes.Forward || len(report.Verdict) < 9 {
		t.Errorf("passes %+v, %d checks", report.Passes, len(report.Verdict))
	}
}

// The tables and JSON go where they are asked to; two classes have no DLR, and quantized images are 8 bits.
func TestWaysToAsk(t *testing.T) {
	two := bowl(2, nil)
	small := photos(12, 2, nil)
	o := toolOn(t, two, small, "--attack", "apgd-t", "--steps", "10", "--no-verdict", "--table")
	if o.status != 0 || !strings.Contains(o.stdout, "apgd-t") || !strings.Contains(o.stdout, "withstand") {
		t.Errorf("two classes with dlr: %+v", o)
	}
	o = toolOn(t, two, small, "--quantize", "--no-verdict", "--eps", "20/255", "--loss", "dlr")
	if out, _ := read(t, o.stdout); o.status != 0 || out.U8 == nil {
		t.Errorf("quantized: %d %s", o.status, o.stderr)
	}
	o = toolOn(t, two, small, "--no-verdict", "--json", "--norm", "l2", "--attack", "deepfool")
	var report robustness.Result
	if err := json.Unmarshal([]byte(o.stdout), &report); o.status != 0 || err != nil || report.Distance == nil || report.Curve[0].Robust.Count != 0 {
		t.Errorf("deepfool: %+v: %v", o, err)
	}
	four, many := bowl(4, nil), photos(40, 4, nil)
	o = toolOn(t, four, many, "--targeted", "random", "--no-verdict", "--json", "--eps", "1", "--steps", "50")
	if err := json.Unmarshal([]byte(o.stdout), &report); o.status != 0 || err != nil || report.Curve[0].Robust.Count > 10 {
		t.Errorf("targeted: %+v: %v", o, err)
	}
	o = toolOn(t, four, many, "--target", "rose", "--no-verdict", "--json")
	if err := json.Unmarshal([]byte(o.stdout), &report); err != nil || report.LeftOut == 0 || report.Items+report.LeftOut != 40 {
		t.Errorf("target: %+v: %v", o, err)
	}
	other := saved(t, bowl(4, func(n *graph.Net) {
		p := n.Params["fc.bias"]
		n.Params["fc.bias"] = format.Of("fc.bias", p.Shape, []float32{3, 0, 0, 0})
	}))
	plot := filepath.Join(t.TempDir(), "curve.png")
	o = toolOn(t, four, many, "--compare", other, "--no-verdict", "--json", "--plot", plot, "--eps", "0.01,0.02")
	report = robustness.Result{}
	if err := json.Unmarshal([]byte(o.stdout), &report); err != nil || report.Compare == nil || len(report.Compare.Paired) != 2 || report.Compare.Paired[0].Items != 40 {
		t.Errorf("compare: %+v: %v", o, err)
	}
	if info, err := os.Stat(plot); err != nil || info.Size() < 1000 {
		t.Errorf("plot: %v", err)
	}
	o = toolOn(t, four, many, "--surrogate", other, "--no-verdict", "--json", "--eps", "0.1")
	if err := json.Unmarshal([]byte(o.stdout), &report); o.status != 0 || err != nil {
		t.Errorf("surrogate: %+v: %v", o, err)
	}
}

// A result that a check refuses is not written, and the command fails with the reason.
func TestVerdictRefusesARoundedNet(t *testing.T) {
	rounded := bowl(4, func(n *graph.Net) {
		n.Graph.Nodes = append([]graph.Node{{Name: "mask", In: []string{graph.Input}, Op: graph.Round{Levels: 16}}}, n.Graph.Nodes...)
		n.Graph.Nodes[1].In = []string{"mask"}
	})
	file := filepath.Join(t.TempDir(), "x")
	o := toolOn(t, rounded, photos(40, 4, nil), "--eps", "0.1", "-o", file)
	if o.status != 1 || !strings.Contains(o.stderr, "adversary: verdict: gradients that are zero: 100%, at most 1% of 40: the net hides its gradients") {
		t.Errorf("%d: %s", o.status, o.stderr)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the refused result was written")
	}
	if o := toolOn(t, rounded, photos(40, 4, nil), "--eps", "0.1", "-o", file, "--no-verdict"); o.status != 0 {
		t.Errorf("without a verdict: %s", o.stderr)
	}
	noisy := bowl(4, func(n *graph.Net) {
		n.Graph.Nodes = append([]graph.Node{{Name: "mask", In: []string{graph.Input}, Op: graph.Noise{Sigma: 0.05}}}, n.Graph.Nodes...)
		n.Graph.Nodes[1].In = []string{"mask"}
	})
	o = toolOn(t, noisy, photos(40, 4, nil), "--eps", "0.1", "-o", file)
	if o.status != 1 || !strings.Contains(o.stderr, "answers at random: --eot N") {
		t.Errorf("%d: %s", o.status, o.stderr)
	}
}
