package graph

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestJSONIsPlain(t *testing.T) {
	g := &Graph{Nodes: []Node{conv("conv1", Input, 4, 3, 2), norm("bn1", "conv1"), {Name: "pad", In: []string{"bn1"}, Op: Pad{Mode: "zeros", Before: []int{1, 0, 0}, After: []int{0, 0, 0}}}}, Aliases: map[string]string{"b": "bn1", "a": "conv1"}}
	got, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"nodes":[` +
		`{"name":"conv1","op":"conv","in":["input"],"out":4,"kernel":[3,3],"stride":[2,2],"pad":[1,1],"dilation":[1,1],"groups":1},` +
		`{"name":"bn1","op":"bn","in":["conv1"],"eps":0.00001,"momentum":0.1},` +
		`{"name":"pad","op":"pad","in":["bn1"],"mode":"zeros","before":[1,0,0],"after":[0,0,0]}],` +
		`"aliases":{"a":"conv1","b":"bn1"}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestParseReadsWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t)
		text, err := json.Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(g, got); diff != "" {
			t.Fatal(diff)
		}
		var inside struct{ G Graph }
		if err := json.Unmarshal([]byte(`{"G":`+string(text)+`}`), &inside); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(*g, inside.G); diff != "" {
			t.Fatal(diff)
		}
	})
}

// testdata/golden holds graphs as they were written when every op's attributes were fields of one struct: every op and
// attribute of that time, and nets of the tools.
func TestGraphsOfOldAreWrittenBackByteForByte(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.json")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		g, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		got, err := json.Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(text), string(got)); diff != "" {
			t.Errorf("%s:\n%s", file, diff)
		}
	}
}

func TestParseIsStrict(t *testing.T) {
	node := `{"name":"a","op":"relu","in":["input"]}`
	conv := `{"name":"a","op":"conv","in":["input"],"out":4,"kernel":[3,3],"stride":[2,2],"dilation":[1,1],"groups":1}`
	replace := func(from, to string) string { return `{"nodes":[` + strings.Replace(conv, from, to, 1) + `]}` }
	tests := []struct{ name, text, want string }{
		{"nothing", ``, "unexpected EOF"},
		{"cut off", `{"nodes":[` + node, "EOF"},
		{"a list", `[]`, "wrong type"},
		{"no nodes", `{}`, "no nodes"},
		{"nodes are no list", `{"nodes":{}}`, "nodes: a object is of the wrong type"},
		{"a node is a number", `{"nodes":[1]}`, "node 0: a number"},
		{"null", `{"nodes":null}`, "null is not allowed"},
		{"a null inside", replace(`[3,3]`, `[3,null]`), "null is not allowed"},
		{"more text", `{"nodes":[` + node + `]} {}`, "more text"},
		{"not UTF-8", "{\"nodes\":[\"\xff\"]}", "UTF-8"},
		{"unknown key", `{"nodes":[` + node + `],"edges":[]}`, `unknown key "edges"`},
		{"key in another case", `{"Nodes":[` + node + `]}`, `unknown key "Nodes"`},
		{"key twice", `{"nodes":[` + node + `],"nodes":[` + node + `]}`, `"nodes" appears twice`},
		{"unknown attribute", replace(`"groups"`, `"group"`), `node 0: unknown key "group"`},
		{"attribute in another case", replace(`"groups"`, `"Groups"`), `unknown key "Groups"`},
		{"attribute of another op", replace(`"groups"`, `"eps"`), `node 0: unknown key "eps": no attribute of conv`},
		{"op of the future", replace(`"op":"conv"`, `"op":"warp"`), `unknown op "warp": the net may be of a newer format`},
		{"format of the future", `{"version":2,"nodes":[` + node + `]}`, "version 2 is newer"},
		{"attribute twice", replace(`"groups":1`, `"groups":1,"groups":2`), `"groups" appears twice`},
		{"alias twice", `{"nodes":[` + node + `],"aliases":{"b":"a","b":"a"}}`, `"b" appears twice`},
		{"one number for two", replace(`[3,3]`, `[3]`), "kernel: [3] is not a list of 2"},
		{"three numbers for two", replace(`[3,3]`, `[3,3,3]`), "kernel: [3,3,3] is not a list of 2"},
		{"a number for a list", replace(`[3,3]`, `3`), "kernel: a number"},
		{"a fraction", replace(`[3,3]`, `[3.5,3]`), "kernel: a number 3.5"},
		{"a number beyond an int", replace(`"out":4`, `"out":1e99`), "out: a number 1e99"},
		{"text for a number", replace(`"out":4`, `"out":"4"`), "out: a string"},
		{"an op is a number", replace(`"conv"`, `7`), "op: a number"},
		{"deep nesting", `{"nodes":` + strings.Repeat("[", 100_000), "nested"},
		{"absurd size", replace(`"out":4`, `"out":999999999`), "out 999999999"},
		{"many nodes", `{"nodes":[` + strings.Repeat(node+",", maxNodes) + node + `]}`, "10001 nodes"},
		{"same name", `{"nodes":[` + node + `,` + node + `]}`, `two nodes named "a"`},
		{"cycle", `{"nodes":[{"name":"a","op":"relu","in":["b"]},{"name":"b","op":"relu","in":["a"]}]}`, "without cycles"},
		{"dangling", `{"nodes":[{"name":"a","op":"relu","in":["b"]}]}`, `input "b" is not a node`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want one with %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "Go ") {
				t.Errorf("error %q is not one line in the words of JSON", err)
			}
		})
	}
}

// Whatever arrives, there is an error or a graph that is safe to ask everything of, and that is written and read alike.
func FuzzParse(f *testing.F) {
	for _, g := range []*Graph{small(), {Nodes: []Node{{Name: "a", In: []string{Input}, Op: Resize{Mode: "nearest", Scale: []float64{2, 0.5}}}}}} {
		text, err := json.Marshal(g)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"nodes":[{"name":"a","op":"slice","in":["input"],"start":[0,1,0],"stop":[1,0,4],"step":[1,2,2]}]}`))
	f.Add([]byte(`{"nodes":[{"name":"a","op":"avgpool","in":["input"],"kernel":[3,3],"stride":[2,2],"ceil":true,"pad_count":true}]}`))
	f.Add([]byte(`{"nodes":[{"name":"a","op":"concat","in":["input","input"],"axis":2}],"aliases":{"logits":"a"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		g, err := Parse(text)
		if err != nil {
			return
		}
		written, err := json.Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(written)
		if err != nil {
			t.Fatalf("%v in %s", err, written)
		}
		rewritten, err := json.Marshal(again)
		if err != nil || string(rewritten) != string(written) {
			t.Fatalf("%v\n%s\n%s", err, written, rewritten)
		}
		for _, in := range []Shape{{3, 32, 32}, {7}} {
			rows, err := g.Table(in)
			if err != nil {
				continue
			}
			for _, r := range rows {
				if r.Params < 0 || r.MACs < 0 {
					t.Fatalf("%s: %d parameters, %d multiply-adds", r.Name, r.Params, r.MACs)
				}
			}
		}
		for _, n := range g.Nodes {
			if _, err := g.Slice(n.Name); err != nil {
				t.Fatal(err)
			}
		}
	})
}
