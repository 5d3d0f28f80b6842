package score

import (
	"fmt"
	"math"

	"herbarium/internal/images"
	"herbarium/internal/measure"
	"herbarium/internal/stats"
)

// compare measures the pictures against their originals.
func (p *part) compare() error {
	var errors [][]float64
	if len(p.Layers) > 0 {
		var err error
		if errors, err = p.net.Errors(p.pictures, p.sources, p.Layers); err != nil {
			return err
		}
	}
	all, err := measure.Intensities(p.pictures)
	if err != nil {
		return err
	}
	originals, err := measure.Intensities(p.sources)
	if err != nil {
		return err
	}
	variation, err := measure.Variation(all, p.batch.Shape()[1:])
	if err != nil {
		return err
	}
	sourceVariation, err := measure.Variation(originals, p.batch.Shape()[1:])
	if err != nil {
		return err
	}
	size := len(all) / len(p.labels)
	for i := range p.labels {
		picture, original := all[i*size:(i+1)*size], originals[i*size:(i+1)*size]
		q := quality{
			psnr:            measure.PSNR(picture, original),
			variation:       variation[i],
			sourceVariation: sourceVariation[i],
		}
		if errors != nil {
			q.errors = errors[i]
		}
		p.quality = append(p.quality, q)
	}
	return nil
}

// describe writes a picture's quality into its item and counts it.
func (p *part) describe(i int, q quality) error {
	item := p.item(i)
	if math.IsNaN(q.psnr) || math.IsNaN(q.variation) {
		return fmt.Errorf("the picture or its original has values that are not numbers")
	}
	delete(item, images.KeyPSNR) // an exact copy has none
	if !math.IsInf(q.psnr, 0) {
		item[images.KeyPSNR] = stats.Round(q.psnr)
	}
	item[images.KeyVariation] = stats.Round(q.variation)
	item[images.KeySourceVariation] = stats.Round(q.sourceVariation)
	if q.errors != nil {
		byLayer := map[string]any{}
		for k, v := range q.errors {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("layer %s gives no error: it is zero, or not a number, for the original", p.Layers[k])
			}
			byLayer[p.Layers[k]] = stats.Round(v)
		}
		item[images.KeyError] = byLayer
	}
	p.sum.quality.add(q)
	return nil
}

// quality is how one picture compares with its original.
type quality struct {
	psnr, variation, sourceVariation float64
	errors                           []float64 // by --layer
}

// qualities are those of all pictures; 8 bytes for each number.
type qualities struct {
	exact                                   int // copies of their originals, which have no psnr
	psnr, variation, sourceVariation, ratio []float64
	errors                                  [][]float64 // by layer
}

func (q *qualities) add(one quality) {
	if one.psnr > 1e300 {
		q.exact++
	} else {
		q.psnr = append(q.psnr, one.psnr)
	}
	q.variation = append(q.variation, one.variation)
	q.sourceVariation = append(q.sourceVariation, one.sourceVariation)
	if one.sourceVariation > 0 {
		q.ratio = append(q.ratio, one.variation/one.sourceVariation)
	}
	if q.errors == nil {
		q.errors = make([][]float64, len(one.errors))
	}
	for k, v := range one.errors {
		q.errors[k] = append(q.errors[k], v)
	}
}

// ComparisonSummary describes how near pictures come to their originals.
type ComparisonSummary struct {
	Exact           int                            `json:"exact,omitempty"` // copies of their originals, not in psnr
	PSNR            *stats.Distribution            `json:"psnr,omitempty"`
	Variation       *stats.Distribution            `json:"variation"`
	SourceVariation *stats.Distribution            `json:"source_variation"`
	Ratio           *stats.Distribution            `json:"variation_ratio,omitempty"` // to the original's
	Error           map[string]*stats.Distribution `json:"error,omitempty"`
}

func (q *qualities) summary(layers []string) *ComparisonSummary {
	out := &ComparisonSummary{Exact: q.exact, PSNR: stats.Distribute(q.psnr), Variation: stats.Distribute(q.variation),
		SourceVariation: stats.Distribute(q.sourceVariation), Ratio: stats.Distribute(q.ratio)}
	for k, values := range q.errors {
		if out.Error == nil {
			out.Error = map[string]*stats.Distribution{}
		}
		out.Error[layers[k]] = stats.Distribute(values)
	}
	return out
}
