package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A binding in small: of it, only what a call reaches is kept.
const goSide = `package libtch
import "C"
type Ctensor = C.tensor
type unused int
func helper(n int) C.int { return C.int(n) }
func AtgRelu(ptr *Ctensor, self Ctensor) { C.atg_relu(ptr, self) }
func AtgSum(ptr *Ctensor, self Ctensor, n int) { C.atg_sum(ptr, self, helper(n)) }
func AtgLost(ptr *Ctensor) { C.atg_lost(ptr) }
`

const cSide = `// generated
void atg_relu(tensor *out__, tensor self) {
  PROTECT(
    if (self) { out__[0] = 0; }
  )
}

void atg_sum(tensor *out__, tensor self,
             int n) {
  PROTECT(out__[0] = 0;)
}

void atg_lost(tensor *out__) { PROTECT(does_not_compile_here();) }
int at_one_line() { return 1; }
`

func TestOnlyWhatIsCalledIsKept(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte(goSide), 0o600); err != nil {
		t.Fatal(err)
	}
	decls, err := goDecls(dir)
	if err != nil {
		t.Fatal(err)
	}
	source, c, err := trimGo(decls, []string{"AtgSum"})
	if err != nil {
		t.Fatal(err)
	}
	for part, kept := range map[string]bool{"func AtgSum": true, "func helper": true, "type Ctensor": true, "AtgRelu": false, "AtgLost": false, "unused": false} {
		if strings.Contains(source, part) != kept {
			t.Errorf("%q kept: %v\n%s", part, !kept, source)
		}
	}
	bodies := trimC(cSide, c)
	if len(bodies) != 1 || !strings.HasSuffix(bodies["atg_sum"], "PROTECT(out__[0] = 0;)\n}\n") {
		t.Errorf("kept of the C side: %q", bodies)
	}
	if got, want := prototype(bodies["atg_sum"]), "void atg_sum(tensor *out__, tensor self,\n             int n);\n"; got != want {
		t.Errorf("prototype %q, want %q", got, want)
	}
	if got := trimC(cSide, map[string]bool{"at_one_line": true})["at_one_line"]; got != "int at_one_line() { return 1; }\n" {
		t.Errorf("a function on one line: %q", got)
	}
	if _, _, err := trimGo(decls, []string{"AtgNowhere"}); err == nil || !strings.Contains(err.Error(), "AtgNowhere") {
		t.Errorf("a call that gotch lacks: %v", err)
	}
}

func TestCallsAreFoundInSource(t *testing.T) {
	dir := t.TempDir()
	text := "package x\nfunc f() { libtch.AtgRelu(a, b); libtch.AtgAdd_(a); libtch.AtgRelu(a, b); other.Thing() }\n"
	if err := os.WriteFile(filepath.Join(dir, "x.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := usedCalls(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"AtgAdd_", "AtgRelu"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPathsWithSpacesSurviveInFlags(t *testing.T) {
	lib := libtorch{Lib: "/a b/lib", Include: []string{"/a b/include"}, Standard: "c++17", CUDA: true}
	flags := cgoFlags(lib)
	for _, want := range []string{`-I/a\ b/include`, `-L/a\ b/lib`, `-Wl,-rpath,/a\ b/lib`, "-ltorch_cuda", "-std=c++17", "-D_GLIBCXX_USE_CXX11_ABI=0"} {
		if !strings.Contains(flags, want) {
			t.Errorf("flags lack %s: %s", want, flags)
		}
	}
}
