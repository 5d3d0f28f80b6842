package attack

import (
	"herbarium/internal/torch"
)

// Gradient is every attack that takes fixed steps along the gradient: FGSM, PGD, MI-FGSM and low-frequency PGD are
// settings of it.
type Gradient struct {
	Named    string
	Steps    int
	Rate     float64 // length of a step, as a multiple of eps
	Start    bool    // start at random in the ball, not at the item
	Momentum float64 // of the normalized gradient
	Restarts int
	Loss     Loss
	Targets  int // go toward this many of the likeliest other classes in turn; 0: only away from the label
	Coarse   int // make the perturbation on a grid coarser by this factor; 0 or 1: each pixel by itself
}

// FGSM is one step of eps along the gradient's sign (Goodfellow et al. 2015, section 4), in L2 along the gradient.
func FGSM() Gradient { return Gradient{Named: "fgsm", Steps: 1, Rate: 1} }

// PGD is projected gradient ascent from a random start (Madry et al. 2018, section 2.1), with their step of 2.5 eps/steps.
func PGD(steps int) Gradient {
	return Gradient{Named: "pgd", Steps: steps, Rate: 2.5 / float64(steps), Start: true}
}

// MIFGSM accumulates the gradient, normalized by its mean absolute value, over steps of eps/steps (Dong et al. 2018, eqs. 6
// and 7).
func MIFGSM(steps int) Gradient {
	return Gradient{Named: "mi-fgsm", Steps: steps, Rate: 1 / float64(steps), Momentum: 1}
}

// LowFrequency is PGD whose perturbation is made on a grid coarser by a factor and enlarged bilinearly (after Guo et
// al. 2019 and Sharma et al. 2019, who restrict perturbations to low frequencies of a cosine transform).
func LowFrequency(steps, coarse int) Gradient {
	a := PGD(steps)
	a.Named, a.Coarse = "low-frequency", coarse
	return a
}

// Name implements [Attack].
func (a Gradient) Name() string { return a.Named }

// Run implements [Attack].
func (a Gradient) Run(p *Problem, rows []int) error {
	for restart := range max(a.Restarts, 1) {
		if err := eachTarget(p, a.Targets, rows, func(rows, toward []int) error { return a.climb(p, rows, toward, restart) }); err != nil {
			return err
		}
	}
	return nil
}

// eachTarget runs f on what is left of rows: once, or toward each of the n likeliest wrong classes of every item. An
// item with a target of its own has no other.
func eachTarget(p *Problem, n int, rows []int, f func(rows, toward []int) error) error {
	if n == 0 || len(rows) == 0 || p.Items[rows[0]].Target != NoTarget {
		return f(p.stillIn(rows), nil)
	}
	n = min(n, len(p.Clean[0])-1)
	orders := make([][]int, len(p.Items))
	for _, row := range rows {
		for _, class := range ranked(p.Clean[row]) {
			if class != p.Items[row].Label {
				orders[row] = append(orders[row], class)
			}
		}
	}
	for k := range n {
		toward := make([]int, len(p.Items))
		for _, row := range rows {
			toward[row] = orders[row][k]
		}
		if err := f(p.stillIn(rows), toward); err != nil {
			return err
		}
	}
	return nil
}

// stillIn are the rows that are not broken.
func (p *Problem) stillIn(rows []int) []int {
	var left []int
	for _, row := range rows {
		if !p.Results[row].Broken {
			left = append(left, row)
		}
	}
	return left
}

// climb is one restart.
func (a Gradient) climb(p *Problem, rows, toward []int, restart int) error {
	if len(rows) == 0 {
		return nil
	}
	st, err := newState(p, a.Named, restart, rows, toward)
	if err != nil {
		return err
	}
	defer st.close()
	st.beLazy()
	c := climber{Gradient: a, state: st}
	if err := torch.Do(c.start); err != nil {
		return err
	}
	if err := st.each(a.Steps, c.step); err != nil {
		return err
	}
	err = torch.Do(func(s *torch.Scope) error {
		_, err := st.evaluate(s)
		return err
	})
	if err != nil {
		return err
	}
	return st.finish()
}

