package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
)

// The test binary is also peek, when it is called so.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "peek" {
		main()
	}
	os.Exit(m.Run())
}

// peek runs the tool and returns what it printed and its exit status.
func peek(in []byte, args ...string) (stdout, stderr string, status int) {
	var out, errs bytes.Buffer
	status = cli.Process{Args: args, Stdin: bytes.NewReader(in), Stdout: &out, Stderr: &errs}.Run("peek", manual, &command{})
	return out.String(), errs.String(), status
}

// photos is an images document of n pictures of 1x2 pixels, whose values are
// their number.
func photos(n, from int, prov string) *format.Document {
	pixels, labels, items, alpha := []uint8{}, []int64{}, []string{}, []float32{}
	for i := from; i < from+n; i++ {
		pixels = append(pixels, bytes.Repeat([]byte{uint8(i)}, 6)...)
		alpha = append(alpha, float32(i)/2)
		labels = append(labels, int64(i%3)-1)
		items = append(items, fmt.Sprintf(`{"name":"p%d","correct":%v,"p":0.%d,"by":{"attack":"pgd","eps":%d},"big":12345678901234567890}`, i, i%2 == 0, i, i))
	}
	d := &format.Document{
		Meta: map[string]string{"kind": "images", "classes": `["daisy","rose"]`, "items": "[" + strings.Join(items, ",") + "]", "own": "kept"},
		Tensors: []format.Tensor{
			format.Of("image", []int{n, 3, 1, 2}, pixels), format.Of("label", []int{n}, labels),
			format.Of("depth", []int{n, 1}, alpha), format.Of("mean", []int{5}, []float32{1, 2, 3, 4, 5}),
		},
	}
	if prov != "" {
		d.Meta["prov"] = prov
	}
	return d
}

const (
	madeA = `[{"argv":["a<b"],"id":"aaa","parents":[],"tool":"ingest","version":"` + cli.Version + `"}]`
	madeB = `[{"argv":[],"id":"bbb","parents":[],"tool":"maxact","version":"` + cli.Version + `"}]`
)

// smallNet is a net of two layers.
func smallNet(t testing.TB) *format.Document {
	t.Helper()
	d := &format.Document{
		Meta: map[string]string{
			"kind": "net", "arch": "tiny", "input": "[3,8,8]", "classes": `["daisy","rose"]`,
			"graph": `{"nodes":[{"name":"conv1","op":"conv","in":["input"],"out":4,"kernel":[3,3],"stride":[2,2],"pad":[1,1],"dilation":[1,1],"groups":1},` +
				`{"name":"gap","op":"gap","in":["conv1"]},{"name":"flatten","op":"flatten","in":["gap"]},{"name":"fc","op":"linear","in":["flatten"],"out":2,"bias":true}],"aliases":{"logits":"fc"}}`,
		},
		Tensors: []format.Tensor{
			format.Of("conv1.weight", []int{4, 3, 3, 3}, make([]float32, 108)),
			format.Of("fc.weight", []int{2, 4}, []float32{1, 2, 3, 4, 5, 6, 7, -8}), format.Of("fc.bias", []int{2}, make([]float32, 2)),
		},
	}
	if _, err := graph.FromDocument(d); err != nil {
		t.Fatal(err)
	}
	return d
}

