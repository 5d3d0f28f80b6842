package canvas

import "herbarium/internal/torch"

// frequencies are how variables [N,C,height,width/2+1,...] of images of one size lie: a coefficient for each frequency, in cycles
// per image, negative ones in the lower rows. Fourier's variables of one frequency show the same waves at every size, because
// its scale grows with the area as the inverse transform divides by it, and so do phases: sizes differ in which frequencies
// there are.
type frequencies struct{ height, width int }

// Shrink picks the frequencies that images of that size have.
func (p frequencies) Shrink(s *torch.Scope, z torch.Tensor, height, width int) torch.Tensor {
	negative := (height - 1) / 2
	z = s.Narrow(z, 3, 0, width/2+1)
	return s.Cat(2, s.Narrow(z, 2, 0, height-negative), s.Narrow(z, 2, p.height-negative, negative))
}

// Grow puts the frequencies of small where they belong, but for the highest ones of an even size, which stand for two.
func (p frequencies) Grow(s *torch.Scope, z, small torch.Tensor, height, width int) torch.Tensor {
	z = s.Clone(s.Detach(z))
	negative, columns := (height-1)/2, (width+1)/2
	put := func(to, from, rows int) {
		s.Copy(s.Narrow(s.Narrow(z, 2, to, rows), 3, 0, columns), s.Narrow(s.Narrow(s.Detach(small), 2, from, rows), 3, 0, columns))
	}
	put(0, 0, negative+1)
	if negative > 0 {
		put(p.height-negative, height-negative, negative)
	}
	return z
}
