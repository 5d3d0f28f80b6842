package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/checkpoint"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/onnx"
)

// adopt reads a file and makes a net of it.
func (c *command) adopt(s *cli.Session) (*graph.Net, error) {
	data, err := c.read(s)
	if err != nil {
		return nil, err
	}
	if onnx.Is(data) || strings.EqualFold(filepath.Ext(c.File), ".onnx") && !checkpoint.Is(data) {
		return c.adoptONNX(s, data)
	}
	if c.InputName != "" || c.OutputName != "" {
		return nil, errs.Usagef("--input-name and --output-name are for ONNX files; %s is a checkpoint", c.File)
	}
	dicts, err := c.dicts(data)
	if err != nil {
		return nil, err
	}
	found, err := c.find(dicts)
	if err != nil {
		return nil, err
	}
	normalizers := found.normalizers(dicts)
	name, o, err := c.architecture(&found)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.File, err)
	}
	c.normalized(s, normalizers)
	channels := found.channels()
	normalization, err := c.normalization(channels)
	if err != nil {
		return nil, err
	}
	o.Mean, o.Std = normalization.mean, normalization.std
	g, err := arch.Build(name, o)
	if err != nil {
		return nil, err
	}
	if o.Head == "" { // a backbone
		delete(g.Aliases, graph.Logits)
		g.Nodes = g.Nodes[:len(g.Nodes)-1]
	}
	model := &graph.Net{Graph: g, Arch: name}
	if model.Prepare, err = c.prepare(arch.Size(name, o.Stem)); err != nil {
		return nil, err
	}
	model.Input = graph.Shape{channels, model.Prepare.Crop, model.Prepare.Crop}
	if model.Params, err = found.fit(model); err != nil {
		return nil, c.explain(err, name, &found)
	}
	if c.Classes != "" {
		if o.Head == "" {
			return nil, errs.Usagef("--classes: %s has no linear layer that would give them", c.File)
		}
		if model.Classes, err = c.classes(s, o.Classes); err != nil {
			return nil, err
		}
	}
	if c.Channels == "bgr" {
		reverseChannels(g)
	}
	return model, c.say(s, model, &found, o, normalization)
}

// architecture is the one of --arch, or the one that names and shapes tell.
func (c *command) architecture(found *candidate) (string, arch.Options, error) {
	shapes := map[string][]int{}
	for name, t := range found.tensors {
		shapes[name] = t.Shape
	}
	sketch := arch.Recognize(shapes)
	fitting := sketch.Names()
	o := arch.Options{Stem: c.Stem, Shortcut: sketch.Shortcut}
	name := arch.Canonical(c.Arch)
	if name == "" {
		if len(fitting) != 1 {
			return "", o, errs.Hint(fmt.Errorf("no known architecture has %s", sketch),
				"--arch names one, and what does not fit is listed: %s", strings.Join(arch.Names(), ", "))
		}
		name = fitting[0]
	}
	if o.Stem == "" && slices.Contains(fitting, name) {
		if stems := sketch.Unsure(); stems != nil {
			return "", o, errs.Hint(fmt.Errorf("it is a %s with a 3x3 convolution first, and whether pooling follows cannot be seen", name),
				"--stem %s", strings.Join(stems, ", or --stem "))
		}
		o.Stem = sketch.Stem
	}
	if c.NoClasses {
		found.headless()
	}
	head, weight, err := found.head()
	if err != nil {
		return "", o, err
	}
	if o.Head, o.Classes = head, 1; head != "" {
		o.Classes = weight.Shape[0]
	}
	return name, o, nil
}

