// Package score says what a net sees in images and how often it is right. It writes what it finds about each picture into
// its item, and sums up by net: accuracy, confusion, early exits, agreement with a second net, and how near pictures come
// to their originals. It does no input or output; tables and curves are made of the summaries.
package score

import (
	"fmt"
	"slices"
	"time"

	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/measure"
	"herbarium/internal/net"
)

// Options say what to find out.
type Options struct {
	Net   net.Options
	Batch int // pictures computed at once
	// Layers are those at which pictures are compared with their originals.
	Layers []string
	// Originals are what pictures were made from; without any they are the tensor source of each document.
	Originals *Originals
	// Judge is a second net, which says what it sees in the same pictures; nil for none.
	Judge *measure.Classifier
	// Explain are the layers to make Grad-CAM maps at, with GradCAM for the usual one; or maps of what a transformer attends
	// to, of the kinds that measure.AttentionMaps names; or Evidence alone, for the maps of a net's heads.
	Explain []string
	// ExplainClass is the class that maps speak for, as [images.FindClass] reads it, or Predicted or Label.
	ExplainClass string
	// OnlyScale shows a top-down net only the scale with so many rows of pixels; 0 shows all.
	OnlyScale int
	// Exit lets pictures stop at an early head; nil uses the logits.
	Exit *Exit
	// Warnf takes what a user should know, though work goes on.
	Warnf func(layout string, args ...any)
}

// Values of [Options].Explain and ExplainClass that are no names.
const (
	GradCAM   = "gradcam"
	Evidence  = "evidence"
	Predicted = "predicted"
	Label     = "label"
)

// Scorer scores pictures with one net after another.
type Scorer struct {
	Options
	net          *measure.Classifier
	sum          *sum     // of the net in use
	explain      []string // the layers to explain at in that net
	explainClass int      // the class of ExplainClass in that net, where it is one
	warned       map[string]bool
	done         []*sum // of the nets before
	images       int
	busy         time.Duration // of the net
}

// New has no net yet.
func New(o Options) *Scorer { return &Scorer{Options: o} }

// Close frees the net in use, not the judge.
func (s *Scorer) Close() {
	if s.net != nil {
		s.net.Close()
	}
}

// Use takes a net for the pictures that follow.
func (s *Scorer) Use(model *graph.Net) error {
	for _, layer := range s.Layers {
		if _, err := model.Graph.Find(layer); err != nil {
			return err
		}
	}
	if s.OnlyScale != 0 {
		var err error
		if model, err = measure.OnlyScale(model, s.OnlyScale); err != nil {
			return err
		}
	}
	needed, err := s.explainAt(model)
	if err != nil {
		return err
	}
	n, err := measure.NewClassifier(model, slices.Concat(s.Layers, needed), s.Net)
	if err != nil {
		return err
	}
	if len(s.explain) > 0 && s.ExplainClass != Predicted && s.ExplainClass != Label {
		if s.explainClass, err = images.FindClass(n.Classes, s.ExplainClass, "the net"); err != nil {
			n.Close()
			return fmt.Errorf("--explain-class: %w", err)
		}
	}
	s.Close()
	s.net, s.warned = n, map[string]bool{}
	s.finish()
	s.sum = newSum(model, n.Classes, s.Judge != nil)
	if s.Exit != nil {
		if s.sum.exits, err = s.newExits(model); err != nil {
			return err
		}
	}
	if err := model.CheckClasses(); err != nil {
		s.Warnf("%v: predictions are numbers, and labels are not compared; adopt --classes FILE names them", err)
	}
	return nil
}

// evidence tells whether the maps of all heads are asked for.
func (s *Scorer) evidence() bool { return slices.Contains(s.Explain, Evidence) }

// attention tells whether maps of attention are asked for.
func (s *Scorer) attention() bool {
	return len(s.Explain) > 0 && slices.Contains(measure.AttentionMaps(), s.Explain[0])
}

// explainAt finds the layers that maps are made at, and returns those that the net must be able to give.
func (s *Scorer) explainAt(model *graph.Net) (needed []string, err error) {
	if s.evidence() || s.Exit != nil {
		needed, err = measure.HeadLayers(model)
		if err != nil || !s.evidence() {
			return needed, err
		}
		s.explain = nil
		for _, h := range model.Graph.Heads() {
			s.explain = append(s.explain, h.Name)
		}
		return needed, nil
	}
	s.explain = slices.Clone(s.Explain)
	if s.attention() {
		return nil, measure.CheckAttention(model, s.explain)
	}
	for i, layer := range s.explain {
		if layer == GradCAM {
			if s.explain[i], err = measure.LastMaps(model); err != nil {
				return nil, err
			}
		}
		if err := measure.CheckMaps(model, s.explain[i]); err != nil {
			return nil, err
		}
	}
	return s.explain, nil
}

// finish keeps the sum of the net in use if it has seen pictures.
func (s *Scorer) finish() {
	if s.sum != nil && s.sum.seen.Images() > 0 {
		s.done = append(s.done, s.sum)
	}
	s.sum = nil
}

// Images is how many pictures were scored, with all nets.
func (s *Scorer) Images() int { return s.images }

// Speed is how many pictures a second went through the nets, the judge's time left out.
func (s *Scorer) Speed() float64 { return float64(s.images) / s.busy.Seconds() }

// TimeSaved is the share of the nets' time that early exits saved, with what a stage took for a picture that ran through it
// taken for those that had left; 0 where all ran through the whole net. A stage that no picture reached counts as nothing.
func (s *Scorer) TimeSaved() float64 {
	var took, all time.Duration
	for _, one := range s.done {
		if one.exits != nil {
			t, a := one.exits.spent()
			took, all = took+t, all+a
		}
	}
	if all == 0 {
		return 0
	}
	return 1 - took.Seconds()/all.Seconds()
}

// Summaries are those of all nets that have seen pictures, in order. The net in use is done with.
func (s *Scorer) Summaries() []Summary {
	s.finish()
	var all []Summary
	for _, one := range s.done {
		all = append(all, one.summary(s.Layers))
	}
	return all
}

// checkSize is an error if a net cannot see pictures of this size, and warns if it was made for another.
func (s *Scorer) checkSize(n *measure.Classifier, who string, b *images.Batch) error {
	if err := n.Fits(b.Shape()[1:]); err != nil {
		return fmt.Errorf("item %q: %s: %w", b.Items[0].Name(), who, err)
	}
	if text := n.OtherSize(b.Height, b.Width, who); text != "" && !s.warned[text] {
		s.warned[text] = true
		s.Warnf("%s", text)
	}
	return nil
}

// labels are those of the pictures as classes of the net. A net that names no classes knows none.
func (s *Scorer) labels(b *images.Batch) ([]int, error) {
	if !s.net.Named {
		return slices.Repeat([]int{measure.NoClass}, b.Len()), nil
	}
	return b.LabelsIn(s.net.Classes, "the net")
}
