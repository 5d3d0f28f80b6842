package look

import (
	"fmt"
	"slices"
	"strings"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/ascend"
	"herbarium/internal/canvas"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/objective"
	"herbarium/internal/torch"
)

// Lens is what a run of a tool has in common for all nets.
type Lens struct {
	flags  *Flags
	device torch.Device
	dtype  torch.DType
	seed   uint64
	batch  int
	log    *log
}

// Viewer looks into one net.
type Viewer struct {
	*Lens
	Model  *graph.Net
	photos canvas.Statistics
}

// Open checks the flags and opens the device. It must come before anything is written, also before a net is passed on:
// what goes into the record of the command is settled here.
func (f *Flags) Open(s *cli.Session, c *cli.Compute) (*Lens, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	torch.Open(s.Threads())
	device, err := torch.OpenDevice(string(c.Device))
	if err != nil {
		return nil, err
	}
	s.Record("device", device.String())
	l := &Lens{flags: f, device: device, dtype: torch.F32, seed: c.Seed, batch: s.Batch(16)}
	if c.DType == "bf16" {
		l.dtype = torch.BF16
	}
	if f.Log != "" {
		l.log = &log{}
	}
	return l, nil
}

// Close writes the log.
func (l *Lens) Close(s *cli.Session) error {
	if l.log == nil {
		return nil
	}
	return s.WriteFile(l.flags.Log, l.log.write)
}

// On is a viewer of a net.
func (l *Lens) On(d *format.Document) (*Viewer, error) {
	model, err := graph.FromDocument(d)
	if err != nil {
		return nil, err
	}
	if _, err := model.Graph.Find(graph.Logits); err != nil {
		return nil, fmt.Errorf("the net does not say which layer is its logits: %w", err)
	}
	v := &Viewer{Lens: l, Model: model}
	v.photos, err = statistics(model)
	return v, err
}

// Sized is the viewer for pictures of another size than the net was made for, if its graph allows it.
func (v *Viewer) Sized(height, width int) (*Viewer, error) {
	in := graph.Shape{v.Model.Input[0], height, width}
	if slices.Equal(in, v.Model.Input) {
		return v, nil
	}
	if _, err := v.Model.Graph.Shapes(in); err != nil {
		return nil, cli.Hint(fmt.Errorf("pictures of %dx%d do not fit the net: %w", height, width, err),
			"the net was made for %dx%d; ingest --for NET prepares photos", v.Model.Input[1], v.Model.Input[2])
	}
	out, model := *v, *v.Model
	model.Input = in
	out.Model = &model
	return &out, nil
}

// statistics are what the net knows of its training photos; ImageNet's colors where it knows nothing.
func statistics(model *graph.Net) (canvas.Statistics, error) {
	out := canvas.Statistics{Color: canvas.DefaultColor()}
	covariance, err := stat(model, "color.cov")
	if err != nil {
		return out, err
	}
	if covariance != nil {
		wide := make([]float64, len(covariance))
		for i, v := range covariance {
			wide[i] = float64(v)
		}
		if out.Color, err = canvas.NewColor(wide); err != nil {
			return out, err
		}
	}
	if t, ok := model.Stats["spectrum"]; ok && len(t.Shape) == 3 && t.Shape[0] == 3 && len(model.Input) == 3 &&
		t.Shape[1] == model.Input[1] && t.Shape[2] == model.Input[2]/2+1 {
		if out.Spectrum, err = format.Float32s(&t); err != nil {
			return out, err
		}
		out.SpectrumHeight, out.SpectrumWidth = model.Input[1], model.Input[2]
	}
	return out, nil
}

// stat is one of the net's statistics; nil if it has none of that name.
func stat(model *graph.Net, name string) ([]float32, error) {
	t, ok := model.Stats[name]
	if !ok {
		return nil, nil
	}
	return format.Float32s(&t)
}

// floats are a tensor's values, of which there must be n.
func floats(t *format.Tensor, n int) ([]float32, error) {
	v, err := format.Float32s(t)
	if err == nil && len(v) != n {
		err = fmt.Errorf("%d values, not %d", len(v), n)
	}
	return v, err
}