// fit gives the net its parameters, by the names that its graph has for them.
func (n *candidate) fit(model *graph.Net) (map[string]format.Tensor, error) {
	tensors := maps.Clone(n.outside)
	if tensors == nil {
		tensors = map[string]*checkpoint.Tensor{}
	}
	maps.Copy(tensors, n.tensors)
	maps.DeleteFunc(tensors, func(name string, _ *checkpoint.Tensor) bool {
		norm, ok := strings.CutSuffix(name, ".num_batches_tracked")
		return ok && tensors[norm+".running_mean"] != nil
	})
	params := map[string]format.Tensor{}
	for name, t := range tensors {
		params[name] = format.Tensor{DType: asFloat(t.DType), Shape: t.Shape}
	}
	if err := model.Graph.CheckParams(model.Input, params); err != nil {
		return nil, err
	}
	var broken []string
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		values, err := tensors[name].Float32s()
		if err != nil {
			return nil, err
		}
		params[name] = format.Of(name, tensors[name].Shape, values)
		if err := graph.CheckFinite(name, params[name]); err != nil {
			broken = append(broken, err.Error())
		}
	}
	if broken != nil {
		return nil, errs.List(fmt.Errorf("%d tensors of the net hold no finite numbers: no net of the stream does", len(broken)), broken)
	}
	return params, nil
}

// asFloat is the type that a tensor has in the net: every type of float becomes F32.
func asFloat(t format.DType) format.DType {
	switch t {
	case format.F16, format.BF16, format.F64:
		return format.F32
	}
	return t
}

// explain lists what does not fit, a line each.
func (c *command) explain(err error, name string, found *candidate) error {
	var m *graph.Mismatch
	if !errors.As(err, &m) {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	var lines []string
	for what, names := range map[string][]string{"missing": m.Missing, "unexpected": m.Unexpected, "misshapen": m.Misshapen} {
		for _, n := range names {
			lines = append(lines, what+" "+n)
		}
	}
	slices.Sort(lines)
	err = errs.List(fmt.Errorf("%s does not fit %s: %d keys missing, %d unexpected, %d misshapen",
		c.File, name, len(m.Missing), len(m.Unexpected), len(m.Misshapen)), lines)
	shapes := map[string][]int{}
	for name, t := range found.tensors {
		shapes[name] = t.Shape
	}
	sketch := arch.Recognize(shapes)
	switch fitting := sketch.Names(); {
	case len(fitting) == 1 && fitting[0] != name:
		return errs.Hint(err, "its layers are those of %s", fitting[0])
	case len(fitting) == 0:
		return errs.Hint(err, "it has %s", sketch)
	case len(m.Missing)+len(m.Misshapen) == 0 && len(found.outside) > 0 && found.path != "":
		return errs.Hint(err, "--prefix %s leaves out what is not under it", found.path)
	}
	return err
}

// say tells and records what was found, and what was assumed.
func (c *command) say(s *cli.Session, model *graph.Net, found *candidate, o arch.Options, norm normalization) error {
	told := ""
	if c.Arch == "" {
		told = ", told from its layers"
	}
	under := ""
	if found.path != "" {
		under = fmt.Sprintf(" under %q", found.path)
	}
	stem := ""
	if o.Stem != "" {
		stem = " with stem " + o.Stem
		s.Record("stem", o.Stem)
	}
	s.Record("arch", model.Arch)
	if err := sayEnd(s, model.Arch+stem+told+under, model); err != nil {
		return err
	}
	c.sayPhotos(s, model, norm)
	return nil
}

// sayPhotos tells and records how photos are prepared, which no file says.
func (c *command) sayPhotos(s *cli.Session, model *graph.Net, norm normalization) {
	p := model.Prepare
	s.Infof("photos: shorter side %d pixels, %s, center %d; normalization %s (--norm and others change it)", p.Resize, p.Interpolation, p.Crop, norm)
	if head, err := model.Graph.Find(graph.Logits); err == nil && model.Classes == nil && !single(model, head) {
		s.Infof("the classes have no names: --classes FILE gives them")
	}
	s.Record("input", fmt.Sprint(p.Crop))
	s.Record("resize", fmt.Sprint(p.Resize))
	s.Record("interpolation", p.Interpolation)
	if len(c.Mean) == 0 {
		s.Record("norm", norm.norm)
	}
}
