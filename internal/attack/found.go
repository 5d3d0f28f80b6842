package attack

import "herbarium/internal/torch"

// found is what an attack has found since the host last looked, on the device. Reading it at every step would make a GPU wait
// for the host and, where items go on after they are broken, copy and check images that later ones replace.
type found struct {
	images torch.Tensor // [n,C,H,W]; None if nothing was noted yet
	step   torch.Tensor // F32 [n,1]: of the image; -1 if there is none
	class  torch.Tensor // F32 [n,1]: what the model says of it
	logits torch.Tensor // [n,K]: the last ones, but those that were not finite stay
}

// lookEvery is how many steps a GPU goes on with items that are broken already.
const lookEvery = 10

// beLazy lets the host look seldom where that is all the same: each item's own last image counts, or it is a GPU that would wait.
func (st *state) beLazy() {
	st.lazy = st.direct() && (st.AllSteps || st.X.Device() != torch.CPU)
}

// note keeps the images at x that their logits [n,K] show to be adversarial. It returns the items that stay.
func (st *state) note(s *torch.Scope, logits torch.Tensor) (alive []int, err error) {
	f := &st.found
	class := s.Unsqueeze(s.ArgMax(logits, 1), 1)
	wanted := st.aims.label
	if st.aims.goal {
		wanted = st.aims.toward
	}
	hit := s.Cast(s.Equal(s.Sub(class, wanted), 0), torch.F32)
	if !st.aims.goal {
		hit = s.AddScalar(s.Neg(hit), 1)
	}
	class = s.Cast(class, torch.F32)
	if !f.images.Defined() {
		st.set(s, &f.images, s.Clone(st.x))
		st.set(s, &f.step, s.Full(class.Shape(), -1, torch.F32, st.X.Device()))
		st.set(s, &f.class, s.Clone(class))
		st.set(s, &f.logits, s.Clone(logits))
	}
	if !st.AllSteps { // the first counts
		hit = s.Mul(hit, s.Cast(s.Equal(f.step, -1), torch.F32))
	}
	mask := s.Greater(hit, 0)
	st.set(s, &f.images, s.Where(column(s, mask), st.x, f.images))
	st.set(s, &f.step, s.Where(mask, s.Full([]int{1}, float64(st.step), torch.F32, st.X.Device()), f.step))
	st.set(s, &f.class, s.Where(mask, class, f.class))
	st.set(s, &f.logits, s.Where(s.IsFinite(f.logits), logits, f.logits))
	if !st.AllSteps && (st.step+1)%lookEvery == 0 {
		return st.look(s)
	}
	return st.everyone(), nil
}

func (st *state) everyone() []int {
	all := make([]int, len(st.rows))
	for k := range all {
		all[k] = k
	}
	return all
}

// look records what was found and returns the items that stay.
func (st *state) look(s *torch.Scope) (alive []int, err error) {
	f := st.found
	st.found = found{}
	defer st.keep.Free(f.images, f.step, f.class, f.logits)
	if _, err := st.scores(s, f.logits, st.rows); err != nil {
		return nil, err
	}
	steps, classes := torch.Read[float32](s, f.step), torch.Read[float32](s, f.class)
	var broken []int
	for k := range st.rows {
		if steps[k] >= 0 {
			broken = append(broken, k)
		}
		if steps[k] < 0 || st.AllSteps {
			alive = append(alive, k)
		}
	}
	if len(broken) == 0 {
		return alive, nil
	}
	images := split(torch.Read[float32](s, pick(s, f.images, st.index(s, broken))), len(broken))
	for j, k := range broken {
		if _, err := st.keepResult(st.rows[k], images[j], int(classes[k]), int(steps[k])); err != nil {
			return nil, err
		}
	}
	return alive, nil
}
