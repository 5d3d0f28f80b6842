package main

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

const (
	gotch = "github.com/sugarme/gotch"
	// goWorkMark tells a go.work of ours from one that the user wrote.
	goWorkMark = "// Written by go run ./setup: gotch comes from build/gotch.\n"
)

//go:embed extra
var extra embed.FS

//go:embed *.go
var ownSource embed.FS

// binding is the copy of gotch's libtch package that this checkout needs.
type binding struct {
	root    string
	version string
	calls   []string // names of package libtch that internal/torch uses
	key     string   // digest of everything that decides the copy but libtorch itself
}

// stamp is kept in build/gotch and says what it was made from.
type stamp struct {
	Key     string
	Env     string // $LIBTORCH then
	Library libtorch
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "setup", "binding.go")); err == nil {
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
				return dir, nil
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("run it inside a checkout of herbarium")
		}
		dir = parent
	}
}

func planBinding(root string) (*binding, error) {
	b := &binding{root: root}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	_, after, ok := strings.Cut(string(mod), gotch+" ")
	if !ok {
		return nil, fmt.Errorf("go.mod does not require %s", gotch)
	}
	b.version = strings.Fields(after)[0]
	if b.calls, err = usedCalls(filepath.Join(root, "internal", "torch")); err != nil {
		return nil, err
	}
	h := sha256.New()
	fmt.Fprintln(h, b.version, b.calls, compiler())
	for _, files := range []embed.FS{extra, ownSource} {
		err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := files.ReadFile(path)
			fmt.Fprintf(h, "%s %d\n%s", path, len(text), text)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	b.key = fmt.Sprintf("%x", h.Sum(nil))
	return b, nil
}

func (b *binding) dir() string       { return filepath.Join(b.root, "build", "gotch") }
func (b *binding) stampFile() string { return filepath.Join(b.dir(), "setup.json") }
func (b *binding) workFile() string  { return filepath.Join(b.root, "go.work") }

// upToDate tells whether build/gotch was made by this setup for these calls, and its
// libtorch is still the file that it was.
func (b *binding) upToDate() (libtorch, bool) {
	var s stamp
	text, err := os.ReadFile(b.stampFile())
	if err != nil || json.Unmarshal(text, &s) != nil || s.Key != b.key || s.Env != os.Getenv("LIBTORCH") {
		return libtorch{}, false
	}
	info, err := os.Stat(s.Library.Core)
	if err != nil || info.Size() != s.Library.Size || info.ModTime().UnixNano() != s.Library.ModTime || !s.Library.BLAS.isSame() {
		return libtorch{}, false
	}
	work, err := os.ReadFile(b.workFile())
	return s.Library, err == nil && string(work) == b.goWork()
}

func (b *binding) goWork() string {
	mod, _ := os.ReadFile(filepath.Join(b.root, "go.mod"))
	version := "1.26.0"
	for _, line := range strings.Split(string(mod), "\n") {
		if v, ok := strings.CutPrefix(line, "go "); ok {
			version = v
		}
	}
	return fmt.Sprintf("%s\ngo %s\n\nuse .\n\nreplace %s => ./build/gotch\n", goWorkMark, version, gotch)
}

// write makes build/gotch and go.work. The stamp is removed first and written last, so that
// an interrupted run is repeated.
func (b *binding) write(lib libtorch) error {
	if work, err := os.ReadFile(b.workFile()); err == nil && !strings.HasPrefix(string(work), goWorkMark) {
		return fmt.Errorf("go.work is not setup's: move it away, then run setup again")
	}
	source, err := b.gotchSource()
	if err != nil {
		return err
	}
	files, err := b.trimmed(filepath.Join(source, "libtch"), lib)
	if err != nil {
		return err
	}
	os.Remove(b.stampFile())
	pkg := filepath.Join(b.dir(), "libtch")
	if err := os.MkdirAll(pkg, 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := writeIfChanged(filepath.Join(b.dir(), name), text); err != nil {
			return err
		}
	}
	if err := writeIfChanged(b.workFile(), b.goWork()); err != nil {
		return err
	}
	s, err := json.MarshalIndent(stamp{b.key, os.Getenv("LIBTORCH"), lib}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(b.stampFile(), s, 0o644)
}

// gotchSource is the module's folder in the module cache, downloaded if need be.
func (b *binding) gotchSource() (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", gotch+"@"+b.version)
	cmd.Dir = b.root
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var module struct{ Dir, Error string }
	if json.Unmarshal(out, &module) == nil && module.Error != "" {
		return "", fmt.Errorf("download of %s: %s", gotch, module.Error)
	}
	if err != nil {
		return "", fmt.Errorf("download of %s: %w: %s", gotch, err, lastLine(stderr.String()))
	}
	return module.Dir, nil
}

// trimmed is the text of every file of build/gotch, by path.
func (b *binding) trimmed(source string, lib libtorch) (map[string]string, error) {
	decls, err := goDecls(source)
	if err != nil {
		return nil, err
	}
	extraGo, err := extra.ReadFile("extra/binding.go.txt")
	if err != nil {
		return nil, err
	}
	var calls []string // those that gotch has; the others are in extra
	for _, call := range b.calls {
		if !bytes.Contains(extraGo, []byte("func "+call+"(")) {
			calls = append(calls, call)
		}
	}
	goSide, c, err := trimGo(decls, calls)
	if err != nil {
		return nil, err
	}
	for _, m := range regexpC.FindAllStringSubmatch(string(extraGo), -1) {
		c[m[1]] = true
	}
	bodies := map[string]string{}
	for _, file := range []string{filepath.Join(source, "torch_api.cpp"), filepath.Join(source, "torch_api_generated.cpp.h")} {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for name, body := range trimC(string(text), c) {
			bodies[name] = body
		}
	}
	extraC, err := extra.ReadFile("extra/torch_api.cpp")
	if err != nil {
		return nil, err
	}
	for name, body := range trimC(string(extraC), c) {
		bodies[name] = body
	}
	header, err := extra.ReadFile("extra/torch_api.h")
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(bodies))
	for name := range bodies {
		names = append(names, name)
	}
	sort.Strings(names)
	var prototypes, functions strings.Builder
	for _, name := range names {
		prototypes.WriteString(prototype(bodies[name]))
		functions.WriteString("\n" + bodies[name])
	}
	h := strings.Replace(string(header), "/* functions */\n", prototypes.String(), 1)
	preamble, err := extra.ReadFile("extra/preamble.cpp")
	if err != nil {
		return nil, err
	}
	blas, err := extra.ReadFile("extra/blas.cpp")
	if err != nil {
		return nil, err
	}
	license, err := os.ReadFile(filepath.Join(source, "..", "LICENSE"))
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"LICENSE":              string(license),
		"go.mod":               "module " + gotch + "\n\ngo 1.20\n",
		"libtch/libtch.go":     goSide,
		"libtch/extra.go":      string(extraGo),
		"libtch/torch_api.h":   h,
		"libtch/torch_api.cpp": string(preamble) + string(blas) + functions.String(),
		"libtch/flags.go":      cgoFlags(lib),
	}, nil
}

func cgoFlags(lib libtorch) string {
	return fmt.Sprintf("package libtch\n\n// #cgo CXXFLAGS: -O2 %s\n// #cgo LDFLAGS: %s\nimport \"C\"\n",
		quoteFlags(lib.compileFlags()), quoteFlags(lib.linkFlags()))
}

// quoteFlags writes flags as cgo reads them: a space inside one is escaped.
func quoteFlags(flags []string) string {
	quoted := make([]string, len(flags))
	for i, f := range flags {
		quoted[i] = strings.ReplaceAll(f, " ", `\ `)
	}
	return strings.Join(quoted, " ")
}

// writeIfChanged keeps the time of a file whose text is the same, so that make and the Go
// build cache see no change.
func writeIfChanged(path, text string) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == text {
		return nil
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
