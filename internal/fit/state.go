package fit

import (
	"fmt"
	"time"

	"herbarium/format"
	"herbarium/internal/torch"
)

// Progress is how far training has come.
type Progress struct {
	Steps   int     `json:"steps"`
	Line    Epoch   `json:"line"` // of the epoch under way, so far
	History []Epoch `json:"history"`
	Kept    int     `json:"kept"` // the best epoch so far, from 1; 0 is none
}

// State is all that training needs to go on: everything else follows from its Config and its photos.
type State struct {
	Progress
	Params    map[string]format.Tensor // of the net
	Optimizer []format.Tensor          // the optimizer's buffers
	Best      map[string]format.Tensor // parameters of the epoch Kept; nil without one
}

// state copies the present state.
func (t *trainer) state() (*State, error) {
	s := &State{Progress: t.Progress, Best: t.best}
	var err error
	if s.Params, err = t.net.Export(); err != nil {
		return nil, err
	}
	err = torch.Do(func(scope *torch.Scope) error {
		for i, b := range t.optimizer.Buffers() {
			name := fmt.Sprintf("%d.%s", i/len(t.params), t.params[i%len(t.params)].Name)
			s.Optimizer = append(s.Optimizer, scope.Store(name, b))
		}
		return nil
	})
	return s, err
}

// restore goes back to a state.
func (t *trainer) restore(s *State) error {
	buffers := t.optimizer.Buffers()
	if len(s.Optimizer) != len(buffers) || s.Steps > t.total || s.Kept > len(s.History) || (s.Kept > 0) != (s.Best != nil) {
		return fmt.Errorf("the state is not of this training")
	}
	if err := t.net.Import(s.Params); err != nil {
		return err
	}
	t.Progress, t.best = s.Progress, s.Best
	t.optimizer.Resume(s.Steps)
	return torch.Do(func(scope *torch.Scope) error {
		for i, b := range buffers {
			scope.Copy(b, scope.Load(&s.Optimizer[i]))
		}
		return nil
	})
}

// saving decides when to save: at the end of an epoch, or ten minutes after the last time, and so seldom that it takes
// no more than a twentieth of the time.
type saving struct {
	last time.Time
	took time.Duration
}

func (s *saving) due(epochEnded bool) bool {
	since := time.Since(s.last)
	return since > 20*s.took && (epochEnded || since > 10*time.Minute)
}

func (s *saving) clock(save func() error) error {
	start := time.Now()
	err := save()
	s.last = time.Now()
	s.took = s.last.Sub(start)
	return err
}
