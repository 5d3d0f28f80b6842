package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
}

func (l libtorch) String() string {
	device := "CPU"
	if l.CUDA {
		device = "CUDA"
	}
	return fmt.Sprintf("libtorch %s (%s, %s)", l.Version, device, l.From)
}

// missingError says that no libtorch was usable, with what was wrong at each place.
type missingError struct{ tried []string }

func (e *missingError) Error() string {
	return "no usable libtorch: " + strings.Join(e.tried, "; ")
}

func (e *missingError) ways() string {
	return `setup: three ways to provide libtorch:
setup:   1. Debian or Ubuntu: apt-get install --no-install-recommends libtorch-dev
setup:   2. Python: pip install torch (setup finds the torch of python3 on PATH)
setup:   3. unpack a libtorch C++ distribution and set LIBTORCH to its folder (the one with include/ and lib/)
`
}

// findLibtorch looks at $LIBTORCH, then at the torch of each Python, then at the
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
	for _, python := range []string{"python3", "/usr/bin/python3", "python"} {
		dir := pythonTorch(python)
		if dir == "" {
			continue
		}
		lib, err := probe("torch of "+python, dir)
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
	if err := installPackage(); err != nil {
		return lib, &missingError{append(tried, err.Error())}
	}
	if lib, err = probe("system", ""); err != nil {
		return lib, &missingError{append(tried, err.Error())}
	}
	return lib, nil
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

// installPackage installs libtorch-dev where apt-get is there and this user may run it.
func installPackage() error {
	apt, err := exec.LookPath("apt-get")
	if err != nil {
		return fmt.Errorf("not a Debian or Ubuntu system: libtorch-dev cannot be installed")
	}
	prefix := []string{apt}
	if os.Geteuid() != 0 {
		if exec.Command("sudo", "-n", "true").Run() != nil {
			return fmt.Errorf("libtorch-dev is not installed and installing it needs root")
		}
		prefix = []string{"sudo", "-n", apt}
	}
	fmt.Fprintln(os.Stderr, "setup: installing libtorch-dev")
	install := append(prefix, "install", "-y", "-q", "--no-install-recommends", "libtorch-dev")
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

// probeSource uses a header that every C++ standard check of libtorch guards, and a symbol
// whose mangled name holds std::string, so that linking tells the ABI.
const probeSource = `#include <ATen/core/TensorBody.h>
#include <c10/util/Exception.h>
#include <string>
int main(int n, char **) {
  if (n > 1) c10::detail::torchCheckFail("probe", "probe.cpp", 1, std::string("probe"));
  at::Tensor t;
  return t.defined();
}
`

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
	source := filepath.Join(work, "probe.cpp")
	if err := os.WriteFile(source, []byte(probeSource), 0o644); err != nil {
		return lib, err
	}
	// Each libtorch release fixes one pair; the newest is the likeliest.
	var first error
	for _, standard := range []string{"c++17", "c++20", "c++14"} {
		for _, abi := range []int{1, 0} {
			lib.Standard, lib.ABI = standard, abi
			err := lib.try(source, filepath.Join(work, "probe"))
			if err == nil {
				lib.Version, err = lib.readVersion(work)
				return lib, err
			}
			if first == nil {
				first = err
			}
		}
	}
	return lib, fmt.Errorf("%s: a C++ probe does not build: %w", from, first)
}

func (l libtorch) try(source, program string) error {
	args := append(l.compileFlags(), source, "-o", program)
	args = append(args, l.linkFlags()...)
	if out, err := exec.Command(compiler(), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, firstError(string(out)))
	}
	if out, err := exec.Command(program).CombinedOutput(); err != nil {
		return fmt.Errorf("probe does not run: %w: %s", err, lastLine(string(out)))
	}
	return nil
}

func firstError(out string) string {
	for _, line := range strings.Split(out, "\n") {
		if strings.Contains(line, "error") || strings.Contains(line, "undefined reference") {
			return strings.TrimSpace(line)
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
	return append(flags, "-ltorch", "-ltorch_cpu", "-lc10", "-lstdc++")
}

// readVersion preprocesses libtorch's version header.
func (l libtorch) readVersion(work string) (string, error) {
	source := filepath.Join(work, "version.cpp")
	text := "#include <torch/version.h>\nherbarium_version TORCH_VERSION\n"
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		return "", err
	}
	out, err := exec.Command(compiler(), append(l.compileFlags(), "-E", "-P", source)...).Output()
	if err != nil {
		return "", fmt.Errorf("%s: version header: %w", l.From, err)
	}
	_, version, ok := strings.Cut(string(out), "herbarium_version")
	if !ok {
		return "", fmt.Errorf("%s: no TORCH_VERSION in torch/version.h", l.From)
	}
	return strings.Trim(strings.TrimSpace(version), `"`), nil
}
