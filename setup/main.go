// Setup makes this checkout ready to build the tools that need libtorch:
//
//	go run ./setup
//
// It finds libtorch ($LIBTORCH, else that of a Python or of conda, else Debian's and
// Ubuntu's libtorch-dev, which it installs with OpenBLAS when it may), sees how fast
// it multiplies matrices, copies the gotch binding to
// build/gotch with only the calls that this project makes, writes cgo flags for
// the libtorch it found, and points go.work at that copy. A run that finds
// everything as it left it does nothing.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "setup: %v\n", err)
		var missing *missingError
		if errors.As(err, &missing) {
			fmt.Fprint(os.Stderr, missing.ways())
		}
		os.Exit(1)
	}
}

func run() error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	bind, err := planBinding(root)
	if err != nil {
		return err
	}
	if lib, ok := bind.upToDate(); ok {
		fmt.Fprintf(os.Stderr, "setup: ready: %s\n", lib)
		warn(lib)
		return nil
	}
	lib, err := findLibtorch()
	if err == nil && lib.BLAS.isSystems() && installPackages(openBLAS) == nil {
		lib, err = findLibtorch()
	}
	if err != nil {
		return err
	}
	if err := bind.write(lib); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "setup: %s; kept %d calls of gotch %s in build/gotch\n", lib, len(bind.calls), bind.version)
	warn(lib)
	return nil
}

func warn(lib libtorch) {
	if text := lib.BLAS.warning(); text != "" {
		fmt.Fprintf(os.Stderr, "setup: warning: %s\n", text)
	}
}
