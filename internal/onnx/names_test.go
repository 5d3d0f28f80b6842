package onnx_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/onnx"
)

// Layers are called as PyTorch called its modules, whichever exporter wrote the file; modules of several layers are
// aliases of what comes out of them.
func TestNamesAreThoseOfModules(t *testing.T) {
	all := samples(t)
	tests := map[string]string{
		"modules script.17": "f.0.0.conv f.0.0.add f.0.0.relu f.0.1.conv f.0.1.add f.0.1.relu f.1.0.conv f.1.0.add f.1.0.relu flatten" +
			" f=f.1.0.relu f.0=f.0.1.relu f.0.0=f.0.0.relu f.0.1=f.0.1.relu f.1=f.1.0.relu f.1.0=f.1.0.relu logits=flatten",
		"convnext script.17": "f.conv f.norm f.fc1 f.act f.fc2 f.layer_scale f.add flatten f=f.add logits=flatten",
		"convnext script.11": "f.conv f.norm f.fc1 f.act f.fc2 f.layer_scale f.add flatten f=f.add logits=flatten",
		"shuffle script.17":  "f.mul f.concat f.shuffle flatten f=f.shuffle logits=flatten",
		"tensorflow hand.13": "n1.pad n1 n4 n5 n6.flatten n6 logits=n6",
	}
	tests["modules dynamo.18"] = tests["modules script.17"]
	tests["convnext dynamo.18"] = tests["convnext script.17"]
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		if all[name] == nil {
			t.Fatalf("no case %q", name)
		}
		model, _, err := onnx.Read(all[name].data, options())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range model.Graph.Nodes[1:] {
			got = append(got, n.Name)
		}
		for _, alias := range slices.Sorted(maps.Keys(model.Graph.Aliases)) {
			got = append(got, alias+"="+model.Graph.Aliases[alias])
		}
		if diff := cmp.Diff(strings.Fields(tests[name]), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What the user may choose, and what the file leaves open.
func TestOptions(t *testing.T) {
	all := samples(t)
	tests := []struct {
		name   string
		change func(o *onnx.Options)
		want   string // side and ops, or a part of the error
		note   string
	}{
		{"mean script.17", func(o *onnx.Options) { o.Side = 12 }, "12 gap", ""},
		{"linear script.17", func(o *onnx.Options) { o.Side = 12 }, "its weight is for 192 numbers, its input has 432", ""},
		{"tensorflow hand.13", nil, "8 pad conv relu gap flatten linear", "Softmax \"n8\" at the end left out"},
		{"tensorflow hand.13", func(o *onnx.Options) { o.Output = "t5" }, "8 pad conv relu gap flatten", ""},
		{"tensorflow hand.13", func(o *onnx.Options) { o.Output = "t4" }, "8 pad conv relu", ""},
		{"inputs hand.13", nil, `2 inputs: name one by --input-name, "x", "y"`, ""},
		{"inputs hand.13", func(o *onnx.Options) { o.Input = "x" }, "8 flatten", ""},
		{"inputs hand.13", func(o *onnx.Options) { o.Input, o.Output = "x", "t0" }, `it needs input "y", too`, ""},
		{"bytes hand.13", nil, "8 flatten", "takes bytes: --norm none --range 255"},
		{"constants of channels script.17", nil, "8 affine flatten", "--norm none"},
	}
	for _, tt := range tests {
		o := options()
		if tt.change != nil {
			tt.change(&o)
		}
		model, notes, err := onnx.Read(all[tt.name].data, o)
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(model.Input[1], " ", opsOf(model.Graph))
		}
		if !strings.Contains(got, tt.want) || !strings.Contains(strings.Join(notes, "\n"), tt.note) {
			t.Errorf("%s: %s with notes %q, want %q and %q", tt.name, got, notes, tt.want, tt.note)
		}
	}
}
