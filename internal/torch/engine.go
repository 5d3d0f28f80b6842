package torch

import "github.com/sugarme/gotch/libtch"

// Engine names what computes on the CPU: libtorch, the kernels that it chose for this processor, and the BLAS behind its matrix
// products with its own choice. Results agree across engines up to rounding only.
func Engine() string { return libtch.AtEngine() }
