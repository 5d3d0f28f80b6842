package measure

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// read is a file that testdata/make_reference.py wrote with PyTorch.
func read(t *testing.T, name string) *format.Document {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := format.NewReader(f, format.Limits{}).Next()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// reference is the net of testdata, and what PyTorch says about it.
func reference(t *testing.T) (*graph.Net, *format.Document) {
	t.Helper()
	model, err := graph.FromDocument(read(t, "net.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	return model, read(t, "reference.safetensors")
}

func classifier(t *testing.T, model *graph.Net, layers ...string) *Classifier {
	t.Helper()
	c, err := NewClassifier(model, layers, net.Options{Device: torch.CPU, DType: torch.F32})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func floats(t *testing.T, d *format.Document, name string) []float32 {
	t.Helper()
	v, err := format.Values[float32](d.Tensor(name))
	if err != nil {
		t.Fatal(name, err)
	}
	return v
}

// near compares with PyTorch's values, relative to the largest of them.
func near(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	largest := 0.0
	for _, v := range want {
		largest = math.Max(largest, math.Abs(float64(v)))
	}
	if largest == 0 {
		t.Fatalf("%s: the reference is zero", what)
	}
	for i := range got {
		if far := math.Abs(float64(got[i]) - float64(want[i])); !(far <= 2e-6*largest) {
			t.Fatalf("%s: value %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

func TestLogitsEqualPyTorch(t *testing.T) {
	torchtest.Pin(t)
	model, ref := reference(t)
	c := classifier(t, model)
	logits, err := c.Logits(*ref.Tensor("picture"))
	if err != nil {
		t.Fatal(err)
	}
	var all []float32
	for _, row := range logits {
		all = append(all, row...)
	}
	near(t, "logits", all, floats(t, ref, "logits"))

	values, err := Intensities(*ref.Tensor("picture"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.Logits(format.Of("", ref.Tensor("picture").Shape, values))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "logits of F32 pictures", again[5], logits[5])
}

func TestGradCAMEqualsPyTorch(t *testing.T) {
	torchtest.Pin(t)
	model, ref := reference(t)
	classes, err := format.Values[int64](ref.Tensor("classes"))
	if err != nil {
		t.Fatal(err)
	}
	class := func(i int, _ []float32) (int, error) { return int(classes[i]), nil }
	for _, layers := range [][]string{{"relu1"}, {"relu2"}, {"bn3"}, {"relu3"}, {"relu3", "relu1", "relu2"}} {
		c := classifier(t, model, layers...)
		logits, heat, err := c.GradCAM(*ref.Tensor("picture"), layers, class)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "logits beside it", logits[0], floats(t, ref, "logits")[:7])
		values, err := format.Values[float32](&heat)
		if err != nil {
			t.Fatal(err)
		}
		n, maps, size := heat.Shape[0], heat.Shape[1], heat.Shape[2]*heat.Shape[3]
		for k, layer := range layers {
			var got []float32
			for i := range n {
				got = append(got, values[(i*maps+k)*size:(i*maps+k+1)*size]...)
			}
			name := "heat." + layer
			if layer == "relu3" && len(layers) > 1 { // 6x5 beside maps of 12x10
				name += ".enlarged"
			}
			near(t, name, got, floats(t, ref, name))
		}
	}
}

func TestErrorsEqualPyTorch(t *testing.T) {
	torchtest.Pin(t)
	model, ref := reference(t)
	layers := []string{"bn3", "relu1", "relu2"}
	c := classifier(t, model, layers...)
	errors, err := c.Errors(*ref.Tensor("picture"), *ref.Tensor("original"), layers)
	if err != nil {
		t.Fatal(err)
	}
	for k, layer := range layers {
		var got []float32
		for _, row := range errors {
			got = append(got, float32(row[k]))
		}
		near(t, layer, got, floats(t, ref, "error."+layer))
	}
	same, err := c.Errors(*ref.Tensor("original"), *ref.Tensor("original"), layers)
	if err != nil {
		t.Fatal(err)
	}
	if same[3][1] != 0 {
		t.Errorf("an exact copy has error %g", same[3][1])
	}
}

func TestQualityEqualsPyTorch(t *testing.T) {
	_, ref := reference(t)
	picture, err := Intensities(*ref.Tensor("picture"))
	if err != nil {
		t.Fatal(err)
	}
	original, err := Intensities(*ref.Tensor("original"))
	if err != nil {
		t.Fatal(err)
	}
	torchtest.Pin(t)
	variations, err := Variation(picture, []int{3, 12, 10})
	if err != nil {
		t.Fatal(err)
	}
	var psnr, variation []float32
	const size = 3 * 12 * 10
	for i := range 6 {
		psnr = append(psnr, float32(PSNR(picture[i*size:(i+1)*size], original[i*size:(i+1)*size])))
		variation = append(variation, float32(variations[i]))
	}
	near(t, "psnr", psnr, floats(t, ref, "psnr"))
	near(t, "variation", variation, floats(t, ref, "variation"))
}

func TestWhatDoesNotFit(t *testing.T) {
	torchtest.Pin(t)
	model, _ := reference(t)
	c := classifier(t, model)
	for _, test := range []struct {
		h, w int
		want string
	}{{12, 10, ""}, {40, 37, ""}, {1, 1, ""}, {0, 5, "do not fit"}} {
		if err := c.Fits(graph.Shape{3, test.h, test.w}); test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%dx%d: %v, want %q", test.h, test.w, err, test.want)
		}
	}
	for layer, want := range map[string]string{
		"relu3": "", "normalize": "", "relu9": `layer "relu9" not in this net; nearest are relu1`,
		"fc": "layer fc has no positions", "flat": "layer flat has no positions",
	} {
		if err := CheckMaps(model, layer); want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", layer, err, want)
		}
	}
	model.Graph.Aliases["logits"] = "relu2" // what comes after is a branch that leads nowhere
	if err := CheckMaps(model, "relu3"); err == nil || err.Error() != "the logits do not depend on layer relu3" {
		t.Errorf("a side branch: %v", err)
	}
	model.Classes = nil
	if _, err := NewClassifier(model, nil, net.Options{Device: torch.CPU, DType: torch.F32}); err == nil {
		t.Error("maps pass for logits")
	}
}

func TestLastMaps(t *testing.T) {
	model, _ := reference(t)
	if layer, err := LastMaps(model); err != nil || layer != "relu3" {
		t.Errorf("%q, %v", layer, err)
	}
}

func TestNetWithoutNames(t *testing.T) {
	torchtest.Pin(t)
	model, _ := reference(t)
	model.Classes = nil
	c := classifier(t, model)
	if c.Named || len(c.Classes) != 7 || c.Classes[6] != "6" {
		t.Errorf("classes %v", c.Classes)
	}
}

func TestMemoryIsFlat(t *testing.T) {
	torchtest.Pin(t)
	model, _ := reference(t)
	c := classifier(t, model, "relu3")
	pictures := format.Of("", []int{32, 3, 48, 40}, make([]float32, 32*3*48*40))
	predicted := func(_ int, logits []float32) (int, error) { return Predict(logits).Class, nil }
	run := func(times int) {
		for range times {
			if _, _, err := c.GradCAM(pictures, []string{"relu3"}, predicted); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Errors(pictures, pictures, []string{"relu3"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	run(3)
	before := torchtest.ResidentMiB(t)
	run(40) // each pass holds some 10 MiB
	if grown := torchtest.ResidentMiB(t) - before; grown > 40 {
		t.Errorf("grew by %d MiB", grown)
	}
}
