package main

import (
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"strings"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/look"
	"herbarium/internal/objective"
)

// check refuses flags that contradict each other.
func (c *command) check() error {
	for _, bad := range []struct {
		is   bool
		text string
	}{
		{c.Diversity > 0 && c.Seeds < 2, "--diversity keeps the pictures of a unit apart: it needs --seeds 2 or more"},
		{(c.Exemplars > 0 || c.Top > 0) && c.Photos == "", "--exemplars and --top look at photos: give --photos FILE"},
		{c.All && c.Top > 0, "--all and --top exclude each other"},
		{c.Start && c.All && len(c.Layer) == 0, "--start with --all: give --layer"},
		{c.Start && (c.Top > 0 || c.Exemplars > 0), "--top and --exemplars are for drawing from noise"},
		{c.Start && c.NetFile == "" && c.Size > 0, "--size: the pictures that come with --start have a size"},
	} {
		if bad.is {
			return errs.Usagef("%s", bad.text)
		}
	}
	return nil
}

// unitsFrom adds the units in the file of --units-from to those of --unit: one a line; empty lines and those that begin with #
// say nothing.
func (c *command) unitsFrom(s *cli.Session) error {
	if c.UnitsFrom == "" {
		return nil
	}
	content, err := os.ReadFile(c.UnitsFrom)
	if err != nil {
		return fmt.Errorf("--units-from: %w", err)
	}
	before := len(c.Unit)
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			c.Unit = append(c.Unit, line)
		}
	}
	if len(c.Unit) == before {
		return fmt.Errorf("--units-from: no units in %s", c.UnitsFrom)
	}
	return s.AddInput(c.UnitsFrom, sha256.Sum256(content))
}

// channelsOfStage is how many channels of a stage --all draws where no --layer is named: all stages of a net of photos have
// thousands, which would take days.
const channelsOfStage = 16

// texts are the units asked for, or every class; for --top, every channel of the layers after the named units, whose number it
// returns too. The layers of --all and --top are the net's stages where none is named.
func (c *command) texts(s *cli.Session, model *graph.Net) (texts []string, named int, err error) {
	layers, most := c.Layer, math.MaxInt
	if (c.All || c.Top > 0) && len(layers) == 0 {
		stages, err := model.Stages()
		if err != nil {
			return nil, 0, err
		}
		for _, stage := range stages {
			layer, err := model.Units(stage)
			if err != nil {
				return nil, 0, err
			}
			layers = append(layers, layer)
		}
		if c.All {
			most = channelsOfStage
		}
	}
	if texts, err = objective.Ranges(c.Unit, model); err != nil {
		return nil, 0, err
	}
	named = len(texts)
	values, err := model.Graph.Values(model.Input)
	if err != nil {
		return nil, 0, err
	}
	var cut []string
	for _, layer := range layers {
		if !c.All && c.Top == 0 {
			texts = append(texts, layer)
			continue
		}
		node, err := model.Graph.Find(layer)
		if err != nil {
			return nil, 0, err
		}
		channels := values[node.Name].Map().Channels
		for k := range min(channels, most) {
			texts = append(texts, objective.ChannelOf(layer, k, model))
		}
		if channels > most {
			cut = append(cut, fmt.Sprintf("%s has %d", layer, channels))
		}
	}
	if cut != nil {
		s.Warnf("--all without --layer draws at most %d channels of each stage of the net: %s; --layer LAYER --all draws those of a layer", most, strings.Join(cut, ", "))
	}
	if len(texts) == 0 {
		if err := model.CheckClasses(); err != nil {
			return nil, 0, errs.Hint(err, "say what to draw: --unit LAYER:CHANNEL")
		}
		for _, class := range model.Classes {
			texts = append(texts, graph.Logits+":"+objective.Quote(class))
		}
	}
	return texts, named, nil
}

// units are the texts as units of the net, their directions filled in, and what the photos say of them; --top chooses from those
// after the named ones.
func (c *command) units(s *cli.Session, v *look.Viewer, texts []string, named int) ([]objective.Unit, *look.Survey, error) {
	var units []objective.Unit
	means := false
	for _, text := range texts {
		u, err := objective.Parse(text, v.Model)
		if err != nil {
			return nil, nil, err
		}
		for _, t := range u.Directions() {
			means = means || t.Direction.Kind == "mean"
		}
		units = append(units, u)
	}
	if means && c.Photos == "" {
		return nil, nil, errs.Usagef("mean(CLASS) is of photos: give --photos FILE")
	}
	vectors, err := c.vectors(s)
	if err != nil {
		return nil, nil, err
	}
	var survey *look.Survey
	if c.Photos != "" {
		if survey, err = c.survey(s, v, units); err != nil {
			return nil, nil, err
		}
	}
	for i := range units {
		err := units[i].Resolve(func(node string, d objective.Direction) ([]float64, error) {
			if d.Kind == "mean" {
				return survey.Mean(node, d.Name)
			}
			return vectors.of(d.Name, node, v.Model)
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if c.Top > 0 {
		units = survey.Top(units, named, c.Top)
	}
	return units, survey, nil
}

// survey runs the net on the --photos.
func (c *command) survey(s *cli.Session, v *look.Viewer, units []objective.Unit) (*look.Survey, error) {
	survey, err := v.NewSurvey(units, c.Exemplars)
	if err != nil {
		return nil, err
	}
	defer survey.Close()
	err = s.ReadFile(c.Photos, cli.Handlers{images.Kind: func(d *format.Document) error {
		photos, err := look.Photos(d)
		if err != nil {
			return err
		}
		return survey.Add(photos)
	}})
	if err == nil && survey.Len() == 0 {
		err = fmt.Errorf("%s holds no photos", c.Photos)
	}
	return survey, err
}

// vectors are the tensors of a stream by name.
type vectors map[string]format.Tensor

func (c *command) vectors(s *cli.Session) (vectors, error) {
	out := vectors{}
	if c.Vectors == "" {
		return out, nil
	}
	take := func(d *format.Document) error {
		for _, t := range d.Tensors {
			if len(t.Shape) == 1 {
				out[t.Name] = t
			}
		}
		return nil
	}
	return out, s.ReadFile(c.Vectors, cli.Handlers{"": take, "vectors": take, "report": take, "net": take})
}

// of is a vector by its name, with a value for each channel of the layer.
func (v vectors) of(name, node string, model *graph.Net) ([]float64, error) {
	t, ok := v[name]
	if !ok {
		return nil, errs.Hint(fmt.Errorf("no vector %q", name), "--vectors names a stream that has a tensor %s [C]", name)
	}
	layers, err := model.Graph.Values(model.Input)
	if err != nil {
		return nil, err
	}
	values, err := format.Float32s(&t)
	if channels := layers[node].Map().Channels; err == nil && len(values) != channels {
		err = fmt.Errorf("it has %d values, but %s has %d channels", len(values), node, channels)
	}
	if err != nil {
		return nil, fmt.Errorf("vector %q: %w", name, err)
	}
	out := make([]float64, len(values))
	for i, x := range values {
		out[i] = float64(x)
	}
	return out, nil
}
