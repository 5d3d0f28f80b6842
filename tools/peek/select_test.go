package main

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"herbarium/format"
	"herbarium/internal/images"
)

// names lists the items of all images documents.
func names(t testing.TB, docs []*format.Document) string {
	t.Helper()
	var out []string
	for _, d := range docs {
		if d.Kind() != images.Kind {
			out = append(out, d.Kind())
			continue
		}
		b, err := images.FromDocument(d)
		if err != nil {
			t.Fatal(err)
		}
		for i, it := range b.Items {
			out = append(out, it.Name())
			// Every tensor with a row per picture has the row of this one.
			alpha, err := format.Values[float32](d.Tensor("depth"))
			if err != nil {
				t.Fatal(err)
			}
			if want := it.Name()[1:]; string('0'+b.U8[6*i]) != want || alpha[i] != float32(want[0]-'0')/2 || d.Tensor("mean").Len() != 5 || b.Meta["own"] != "kept" {
				t.Errorf("%s: image %d, alpha %g", it.Name(), b.U8[6*i], alpha[i])
			}
		}
	}
	return strings.Join(out, " ")
}

func TestSelection(t *testing.T) {
	in := stream(t, format.WriterOptions{}, mixed(t)...)
	for _, c := range []struct{ args, want string }{
		{"--first 2", "p0 p1 net report"},
		{"--first 4", "p0 p1 p2 p3 net report"},
		{"--first 5", "p0 p1 p2 p3 net p4 report"},
		{"--first 99", "p0 p1 p2 p3 net p4 p5 p6 report"},
		{"--class rose", "p2 net p5 report"},
		{"--class daisy --class rose", "p1 p2 net p4 p5 report"},
		{"--class rose --first 1", "p2 net report"},
		{"--where correct==false", "p1 p3 net p5 report"},
		{"--where correct!=false --where p>=0.4", "net p4 p6 report"},
		{"--where by.eps<=1", "p0 p1 net report"},
		{"--where by.attack==pgd --where name>p4", "net p5 p6 report"},
		{"--where class==rose", "p2 net p5 report"},
		{"--where name!=p1 --first 1", "p0 net report"},
		{"--where big==12345678901234567890 --first 1", "p0 net report"},
		{"--document 3 --first 1", "p4"},
	} {
		stdout, stderr, status := peek(in, strings.Fields(c.args)...)
		if status != 0 {
			t.Errorf("%s: %s", c.args, stderr)
			continue
		}
		if got := names(t, documents(t, stdout)); got != c.want {
			t.Errorf("%s: %s, not %s", c.args, got, c.want)
		}
	}
}

// What is not selected from passes byte for byte, and numbers that Go could
// not hold stay as they are.
func TestSelectionKeeps(t *testing.T) {
	docs := mixed(t)
	in := stream(t, format.WriterOptions{}, docs...)
	for _, level := range []string{"store", "fast", "best"} {
		stdout, stderr, status := peek(in, "--all", "--no-prov", "--compress", level)
		if status != 0 {
			t.Fatal(stderr)
		}
		got := documents(t, stdout)
		for _, d := range docs {
			delete(d.Meta, "prov")
		}
		if diff := cmp.Diff(documents(t, string(stream(t, format.WriterOptions{}, docs...))), got); diff != "" {
			t.Errorf("%s: %s", level, diff)
		}
	}
	stdout, _, _ := peek(in, "--first", "1")
	if got := documents(t, stdout)[0].Meta["items"]; !strings.Contains(got, "12345678901234567890") || !strings.Contains(got, `"p":0.0`) {
		t.Error(got)
	}
}

// The provenance of a document that was left out is not lost.
func TestSelectionKeepsProvenance(t *testing.T) {
	stdout, stderr, status := peek(stream(t, format.WriterOptions{}, mixed(t)...), "--where", "p>=0.5")
	if status != 0 {
		t.Fatal(stderr)
	}
	how, stderr, status := peek([]byte(stdout), "--how")
	want := "{ ingest 'a<b'; maxact; } | peek --where 'p>=0.5'\n"
	if status != 0 || how != want {
		t.Errorf("%s%s, not %s", how, stderr, want)
	}
}

