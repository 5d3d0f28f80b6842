package look

import (
	"math"
	"testing"

	"herbarium/format"
	"herbarium/internal/ascend"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/net"
	"herbarium/internal/objective"
	"herbarium/internal/optimize"
	"herbarium/internal/progress"
	"herbarium/internal/torch"
)

// The nets of these tests, small enough to be computed by hand.
const (
	// linearNet [3,4,4] has logits that are linear in the pixels.
	linearNet = `{"nodes":[{"name":"flat","op":"flatten","in":["input"]},
		{"name":"fc","op":"linear","in":["flat"],"out":2,"bias":true}],"aliases":{"logits":"fc"}}`
	// brightnessNet takes pictures of any size; its logits are linear in the mean color.
	brightnessNet = `{"nodes":[{"name":"gap","op":"gap","in":["input"]},{"name":"flat","op":"flatten","in":["gap"]},
		{"name":"fc","op":"linear","in":["flat"],"out":2,"bias":true}],"aliases":{"logits":"fc"}}`
	// convNet has maps of two layers, of 2 channels at stride 2 and of 3 channels.
	convNet = `{"nodes":[
		{"name":"a","op":"conv","in":["input"],"out":2,"kernel":[3,3],"stride":[2,2],"pad":[1,1],"dilation":[1,1],"groups":1,"bias":true},
		{"name":"r","op":"relu","in":["a"]},
		{"name":"b","op":"conv","in":["r"],"out":3,"kernel":[3,3],"stride":[1,1],"pad":[1,1],"dilation":[1,1],"groups":1,"bias":true},
		{"name":"gap","op":"gap","in":["b"]},{"name":"flat","op":"flatten","in":["gap"]},
		{"name":"fc","op":"linear","in":["flat"],"out":2,"bias":true}],"aliases":{"logits":"fc","layer1":"r","layer2":"b"}}`
)

// newNet has weights from -0.5 to 0.5 that are not alike and not zero, and the classes daisy and rose.
func newNet(t *testing.T, text string, height, width int) *graph.Net {
	t.Helper()
	g, err := graph.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	model := &graph.Net{Graph: g, Input: graph.Shape{3, height, width}, Classes: []string{"daisy", "rose"},
		Params: map[string]format.Tensor{}, Stats: map[string]format.Tensor{}}
	params, err := g.Params(model.Input)
	if err != nil {
		t.Fatal(err)
	}
	for k, p := range params {
		setParam(model, p.Name, p.Shape, func(i int) float64 { return 0.5 * math.Sin(float64(3*i*i+i+k+1)) })
	}
	return model
}

func setParam(model *graph.Net, name string, shape []int, value func(i int) float64) {
	n := 1
	for _, d := range shape {
		n *= d
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(value(i))
	}
	model.Params[name] = format.Of(name, shape, values)
}

func setStatistic(model *graph.Net, name string, values ...float32) {
	model.Stats[name] = format.Of("stat."+name, []int{len(values)}, values)
}

func param(t *testing.T, model *graph.Net, name string) []float32 {
	t.Helper()
	p := model.Params[name]
	values, err := format.Float32s(&p)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// newViewer optimizes pixels without transforms.
func newViewer(t *testing.T, model *graph.Net, steps int) *Viewer {
	t.Helper()
	v, err := New(model, Options{
		Net: net.Options{Device: torch.CPU, DType: torch.F32}, Batch: 2, Canvas: "pixel", Progress: progress.None,
		Ascent: ascend.Config{Objective: ascend.Activation, Steps: steps, Rate: optimize.Constant(0.1), Seed: 5},
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func unitsOf(t *testing.T, model *graph.Net, texts ...string) (units []objective.Unit) {
	t.Helper()
	for _, text := range texts {
		u, err := objective.Parse(text, model)
		if err != nil {
			t.Fatal(err)
		}
		units = append(units, u)
	}
	return units
}

func itemsOf(t *testing.T, model *graph.Net, texts ...string) (items []ascend.Item) {
	t.Helper()
	for i, u := range unitsOf(t, model, texts...) {
		items = append(items, ascend.Item{Name: u.Text, Unit: u, Group: i, Keys: []uint64{uint64(i)}})
	}
	return items
}

// newPhotos are n photos of noise, of the classes tulip and daisy in turn.
func newPhotos(n, height, width int) []Photo {
	photos := make([]Photo, n)
	for i := range photos {
		p := Photo{Height: height, Width: width, Class: []string{"tulip", "daisy"}[i%2], Item: images.Item{"name": string(rune('A' + i))},
			Pixels: make([]float32, 3*height*width)}
		for k := range p.Pixels {
			p.Pixels[k] = float32(0.5 + 0.5*math.Sin(float64((i+1)*(k*k+7*k+1))))
		}
		photos[i] = p
	}
	return photos
}

// activations are those of a layer of convNet or linearNet for a picture [3,H,W], computed in double precision from the
// definitions: [C][position].
func activations(t *testing.T, model *graph.Net, picture []float32, layer string) [][]float64 {
	t.Helper()
	height, width := model.Input[1], model.Input[2]
	x := make([][]float64, 3)
	for i, v := range picture {
		x[i/(height*width)] = append(x[i/(height*width)], float64(v))
	}
	linear := func(in []float64) [][]float64 {
		weight, bias := param(t, model, "fc.weight"), param(t, model, "fc.bias")
		out := make([][]float64, len(bias))
		for k := range out {
			sum := float64(bias[k])
			for i, v := range in {
				sum += float64(weight[k*len(in)+i]) * v
			}
			out[k] = []float64{sum}
		}
		return out
	}
	if _, err := model.Graph.Find("a"); err != nil {
		return linear(append(append(x[0], x[1]...), x[2]...))
	}
	conv := func(x [][]float64, height, width int, name string, stride int) [][]float64 {
		weight, bias := param(t, model, name+".weight"), param(t, model, name+".bias")
		out := make([][]float64, len(bias))
		for o := range out {
			for y := 0; y < height; y += stride {
				for at := 0; at < width; at += stride {
					sum := float64(bias[o])
					for c := range x {
						for dy := range 3 {
							for dx := range 3 {
								if yy, xx := y+dy-1, at+dx-1; yy >= 0 && yy < height && xx >= 0 && xx < width {
									sum += float64(weight[((o*len(x)+c)*3+dy)*3+dx]) * x[c][yy*width+xx]
								}
							}
						}
					}
					out[o] = append(out[o], sum)
				}
			}
		}
		return out
	}
	a := conv(x, height, width, "a", 2)
	if layer == "a" {
		return a
	}
	for _, plane := range a {
		for i, v := range plane {
			plane[i] = math.Max(v, 0)
		}
	}
	if layer == "r" {
		return a
	}
	b := conv(a, height/2, width/2, "b", 1)
	if layer == "b" {
		return b
	}
	var means []float64
	for _, plane := range b {
		means = append(means, mean(plane))
	}
	return linear(means)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func near(a, b, relative float64) bool {
	return math.Abs(a-b) <= relative*math.Max(1, math.Abs(b))
}
