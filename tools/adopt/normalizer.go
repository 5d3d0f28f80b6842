package main

import (
	"fmt"
	"slices"
	"strings"

	"herbarium/internal/checkpoint"
	"herbarium/internal/cli"
)

// A normalizer is a mean and a deviation of the channels that a checkpoint holds beside the net's weights, as nets that
// normalize their images themselves have them: robustness's normalizer.new_mean and new_std, RobustBench's mu and sigma.
type normalizer struct {
	keys      [2]string
	mean, std []float64
}

// spreads are what the deviation is called where the mean is called "mean" or "mu".
var spreads = map[string][]string{"mean": {"std", "sigma", "stddev", "sd"}, "mu": {"sigma", "std"}}

// normalizers takes those of a file out of the net's parameters.
func (n *candidate) normalizers(dicts []checkpoint.Dict) []normalizer {
	var all []normalizer
	for _, d := range dicts {
		tensors := map[string]*checkpoint.Tensor{}
		for i := range d.Tensors {
			tensors[d.Tensors[i].Name] = &d.Tensors[i]
		}
		for i := range d.Tensors {
			mean := &d.Tensors[i]
			std := deviation(mean.Name, tensors)
			if std == nil {
				continue
			}
			m, ok := channelValues(mean)
			s, okToo := channelValues(std)
			if !ok || !okToo || len(m) != len(s) || slices.Min(s) <= 0 || slices.Min(m) < 0 || slices.Max(slices.Concat(m, s)) > 255 {
				continue
			}
			if slices.Max(m) > 1 || slices.Max(s) > 2 { // of values from 0 to 255
				for i := range m {
					m[i], s[i] = m[i]/255, s[i]/255
				}
			}
			keys := [2]string{mean.Name, std.Name}
			all = append(all, normalizer{keys, m, s})
			for name, t := range n.tensors {
				if t == mean || t == std {
					delete(n.tensors, name)
				}
			}
			delete(n.outside, keys[0])
			delete(n.outside, keys[1])
		}
	}
	return all
}

// deviation is the tensor beside that of a mean: new_std beside new_mean.
func deviation(mean string, tensors map[string]*checkpoint.Tensor) *checkpoint.Tensor {
	at := strings.LastIndexByte(mean, '.') + 1
	parent, leaf := mean[:at], mean[at:]
	if strings.HasPrefix(leaf, "running_") { // of a batch norm
		return nil
	}
	for _, word := range []string{"mean", "mu"} {
		if word == "mu" && leaf != "mu" && !strings.HasSuffix(leaf, "_mu") || !strings.Contains(leaf, word) {
			continue
		}
		for _, spread := range spreads[word] {
			if t := tensors[parent+strings.Replace(leaf, word, spread, 1)]; t != nil {
				return t
			}
		}
	}
	return nil
}

// channelValues are the numbers of a tensor that has one for each channel of an image: [3], [3,1,1], [1,3,1,1] or one in all.
func channelValues(t *checkpoint.Tensor) ([]float64, bool) {
	size := 1
	for _, d := range t.Shape {
		size *= d
	}
	if size != 1 && size != 3 {
		return nil, false
	}
	values, err := t.Float32s()
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out, err == nil && len(out) == size
}

// normalized takes the normalization of the file, if the flags give none, or says what the file has.
func (c *command) normalized(s *cli.Session, all []normalizer) {
	if len(all) == 0 {
		return
	}
	n := all[0]
	said := fmt.Sprintf("%s %s, %s %s", n.keys[0], listOf(n.mean), n.keys[1], listOf(n.std))
	for _, other := range all[1:] {
		if !slices.Equal(other.mean, n.mean) || !slices.Equal(other.std, n.std) {
			s.Warnf("the file has %d normalizations that differ, none of which is used: %s; %s %s, %s %s", len(all), said,
				other.keys[0], listOf(other.mean), other.keys[1], listOf(other.std))
			return
		}
	}
	if c.Norm != "" || len(c.Mean) > 0 {
		s.Infof("the file has a normalization of its own, which the flags replace: %s", said)
		return
	}
	c.Mean, c.Std, c.Range = n.mean, n.std, "1"
	s.Record("mean", listOf(n.mean))
	s.Record("std", listOf(n.std))
	s.Infof("the normalization is that of the file: %s", said)
}

func listOf(values []float64) string {
	var text []string
	for _, v := range values {
		text = append(text, fmt.Sprintf("%.4g", v))
	}
	return strings.Join(text, ",")
}
