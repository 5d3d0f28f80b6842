package herbarium_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestEveryPackageSaysWhatItIsFor: each folder of Go has a package comment, which go doc and ARCHITECTURE.md rely on.
func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	says := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (path == "build" || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		dir := filepath.Dir(path)
		says[dir] = says[dir] || strings.TrimSpace(file.Doc.Text()) != ""
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(says) < 30 {
		t.Fatalf("only %d folders of Go were found", len(says))
	}
	for dir, ok := range says {
		if !ok {
			t.Errorf("%s: no package comment says what it is for", dir)
		}
	}
}

// TestNoticeNamesWhatProgramsContain: NOTICE has the license of every module that a tool is linked with.
func TestNoticeNamesWhatProgramsContain(t *testing.T) {
	notice, err := os.ReadFile("NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	modules := slices.Compact(slices.Sorted(slices.Values(goList(t, "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "./tools/..."))))
	if len(modules) < 10 {
		t.Fatalf("go list names only %q", modules)
	}
	for _, path := range modules {
		if path != "herbarium" && !strings.Contains(string(notice), path) {
			t.Errorf("NOTICE does not name %s", path)
		}
	}
}

// TestHelpersOfTestsStayInTests: no program is linked with what only tests use.
func TestHelpersOfTestsStayInTests(t *testing.T) {
	for _, path := range goList(t, "-deps", "./tools/...") {
		if path == "testing" || path == "herbarium/internal/torchtest" {
			t.Errorf("the tools depend on %s", path)
		}
	}
}

// goList is the words that go list prints, of packages with cgo as they are before setup.
func goList(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Env = append(cmd.Environ(), "GOWORK=off", "CGO_ENABLED=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	return strings.Fields(string(out))
}
