package schema

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const page = `# Page

| a | b |
|---|---|
| not | in it |

## Part

| head | |
|---|---|
| ` + "`x`" + ` | one |
| ` + "`y`, `z`" + ` | two |

### Below

` + "```json\n{\"k\": 1}\n# no heading\n```\n" + `
| other | |
|---|---|
| w | |

## Next

| v | |
|---|---|
| v | |
`

func TestSection(t *testing.T) {
	path := filepath.Join(t.TempDir(), "PAGE.md")
	if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	lines, err := Section(path, "Part")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"`x`", "one"}, {"`y`, `z`", "two"}, {"w", ""}}, Rows(lines)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"{\"k\": 1}\n# no heading\n"}, Code(lines, "json")); diff != "" {
		t.Error(diff)
	}
	if _, err := Section(path, "Absent"); err == nil {
		t.Error("a heading that is not there is found")
	}
}

type inner struct {
	N     int  `json:"n"`
	Again *all `json:"again"`
}

type leaf struct {
	X float64 `json:"x"`
}

type embedded struct {
	Name string `json:"name,omitempty"`
}

type all struct {
	embedded
	Yes    bool               `json:"yes"`
	Pair   [2]float64         `json:"pair"`
	List   []inner            `json:"list"`
	Leaf   *leaf              `json:"leaf"`
	By     map[string]float64 `json:"by"`
	Hidden int                `json:"-"`
	hidden int
}

func TestFields(t *testing.T) {
	want := []Field{{"name", "text"}, {"yes", "boolean"}, {"pair", "[2]number"}, {"list[].n", "integer"}, {"list[].again", "all"}, {"leaf", "leaf"}, {"by", "{text: number}"}}
	if diff := cmp.Diff(want, Fields(reflect.TypeFor[all](), reflect.TypeFor[leaf]())); diff != "" {
		t.Error(diff)
	}
	_ = all{hidden: 1}.hidden
}
