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
		st, err := newState(p, a.Name(), try, rows, nil)
		if err != nil {
			return err
		}
		err = torch.Do(func(s *torch.Scope) error {
			st.set(s, &st.x, st.within(s, s.Add(st.x0, st.random(s, st.Ball))))
			_, err := st.evaluate(s)
			return err
		})
		st.close()
		if err != nil {
			return err
		}
	}
	return nil
}