func stream(t testing.TB, o format.WriterOptions, docs ...*format.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	w := format.NewWriter(&b, o)
	for _, d := range docs {
		if err := w.Write(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func documents(t testing.TB, stream string) []*format.Document {
	t.Helper()
	r := format.NewReader(strings.NewReader(stream), format.Limits{})
	var docs []*format.Document
	for {
		d, err := r.Next()
		if err == io.EOF {
			return docs
		}
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, d)
	}
}

func mixed(t testing.TB) []*format.Document {
	return []*format.Document{
		photos(4, 0, madeA), smallNet(t), photos(3, 4, madeB),
		{Meta: map[string]string{"kind": "report"}, Tensors: []format.Tensor{format.Of("json", []int{2}, []uint8("{}"))}},
	}
}

// What each view prints.
func TestViews(t *testing.T) {
	in := stream(t, format.WriterOptions{Level: format.Fast}, mixed(t)...)
	odd := stream(t, format.WriterOptions{Digest: true}, &format.Document{Tensors: []format.Tensor{
		format.Of("a b\x1b[31m", []int{2, 2}, []float32{1, 2, nan(), -3}), format.Of("", []int{0}, []int64{}), format.Of("yes", []int{4}, []bool{true, false, false, false}),
		{Name: "half", DType: format.BF16, Shape: []int{2}, Data: []byte{0x80, 0xff, 0x80, 0x3f}},
	}})
	for name, c := range map[string]struct {
		in   []byte
		args []string
		want string
	}{
		"list": {in, nil, `document 1: images, 4 of 2x1, 2 classes, 92 B
  label  I64  [4]        32 B
  depth  F32  [4,1]      16 B
  mean   F32  [5]        20 B
  image  U8   [4,3,1,2]  24 B
document 2: net tiny, input 3x8x8, 2 classes, 118 parameters, 472 B
  conv1.weight  F32  [4,3,3,3]  432 B
  fc.weight     F32  [2,4]      32 B
  fc.bias       F32  [2]        8 B
document 3: images, 3 of 2x1, 2 classes, 74 B
  label  I64  [3]        24 B
  depth  F32  [3,1]      12 B
  mean   F32  [5]        20 B
  image  U8   [3,3,1,2]  18 B
document 4: report, 2 B
  json  U8  [2]  2 B
4 documents, 640 B of tensors, no digest
`},
		"one document": {in, []string{"--document", "4"}, "document 4: report, 2 B\n  json  U8  [2]  2 B\n1 document, 2 B of tensors, no digest\n"},
		"list as JSON": {in, []string{"--json", "--document", "4"}, `{"document":4,"kind":"report","bytes":2,"meta":{"kind":"report"},"tensors":[{"name":"json","dtype":"U8","shape":[2],"bytes":2}]}` + "\n"},
		"odd names": {odd, nil, `document 1: no kind, 24 B
  ""             I64   [0]    0 B
  "a b\x1b[31m"  F32   [2,2]  16 B
  half           BF16  [2]    4 B
  yes            BOOL  [4]    4 B
1 document, 24 B of tensors, sha256 DIGEST (--verify checks it)
`},
		"layers": {in, []string{"--layers"}, `node     op       shape  parameters  multiply-adds  field  stride  alias
conv1    conv     4x4x4  108         1728           3      2       -
gap      gap      4x1x1  -           -              whole  -       -
flatten  flatten  4      -           -              whole  -       -
fc       linear   2      10          8              whole  -       logits
total                    118         1736                          
`},
		"layers as JSON": {in, []string{"--layers", "--json"}, `{"document":2,"node":"conv1","op":"conv","shape":[4,4,4],"parameters":108,"macs":1728,"field":[3,3],"stride":[2,2],"channels":4,"positions":[4,4]}
{"document":2,"node":"gap","op":"gap","shape":[4,1,1],"parameters":0,"macs":0,"field":[8,8],"stride":null,"channels":4,"positions":[1,1]}
{"document":2,"node":"flatten","op":"flatten","shape":[4],"parameters":0,"macs":0,"field":[8,8],"stride":null,"channels":4}
{"document":2,"node":"fc","op":"linear","shape":[2],"parameters":10,"macs":8,"field":[8,8],"stride":null,"channels":2,"aliases":["logits"]}
`},
		"items": {in, []string{"--items", "--document", "3"}, `document	index	name	class	big	by	correct	p
3	4	p4	daisy	12345678901234567890	{"attack":"pgd","eps":4}	true	0.4
3	5	p5	rose	12345678901234567890	{"attack":"pgd","eps":5}	false	0.5
3	6	p6		12345678901234567890	{"attack":"pgd","eps":6}	true	0.6
`},
		"items as JSON": {in, []string{"--items", "--json", "--first", "1"}, `{"big":12345678901234567890,"by":{"attack":"pgd","eps":0},"correct":true,"document":1,"index":0,"name":"p0","p":0.0}` + "\n"},
		"items selected": {in, []string{"--items", "--class", "rose", "--where", "p>0.2"}, `document	index	name	class	big	by	correct	p
3	5	p5	rose	12345678901234567890	{"attack":"pgd","eps":5}	false	0.5
`},
		"item by its number": {in, []string{"--items", "--json", "--where", "index>=6", "--where", "document==3"}, `{"big":12345678901234567890,"by":{"attack":"pgd","eps":6},"correct":true,"document":3,"index":6,"name":"p6","p":0.6}` + "\n"},
		"stats": {odd, []string{"--stats"}, `document 1: no kind
  tensor         dtype  shape  min   mean  max  NaN
  ""             I64    [0]    -     -     -    0
  "a b\x1b[31m"  F32    [2,2]  -3    0     2    1
  half           BF16   [2]    -Inf  -Inf  1    0
  yes            BOOL   [4]    0     0.25  1    0
`},
		"stats as JSON": {odd, []string{"--stats", "--json"}, `{"document":1,"name":"","dtype":"I64","shape":[0],"min":null,"mean":null,"max":null,"nan":0}
{"document":1,"name":"a b\u001b[31m","dtype":"F32","shape":[2,2],"min":-3,"mean":0,"max":2,"nan":1}
{"document":1,"name":"half","dtype":"BF16","shape":[2],"min":"-Inf","mean":"-Inf","max":1,"nan":0}
{"document":1,"name":"yes","dtype":"BOOL","shape":[4],"min":0,"mean":0.25,"max":1,"nan":0}
`},
		"verify":             {odd, []string{"--verify"}, "ok: 1 document, 24 B of tensors, sha256 DIGEST as END says\n"},
		"verify, no digest":  {in, []string{"--verify"}, "ok: 4 documents, 640 B of tensors, sha256 DIGEST, which END does not carry\n"},
		"verify, two":        {append(odd[:len(odd):len(odd)], odd...), []string{"--verify"}, "ok: 2 documents, 48 B of tensors, 2 streams, sha256 DIGEST, 2 of them with a digest in END\n"},
		"verify as JSON":     {odd, []string{"--verify", "--json"}, `{"ok":true,"documents":1,"streams":1,"digests":1,"bytes":24,"sha256":"DIGEST"}` + "\n"},
		"how":                {in, []string{"--how"}, "ingest 'a<b'\nmaxact\n"},
		"empty stream":       {stream(t, format.WriterOptions{}), nil, "0 documents, 0 B of tensors, no digest\n"},
		"a safetensors file": {[]byte("\x18\x00\x00\x00\x00\x00\x00\x00{\"__metadata__\":{}}     "), []string{"--verify"}, "ok: 0 documents"},
	} {
		if name == "a safetensors file" {
			c.in = append([]byte{24, 0, 0, 0, 0, 0, 0, 0}, `{"__metadata__":{}}     `...)
			c.want = "ok: 1 document, 0 B of tensors, a safetensors file, sha256 DIGEST\n"
		}
		t.Run(name, func(t *testing.T) {
			stdout, stderr, status := peek(c.in, c.args...)
			if status != 0 || stderr != "" {
				t.Fatalf("status %d: %s", status, stderr)
			}
			if diff := cmp.Diff(c.want, maskDigest(stdout)); diff != "" {
				t.Error(diff)
			}
			// A named file gives the same, and -o puts it into a file.
			dir := t.TempDir()
			file, out := filepath.Join(dir, "x.st.zst"), filepath.Join(dir, "out")
			if err := os.WriteFile(file, c.in, 0o600); err != nil {
				t.Fatal(err)
			}
			_, stderr, status = peek(nil, append(c.args, "-o", out, file)...)
			again, err := os.ReadFile(out)
			if err != nil || status != 0 || string(again) != stdout {
				t.Errorf("from a file: status %d, %s %v\n%s", status, stderr, err, again)
			}
		})
	}
}

// maskDigest replaces what is 64 hexadecimal digits.
func maskDigest(text string) string {
	for i := 0; i+64 <= len(text); i++ {
		if strings.Trim(text[i:i+64], "0123456789abcdef") == "" {
			return text[:i] + "DIGEST" + text[i+64:]
		}
	}
	return text
}

func nan() float32 {
	zero := float32(0)
	return zero / zero
}

func TestErrors(t *testing.T) {
	in := stream(t, format.WriterOptions{Digest: true}, mixed(t)...)
	oneStream := func(d *format.Document) []byte { return stream(t, format.WriterOptions{}, d) }
	badNet := smallNet(t)
	badNet.Meta["graph"] = `{"nodes":[{"name":"a` + "\u009b" + `","op":"\u001b[31m","in":["input"]}]}`
	badItems := photos(2, 0, "")
	badItems.Meta["items"] = "[{}]"
	badLabels := photos(2, 0, "")
	badLabels.Meta["classes"] = "[]"
	badReport := &format.Document{Meta: map[string]string{"kind": "report"}, Tensors: []format.Tensor{format.Of("json", []int{1}, []uint8("{"))}}
	badProv := photos(1, 0, `{"not":"a list"}`)
	for name, c := range map[string]struct {
		in     []byte
		args   []string
		status int
		says   string
	}{
		"no input":           {nil, nil, 1, "no input"},
		"truncated":          {in[:len(in)-1], nil, 1, "peek: truncated stream"},
		"truncated items":    {in[:len(in)-1], []string{"--items"}, 1, "truncated stream"},
		"damaged body":       {damaged(in), []string{"--verify"}, 1, "document 4: zstd frame is damaged"},
		"damaged stats":      {damaged(in), []string{"--stats"}, 1, "damaged"},
		"two views":          {in, []string{"--items", "--stats"}, 2, "can't be used together"},
		"select and view":    {in, []string{"--stats", "--first", "1"}, 2, "--items or alone"},
		"select as JSON":     {in, []string{"--first", "1", "--json"}, 2, "writes a stream"},
		"select from a file": {in, []string{"--first", "1", "x.st.zst"}, 2, "< x.st.zst"},
		"how as JSON":        {in, []string{"--how", "--json"}, 2, "--json does not go"},
		"negative":           {in, []string{"--first=-1"}, 2, "--first -1 must be 0 or more"},
		"negative document":  {in, []string{"--document=-1"}, 2, "--document -1 must be 0 or more"},
		"no such document":   {in, []string{"--document", "5"}, 1, "no document 5: the stream has 4"},
		"no such file":       {nil, []string{"absent.st.zst"}, 1, "no such file"},
		"a directory":        {nil, []string{"."}, 1, "is a directory"},
		"bad condition":      {in, []string{"--where", "correct"}, 2, "write KEY OP VALUE"},
		"single =":           {in, []string{"--where", "correct=false"}, 2, "write KEY OP VALUE"},
		"nothing matches":    {in, []string{"--where", "p>5"}, 1, "none of 7 images matches"},
		"no such key":        {in, []string{"--where", "q>5"}, 1, "no item has a key q; there are: big, by, class, correct, document, index, name, p"},
		"no such class":      {in, []string{"--items", "--class", "tulip"}, 1, `the stream has no class "tulip"; its classes are "daisy", "rose"`},
		"no images":          {oneStream(badNet), []string{"--items"}, 1, "no images in the stream"},
		"no net":             {oneStream(badReport), []string{"--layers"}, 1, "no net in the stream"},
		"no provenance":      {oneStream(badReport), []string{"--how"}, 1, "no provenance"},
		"bad provenance":     {oneStream(badProv), []string{"--how"}, 1, "document 1 (images): provenance"},
		"bad provenance, v":  {oneStream(badProv), []string{"--verify"}, 1, "document 1 (images): provenance"},
		"bad provenance, s":  {oneStream(badProv), []string{"--first", "1"}, 1, "--no-prov ignores it"},
		"bad net":            {oneStream(badNet), []string{"--verify"}, 1, "document 1 (net)"},
		"bad net, layers":    {oneStream(badNet), []string{"--layers"}, 1, "document 1 (net)"},
		"bad items":          {oneStream(badItems), []string{"--items"}, 1, "1 items for 2 images"},
		"bad items, verify":  {oneStream(badItems), []string{"--verify"}, 1, "1 items for 2"},
		"bad items, select":  {oneStream(badItems), []string{"--first", "1"}, 1, "1 items for 2"},
		"bad labels":         {oneStream(badLabels), []string{"--items"}, 1, "item 1: label 0, but there are 0 classes"},
		"bad report":         {oneStream(badReport), []string{"--verify"}, 1, "not valid JSON"},
		"no such tensor":     {in, []string{"--get", "fc"}, 1, "peek: no tensor fc in the stream\npeek: hint: there are: fc.bias, fc.weight, conv1.weight, depth, image, json, label, mean\n"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, status := peek(c.in, c.args...)
			if status != c.status || !strings.Contains(stderr, c.says) {
				t.Errorf("status %d, not %d: %s", status, c.status, stderr)
			}
			if strings.ContainsFunc(stdout+stderr, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x9b }) && c.args != nil && !strings.HasPrefix(stdout, "T*M") {
				t.Errorf("control characters: %q %q", stdout, stderr)
			}
		})
	}
	// A listing tells of a net that is not valid, and goes on.
	stdout, _, status := peek(oneStream(badNet))
	if status != 0 || !strings.Contains(stdout, "net that is not valid") || strings.ContainsAny(stdout, "\x1b\u009b") {
		t.Errorf("status %d: %q", status, stdout)
	}
}

// damaged turns a bit of the last body.
func damaged(b []byte) []byte {
	b = bytes.Clone(b)
	b[bytes.LastIndex(b, []byte("{}"))] ^= 1
	return b
}