// Randomized is the viewer of the net with the weights of layers drawn anew as for training (He et al. 2015): a
// picture that looks the same for it does not show what was learned (Adebayo et al. 2018).
func (v *Viewer) Randomized() (*Viewer, error) {
	drawn, err := arch.Init(v.Model.Graph, v.Model.Input, v.seed)
	if err != nil {
		return nil, err
	}
	model := *v.Model
	model.Params = map[string]format.Tensor{}
	for name, p := range v.Model.Params {
		model.Params[name] = p
	}
	for _, layer := range v.flags.Randomize {
		prefix := layer
		if node, err := v.Model.Graph.Find(layer); err == nil && layer == graph.Logits {
			prefix = node.Name
		}
		found := layer == "all"
		for name, p := range drawn {
			if layer == "all" || strings.HasPrefix(name, prefix+".") {
				model.Params[name] = p
				found = true
			}
		}
		if !found {
			_, err := v.Model.Graph.Find(layer)
			if err == nil {
				err = fmt.Errorf("layer %s has no weights", layer)
			}
			return nil, fmt.Errorf("--randomize-weights: %w", err)
		}
	}
	out := *v
	out.Model = &model
	return &out, nil
}

// Make makes the pictures of items in batches, in the items' order, on the canvas at the size of the viewer's input.
// Items of one batch end at the same layer; for a matching goal, they have the same unit.
func (v *Viewer) Make(s *cli.Session, items []ascend.Item, o Options) ([]ascend.Result, error) {
	var units []objective.Unit
	for _, item := range items {
		units = append(units, item.Unit)
	}
	priors, err := v.priors(units)
	if err != nil {
		return nil, err
	}
	names := append(objective.Nodes(units), graph.Logits)
	if o.Diversity > 0 {
		names = append(names, o.Node)
	}
	for _, l := range priors.Norms {
		names = append(names, l.Node)
	}
	n, err := net.View(v.Model, names, net.Options{Device: v.device, DType: v.dtype})
	if err != nil {
		return nil, err
	}
	defer n.Close()
	keep := torch.NewScope()
	defer keep.Close()
	on, err := canvas.New(v.flags.Canvas, keep, v.Model.Input[1], v.Model.Input[2], v.photos, v.device)
	if err != nil {
		return nil, err
	}
	if err := torch.Do(func(s *torch.Scope) error { return priors.load(keep, s, v.device) }); err != nil {
		return nil, err
	}
	rows, err := v.Model.Graph.Table(v.Model.Input)
	if err != nil {
		return nil, err
	}
	results := make([]ascend.Result, len(items))
	bar := s.Progress(len(items)*v.flags.Steps, "steps")
	for _, batch := range ascend.Batches(v.Model.Graph, items, v.batch, o.together()) {
		part := make([]ascend.Item, len(batch))
		for i, at := range batch {
			part[i] = items[at]
		}
		config := ascend.Config{
			Objective: o.Objective, Steps: v.flags.Steps, Rate: v.flags.Rate, Beta2: o.Beta2, Seed: v.seed, Snapshots: v.flags.Snapshots,
			Transform: v.flags.transform(stride(rows, part[0].Unit)), Settle: v.flags.Settle, StopGain: o.StopGain,
			Priors: priors.of(rows, part, o.VectorTV), Alpha: v.flags.Canvas == "phase",
		}
		if o.Diversity > 0 {
			config.Objective = ascend.Diverse(o.Objective, o.Node, o.Diversity)
		}
		made, err := ascend.Run(n, on, part, config, ascend.Hooks{Step: func() { bar.Add(len(part)) }, Log: v.log.hook(part)})
		if err != nil {
			return nil, err
		}
		for i, at := range batch {
			results[at] = made[i]
		}
	}
	bar.Done()
	return results, nil
}

// Options are what a tool wants beyond its flags.
type Options struct {
	Objective ascend.Objective
	Matching  bool     // items of a batch share their unit
	Measures  []string // of the objective, that the pictures' items carry
	StopGain  float64  // see [ascend.Config]
	Beta2     float64  // see [ascend.Config]
	FromPhoto bool     // start from the item's photo
	// Octaves are the sizes at which a picture is made, each OctaveScale larger than the one before; 0 is 1.
	Octaves     int
	OctaveScale float64
	// VectorTV multiplies the weight of total variation at the end of a run, for layers without positions; 0 is 1.
	VectorTV  float64
	Diversity float64 // weight, see [ascend.Diverse]; 0 for none
	Node      string  // where Diversity looks
}

func (o Options) together() ascend.Grouping {
	switch {
	case o.Diversity > 0:
		return ascend.ByRestarts
	case o.Matching:
		return ascend.ByUnit
	}
	return ascend.ByDepth
}
