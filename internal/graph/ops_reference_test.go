package graph

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"herbarium/format"
)

// PyTorch ran these ops (internal/net/testdata/make_reference.py); the shapes of its outputs are the truth.
func TestShapesAreThoseOfPyTorch(t *testing.T) {
	f, err := os.Open("../net/testdata/ops.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := format.NewReader(bufio.NewReader(f), format.Limits{}).Header()
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Node   json.RawMessage
		Inputs []Shape
	}
	if err := json.Unmarshal([]byte(doc.Meta["cases"]), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		var n Node
		if err := n.UnmarshalJSON(c.Node); err != nil {
			t.Fatalf("%s: %v", c.Node, err)
		}
		got, err := Infer(n.Op, c.Inputs...)
		if err != nil {
			t.Errorf("%s: %v", c.Node, err)
			continue
		}
		want := Shape(doc.Tensor(n.Name + ".out").Shape[1:])
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s on %v: output of PyTorch (-) and here (+):\n%s", c.Node, c.Inputs, diff)
		}
	}
}
