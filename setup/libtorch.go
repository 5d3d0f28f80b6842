package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// libtorch is an installation that a C++ program was compiled and linked against.
type libtorch struct {
	From     string   // how it was found, for people
	Version  string   // TORCH_VERSION of its headers
	Include  []string // -I folders; empty where the compiler looks anyway
	Lib      string   // -L and rpath folder; empty where the linker looks anyway
	Standard string   // -std of its headers
	ABI      int      // _GLIBCXX_USE_CXX11_ABI: Python wheels before 2.7 use 0
	CUDA     bool
	Core     string // the shared library whose size and time tell that it changed
	Size     int64
	ModTime  int64
	BLAS     blas
}

func (l libtorch) String() string {
	device := "CPU"
	if l.CUDA {
		device = "CUDA"
	}
	return fmt.Sprintf("libtorch %s (%s, %s), %s", l.Version, device, l.From, l.BLAS)
}

// missingError says that no libtorch was usable, with what was wrong at each place.
type missingError struct{ tried []string }

func (e *missingError) Error() string {
	return "no usable libtorch: " + strings.Join(e.tried, "; ")
}

func (e *missingError) ways() string {
	return `setup: three ways to provide libtorch:
setup:   1. Debian or Ubuntu: apt-get install --no-install-recommends libtorch-dev libopenblas0-openmp
setup:   2. Python: pip install torch (setup finds the torch of python3 on PATH, and of $CONDA_PREFIX)
setup:   3. unpack a libtorch C++ distribution and set LIBTORCH to its folder (the one with include/ and lib/)
`
}

// findLibtorch looks at $LIBTORCH, then at the torch of each Python and at $CONDA_PREFIX, then at the
// system's folders, and at last installs the system's package. A $LIBTORCH that does not
// work is an error: falling back would build against another library than asked for.
func findLibtorch() (libtorch, error) {
	if dir := os.Getenv("LIBTORCH"); dir != "" {
		lib, err := probe("$LIBTORCH", dir)
		if err != nil {
			return lib, &missingError{[]string{err.Error()}}
		}
		return lib, nil
	}
	var tried []string
	for _, at := range places() {
		lib, err := probe(at.from, at.dir)
		if err == nil {
			return lib, nil
		}
		tried = append(tried, err.Error())
	}
	lib, err := probe("system", "")
	if err == nil {
		return lib, nil
	}
	tried = append(tried, err.Error())
	if err := installPackages("libtorch-dev", openBLAS); err != nil {
		return lib, &missingError{append(tried, err.Error())}
	}
	if lib, err = probe("system", ""); err != nil {
		return lib, &missingError{append(tried, err.Error())}
	}
	return lib, nil
}

// place is a folder that may hold a libtorch.
type place struct{ from, dir string }

// places are the folders of Python's and conda's libtorch. The python3 of the PATH comes first: a virtual environment made
// in conda's is what its user means.
func places() []place {
	var all []place
	python := func(name string) {
		if dir := pythonTorch(name); dir != "" {
			all = append(all, place{"torch of " + name, dir})
		}
	}
	python("python3")
	if prefix := os.Getenv("CONDA_PREFIX"); prefix != "" {
		all = append(all, condaTorch(prefix)...)
	}
	python("/usr/bin/python3")
	python("python")
	return all
}

// condaTorch are the folders of a conda environment that hold libtorch: Python's package, whether of pip or of conda, and the
// environment itself, where conda-forge's libtorch has its headers and libraries.
func condaTorch(prefix string) []place {
	dirs, _ := filepath.Glob(filepath.Join(prefix, "lib/python3*/site-packages/torch"))
	if found, _ := filepath.Glob(filepath.Join(prefix, "lib/libtorch_cpu.so")); len(found) > 0 {
		dirs = append(dirs, prefix)
	}
	var all []place
	for _, dir := range dirs {
		all = append(all, place{"$CONDA_PREFIX", dir})
	}
	return all
}

// pythonTorch is the folder of python's torch package, or "". The package is located, not
// imported: importing takes seconds.
func pythonTorch(python string) string {
	out, err := exec.Command(python, "-c",
		"import importlib.util as u; s = u.find_spec('torch'); print(s.origin if s and s.origin else '')").Output()
	origin := strings.TrimSpace(string(out))
	if err != nil || origin == "" {
		return ""
	}
	return filepath.Dir(origin)
}

// installPackages installs packages where apt-get is there and this user may run it.
func installPackages(names ...string) error {
	all := strings.Join(names, " and ")
	apt, err := exec.LookPath("apt-get")
	if err != nil {
		return fmt.Errorf("not a Debian or Ubuntu system: %s cannot be installed", all)
	}
	prefix := []string{apt}
	if os.Geteuid() != 0 {
		if exec.Command("sudo", "-n", "true").Run() != nil {
			return fmt.Errorf("%s not installed and installing needs root", all)
		}
		prefix = []string{"sudo", "-n", apt}
	}
	fmt.Fprintf(os.Stderr, "setup: installing %s\n", all)
	install := append(append(prefix, "install", "-y", "-q", "--no-install-recommends"), names...)
	if err := quietly(install); err == nil {
		return nil
	}
	// A fresh machine has no package lists: fetch them, then try once more.
	if err := quietly(append(prefix, "update", "-q")); err != nil {
		return err
	}
	return quietly(install)
}

// quietly runs a command and shows what it printed only if it failed.
func quietly(argv []string) error {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, lastLine(out.String()))
	}
	return nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// probe compiles, links and runs a small program against the libtorch in dir ("" is the
