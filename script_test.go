// Package herbarium_test runs whole pipelines of the tools, as people do: the scripts in testdata/script.
package herbarium_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// pure are the tools that need neither libtorch nor cgo.
var pure = []string{"ingest", "montage", "peek", "versus"}

// fixture is what all scripts share.
type fixture struct {
	root  string // the checkout
	bin   string // the tools, built from it
	torch bool   // setup has been run, so that there are all tools
	data  string // photos beside the checkout, or ""
	net   string // a small net of flowers, or "": $NET
}

var shared fixture

func TestMain(m *testing.M) {
	status, err := prepareAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func prepareAndRun(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "herbarium-script-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if shared, err = prepare(dir); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// prepare builds the tools into dir: the pure ones as they are built before setup has run.
func prepare(dir string) (fixture, error) {
	f := fixture{bin: filepath.Join(dir, "bin")}
	var err error
	if f.root, err = os.Getwd(); err != nil {
		return f, err
	}
	if err := f.noteSources(); err != nil {
		return f, err
	}
	_, err = os.Stat("build/gotch/setup.json")
	f.torch = err == nil
	f.data = os.Getenv("HERBARIUM_DATA")
	if f.data == "" {
		f.data = filepath.Join(f.root, "../shared/data")
	}
	if _, err := os.Stat(f.data); err != nil {
		f.data = ""
	}

	mains, err := filepath.Glob("tools/*/main.go")
	if err != nil {
		return f, err
	}
	first, rest := []string{"build", "-buildvcs=false", "-o", f.bin + "/", "./format"}, []string{"build", "-buildvcs=false", "-o", f.bin + "/"}
	for _, name := range pure {
		first = append(first, "./tools/"+name)
	}
	for _, main := range mains {
		if dir := filepath.Dir(main); !strings.Contains(strings.Join(first, " ")+" ", "./"+dir+" ") {
			rest = append(rest, "./"+dir)
		}
	}
	if err := run([]string{"CGO_ENABLED=0", "GOWORK=off"}, "go", first...); err != nil || !f.torch {
		return f, err
	}
	if err := run([]string{"CGO_ENABLED=1"}, "go", rest...); err != nil {
		return f, err
	}
	f.net = filepath.Join(dir, "net.st.zst")
	return f, run([]string{"PATH=" + f.path()}, "bash", "-c",
		"set -o pipefail; ingest --synthetic 34 --size 32 | train --epochs 2 --quiet -o "+f.net)
}

func (f fixture) path() string { return f.bin + string(filepath.ListSeparator) + os.Getenv("PATH") }

func run(env []string, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}

// noteSources looks at everything that the tools are made of, so that go test does not take a result from
// its cache after they have changed: it sees what a test looks at, not what a go build inside it reads.
func (f fixture) noteSources() error {
	for _, dir := range []string{"format", "internal", "tools", "setup", "go.mod", "go.sum", "Makefile", "pipelines.mk", "robustness.mk"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			_, err = os.Stat(path)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// python is an interpreter that has numpy, or "".
func python() string {
	if _, err := exec.LookPath("zstd"); err != nil {
		return ""
	}
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import numpy").Run() == nil {
			return name
		}
	}
	return ""
}

func TestScripts(t *testing.T) {
	interpreter := python()
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", shared.path())
			env.Setenv("ROOT", shared.root)
			env.Setenv("BIN", shared.bin)
			env.Setenv("DATA", shared.data)
			env.Setenv("NET", shared.net)
			env.Setenv("PYTHON", interpreter)
			env.Setenv("OMP_WAIT_POLICY", "passive") // a tool that finds it unset starts itself again, with it
			for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOFLAGS", "GOPROXY"} {
				out, err := exec.Command("go", "env", name).Output()
				if err != nil {
					return err
				}
				env.Setenv(name, strings.TrimSpace(string(out)))
			}
			return nil
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "torch":
				return shared.torch, nil
			case "shared":
				return shared.data != "", nil
			case "python":
				return interpreter != "", nil
			}
			return false, fmt.Errorf("unknown condition %s", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"sh": sh},
	})
}

// sh [STATUS] SCRIPT runs SCRIPT in bash, without pipefail, and wants that exit status, or 0.
func sh(ts *testscript.TestScript, neg bool, args []string) {
	want := 0
	if len(args) == 2 {
		var err error
		want, err = strconv.Atoi(args[0])
		ts.Check(err)
		args = args[1:]
	}
	if len(args) != 1 || neg {
		ts.Fatalf("usage: sh [STATUS] SCRIPT")
	}
	err := ts.Exec("bash", "-c", args[0])
	var exit *exec.ExitError
	status := 0
	if errors.As(err, &exit) {
		status = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if status != want {
		ts.Fatalf("exit status %d, want %d", status, want)
	}
}
