// Package herbarium_test runs whole pipelines of the tools, as people do: the scripts in testdata/script.
package herbarium_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

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
	programs := needTools(t, false)
	data := os.Getenv("HERBARIUM_DATA") // photos beside the checkout, or ""
	if data == "" {
		data = filepath.Join(programs.root, "../shared/data")
	}
	if _, err := os.Stat(data); err != nil {
		data = ""
	}
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", programs.path())
			env.Setenv("ROOT", programs.root)
			env.Setenv("BIN", programs.bin)
			env.Setenv("DATA", data)
			env.Setenv("PYTHON", interpreter)
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
				return programs.torch, nil
			case "shared":
				return data != "", nil
			case "python":
				return interpreter != "", nil
			}
			return false, fmt.Errorf("unknown condition %s", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"sh": sh, "net": setNet},
	})
}

// net sets $NET to the file of a small net of flowers.
func setNet(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) > 0 || neg {
		ts.Fatalf("usage: net")
	}
	file, err := net()
	ts.Check(err)
	ts.Setenv("NET", file)
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
