package fit

import (
	"fmt"

	"herbarium/format"
	"herbarium/internal/canvas"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// statPhotos is how many photos are looked at, spread evenly over the set: a sample describes a large set as well.
const statPhotos = 2048

// sample are n photos of the set or all, in an order that has nothing to do with their classes: neighbors are any two.
func (s *Set) sample(n int) *Set {
	out := *s
	out.index = make([]int, min(n, s.Len()))
	for i := range out.index {
		out.index[i] = s.index[i*s.Len()/len(out.index)]
	}
	random.New(0, random.Key("statistics")).Shuffle(len(out.index), func(i, j int) {
		out.index[i], out.index[j] = out.index[j], out.index[i]
	})
	return &out
}

// statBatch is how many photos are looked at together: every node's output is reduced as soon as it
// is there, so that no more than a forward pass is in memory.
const statBatch = 32

// Stats describes what a set's photos, or 2,048 of them, look like to a net, and by themselves, as the
// net's stat.* tensors without that prefix, all F32:
//
//	max.NODE       [C]    largest spatial mean of a channel on any photo
//	peak.NODE      [C]    largest single value of a channel on any photo
//	apart.NODE     [1]    mean Euclidean distance between the outputs for two photos (for Mahendran and Vedaldi's error)
//	bn.NODE.mean   [C]    mean over photos of a photo's own mean of the norm's input
//	bn.NODE.var    [C]    mean over photos of a photo's own (biased) variance of it
//	color.mean     [C]    mean of the images' channels in [0,1]
//	color.cov      [C,C]  their covariance
//	spectrum       [C,H,W/2+1]  mean |FFT| of photos, unnormalized, where canvases live:
//	                      before the sigmoid, in the uncorrelated colors of color.cov
func Stats(n *net.Net, set *Set) (map[string]format.Tensor, error) {
	set = set.sample(statPhotos)
	keep := torch.NewScope()
	defer keep.Close()
	out := map[string]format.Tensor{}
	c := collector{keep: keep, largest: map[string]torch.Tensor{}, sum: map[string]torch.Tensor{}, photos: float64(set.Len()), pairs: map[string]int{}}
	err := eachBatch(set, statBatch, n.Device(), func(s *torch.Scope, x, _ torch.Tensor, _ []int) error {
		c.colors(s, x)
		values, err := n.Values(x)
		if err != nil {
			return err
		}
		_, err = n.Forward(s, x, net.Pass{Observe: func(node *graph.Node, in []torch.Tensor, y torch.Tensor) {
			if _, ok := node.Op.(graph.BN); ok {
				c.moments(s, node.Name, values[node.In[0]], in[0])
			}
			c.activations(s, node.Name, net.Map(s, values[node.Name], y))
		}})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("statistics of the training photos: %w", err)
	}
	covariance, err := c.store(out)
	if err != nil {
		return nil, err
	}
	color, err := canvas.NewColor(covariance, set.Channels)
	if err != nil {
		return nil, err
	}
	spectrum, err := meanSpectrum(set, color, n.Device())
	if err != nil {
		return nil, err
	}
	out[graph.StatSpectrum] = spectrum
	return out, nil
}

// collector accumulates on the device what the batches show.
type collector struct {
	keep    *torch.Scope
	largest map[string]torch.Tensor
	sum     map[string]torch.Tensor
	photos  float64
	pairs   map[string]int // of photos whose distance was summed, by the statistic
}

func (c *collector) accumulate(s *torch.Scope, to map[string]torch.Tensor, name string, v torch.Tensor, join func(a, b torch.Tensor) torch.Tensor) {
	old, ok := to[name]
	if ok {
		v = join(old, v)
		c.keep.Free(old)
	}
	if err := s.Move(c.keep, v); err != nil {
		v = c.keep.Clone(v)
	}
	to[name] = v
}

func (c *collector) add(s *torch.Scope, name string, v torch.Tensor) {
	c.accumulate(s, c.sum, name, v, s.Add)
}

// activations takes what a node gives for a batch, as maps [N,C,H,W].
func (c *collector) activations(s *torch.Scope, node string, y torch.Tensor) {
	n, channels := y.Shape()[0], y.Shape()[1]
	mean, _, peak, apart := s.Moments(s.Reshape(y, n, channels, -1))
	if n > 1 {
		name := graph.StatPairDistance(node)
		c.add(s, name, s.Reshape(s.Sum(s.Sqrt(s.Sum(apart, 1))), 1)) // 0 of the last, which has no next
		c.pairs[name] += n - 1
	}
	c.accumulate(s, c.largest, graph.StatMax(node), s.Max(mean, 0), s.Maximum)
	c.accumulate(s, c.largest, graph.StatPeak(node), s.Max(peak, 0), s.Maximum)
}

// moments takes what a norm is given.
func (c *collector) moments(s *torch.Scope, node string, v graph.Value, x torch.Tensor) {
	if !v.Map().Spatial { // a norm after a linear layer has no moments within one photo
		return
	}
	x = net.Map(s, v, x)
	mean, square, _, _ := s.Moments(s.Reshape(x, x.Shape()[0], x.Shape()[1], -1))
	variance := s.Sub(square, s.Mul(mean, mean))
	c.add(s, graph.StatNormMean(node), s.Sum(mean, 0))
	c.add(s, graph.StatNormVariance(node), s.Sum(s.Maximum(variance, s.Zeros([]int{1}, torch.F32, x.Device())), 0))
}

// colors sums the channels and their products, in double precision.
func (c *collector) colors(s *torch.Scope, x torch.Tensor) {
	shape := x.Shape()
	flat := s.Reshape(s.Permute(s.Cast(x, torch.F64), 1, 0, 2, 3), shape[1], -1)
	pixels := float64(shape[2] * shape[3])
	c.add(s, graph.StatColorMean, s.Scale(s.Sum(flat, 1), 1/pixels))
	c.add(s, graph.StatColorCovariance, s.Scale(s.MatMul(flat, s.Permute(flat, 1, 0)), 1/pixels))
}

// store divides the sums and writes everything as F32; it returns the covariance.
func (c *collector) store(out map[string]format.Tensor) (covariance []float64, err error) {
	err = torch.Do(func(s *torch.Scope) error {
		for name, t := range c.largest {
			out[name] = s.Store(name, s.Cast(t, torch.F32))
		}
		for name, t := range c.sum {
			mean := s.Scale(t, 1/c.photos)
			if pairs := c.pairs[name]; pairs > 0 {
				mean = s.Scale(t, 1/float64(pairs))
			}
			if name == graph.StatColorCovariance { // E[xy] - E[x]E[y]
				m := s.Scale(c.sum[graph.StatColorMean], 1/c.photos)
				mean = s.Sub(mean, s.Mul(s.Reshape(m, -1, 1), s.Reshape(m, 1, -1)))
				covariance = torch.Read[float64](s, mean)
			}
			out[name] = s.Store(name, s.Cast(mean, torch.F32))
		}
		return nil
	})
	return covariance, err
}

// meanSpectrum is the mean amplitude spectrum [C,H,W/2+1] of photos seen as canvases.
func meanSpectrum(set *Set, color canvas.Color, device torch.Device) (format.Tensor, error) {
	var out format.Tensor
	keep := torch.NewScope()
	defer keep.Close()
	c := collector{keep: keep, sum: map[string]torch.Tensor{}}
	err := eachBatch(set, statBatch, device, func(s *torch.Scope, x, _ torch.Tensor, _ []int) error {
		t, err := canvas.Decorrelate(s, x, color)
		if err != nil {
			return err
		}
		f := s.Rfft2(t)
		c.add(s, graph.StatSpectrum, s.Sum(s.Sqrt(s.Sum(s.Mul(f, f), 4)), 0))
		return nil
	})
	if err != nil {
		return out, err
	}
	err = torch.Do(func(s *torch.Scope) error {
		out = s.Store(graph.StatSpectrum, s.Scale(c.sum[graph.StatSpectrum], 1/float64(set.Len())))
		return nil
	})
	return out, err
}
