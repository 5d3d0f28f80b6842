package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// callPattern finds the calls that a Go source makes into the binding.
var callPattern = regexp.MustCompile(`\blibtch\.([A-Z]\w*)`)

// usedCalls are the names of package libtch that the Go files of dir mention, sorted.
func usedCalls(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, m := range callPattern.FindAllStringSubmatch(string(text), -1) {
			seen[m[1]] = true
		}
	}
	names := make([]string, 0, len(seen))
	for name := range seen {
		names = append(names, name)
	}
	sort.Strings(names)
	return names, nil
}

// goDecl is one top-level declaration of the binding's Go side.
type goDecl struct {
	text string
	uses []string // identifiers in it: other declarations, C names
	c    []string // names after "C."
}

// goDecls indexes the functions and types of the Go files in dir by name.
func goDecls(dir string) (map[string]goDecl, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	decls := map[string]goDecl{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, text, 0)
		if err != nil {
			return nil, err
		}
		for _, decl := range parsed.Decls {
			from, to := set.Position(decl.Pos()).Offset, set.Position(decl.End()).Offset
			d := goDecl{text: string(text[from:to])}
			ast.Inspect(decl, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "C" {
						d.c = append(d.c, n.Sel.Name)
					}
				case *ast.Ident:
					d.uses = append(d.uses, n.Name)
				}
				return true
			})
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Recv == nil {
					decls[decl.Name.Name] = d
				}
			case *ast.GenDecl:
				if len(decl.Specs) != 1 {
					continue
				}
				if spec, ok := decl.Specs[0].(*ast.TypeSpec); ok {
					decls[spec.Name.Name] = d
				}
			}
		}
	}
	return decls, nil
}

// trimGo is the Go side that calls need, in order of name, and the C functions it calls.
func trimGo(decls map[string]goDecl, calls []string) (source string, c map[string]bool, err error) {
	keep, c := map[string]bool{}, map[string]bool{}
	var visit func(string)
	visit = func(name string) {
		d, ok := decls[name]
		if !ok || keep[name] {
			return
		}
		keep[name] = true
		for _, use := range d.uses {
			visit(use)
		}
		for _, fn := range d.c {
			c[fn] = true
		}
	}
	for _, call := range calls {
		if _, ok := decls[call]; !ok {
			return "", nil, fmt.Errorf("gotch has no libtch.%s", call)
		}
		visit(call)
	}
	names := make([]string, 0, len(keep))
	for name := range keep {
		names = append(names, name)
	}
	sort.Strings(names)
	var out strings.Builder
	out.WriteString("package libtch\n\n//#include \"stdbool.h\"\n//#include \"stdlib.h\"\n//#include \"torch_api.h\"\nimport \"C\"\n\nimport \"unsafe\"\n")
	for _, name := range names {
		out.WriteString("\n" + decls[name].text + "\n")
	}
	return out.String(), c, nil
}

// cFunction is the start of a function at the left margin of gotch's C++ files.
var cFunction = regexp.MustCompile(`(?m)^(?:void|int|int64_t|double|bool|char|tensor|scalar|size_t|optimizer|module|ivalue)[ *]+(\w+)\(`)

// trimC returns the functions of a C++ source whose names are in keep, by name: from the left
// margin to the closing brace at the left margin, or to the end of a one-line body.
func trimC(source string, keep map[string]bool) map[string]string {
	out := map[string]string{}
	for _, at := range cFunction.FindAllStringSubmatchIndex(source, -1) {
		name := source[at[2]:at[3]]
		if !keep[name] {
			continue
		}
		rest := source[at[0]:]
		line, _, _ := strings.Cut(rest, "\n")
		if strings.HasSuffix(strings.TrimSpace(line), "}") {
			out[name] = line + "\n"
			continue
		}
		if end := strings.Index(rest, "\n}"); end >= 0 {
			out[name] = rest[:end+2] + "\n"
		}
	}
	return out
}

// regexpC finds the C functions that a Go source calls.
var regexpC = regexp.MustCompile(`\bC\.(\w+)\(`)

// prototype is the declaration of a kept function.
func prototype(body string) string {
	head, _, _ := strings.Cut(body, "{")
	return strings.TrimSpace(head) + ";\n"
}