// system's), trying the C++ standards and string ABIs that releases have used.
func probe(from, dir string) (libtorch, error) {
	lib := libtorch{From: from}
	core := "/usr/lib/*/libtorch_cpu.so"
	api := "/usr/include/torch/csrc/api/include"
	if dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return lib, err
		}
		api = filepath.Join(abs, "include/torch/csrc/api/include")
		lib.Include = []string{filepath.Join(abs, "include"), api}
		lib.Lib = filepath.Join(abs, "lib")
		core = filepath.Join(lib.Lib, "libtorch_cpu.so")
	} else {
		lib.Include = []string{api}
	}
	cores, _ := filepath.Glob(core)
	if len(cores) == 0 {
		return lib, fmt.Errorf("%s: no %s", from, core)
	}
	if _, err := os.Stat(filepath.Join(api, "torch/torch.h")); err != nil {
		return lib, fmt.Errorf("%s: no headers at %s", from, api)
	}
	info, err := os.Stat(cores[0])
	if err != nil {
		return lib, err
	}
	lib.Core, lib.Size, lib.ModTime = cores[0], info.Size(), info.ModTime().UnixNano()
	_, err = os.Stat(filepath.Join(filepath.Dir(lib.Core), "libtorch_cuda.so"))
	lib.CUDA = err == nil

	work, err := os.MkdirTemp("", "herbarium-setup-")
	if err != nil {
		return lib, err
	}
	defer os.RemoveAll(work)
	if err := writeProbe(work); err != nil {
		return lib, err
	}
	// Each libtorch release fixes one pair; the newest is the likeliest. What went wrong with the pair that it was made
	// for shows in the attempt that came furthest.
	var reached stage
	var closest error
	for _, standard := range []string{"c++17", "c++20", "c++14"} {
		for _, abi := range []int{1, 0} {
			lib.Standard, lib.ABI = standard, abi
			at, err := lib.try(work)
			if err == nil {
				return lib, nil
			}
			if at > reached {
				reached, closest = at, err
			}
			if at < linking { // so the string ABI does not matter
				break
			}
		}
	}
	return lib, fmt.Errorf("%s: a C++ probe does not %s", from, closest)
}

// writeProbe writes the probe's source to a folder.
func writeProbe(work string) error {
	var source []byte
	for _, name := range []string{"extra/blas.cpp", "extra/probe.cpp"} {
		text, err := extra.ReadFile(name)
		if err != nil {
			return err
		}
		source = append(source, text...)
	}
	return os.WriteFile(filepath.Join(work, "probe.cpp"), source, 0o644)
}

// stage is how far a probe came.
type stage int

const (
	unlike    stage = iota + 1 // does not compile: the headers want another C++ standard
	compiling                  // does not compile
	linking
	running
)

// try builds and runs the probe in work, and notes what it says. The error begins with the verb that failed.
func (l *libtorch) try(work string) (stage, error) {
	source, program := filepath.Join(work, "probe.cpp"), filepath.Join(work, "probe")
	object := program + ".o"
	if out, err := exec.Command(compiler(), append(l.compileFlags(), "-c", source, "-o", object)...).CombinedOutput(); err != nil {
		at := compiling
		if wantsStandard.Match(out) {
			at = unlike
		}
		return at, fmt.Errorf("compile as %s: %w: %s", l.Standard, err, firstError(string(out)))
	}
	if out, err := exec.Command(compiler(), append([]string{object, "-o", program}, l.linkFlags()...)...).CombinedOutput(); err != nil {
		return linking, fmt.Errorf("link: %w: %s", err, firstError(string(out)))
	}
	var stderr strings.Builder
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), kernels()...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return running, fmt.Errorf("run: %w: %s", err, lastLine(stderr.String()))
	}
	said := strings.Split(string(out), "\n")
	if len(said) < 4 {
		return running, fmt.Errorf("run: it printed %q", out)
	}
	l.Version = said[0]
	if l.BLAS, err = newBLAS(said[1], said[2], said[3]); err != nil {
		return running, fmt.Errorf("run: %w", err)
	}
	return running, nil
}

// wantsStandard is what libtorch's headers, or the library of the compiler, say to a C++ standard that is too old for them.
var wantsStandard = regexp.MustCompile(`(?i)#error.*C\+\+|in namespace .std. does not name|is not a member of .std.`)

// firstError is the first line of a compiler's or linker's output that tells what is wrong.
func firstError(out string) string {
	lines := strings.Split(out, "\n")
	for _, mark := range []string{"error: ", ", not found", "cannot find", "undefined reference"} {
		for _, line := range lines {
			// What the linker makes collect2 say, only sums up.
			if strings.Contains(line, mark) && !strings.HasPrefix(line, "collect2") {
				return strings.TrimSpace(line)
			}
		}
	}
	return lastLine(out)
}

func compiler() string {
	if cxx := os.Getenv("CXX"); cxx != "" {
		return cxx
	}
	return "g++"
}

func (l libtorch) compileFlags() []string {
	flags := []string{"-w", "-std=" + l.Standard, fmt.Sprintf("-D_GLIBCXX_USE_CXX11_ABI=%d", l.ABI)}
	for _, dir := range l.Include {
		flags = append(flags, "-I"+dir)
	}
	return flags
}

func (l libtorch) linkFlags() []string {
	var flags []string
	if l.Lib != "" {
		flags = append(flags, "-L"+l.Lib, "-Wl,-rpath,"+l.Lib)
	}
	if l.CUDA {
		// Nothing refers to libtorch_cuda by symbol: it registers its kernels when loaded. Its own
		// dependencies are found by its rpath at run time, not by the linker.
		flags = append(flags, "-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined", "-ltorch_cuda", "-lc10_cuda")
	}
	// Not -ltorch: it is empty, and refers to libtorch_cuda wherever it was built with it.
	return append(flags, "-ltorch_cpu", "-lc10", "-lstdc++", "-ldl")
}
