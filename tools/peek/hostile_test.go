package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"herbarium/format"
)

// The ways to look into a stream, those that print text and the others.
var (
	textViews = [][]string{
		{}, {"--json"}, {"--items"}, {"--items", "--json"}, {"--layers"}, {"--layers", "--json"},
		{"--stats"}, {"--stats", "--json"}, {"--verify"}, {"--verify", "--json"}, {"--how"},
	}
	binaryViews = [][]string{{"--get", "image"}, {"--first", "1"}, {"--class", "a", "--no-prov"}, {"--where", "a.b>1"}, {"--all"}}
)

// survives looks at a stream in every way: each run ends, in an error on one
// line or in a result, which only in binary output has control characters.
func survives(t *testing.T, name string, in []byte, mostMiB uint64) {
	t.Helper()
	for i, args := range slices.Concat(textViews, binaryViews) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		stdout, stderr, status := peek(in, args...)
		runtime.ReadMemStats(&after)
		if status > 1 || status == 1 && stderr == "" || strings.Contains(stderr, "internal error") || strings.Count(stderr, "\n") > 2 {
			t.Errorf("%s: %v: status %d: %s", name, args, status, stderr)
		}
		if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > mostMiB {
			t.Errorf("%s: %v: allocated %d MiB", name, args, got)
		}
		text := stderr
		if i < len(textViews) {
			text += stdout
		}
		if at := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); at >= 0 {
			t.Errorf("%s: %v: control character in %.200q", name, args, text[at:])
		}
	}
}

// plainFile is a safetensors file with a header that no writer would make.
func plainFile(head any, body string) []byte {
	text, _ := json.Marshal(head)
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), body...)
}

// What a stranger's document says about itself costs no more than its bytes.
func TestHostileDocuments(t *testing.T) {
	type object = map[string]any
	image := func(meta object, shape ...int) []byte {
		size := 1
		for _, n := range shape {
			size *= n
		}
		meta["kind"] = "images"
		return plainFile(object{"__metadata__": meta, "image": object{"dtype": "U8", "shape": shape, "data_offsets": []int{0, size}}}, strings.Repeat("x", size))
	}
	net := func(input string, nodes ...object) []byte {
		graph, _ := json.Marshal(object{"nodes": nodes})
		return plainFile(object{"__metadata__": object{"kind": "net", "arch": "\u009b31m", "input": input, "classes": "[]", "graph": string(graph)}}, "")
	}
	var chain []object
	for i := range 12 {
		parents := []string{}
		if i > 0 {
			parents = []string{fmt.Sprint(i - 1), fmt.Sprint(i - 1)}
		}
		chain = append(chain, object{"id": fmt.Sprint(i), "tool": "a", "argv": []string{strings.Repeat("y", 50_000)}, "parents": parents})
	}
	prov, _ := json.Marshal(chain)
	for name, in := range map[string][]byte{
		"2^40 images without pixels": image(object{"classes": "[]"}, 1<<40, 3, 0, 4),
		"2^40 rows without images":   image(object{"classes": "[]"}, 0, 3, 1<<40, 4),
		"items nested":               image(object{"classes": "[]", "items": strings.Repeat("[", 100_000)}, 1, 3, 1, 1),
		"items that are no objects":  image(object{"items": `["a"]`}, 1, 3, 1, 1),
		"null items":                 image(object{"items": `[null]`}, 1, 3, 1, 1),
		"items of hostile keys":      image(object{"items": `[{"\u001b[2J":"\u009b31m","a":{"b":"\u009b"},"document":"\n","name":"\t"}]`}, 1, 3, 1, 1),
		"items of huge numbers":      image(object{"items": `[{"a":{"b":1e999999999},"c":-1e-999999999}]`}, 1, 3, 1, 1),
		"control characters":         plainFile(object{"__metadata__": object{"kind": "\u009b\u202e", "\x1b": "\u0085\x7f"}, "\u009b\n": object{"dtype": "U8", "shape": []int{}, "data_offsets": []int{0, 1}}}, "x"),
		"commands that unfold":       plainFile(object{"__metadata__": object{"kind": "a", "prov": string(prov)}}, ""),
		"wide layer":                 net("[3,8,8]", object{"name": "\u009b", "op": "conv", "in": []string{"input"}, "out": 1 << 24, "kernel": []int{1 << 20, 1 << 20}, "stride": []int{1, 1}, "pad": []int{1 << 20, 1 << 20}, "dilation": []int{1, 1}, "groups": 1}),
		"wide input":                 net("[9223372036854775807,9223372036854775807,2]", object{"name": "a", "op": "flatten", "in": []string{"input"}}),
		"node that eats itself":      net("[3,8,8]", object{"name": "a", "op": "relu", "in": []string{"a"}}),
		"no nodes":                   net("[3,8,8]"),
	} {
		survives(t, name, in, 64)
	}
}

// The inputs that fuzzing found for the reader go through every view, too.
func TestFuzzCorpus(t *testing.T) {
	files, err := filepath.Glob("../../format/testdata/fuzz/Fuzz*/*")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, literal, _ := strings.Cut(strings.TrimSpace(string(content)), "\n[]byte(")
		in, err := strconv.Unquote(strings.TrimSuffix(literal, ")"))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		survives(t, filepath.Base(file), []byte(in), 96)
		// The same bytes as the header of a document, where they are one.
		if strings.Contains(file, "FuzzHeader") {
			survives(t, filepath.Base(file), append(binary.LittleEndian.AppendUint64(nil, uint64(len(in))), in...), 96)
		}
	}
}

// An argument of - is standard input.
func TestStandardInputByName(t *testing.T) {
	in := stream(t, format.WriterOptions{}, mixed(t)...)
	want, _, _ := peek(in)
	got, stderr, status := peek(in, "-")
	if status != 0 || got != want {
		t.Errorf("status %d: %s%s", status, stderr, got)
	}
	if _, stderr, status := peek(in, "--first", "1", "-"); status != 0 {
		t.Error(stderr)
	}
}
