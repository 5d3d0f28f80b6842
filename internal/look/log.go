package look

import (
	"fmt"
	"io"
	"math"
	"time"

	"herbarium/internal/ascend"
	"herbarium/internal/jsontext"
	"herbarium/internal/measure"
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

// part is an empty log for a batch, to be added when the batch is done; nil if nothing is logged.
func (l *Log) part() *Log {
	if l == nil {
		return nil
	}
	return &Log{}
}

func (l *Log) add(part *Log) {
	if l != nil {
		l.lines = append(l.lines, part.lines...)
	}
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
			if measure.Finite(r.Objective[i : i+1]) {
				v := float64(r.Objective[i])
				line.Objective = &v
			}
			for name, v := range r.Priors {
				if line.Priors == nil {
					line.Priors = map[string]float64{}
				}
				if measure.Finite(v[i : i+1]) {
					line.Priors[name] = float64(v[i])
				}
			}
			l.lines = append(l.lines, line)
		}
	}
}

// Write writes the log as lines of JSON, one for each step of each picture.
func (l *Log) Write(w io.Writer) error {
	for i := range l.lines {
		text, err := jsontext.Marshal(&l.lines[i])
		if err == nil {
			_, err = fmt.Fprintf(w, "%s\n", text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