// climber is the state of one restart: the momentum, and the perturbation on its coarse grid.
type climber struct {
	Gradient
	*state
	momentum torch.Tensor
	grid     torch.Tensor
}

func (c *climber) start(s *torch.Scope) error {
	shape := c.x.Shape()
	if c.Momentum != 0 {
		c.set(s, &c.momentum, s.Zeros(shape, torch.F32, c.X.Device()))
		c.track(&c.momentum)
	}
	if c.Coarse > 1 {
		shape[2], shape[3] = max(shape[2]/c.Coarse, 1), max(shape[3]/c.Coarse, 1)
		c.set(s, &c.grid, s.Zeros(shape, torch.F32, c.X.Device()))
		c.track(&c.grid)
	}
	if c.Start && (c.Restarts > 1 || c.Steps > 1) {
		d := c.random(s, c.Ball)
		if c.Coarse > 1 {
			c.moveGrid(s, s.UpsampleNearest(d, c.grid.Shape()[2], c.grid.Shape()[3]))
		} else {
			c.set(s, &c.x, c.within(s, s.Add(c.x, d)))
		}
	}
	return nil
}

func (c *climber) step(s *torch.Scope, _ int) error {
	g, _, err := c.gradient(s, c.Loss)
	if err != nil || len(c.rows) == 0 {
		return err
	}
	if c.Momentum != 0 {
		mean := s.AddScalar(s.MeanKeep(s.Abs(g), 1, 2, 3), 1e-12)
		c.set(s, &c.momentum, s.Add(s.Scale(c.momentum, c.Momentum), s.Div(g, mean)))
		g = c.momentum
	}
	if c.Coarse > 1 {
		if g, err = c.coarsen(s, g); err != nil {
			return err
		}
	}
	length := c.Rate * c.Ball.reach(c.size())
	if c.Coarse > 1 {
		c.moveGrid(s, s.Scale(c.Ball.ascent(s, g), length))
	} else {
		c.set(s, &c.x, c.within(s, c.Ball.step(s, c.x, g, length)))
	}
	return nil
}

// moveGrid changes the perturbation on the coarse grid and keeps the images in ball and box.
func (c *climber) moveGrid(s *torch.Scope, step torch.Tensor) {
	grid := s.Add(c.grid, step)
	if c.Ball.Norm == Linf {
		grid = s.Clamp(grid, -c.Ball.Eps, c.Ball.Eps)
	} else { // the same factor on the grid and on the pixels
		long := norms(s, c.enlarge(s, grid))
		grid = s.Mul(grid, s.Clamp(s.Div(s.Full([]int{1}, c.Ball.Eps, torch.F32, c.X.Device()), s.AddScalar(long, 1e-12)), 0, 1))
	}
	c.set(s, &c.grid, grid)
	c.set(s, &c.x, c.within(s, s.Add(c.x0, c.enlarge(s, grid))))
}

func (c *climber) enlarge(s *torch.Scope, grid torch.Tensor) torch.Tensor {
	return s.UpsampleBilinear(grid, c.x0.Shape()[2], c.x0.Shape()[3], false)
}

// coarsen is the gradient with respect to the grid of what has gradient g with respect to the pixels.
func (c *climber) coarsen(s *torch.Scope, g torch.Tensor) (torch.Tensor, error) {
	grid := s.Zeros(c.grid.Shape(), torch.F32, c.X.Device())
	s.RequireGrad(grid)
	var out torch.Tensor
	err := s.Recording(func() error {
		out = s.Gradients(s.Sum(s.Mul(c.enlarge(s, grid), g)), grid)[0]
		return nil
	})
	return out, err
}
