package herbarium_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// What tests of whole programs share is made when the first of them asks for it.
var (
	scratch string // a folder that is removed when all tests have run
	tools   = sync.OnceValues(buildTools)
	net     = sync.OnceValues(trainNet)
)

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "herbarium-script-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	os.RemoveAll(scratch)
	os.Exit(status)
}

// toolbox is the programs, built from this checkout.
type toolbox struct {
	root  string // the checkout
	bin   string // the folder of the programs
	torch bool   // setup has been run, so that all of them are there
}

// needTools is the programs. Where setup has not been run, a test that needs all of them is skipped.
func needTools(t *testing.T, torch bool) toolbox {
	t.Helper()
	f, err := tools()
	if err != nil {
		t.Fatal(err)
	}
	if torch && !f.torch {
		t.Skip("setup has not been run: make setup")
	}
	return f
}

// buildTools builds the pure tools as they are built before setup has run, then the others.
func buildTools() (toolbox, error) {
	f := toolbox{bin: filepath.Join(scratch, "bin")}
	var err error
	if f.root, err = os.Getwd(); err != nil {
		return f, err
	}
	if err := noteSources(); err != nil {
		return f, err
	}
	_, err = os.Stat("build/gotch/setup.json")
	f.torch = err == nil
	pure, linked, err := toolNames()
	if err != nil {
		return f, err
	}
	build := func(names []string, env ...string) error {
		args := []string{"build", "-buildvcs=false", "-o", f.bin + "/"}
		for _, name := range names {
			args = append(args, "./tools/"+name)
		}
		return run(env, "go", args...)
	}
	if err := build(pure, "CGO_ENABLED=0", "GOWORK=off"); err != nil || !f.torch {
		return f, err
	}
	return f, build(linked, "CGO_ENABLED=1")
}

// toolNames are the tools that need neither libtorch nor cgo, as the Makefile lists them, and the others.
func toolNames() (pure, linked []string, err error) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		return nil, nil, err
	}
	list := regexp.MustCompile(`(?m)^pure +:= (.*)$`).FindStringSubmatch(string(makefile))
	if list == nil {
		return nil, nil, fmt.Errorf("the Makefile has no list of pure tools")
	}
	mains, err := filepath.Glob("tools/*/main.go")
	for _, main := range mains {
		name := filepath.Base(filepath.Dir(main))
		if strings.Contains(" "+list[1]+" ", " "+name+" ") {
			pure = append(pure, name)
		} else {
			linked = append(linked, name)
		}
	}
	return pure, linked, err
}

// trainNet is the file of a small net of flowers.
func trainNet() (string, error) {
	f, err := tools()
	if err != nil {
		return "", err
	}
	file := filepath.Join(scratch, "net.st.zst")
	return file, run([]string{"PATH=" + f.path()}, "bash", "-c",
		"set -o pipefail; ingest --synthetic 34 --size 32 | train --epochs 2 --quiet -o "+file)
}

func (f toolbox) path() string { return f.bin + string(filepath.ListSeparator) + os.Getenv("PATH") }

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
func noteSources() error {
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
