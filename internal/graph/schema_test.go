package graph

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/schema"
)

const netPage = "../../format/NET.md"

// An opPage is what NET.md says of one op.
type opPage struct {
	name       string
	inputs     string            // "one", "two or more"
	attributes map[string]bool   // whether each is needed
	params     map[string]string // shape by suffix
	examples   []map[string]any  // nodes
}

func readOpPage(t *testing.T, op string) opPage {
	t.Helper()
	lines, err := schema.Section(netPage, op)
	if err != nil {
		t.Fatal(err)
	}
	p := opPage{name: op, attributes: map[string]bool{}, params: map[string]string{}}
	for _, row := range schema.Rows(lines) {
		name := strings.Trim(row[0], "`")
		suffix, isParam := strings.CutPrefix(name, "NAME")
		switch {
		case name == "in":
			p.inputs, _, _ = strings.Cut(row[1], ":")
		case isParam:
			p.params[suffix] = row[1]
		case row[2] != "" && row[2] != "needed":
			t.Errorf("%s, %s: the third column says %q", op, name, row[2])
		default:
			p.attributes[name] = row[2] == "needed"
		}
	}
	for _, code := range schema.Code(lines, "json") {
		for line := range strings.Lines(code) {
			var node map[string]any
			if err := json.Unmarshal([]byte(line), &node); err != nil {
				t.Fatalf("%s: %v in %s", op, err, line)
			}
			if node["op"] != op {
				t.Errorf("%s has an example of %v", op, node["op"])
			}
			p.examples = append(p.examples, node)
		}
	}
	return p
}

// exampleShapes are inputs, one of which every example takes.
var exampleShapes = []Shape{{3, 16, 16}, {4, 16, 16}, {4, 1, 1}, {4}}

// asGraph is a graph of one node whose inputs are all the graph's.
func asGraph(t *testing.T, node map[string]any) ([]byte, int) {
	t.Helper()
	node = maps.Clone(node)
	inputs := slices.Clone(node["in"].([]any))
	for i := range inputs {
		inputs[i] = Input
	}
	node["in"] = inputs
	text, err := json.Marshal(map[string]any{"nodes": []any{node}})
	if err != nil {
		t.Fatal(err)
	}
	return text, len(inputs)
}

// Every op has a section in NET.md and every section is of an op. A section's table has the op's attributes and parameters,
// no others, and its example all of them. Without an attribute that is needed no graph is read, and without one that is
// not every graph is.
func TestNetPageHasAllOps(t *testing.T) {
	lines, err := schema.Section(netPage, "Ops")
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for _, line := range lines {
		if name, ok := strings.CutPrefix(line, "### "); ok {
			sections = append(sections, name)
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(attributesByOp())), slices.Sorted(slices.Values(sections))); diff != "" {
		t.Fatalf("ops in the code (-) and in %s (+):\n%s", netPage, diff)
	}
	for op, attributes := range attributesByOp() {
		t.Run(op, func(t *testing.T) {
			p := readOpPage(t, op)
			if diff := cmp.Diff(attributes, p.attributes); diff != "" {
				t.Errorf("attributes, and whether they are needed, in the code (-) and in %s (+):\n%s", netPage, diff)
			}
			p.checkExamples(t)
			p.checkNeeded(t)
			p.checkParams(t)
		})
	}
}

func (p opPage) checkExamples(t *testing.T) {
	shown := map[string]bool{}
	for _, node := range p.examples {
		text, n := asGraph(t, node)
		if _, err := Parse(text); err != nil {
			t.Errorf("example: %v", err)
		}
		for key := range node {
			shown[key] = true
		}
		if wrong := p.inputs != "none" && n == 0 || p.inputs == "one" && n != 1 || p.inputs == "two" && n != 2; wrong {
			t.Errorf("an example has %d inputs, and the table says %s", n, p.inputs)
		}
		// One more input is refused or taken, as the table says.
		more := maps.Clone(node)
		more["in"] = append(slices.Clone(node["in"].([]any)), Input)
		text, _ = asGraph(t, more)
		if _, err := Parse(text); (err == nil) != (p.inputs == "two or more" || p.inputs == "three or four" && n == 3) {
			t.Errorf("with %d inputs: %v; the table says %s", n+1, err, p.inputs)
		}
	}
	for key := range p.attributes {
		if !shown[key] {
			t.Errorf("no example shows %s", key)
		}
	}
}

