// Package synthetic draws flowers: a data set of named kinds that differ in known factors, for demonstrations that
// need no download and for checks of what a net has learned against what is known to be there.
//
// Kinds differ in the number and shape of petals, hue, disc and arrangement. Hues are shared between some kinds
// (four are yellow, several can be white, red or violet) and vary within others, any kind may stand before any
// background, and pose, light, clutter and noise vary, so that neither mean color nor background decides.
package synthetic

import "herbarium/internal/random"

// Names are the kinds' names, sorted.
func Names() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// Draw paints picture index of the sequence that belongs to seed: a flower of kind number index modulo the number of
// kinds, as RGB [3,H,W]. It is a function of its arguments only, and at another size it is the same picture, finer
// or coarser, but for the noise.
func Draw(seed, index uint64, height, width int) ([]byte, *Factors) {
	s := compose(seed, index, height, width)
	noise := random.New(seed, random.Key("noise"), index)
	const vignette = 0.12
	pix := s.finish(vignette, s.f.Noise, func() float32 { return float32(noise.NormFloat64()) })
	return pix, s.f
}

// compose paints everything that is in the picture.
func compose(seed, index uint64, height, width int) *scene {
	all := kinds()
	k := &all[index%uint64(len(all))]
	s := newScene(seed, index, height, width, k)
	s.backdropFor(k)
	k.paint(s)
	return s
}
