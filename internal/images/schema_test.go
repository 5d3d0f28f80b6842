package images

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/schema"
)

const itemsPage = "../../format/ITEMS.md"

func section(t *testing.T, heading string) []string {
	t.Helper()
	lines, err := schema.Section(itemsPage, heading)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// ITEMS.md names every key with the type of its values, once, and no other.
func TestItemsPageHasAllKeys(t *testing.T) {
	documented := map[string]string{}
	for _, heading := range []string{"Every image", "What maxact, caricature and invert write", "What is said of pictures made from photos",
		"What score writes", "What adversary writes"} {
		for _, row := range schema.Rows(section(t, heading)) {
			key := strings.Trim(row[0], "`")
			if documented[key] != "" {
				t.Errorf("%s has two rows for %q", itemsPage, key)
			}
			documented[key] = row[1]
		}
	}
	inCode := map[string]string{}
	for key, of := range Keys() {
		inCode[key] = of.Text
	}
	if diff := cmp.Diff(inCode, documented); diff != "" {
		t.Errorf("keys in the code (-) and in %s (+):\n%s", itemsPage, diff)
	}
}

// Every constant Key... has a type.
func TestEveryKeyHasAType(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "keys.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var constants []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Key") {
			constants = append(constants, strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
		}
		return true
	})
	slices.Sort(constants)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(Keys())), constants); diff != "" {
		t.Errorf("keys with a type (-) and constants (+):\n%s", diff)
	}
}

// The tensors and metadata that ITEMS.md lists are those that have names here.
func TestItemsPageHasAllTensorsAndMetadata(t *testing.T) {
	want := []string{ImageTensor, LabelTensor, SourceTensor, AlphaTensor, HeatTensor, ClassesMeta, ItemsMeta, HeatTensor, "prov"}
	var got []string
	for _, row := range schema.Rows(section(t, "Images")) {
		got = append(got, strings.Trim(row[0], "`"))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names in the code (-) and in %s (+):\n%s", itemsPage, diff)
	}
}

