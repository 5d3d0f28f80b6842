// Package torch is the one place that touches libtorch, through gotch's C calls
// (github.com/sugarme/gotch/libtch).
//
// Operations are methods of a [Scope], which owns every tensor made in it:
//
//	err := torch.Do(func(s *torch.Scope) error {
//		y := s.Relu(s.Conv2d(x, w, torch.None, torch.Conv{Stride: [2]int{2, 2}}))
//		out, err = torch.Read[float32](s, y)
//		return err
//	})
//
// A failing operation ends the function that Do runs; Do frees what the scope owns and
// returns an [*Error] with the operation's name. So arithmetic reads as arithmetic, no
// error is lost, and no tensor leaks.
//
// libtorch keeps its last error and its gradient mode per thread. All work therefore
// happens on goroutines that [Open] locks to their threads: that of the program, and the workers of
// [Each], which share tensors to read and no scopes. Other goroutines do input,
// output and decoding. Gradients are off except inside [Scope.Recording].
package torch
