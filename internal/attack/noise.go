package attack

import "herbarium/internal/torch"

// Noise tries random points of the ball: the floor that every attack must beat.
type Noise struct{ Tries int }

// Name implements [Attack].
func (Noise) Name() string { return "noise" }

// Run implements [Attack].
func (a Noise) Run(p *Problem, rows []int) error {
	for try := range a.Tries {
		rows = p.stillIn(rows)
		if len(rows) == 0 {
			return nil
		}
		w, err := newWalk(p, a.Name(), try, rows, nil)
		if err != nil {
			return err
		}
		err = torch.Do(func(s *torch.Scope) error {
			w.set(s, &w.x, w.Ball.project(s, s.Add(w.x0, w.random(s, w.Ball)), w.x0))
			_, err := w.look(s)
			return err
		})
		w.close()
		if err != nil {
			return err
		}
	}
	return nil
}
