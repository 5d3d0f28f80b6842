package look

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"herbarium/internal/ascend"
)

// Log collects what each step of each picture measured. A nil log collects nothing.
type Log struct{ lines []logLine }

// logLine is one step of one picture.
type logLine struct {
	Item      string             `json:"item"`
	Unit      string             `json:"unit"`
	Restart   int                `json:"restart"`
	Step      int                `json:"step"`
	Rate      float64            `json:"rate"`
	Objective *float64           `json:"objective"` // null if it is not finite
	Priors    map[string]float64 `json:"priors,omitempty"`
	Seconds   float64            `json:"seconds"` // since the batch began
}

// hook takes the steps of a batch.
func (l *Log) hook(items []ascend.Item) func(int, ascend.StepRecord) {
	if l == nil {
		return nil
	}
	start := time.Now()
	return func(step int, r ascend.StepRecord) {
		seconds := math.Round(time.Since(start).Seconds()*1e3) / 1e3
		for i, item := range items {
			line := logLine{Item: item.Name, Unit: item.Unit.Text, Restart: item.Restart, Step: step + 1, Rate: r.Rate, Seconds: seconds}
			if v := float64(r.Objective[i]); finite(v) {
				line.Objective = &v
			}
			for name, v := range r.Priors {
				if line.Priors == nil {
					line.Priors = map[string]float64{}
				}
				if p := float64(v[i]); finite(p) {
					line.Priors[name] = p
				}
			}
			l.lines = append(l.lines, line)
		}
	}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Write writes the log as lines of JSON, one for each step of each picture.
func (l *Log) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	for i := range l.lines {
		if err := e.Encode(&l.lines[i]); err != nil {
			return err
		}
	}
	return nil
}