func (p opPage) checkNeeded(t *testing.T) {
	for key, needed := range p.attributes {
		refused := false
		for _, node := range p.examples {
			if _, ok := node[key]; !ok {
				continue
			}
			without := maps.Clone(node)
			delete(without, key)
			text, _ := asGraph(t, without)
			_, err := Parse(text)
			refused = refused || err != nil
			if needed && err != nil && !strings.Contains(err.Error(), p.name+" needs "+key+": ") {
				t.Errorf("without %s: the error does not name it: %v", key, err)
			}
		}
		if eitherOr := p.name == "resize" && (key == "size" || key == "scale"); refused != needed && !eitherOr {
			t.Errorf("without %s a graph is refused: %v; the table says needed: %v", key, refused, needed)
		}
	}
}

func (p opPage) checkParams(t *testing.T) {
	text, _ := asGraph(t, p.examples[0])
	g, err := Parse(text)
	if err != nil {
		return // said before
	}
	var params []Param
	for _, in := range exampleShapes {
		if params, err = g.Params(in); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, param := range params {
		found[strings.TrimPrefix(param.Name, g.Nodes[0].Name)] = len(param.Shape)
	}
	documented := map[string]int{}
	for suffix, shape := range p.params {
		documented[suffix] = strings.Count(shape, ",") + 1
		if shape == "[shape]" {
			documented[suffix] = found[suffix]
		}
	}
	if diff := cmp.Diff(found, documented); diff != "" {
		t.Errorf("parameters and their numbers of axes in the code (-) and in %s (+):\n%s", netPage, diff)
	}
}

// attributesByOp lists the attributes of every op, and whether it needs them.
func attributesByOp() map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for _, op := range Ops() {
		t := reflect.TypeOf(op)
		all[op.Name()] = map[string]bool{}
		for name, i := range attributes(t) {
			_, all[op.Name()][name] = t.Field(i).Tag.Lookup("needs")
		}
	}
	return all
}

// NET.md lists the metadata that a net reads, and prov, which every document may have.
func TestNetPageHasAllMetadata(t *testing.T) {
	lines, err := schema.Section(netPage, "Metadata")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, row := range schema.Rows(lines) {
		if name := strings.Trim(row[0], "`"); strings.HasPrefix(row[0], "`") {
			documented[name] = true
		}
	}
	for _, row := range schema.Rows(history(t, lines)) {
		delete(documented, strings.Trim(row[0], "`"))
	}
	n := Net{Graph: &Graph{Nodes: []Node{{Name: "x", In: []string{Input}, Op: ReLU{}}}}, Input: Shape{3, 2, 2}, Classes: []string{"a"},
		Prepare: &Prepare{Resize: 2, Crop: 2, Interpolation: "bilinear"}, History: json.RawMessage("[]"), Arch: "x"}
	d, err := n.Document()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"prov": true}
	for key := range d.Meta {
		want[key] = true
	}
	delete(want, "kind")
	if diff := cmp.Diff(want, documented); diff != "" {
		t.Errorf("metadata in the code (-) and in %s (+):\n%s", netPage, diff)
	}
}

// history is the part of the section Metadata about the history.
func history(t *testing.T, lines []string) []string {
	t.Helper()
	at := slices.Index(lines, "### History")
	if at < 0 {
		t.Fatalf("%s has no history", netPage)
	}
	return lines[at:]
}
