package herbarium_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// TestArchitectureIsTrue: ARCHITECTURE.md lists every room of Go, from the top, and imports go down its list only.
func TestArchitectureIsTrue(t *testing.T) {
	page, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(page), "<!-- rooms: from the top -->")
	list, _, found := strings.Cut(list, "<!-- end of rooms -->")
	if !found {
		t.Fatal("ARCHITECTURE.md has no list of rooms")
	}
	floors := map[string]int{} // lines of the list, from the top
	for floor, line := range strings.Split(list, "\n- ") {
		for _, name := range regexp.MustCompile("`([a-z/]+)`").FindAllStringSubmatch(line, -1) {
			floors[name[1]] = floor
		}
	}
	imports := map[string][]string{}
	for _, pair := range goList(t, "-f", `{{$p := .ImportPath}}{{if .GoFiles}}{{$p}}:{{end}} {{range .Imports}}{{$p}}:{{.}} {{end}}`, "./...") {
		from, to, _ := strings.Cut(pair, ":")
		from, to = strings.TrimPrefix(from, "herbarium/"), strings.TrimPrefix(to, "herbarium/")
		imports[from] = append(imports[from], to)
	}
	for room, below := range imports {
		floor, ok := floors[room]
		if !ok && strings.HasPrefix(room, "tools/") && strings.Count(room, "/") == 1 { // a tool is at the top, listed or not
			floor, ok = 1, true
		}
		if !ok {
			t.Errorf("ARCHITECTURE.md does not list %s", room)
			continue
		}
		for _, other := range below {
			if _, ours := imports[other]; ours && floors[other] <= floor {
				t.Errorf("%s imports %s, which ARCHITECTURE.md does not list below it", room, other)
			}
		}
	}
	for room := range floors {
		if _, err := os.Stat(room); err != nil {
			t.Errorf("ARCHITECTURE.md lists %s: %v", room, err)
		}
	}
}

// TestReadmeNamesEveryTool: a tool has a row in README's table.
func TestReadmeNamesEveryTool(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	pure, linked, err := toolNames()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(pure, linked...) {
		if !strings.Contains(string(readme), "\n| `"+name+"`") {
			t.Errorf("README.md has no row for %s", name)
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
