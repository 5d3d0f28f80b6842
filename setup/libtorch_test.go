package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fakeTree is a folder that looks like a libtorch from afar.
func fakeTree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"lib/libtorch_cpu.so", "include/torch/csrc/api/include/torch/torch.h"} {
		write(t, filepath.Join(dir, name), "")
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// fakeCompiler is a shell script in the place of g++; its last argument is the file to make.
func fakeCompiler(t *testing.T, script string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c++")
	write(t, path, "#!/bin/sh\n"+script)
	t.Setenv("CXX", path)
}

// Of six attempts, the one with the C++ standard and the string ABI that the library was made for tells what is wrong with it.
func TestTheErrorIsThatOfTheAttemptThatCameFurthest(t *testing.T) {
	const wants20 = `case "$*" in *c++20*" -c "*) ;; *" -c "*) echo 'c10/util/C++17.h:27:2: error: #error You need C++20 to compile PyTorch'; exit 1;; esac
`
	for name, test := range map[string]struct{ script, want string }{
		"a library is missing": {wants20 + `case "$*" in *" -c "*) exit 0;; esac
echo '/usr/bin/ld: warning: libtorch_cuda.so, needed by libtorch_cpu.so, not found'; echo 'collect2: error: ld returned 1 exit status'; exit 1`,
			"$LIBTORCH: a C++ probe does not link: exit status 1: /usr/bin/ld: warning: libtorch_cuda.so, needed by libtorch_cpu.so, not found"},
		"a header is missing": {wants20 + "echo 'probe.cpp:3: fatal error: ATen/ops/mm.h: No such file'; exit 1",
			"$LIBTORCH: a C++ probe does not compile as c++20: exit status 1: probe.cpp:3: fatal error: ATen/ops/mm.h: No such file"},
		"it does not load": {wants20 + `case "$*" in *" -c "*) exit 0;; esac
while [ "$1" != -o ]; do shift; done; printf '#!/bin/sh\necho "libcudart.so.13: cannot open" >&2; exit 127\n' > "$2"; chmod +x "$2"`,
			"$LIBTORCH: a C++ probe does not run: exit status 127: libcudart.so.13: cannot open"},
	} {
		fakeCompiler(t, test.script)
		_, err := probe("$LIBTORCH", fakeTree(t))
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
}

// The attempts end with the pair that works, and what the probe prints is kept.
func TestAProbeTellsVersionAndBLAS(t *testing.T) {
	dir := fakeTree(t)
	fakeCompiler(t, `case "$*" in *c++17*) exit 1;; *" -c "*) exit 0;; esac
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\nprintf "2.9.1\\nMKL 2024.2\\n%s\\n85.5\\n"\n' "`+dir+`/lib/libtorch_cpu.so" > "$2"; chmod +x "$2"`)
	lib, err := probe("$LIBTORCH", dir)
	if err != nil {
		t.Fatal(err)
	}
	library := filepath.Join(dir, "lib/libtorch_cpu.so")
	want := blas{Name: "MKL 2024.2", Link: library, File: library, GFLOPS: 85.5}
	if lib.Version != "2.9.1" || lib.Standard != "c++20" || lib.ABI != 1 || lib.CUDA || lib.BLAS != want {
		t.Errorf("%+v", lib)
	}
	if got, want := lib.String(), "libtorch 2.9.1 (CPU, $LIBTORCH), MKL 2024.2 at 85.5 GFLOP/s a core"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Conda's environments have libtorch in Python's package or in the environment's own folders.
func TestCondaEnvironments(t *testing.T) {
	prefix := t.TempDir()
	if got := condaTorch(prefix); len(got) > 0 {
		t.Errorf("found in an empty environment: %v", got)
	}
	torch := filepath.Join(prefix, "lib/python3.12/site-packages/torch")
	write(t, filepath.Join(torch, "__init__.py"), "")
	write(t, filepath.Join(prefix, "lib/libtorch_cpu.so"), "")
	want := []string{torch, prefix}
	var got []string
	for _, at := range condaTorch(prefix) {
		got = append(got, at.dir)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// An empty PATH has no Python, so only this one is left of those that are looked for by name.
	t.Setenv("PATH", "")
	t.Setenv("CONDA_PREFIX", prefix)
	if all := places(); len(all) < 2 || all[0] != (place{"$CONDA_PREFIX", torch}) {
		t.Errorf("places: %v", all)
	}
}

func TestSlowBLASIsToldWithWhatHelps(t *testing.T) {
	for _, test := range []struct {
		blas blas
		want string // part of the warning
	}{
		{blas{Name: "OpenBLAS 0.3.21 for Haswell", GFLOPS: 60}, ""},
		{blas{Name: "MKL 2024.2", GFLOPS: 10}, ""},
		{blas{Name: "reference BLAS", GFLOPS: 3.94}, "3.94 GFLOP/s a core: install a faster one (Debian and Ubuntu: apt-get install --no-install-recommends libopenblas0-openmp)"},
		{blas{Name: "OpenBLAS 0.3.21 for Haswell, pthread", GFLOPS: 60}, "take its openmp build"},
		{blas{Name: "MKL 2024.2", GFLOPS: 9.9}, "slow, 9.9 GFLOP/s a core"},
	} {
		if got := test.blas.warning(); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%+v: %q, want %q", test.blas, got, test.want)
		}
	}
}

// Another BLAS behind the same link makes setup look again.
func TestALinkThatMovedIsSeen(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "libblas.so.3")
	for _, name := range []string{"reference", "openblas"} {
		write(t, filepath.Join(dir, name), "")
	}
	if err := os.Symlink("reference", link); err != nil {
		t.Fatal(err)
	}
	b, err := newBLAS("reference BLAS", link, "3.9")
	if err != nil || !b.isSame() {
		t.Fatalf("%+v, same: %v, %v", b, b.isSame(), err)
	}
	os.Remove(link)
	if err := os.Symlink("openblas", link); err != nil {
		t.Fatal(err)
	}
	if b.isSame() {
		t.Error("a link to another library counts as the same")
	}
	if (blas{}).isSame() == false {
		t.Error("a BLAS without a file of its own has changed")
	}
}
