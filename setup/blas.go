package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/cpu"
)

// openBLAS is the package of the fast BLAS. Its openmp build shares libtorch's threads; those of the pthread build fight with
// them for the cores.
const openBLAS = "libopenblas0-openmp"

// blas is what multiplies matrices for a libtorch.
type blas struct {
	Name   string  // and version, and the processor that its kernels are for
	Link   string  // the library as it was found, "" where libtorch keeps it to itself
	File   string  // the one that Link leads to: update-alternatives moves links
	GFLOPS float64 // of a product of float32, on one core
}

func newBLAS(name, link, gflops string) (blas, error) {
	speed, err := strconv.ParseFloat(gflops, 64)
	if err != nil {
		return blas{}, err
	}
	b := blas{Name: name, Link: link, GFLOPS: speed}
	if link != "" {
		if b.File, err = filepath.EvalSymlinks(link); err != nil {
			return blas{}, err
		}
	}
	return b, nil
}

func (b blas) String() string {
	return fmt.Sprintf("%s at %.3g GFLOP/s a core", b.Name, b.GFLOPS)
}

// isSame tells whether the link still leads to the file that was probed.
func (b blas) isSame() bool {
	if b.Link == "" {
		return true
	}
	file, err := filepath.EvalSymlinks(b.Link)
	return err == nil && file == b.File
}

func (b blas) isReference() bool { return b.Name == "reference BLAS" }

// isSystems tells whether it is the reference BLAS of the system, which a package takes the place of.
func (b blas) isSystems() bool { return b.isReference() && strings.HasPrefix(b.File, "/usr/") }

// kernels is the setting by which OpenBLAS takes the kernels for this processor's instructions, as the tools do
// (internal/torch/preinit.c), nil where it does not matter or the user has set it.
func kernels() []string {
	const name = "OPENBLAS_CORETYPE"
	switch _, set := os.LookupEnv(name); {
	case set:
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512CD && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL:
		return []string{name + "=SkylakeX"}
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return []string{name + "=Haswell"}
	}
	return nil
}

// warning says what slows matrix products down and what helps, or is "".
func (b blas) warning() string {
	switch {
	case b.isReference():
		return fmt.Sprintf("matrix products are slow with the reference BLAS, %.3g GFLOP/s a core: install a faster one "+
			"(Debian and Ubuntu: apt-get install --no-install-recommends %s), then run setup again", b.GFLOPS, openBLAS)
	case strings.HasSuffix(b.Name, ", pthread"):
		return fmt.Sprintf("the threads of OpenBLAS's pthread build fight with libtorch's: take its openmp build "+
			"(Debian and Ubuntu: apt-get install --no-install-recommends %s, and choose it: update-alternatives --config libblas.so.3-$(gcc -print-multiarch))", openBLAS)
	case b.GFLOPS < 10:
		return fmt.Sprintf("matrix products are slow, %.3g GFLOP/s a core: another build of libtorch may have a BLAS that knows this processor", b.GFLOPS)
	}
	return ""
}