// Every type takes what tools write of it and refuses what they do not, with a message that names item and key.
func TestCheckOfItems(t *testing.T) {
	good := `{"name":"a","unit":"layer2:3","seed":18446744073709551615,"start":-1.5,"probability":1,"likeness":-1,"correct":false,
		"randomized":["fc"],"patch":[0,0,3,4],"error":{"layer2":0.25},"evidence":{"fc":{"logit":1,"bias":-2}},"own":[null],"x":"left"}`
	if err := checked(t, good); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{`{"name":1}`, `{"unit":null}`, `{"seed":-1}`, `{"steps":1.5}`, `{"start":"1"}`, `{"probability":1.001}`, `{"likeness":-1.1}`,
		`{"correct":1}`, `{"randomized":"fc"}`, `{"randomized":[1]}`, `{"patch":[1,2,3]}`, `{"error":0.5}`, `{"error":{"fc":-1}}`,
		`{"evidence":{"fc":1}}`, `{"eps":-1}`} {
		err := checked(t, bad)
		key := strings.Split(bad, `"`)[1]
		if err == nil || !strings.Contains(err.Error(), `item 1 (`) || !strings.Contains(err.Error(), `"`+key+`" is `) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// checked checks a batch whose second item is the JSON given.
func checked(t *testing.T, item string) error {
	t.Helper()
	b := small()
	b.Items[1] = nil
	d := json.NewDecoder(strings.NewReader(item))
	d.UseNumber()
	if err := d.Decode(&b.Items[1]); err != nil {
		t.Fatal(err)
	}
	return b.Check()
}

func TestCheckOfTensors(t *testing.T) {
	nan := float32(0)
	nan /= nan
	floats := func(v float32) *Batch {
		b := small()
		b.U8, b.F32 = nil, make([]float32, 36)
		b.F32[18+6+4] = v
		return b
	}
	extra := func(name string, shape []int, v ...float32) *Batch {
		b := small()
		size := 1
		for _, d := range shape {
			size *= d
		}
		v = append(v, make([]float32, size-len(v))...)
		b.Extra = []format.Tensor{format.Of(name, shape, v)}
		return b
	}
	for name, tt := range map[string]struct {
		batch *Batch
		want  string
	}{
		"floats":          {floats(1), ""},
		"floats above 1":  {floats(1.5), `item 1 (b & <c>.png): tensor "image" has values from 0 to 1.5, want pixels from 0 to 1`},
		"NaN":             {floats(nan), `item 1 (b & <c>.png): tensor "image" has NaN at [1 1 1]`},
		"source":          {extra("source", []int{2, 3, 2, 3}, 1), ""},
		"source of 255":   {extra("source", []int{2, 3, 2, 3}, 255), `item 0 (a.jpg): tensor "source" has values from 0 to 255, want pixels from 0 to 1`},
		"source of shape": {extra("source", []int{2, 3, 3, 2}), `tensor "source" is F32 [2 3 3 2], want U8 or F32 [2 3 2 3]`},
		"alpha":           {extra("alpha", []int{2, 2, 3}, 0.5), ""},
		"alpha of shape":  {extra("alpha", []int{2, 3, 2}), `tensor "alpha" is F32 [2 3 2], want F32 [2 2 3]`},
		"alpha is NaN":    {extra("alpha", []int{2, 2, 3}, nan), `item 0 (a.jpg): tensor "alpha" has NaN at [0 0]`},
		"heat":            {extra("heat", []int{2, 1, 4, 4}, -3), ""},
		"heat is NaN":     {extra("heat", []int{2, 4, 4}, 0, nan), `tensor "heat" has NaN at [0 1]`},
		"heat of others":  {extra("heat", []int{1, 1, 4, 4}), `tensor "heat" is F32 [1 1 4 4], want F32 [2,S,h,w]`},
		"own":             {extra("own", []int{7}, nan), ""},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := tt.batch.Document()
			if err != nil {
				t.Fatal(err)
			}
			b, err := FromDocument(d)
			if err == nil {
				err = b.Check()
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// Keys are spelled in keys.go and nowhere else: in programs an item is asked and filled by their constants.
func TestKeysAreSpelledOnce(t *testing.T) {
	types := Keys()
	known := func(e ast.Expr) bool {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return false
		}
		_, ok = types[strings.Trim(lit.Value, `"`)]
		return ok
	}
	looked := 0
	look := func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		looked++
		ast.Inspect(file, func(n ast.Node) bool {
			literal := false
			switch n := n.(type) {
			case *ast.IndexExpr:
				literal = itemName.MatchString(lastName(n.X)) && known(n.Index)
			case *ast.CallExpr:
				name := lastName(n.Fun)
				literal = len(n.Args) == 1 && (name == "Text" || name == "Number") && known(n.Args[0])
			case *ast.CompositeLit:
				if lastName(n.Type) == "Item" {
					literal = slices.ContainsFunc(n.Elts, func(e ast.Expr) bool { kv, ok := e.(*ast.KeyValueExpr); return ok && known(kv.Key) })
				}
			}
			if literal {
				t.Errorf("%s: a key of an item is spelled out; it has a constant in internal/images/keys.go", files.Position(n.Pos()))
			}
			return true
		})
		return nil
	}
	for _, dir := range []string{"../../internal", "../../tools"} {
		if err := filepath.WalkDir(dir, look); err != nil {
			t.Fatal(err)
		}
	}
	if looked < 100 {
		t.Errorf("looked into %d files only", looked)
	}
}

var itemName = regexp.MustCompile(`^(it|[a-z]*[iI]tems?)$`)

// lastName is the last name of an expression: item of p.item(i), Text of item.Text.
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.CallExpr:
		return lastName(e.Fun)
	case *ast.IndexExpr:
		return lastName(e.X)
	}
	return ""
}
