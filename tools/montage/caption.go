package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"herbarium/internal/images"
	"herbarium/internal/sheet"
)

// caption is what a picture is and what was measured on it, as far as its item
// says so. heading is the key that the row is headed by, which is not repeated;
// restarts tells that units were drawn several times. Up to six lines:
//
//	fc:daisy #2             unit (and restart), else class, else name
//	photo rose/17.jpg       for an exemplar, with its class if the name does not begin with it, and then what the unit
//	mean 2.31 · 0.9× max    answers, said to be a mean or an activation; a control and a snapshot say what they are, too
//	rose-17                 name, if the first line is the class
//	p 0.98 · 3.1× max       probability, multiple of the largest value on data; for a picture made from a photo its
//	                        gain or error, and PSNR
//	2.1 → 14.3              objective at start and end
//	seen as rose            prediction that is not the class; a warning
func (p *picture) caption(heading string, restarts bool) []sheet.Line {
	if p.heat != nil {
		return p.heatCaption()
	}
	if p.item.Text(panelKey) != "" {
		return p.triptychCaption()
	}
	var out []sheet.Line
	add := func(style sheet.Style, text string) {
		if text != "" {
			out = append(out, sheet.Line{Text: text, Style: style})
		}
	}
	unit, name := p.item.Text(images.KeyUnit), p.item.Name()
	if restarts {
		if n, ok := p.item.Number(images.KeyRestart); ok && unit != "" {
			unit += fmt.Sprintf("\u00a0#%.0f", n+1)
		}
	}
	short := strings.TrimPrefix(name, p.class+"/")
	switch {
	case unit != "" && heading == images.KeyUnit:
	case unit != "":
		add(sheet.Strong, unit)
	case p.class == "":
		add(sheet.Strong, name)
	case heading == images.KeyClass:
		add(sheet.Plain, short)
	default:
		add(sheet.Strong, p.class)
		add(sheet.Plain, short)
	}
	if _, ok := p.item.Number(images.KeyExemplar); ok {
		if p.class != "" && !strings.HasPrefix(name, p.class+"/") {
			name = strings.TrimSuffix(p.class+" "+name, " ")
		}
		add(sheet.Plain, "photo "+name)
	}
	if p.item[images.KeyRandomized] != nil {
		add(sheet.Plain, "weights drawn anew")
	}
	if n, ok := p.item.Number(images.KeyStep); ok {
		add(sheet.Plain, fmt.Sprintf("step %.0f", n))
	}
	add(sheet.Plain, p.numbers())
	add(sheet.Plain, p.objective())
	if seen := p.item.Text(images.KeyPredicted); seen != "" && p.class != "" && seen != p.class {
		add(sheet.Alarm, "seen as "+seen)
	}
	add(sheet.Alarm, p.item.Text(images.KeyWarning))
	return out
}

// numbers are the measures that have short names.
func (p *picture) numbers() string {
	var parts []string
	if v, ok := p.item.Number(images.KeyProbability); ok {
		parts = append(parts, "p "+probability(v))
	}
	if v, ok := p.item.Number(images.KeyValue); ok {
		measured := p.item.Text(images.KeyMeasured)
		if measured == "" {
			measured = images.KeyValue
		}
		parts = append(parts, measured+" "+short(v))
	}
	if v, ok := p.item.Number(images.KeyTimesMax); ok {
		parts = append(parts, short(v)+"× max")
	}
	if v, ok := p.item.Number(images.KeyGain); ok {
		parts = append(parts, "gain "+short(v)+"×")
	}
	errors, _ := p.item[images.KeyError].(map[string]any) // by layer
	if v, ok := images.Item(errors).Number(p.item.Text(images.KeyUnit)); ok {
		parts = append(parts, "error "+short(100*v)+"%")
	}
	if v, ok := p.item.Number(images.KeyPSNR); ok {
		parts = append(parts, short(v)+"\u00a0dB")
	}
	return strings.Join(parts, " · ")
}

func (p *picture) objective() string {
	start, hasStart := p.item.Number(images.KeyStart)
	end, hasEnd := p.item.Number(images.KeyEnd)
	_, hasPhoto := p.item.Number(images.KeySourceVariation)
	if !hasStart || !hasEnd || hasPhoto { // what a match with a photo came to says more
		return ""
	}
	return short(start) + " → " + short(end)
}

// probability has two decimals, and does not round to certainty.
func probability(v float64) string {
	switch {
	case v > 0 && v < 0.005:
		return "< 0.01"
	case v < 1 && v >= 0.995:
		return "> 0.99"
	default:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
}

// short is a number with as many digits as a caption needs, and a real minus.
func short(v float64) string {
	size := math.Abs(v)
	text := ""
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		text = fmt.Sprint(v)
	case size == 0:
		text = "0"
	case size >= 1e6 || size < 0.001:
		text = strconv.FormatFloat(v, 'e', 1, 64)
	case size >= 99.95:
		text = strconv.FormatFloat(v, 'f', 0, 64)
	case size >= 0.995:
		text = strconv.FormatFloat(v, 'f', 1, 64)
	case size >= 0.095:
		text = strconv.FormatFloat(v, 'f', 2, 64)
	default:
		text = strconv.FormatFloat(v, 'f', 3, 64)
	}
	return strings.Replace(text, "-", "−", 1)
}
