// Package attack looks for small changes of images that make a net wrong, and measures how many images
// withstand them. It does no input or output.
//
// Everything is in [0,1]: images, their box, and the radius of the ball around each that an attack may search.
// A net's normalization is inside the net. The losses of the items of a batch are summed, never averaged, so no
// item's gradient depends on its company, and random numbers are functions of seed, item, restart and step.
package attack

import (
	"fmt"

	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// Item is one image under attack.
type Item struct {
	Name   string // for messages
	Key    uint64 // what its random numbers are drawn from; see Key
	Label  int    // the true class
	Target int    // the class that the attack must reach; NoTarget: any but Label
}

// NoTarget is the target of an item that is only to be driven away from its label.
const NoTarget = -1

// Key is an item's key: its name decides it, or its place in the stream where it has none.
func Key(name string, index int) uint64 {
	if name != "" {
		return random.Key(name)
	}
	return random.Key(fmt.Sprint("item ", index))
}

// Attack is one way of looking for adversarial images.
type Attack interface {
	// Name is what results call it.
	Name() string
	// Run attacks the items of p that rows names, and records what it finds in p.Results.
	Run(p *Problem, rows []int) error
}

// Problem is a batch of images to attack and what was found.
type Problem struct {
	Model     Model // the classifier under attack: in float32, the net as it is
	Surrogate Model // gives the gradients: Model, the same net in a cheaper type, or another net
	Ball      Ball
	Items     []Item
	X         torch.Tensor // the images F32 [N,C,H,W] in [0,1], owned by the caller
	Seed      uint64
	// Quantize counts an image as adversarial only if it is so after rounding to 8 bits.
	Quantize bool
	// AllSteps keeps items in the batch that have been broken: the last adversarial image counts, not the first.
	AllSteps bool

	Clean    [][]float32 // the logits of X, from Evaluate
	Results  []Result    // one for each item
	Passes   Passes
	ZeroGrad []bool // items whose first gradient was zero in every pixel

	sources [][]float32 // X, read from its device by the first attack
}

// Result says what became of an item.
type Result struct {
	Broken    bool
	Image     []float32 // [C,H,W], the adversarial image; nil if there is none
	Predicted int       // the class of Image, or of the item itself
	Linf, L2  float64   // how far Image is from the item
	Attack    string    // the attack that found it; "" if the item was wrong from the start
	Eps       float64   // the radius of the ball it was found in
	Step      int       // gradient steps or queries until then
	Restart   int
}

// Passes counts images through nets.
type Passes struct {
	Forward  int `json:"forward"`
	Backward int `json:"backward"`
}

// Add adds another count.
func (p *Passes) Add(q Passes) { p.Forward, p.Backward = p.Forward+q.Forward, p.Backward+q.Backward }

// ItemError is a failure that one item has caused.
type ItemError struct {
	Name string
	Err  error
}

func (e *ItemError) Error() string { return fmt.Sprintf("item %q: %v", e.Name, e.Err) }

func (e *ItemError) Unwrap() error { return e.Err }

// Evaluate classifies the images as they are. An item that is wrong from the start (or of its target class) is broken
// at distance 0. It comes before any attack.
func (p *Problem) Evaluate() error {
	p.Results = make([]Result, len(p.Items))
	p.ZeroGrad = make([]bool, len(p.Items))
	return torch.Do(func(s *torch.Scope) error {
		logits, err := p.Model.Logits(s, p.X)
		if err != nil {
			return err
		}
		p.Passes.Forward += len(p.Items)
		if p.Clean, err = p.scores(s, logits, nil); err != nil {
			return err
		}
		for i, z := range p.Clean {
			p.Results[i].Predicted = argmax(z)
			p.Results[i].Broken = p.broken(i, z)
		}
		return nil
	})
}

// part is the problem of some of the items alone, with what was found of them; its images are of scope s.
func (p *Problem) part(s *torch.Scope, rows []int) Problem {
	q := *p
	index := make([]int64, len(rows))
	for i, row := range rows {
		index[i] = int64(row)
	}
	q.X = s.IndexSelect(p.X, 0, s.To(torch.From(s, []int{len(rows)}, index), p.X.Device()))
	q.Items, q.Clean, q.Results, q.ZeroGrad = choose(p.Items, rows), choose(p.Clean, rows), choose(p.Results, rows), choose(p.ZeroGrad, rows)
	q.Passes, q.sources = Passes{}, nil
	return q
}

// Left are the items that nothing has broken yet.
func (p *Problem) Left() []int {
	var rows []int
	for i := range p.Results {
		if !p.Results[i].Broken {
			rows = append(rows, i)
		}
	}
	return rows
}

// broken tells whether these logits of an item are what an attack wants.
func (p *Problem) broken(row int, z []float32) bool {
	best := argmax(z)
	if t := p.Items[row].Target; t != NoTarget {
		return best == t
	}
	return best != p.Items[row].Label
}

// scores reads the logits [n,K] of rows, of all items if nil. NaN or an infinity among them is an error.
func (p *Problem) scores(s *torch.Scope, logits torch.Tensor, rows []int) ([][]float32, error) {
	shape := logits.Shape()
	if len(shape) != 2 {
		return nil, errShape(shape)
	}
	out := split(torch.Read[float32](s, logits), shape[0])
	for i, z := range out {
		row := i
		if rows != nil {
			row = rows[i]
		}
		for k, v := range z {
			if v-v != 0 { // NaN or infinite
				return nil, &ItemError{p.Items[row].Name, fmt.Errorf("the logit of class %d is %v", k, v)}
			}
		}
	}
	return out, nil
}

func errShape(shape []int) error {
	return fmt.Errorf("the net's logits have shape %v, not one number for each class", shape)
}

// split cuts a slice into n equal parts.
func split[T any](all []T, n int) [][]T {
	out := make([][]T, n)
	for i := range out {
		size := len(all) / n
		out[i] = all[i*size : (i+1)*size : (i+1)*size]
	}
	return out
}

// argmax is the first index of the largest value.
func argmax(z []float32) int {
	best := 0
	for k, v := range z {
		if v > z[best] {
			best = k
		}
	}
	return best
}
