package fit

import (
	"fmt"
	"math"

	"herbarium/internal/net"
	"herbarium/internal/optimize"
	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// Config says how to train.
type Config struct {
	Epochs    int
	Batch     int
	Optimizer string  // sgd or adamw
	Rate      float64 // peak learning rate
	WarmUp    float64 // share of all steps
	Momentum  float64 // sgd
	Decay     float64 // of weights, not of norms and biases
	Smoothing float64 // of labels
	Augment   Augment
	Adversary Adversary
	Seed      uint64
}

// Epoch is one line of a net's history.
type Epoch struct {
	Epoch       int      `json:"epoch"` // from 1
	Rate        float64  `json:"rate"`  // at its end
	Loss        float64  `json:"loss"`  // mean over the epoch's augmented photos, nats
	Accuracy    float64  `json:"accuracy"`
	ValLoss     *float64 `json:"val_loss,omitempty"` // plain cross-entropy, nats
	ValAccuracy *float64 `json:"val_accuracy,omitempty"`
}

// Step is what a step tells about itself while training runs.
type Step struct {
	Epoch    int // from 1
	Done     int // steps so far
	Total    int
	Photos   int // in this step
	Loss     float64
	Accuracy float64
}

// Train fits the net to the photos. Each epoch sees them in an order of its own and leaves out
// the remainder that fills no batch. val may be nil. A loss that is no longer a number is an error.
func Train(n *net.Net, logits string, train, val *Set, c Config, onStep func(Step), onEpoch func(Epoch)) ([]Epoch, error) {
	params := n.Trainable()
	keep := torch.NewScope()
	defer keep.Close()
	batch := min(c.Batch, train.Len())
	perEpoch := train.Len() / batch
	total := perEpoch * c.Epochs
	schedule := optimize.Schedule{Peak: c.Rate, WarmUp: int(c.WarmUp * float64(total)), Total: total}
	var opt optimize.Optimizer
	values, variables := make([]torch.Tensor, len(params)), make([]optimize.Variable, len(params))
	err := torch.Do(func(s *torch.Scope) error {
		for i, p := range params {
			s.RequireGrad(p.Value)
			values[i], variables[i].Value = p.Value, p.Value
			if p.Decay {
				variables[i].Decay = c.Decay
			}
		}
		if c.Optimizer == "adamw" {
			opt = optimize.Adam(keep, variables)
		} else {
			opt = optimize.SGD(keep, variables, c.Momentum)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var history []Epoch
	done := 0
	for epoch := range c.Epochs {
		order := random.New(c.Seed, random.Key("order"), uint64(epoch)).Perm(train.Len())
		line := Epoch{Epoch: epoch + 1}
		for b := range perEpoch {
			photos := order[b*batch : (b+1)*batch]
			step := Step{Epoch: epoch + 1, Photos: len(photos), Total: total}
			line.Rate = schedule.At(done)
			err := torch.Do(func(s *torch.Scope) error {
				x, y, err := load(s, train, photos, n.Device())
				if err != nil {
					return err
				}
				x = c.Augment.apply(s, x, c.Seed, photos, epoch)
				if x, err = c.Adversary.worsen(s, n, logits, x, y, c.Seed, photos, epoch); err != nil {
					return err
				}
				grads, err := gradients(s, n, logits, x, y, c.Smoothing, values, &step)
				if err != nil {
					return err
				}
				opt.Step(s, grads, line.Rate)
				return nil
			})
			if err != nil {
				return history, fmt.Errorf("epoch %d, step %d: %w", epoch+1, b+1, err)
			}
			done++
			step.Done = done
			line.Loss += step.Loss / float64(perEpoch)
			line.Accuracy += step.Accuracy / float64(perEpoch)
			if onStep != nil {
				onStep(step)
			}
		}
		if val != nil && val.Len() > 0 {
			accuracy, loss, err := Evaluate(n, logits, val, evalBatch)
			if err == nil {
				err = numeric("validation loss", loss)
			}
			if err != nil {
				return history, fmt.Errorf("epoch %d: %w", epoch+1, err)
			}
			line.ValAccuracy, line.ValLoss = &accuracy, &loss
		}
		history = append(history, line)
		if onEpoch != nil {
			onEpoch(line)
		}
	}
	return history, weightsFinite(values)
}

// weightsFinite catches the last step, which no loss has judged.
func weightsFinite(values []torch.Tensor) error {
	return torch.Do(func(s *torch.Scope) error {
		for _, v := range values {
			if err := numeric("largest weight", s.Number(s.Max(s.Abs(v)))); err != nil {
				return err
			}
		}
		return nil
	})
}

// gradients runs one training step's forward and backward pass.
func gradients(s *torch.Scope, n *net.Net, logits string, x, y torch.Tensor, smoothing float64, values []torch.Tensor, step *Step) ([]torch.Tensor, error) {
	var grads []torch.Tensor
	err := s.Recording(func() error {
		out, err := n.Forward(s, x, net.Pass{Train: true, Want: []string{logits}})
		if err != nil {
			return err
		}
		loss := s.Mean(s.CrossEntropy(out[logits], y, smoothing))
		step.Loss = s.Number(loss)
		if err := numeric("loss", step.Loss); err != nil {
			return err
		}
		step.Accuracy = hits(s, out[logits], y) / float64(step.Photos)
		grads = s.Gradients(loss, values...)
		return nil
	})
	return grads, err
}

// numeric refuses a value that training has driven out of range.
func numeric(what string, v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("the %s is %v: lower --rate or lengthen --warmup", what, v)
	}
	return nil
}

// hits counts the items whose largest logit is their class.
func hits(s *torch.Scope, logits, y torch.Tensor) float64 {
	predicted := torch.Read[int64](s, s.ArgMax(logits, 1))
	n := 0.0
	for i, want := range torch.Read[int64](s, y) {
		if predicted[i] == want {
			n++
		}
	}
	return n
}

// load brings photos [N,3,H,W] in [0,1] and their classes I64 [N] to a device.
func load(s *torch.Scope, set *Set, photos []int, device torch.Device) (x, y torch.Tensor, err error) {
	size := 3 * set.Height * set.Width
	raw, labels := make([]byte, len(photos)*size), make([]int64, len(photos))
	if err := set.Read(raw, photos); err != nil {
		return x, y, err
	}
	for i, p := range photos {
		labels[i] = int64(set.Label(p))
	}
	x = s.Cast(s.To(torch.From(s, []int{len(photos), 3, set.Height, set.Width}, raw), device), torch.F32)
	s.ScaleInPlace(x, 1.0/255)
	return x, s.To(torch.From(s, []int{len(photos)}, labels), device), nil
}

// evalBatch is how many photos are evaluated at once.
const evalBatch = 64

// Evaluate is a net's accuracy and mean cross-entropy (nats) on a set, as it is without augmentation.
func Evaluate(n *net.Net, logits string, set *Set, batch int) (accuracy, loss float64, err error) {
	err = eachBatch(set, batch, n.Device(), func(s *torch.Scope, x, y torch.Tensor) error {
		out, err := n.Forward(s, x, net.Pass{Want: []string{logits}})
		if err != nil {
			return err
		}
		loss += s.Number(s.Sum(s.CrossEntropy(out[logits], y, 0)))
		accuracy += hits(s, out[logits], y)
		return nil
	})
	return accuracy / float64(set.Len()), loss / float64(set.Len()), err
}

// eachBatch runs f over a set in order.
func eachBatch(set *Set, batch int, device torch.Device, f func(s *torch.Scope, x, y torch.Tensor) error) error {
	for from := 0; from < set.Len(); from += batch {
		photos := make([]int, min(batch, set.Len()-from))
		for i := range photos {
			photos[i] = from + i
		}
		err := torch.Do(func(s *torch.Scope) error {
			x, y, err := load(s, set, photos, device)
			if err != nil {
				return err
			}
			return f(s, x, y)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