// A long stream is selected from in the memory of one document.
func TestSelectionMemory(t *testing.T) {
	big := &format.Document{
		Meta:    map[string]string{"kind": "images", "classes": `["a"]`},
		Tensors: []format.Tensor{format.Of("image", []int{8, 3, 512, 512}, make([]uint8, 8*3*512*512)), format.Of("label", []int{8}, make([]int64, 8))},
	}
	docs := make([]*format.Document, 20)
	for i := range docs {
		docs[i] = big
	}
	in := stream(t, format.WriterOptions{Level: format.Fast}, docs...)
	peak := func(args ...string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, stderr, status := peek(in, args...); status != 0 {
			t.Fatal(stderr)
		}
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) >> 20
	}
	// Of 120 MiB of pixels, views of headers and labels allocate next to nothing in all.
	for _, args := range [][]string{{}, {"--items"}, {"--items", "--class", "a", "--first", "100"}} {
		if got := peak(args...); got > 16 {
			t.Errorf("%v: %d MiB", args, got)
		}
	}
	if got := peak("--first", "1"); got > 40 { // one document decoded, the others passed over
		t.Errorf("--first 1: %d MiB", got)
	}
}

func TestConditions(t *testing.T) {
	item := images.Item{"name": "5", "n": json.Number("2.5"), "yes": true, "none": nil, "list": []any{json.Number("1")}, "a": map[string]any{"b": map[string]any{"c": "x=y"}}, "a.x": "dotted"}
	for _, c := range []struct {
		text string
		want bool
	}{
		{"n==2.5", true}, {"n==2.50", true}, {"n!=2.5", false}, {"n<3", true}, {"n<=2.5", true}, {"n>2.5", false}, {"n>=2.5", true}, {"n > 2", true},
		{"n==x", false}, {"n!=x", true}, {"n<x", false}, {`n=="2.5"`, false},
		{"yes==true", true}, {"yes!=true", false}, {"yes==false", false}, {"yes!=false", true}, {"yes>false", false}, {"yes==1", false}, {"yes==yes", false},
		{"none==null", true}, {"none!=null", false}, {"none==0", false}, {"none<1", false},
		{"name==5", true}, {`name=="5"`, true}, {"name<6", true}, {"name!=5", false}, {"name==5.0", false},
		{"list==1", false}, {"list!=1", true}, {"list==[1]", false},
		{"a.b.c==x=y", true}, {"a.b.c!=x", true}, {"a.x==dotted", true}, {"a.b==1", false}, {"a.c==1", false}, {"a.c!=1", false},
		{"absent==1", false}, {"absent!=1", false},
	} {
		got, err := parseCondition(c.text)
		if err != nil || got.holds(item) != c.want {
			t.Errorf("%s: %v, %v", c.text, !c.want, err)
		}
	}
	for _, text := range []string{"", "n", "n=", "n=1", "==1", "n==", " == 1", "n!1", "<"} {
		if c, err := parseCondition(text); err == nil {
			t.Errorf("%q: %+v", text, c)
		}
	}
}

// For any number exactly one of < == > holds, and the others agree.
func TestPropertyConditions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := rapid.Float64Range(-10, 10).Draw(rt, "a"), float64(rapid.IntRange(-10, 10).Draw(rt, "b"))
		holds := func(op string) bool {
			text, err := json.Marshal(b)
			if err != nil {
				rt.Fatal(err)
			}
			c, err := parseCondition("k" + op + string(text))
			if err != nil {
				rt.Fatal(err)
			}
			return c.holds(images.Item{"k": a})
		}
		if holds("<") != (a < b) || holds("==") != (a == b) || holds(">") != (a > b) || holds("<=") == holds(">") || holds(">=") == holds("<") || holds("!=") == holds("==") {
			rt.Fatalf("%g and %g", a, b)
		}
	})
}
