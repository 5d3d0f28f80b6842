package herbarium_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestPureToolsStayPure: what needs no libtorch links none and needs no C compiler, so that it builds before
// setup and starts in milliseconds.
func TestPureToolsStayPure(t *testing.T) {
	pure, _, err := toolNames()
	if err != nil {
		t.Fatal(err)
	}
	packages := []string{"./format"}
	for _, name := range pure {
		packages = append(packages, "./tools/"+name)
	}
	if bad := impure(t, packages...); len(bad) > 0 {
		t.Errorf("%s depend on %s", strings.Join(packages, " "), strings.Join(bad, ", "))
	}
	if len(impure(t, "./internal/torch")) == 0 {
		t.Error("internal/torch is not seen to be impure: this test sees nothing")
	}
}

// TestLibrariesKnowNoCommandLine: a package below internal/ can be used without flags, streams of a process and exit codes.
// Only tools, and what several of them share below tools/, import internal/cli.
func TestLibrariesKnowNoCommandLine(t *testing.T) {
	if bad := importers(t, "herbarium/internal/cli", "./internal/...", "./format/..."); len(bad) > 0 {
		t.Errorf("%s: import internal/cli", strings.Join(bad, ", "))
	}
	if len(importers(t, "herbarium/internal/cli", "./tools/...")) == 0 {
		t.Error("the tools are not seen to import internal/cli: this test sees nothing")
	}
}

// importers are those of packages that import a package themselves, in their tests too.
func importers(t *testing.T, path string, packages ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-e", "-f",
		"{{.ImportPath}} {{join .Imports \" \"}} {{join .TestImports \" \"}} {{join .XTestImports \" \"}}"}, packages...)...)
	cmd.Env = append(cmd.Environ(), "GOWORK=off", "CGO_ENABLED=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	var all []string
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if slices.Contains(fields[1:], path) {
			all = append(all, fields[0])
		}
	}
	return all
}

// impure are the packages outside of the standard library that packages need and that use cgo, or gotch.
func impure(t *testing.T, packages ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-deps", "-f",
		"{{if not .Standard}}{{.ImportPath}} {{len .CgoFiles}}{{end}}"}, packages...)...)
	cmd.Env = append(cmd.Environ(), "GOWORK=off", "CGO_ENABLED=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	var bad []string
	for line := range strings.Lines(string(out)) {
		path, files, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && (files != "0" || strings.Contains(path, "sugarme/gotch") || path == "herbarium/internal/torch") {
			bad = append(bad, path)
		}
	}
	return bad
}
