package look

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"herbarium/internal/ascend"
)

// log collects what steps measured. A nil log collects nothing.
type log struct{ lines []line }

// line is one step of one picture.
type line struct {
	Item      string             `json:"item"`
	Unit      string             `json:"unit"`
	Restart   int                `json:"restart"`
	Step      int                `json:"step"`
	Rate      float64            `json:"rate"`
	Objective *float64           `json:"objective"` // null if it is not a number
	Priors    map[string]float64 `json:"priors,omitempty"`
	Seconds   float64            `json:"seconds"` // since the batch began
}

// hook takes the lines of a batch.
func (l *log) hook(items []ascend.Item) func(int, ascend.StepRecord) {
	if l == nil {
		return nil
	}
	start := time.Now()
	return func(step int, m ascend.StepRecord) {
		for i, item := range items {
			one := line{Item: item.Name, Unit: item.Unit.Text, Restart: item.Restart, Step: step + 1, Rate: m.Rate,
				Seconds: math.Round(time.Since(start).Seconds()*1e3) / 1e3}
			if v := float64(m.Objective[i]); !math.IsNaN(v) && !math.IsInf(v, 0) {
				one.Objective = &v
			}
			for name, v := range m.Priors {
				if one.Priors == nil {
					one.Priors = map[string]float64{}
				}
				if p := float64(v[i]); !math.IsNaN(p) && !math.IsInf(p, 0) {
					one.Priors[name] = p
				}
			}
			l.lines = append(l.lines, one)
		}
	}
}

func (l *log) write(w io.Writer) error {
	e := json.NewEncoder(w)
	for i := range l.lines {
		if err := e.Encode(&l.lines[i]); err != nil {
			return err
		}
	}
	return nil
}
