package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
)

// chains are the provenances in the documents of a stream, "" where a document
// carries none.
func chains(t *testing.T, stream string) []string {
	t.Helper()
	docs, _ := documents(t, stream)
	var out []string
	for _, d := range docs {
		out = append(out, d.Meta[provKey])
	}
	return out
}

// shape renders a chain with one letter per id, in the order of entries.
func shape(t *testing.T, chain string) string {
	t.Helper()
	links, err := parseChain(chain)
	if err != nil {
		t.Fatal(err)
	}
	letters := map[string]string{}
	for i, l := range links {
		letters[l.ID] = string(rune('a' + i))
		if want := id(l.entry); l.ID != want {
			t.Errorf("entry %s has id %s, should have %s", l.Tool, l.ID, want)
		}
	}
	var lines []string
	for _, l := range links {
		line := letters[l.ID] + "=" + strings.Join(append([]string{l.Tool}, l.Argv...), " ")
		for _, p := range l.Parents {
			line += " <" + letters[p]
		}
		var inputs []string
		for _, in := range l.Inputs {
			text := " [" + in.Name
			for _, p := range in.From {
				text += "<" + letters[p]
			}
			inputs = append(inputs, text+"]")
		}
		slices.Sort(inputs)
		line += strings.Join(inputs, "")
		line += strings.Repeat(" again", len(l.Replaces))
		lines = append(lines, regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAllString(line, "HEX"))
	}
	return strings.Join(lines, "; ")
}

func TestProvenance(t *testing.T) {
	tests := []struct {
		name, script string
		want         []string // of each document, "" for none
	}{
		{"source", "emit --size 5 -q", []string{"a=emit --size 5", ""}},
		{"pipe", "emit | filter --add 2 | filter --compress fast", []string{"a=emit; b=filter --add 2 <a; c=filter <b", ""}},
		{"concatenated", "{ emit --count 1; emit --count 1 --seed 7; } | filter",
			[]string{"a=emit --count 1; b=filter <a", "a=emit --count 1; b=emit --count 1 --seed 7; c=filter <a <b again"}},
		{"concatenated twice over", "{ emit --count 1; emit --count 1 --seed 7; } | filter | filter",
			[]string{"a=emit --count 1; b=filter <a; c=filter <b", "a=emit --count 1; b=emit --count 1 --seed 7; c=filter <a <b again; d=filter <c again"}},
		{"same input twice", "emit --count 1 > a; cat a a | filter", []string{"a=emit --count 1; b=filter <a", ""}},
		{"one input made the other", "emit --count 1 > a; filter < a > b; cat b a | filter",
			[]string{"a=emit --count 1; b=filter <a; c=filter <b", "a=emit --count 1; b=filter <a; c=filter <b <a again"}},
		{"photos", "echo 1 > p; mkdir d; echo 2 > d/q; emit p d/q --count 1", []string{"a=emit sha256:HEX sha256:HEX --count 1 [d/q] [p]"}},
		{"absolute name", "echo 1 > p; emit $PWD/p --count 1", []string{"a=emit sha256:HEX --count 1 [p]"}},
		{"descriptor", "emit <(echo 1) --count 1", []string{"a=emit sha256:HEX --count 1 []"}},
		{"net by name", "emit --kind net --count 1 -o n; emit --count 1 | view --net n --threads 3",
			[]string{"a=emit --count 1 --kind net; b=emit --count 1; c=view --batch 8 --dtype f32 --net sha256:HEX --threads 3 <b [n<a]"}},
		{"net in the stream", "{ emit --kind net --count 1; emit --count 1; } | view --threads 3 --dtype bf16 --batch 2 --device cpu",
			[]string{"a=emit --count 1 --kind net; b=view --batch 2 --device cpu --dtype bf16 --threads 3 <a",
				"a=emit --count 1 --kind net; b=emit --count 1; c=view --batch 2 --device cpu --dtype bf16 --threads 3 <a <b again"}},
		{"none wanted", "emit | filter --no-prov", []string{"", ""}},
		{"none wanted before", "emit --no-prov | filter", []string{"a=filter", ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkshop(t)
			got := w.bash(test.script)
			if got.status != 0 || got.stderr != "" {
				t.Fatalf("status %d, %s", got.status, got.stderr)
			}
			if strings.Contains(got.stdout, w.dir) || strings.Contains(got.stdout, "/dev/fd") {
				t.Errorf("a path of this machine is in the stream")
			}
			var shapes []string
			for _, chain := range chains(t, got.stdout) {
				if chain != "" {
					chain = shape(t, chain)
				}
				shapes = append(shapes, chain)
			}
			if diff := cmp.Diff(test.want, shapes); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSameCommandSameDigest: where output goes, and how a command is spelled,
// leaves no trace.
func TestSameCommandSameDigest(t *testing.T) {
	w := newWorkshop(t)
	digests := map[string]string{}
	for _, script := range []string{
		"emit --size 9 | filter -o x",
		"emit --size=9 -q --compress best --seed 0 | filter --compress store > x",
		"emit --count 2 -o y --size 8 --size 9; filter < y | cat > x",
		"emit --size 9 -fq | filter --add=1 --beside= -o x; emit --size 9 | filter -o x 2>/dev/null",
	} {
		w.bash(script)
		r := format.NewReader(strings.NewReader(w.read("x")), format.Limits{})
		r.AlwaysDigest()
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
		digest, _ := r.Digest()
		digests[fmt.Sprintf("%x", digest)] = script
	}
	if len(digests) != 1 {
		t.Errorf("the digests differ: %v", digests)
	}
}

// TestHowReproduces runs what How prints and compares the payload.
func TestHowReproduces(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"pipe", "emit --size 7 --seed 5 --tag 'a b' | filter --add -3 > x",
			"emit --seed 5 --size 7 --tag 'a b' | filter --add=-3\n"},
		{"photos", "echo 1 > \"it's\"; emit \"it's\" | filter > x",
			"emit 'it'\\''s' | filter\n"},
		{"net in a file", "emit --count 1 --kind net -o n.st.zst; emit | view --net n.st.zst --threads 1 > x",
			"emit --count 1 --kind net -o n.st.zst\nemit | view --batch 8 --dtype f32 --net n.st.zst --threads 1\n"},
		{"net from a command", "emit | view --net <(emit --count 1 --kind net) --threads 1 > x",
			"emit | view --batch 8 --dtype f32 --net <(emit --count 1 --kind net) --threads 1\n"},
		{"concatenated", "{ emit --count 1 --kind net; emit | filter; } | view --threads 1 | filter > x",
			"{ emit --count 1 --kind net; emit | filter; } | view --batch 8 --dtype f32 --threads 1 | filter\n"},
		{"concatenated file", "{ emit --count 1 --kind net; emit; } > n; emit | view --net n --threads 1 > x",
			"{ emit --count 1 --kind net; emit; } > n\nemit | view --batch 8 --dtype f32 --net n --threads 1\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkshop(t)
			if got := w.bash(strings.ReplaceAll(test.script, "--add -3", "--add=-3")); got.status != 0 {
				t.Fatal(got.stderr)
			}
			first := w.read("x")
			all := chains(t, first)
			all = slices.DeleteFunc(all, func(c string) bool { return c == "" })
			how, err := How(all[len(all)-1])
			if err != nil {
				t.Fatal(err)
			}
			if how != test.want {
				t.Errorf("got:\n%swant:\n%s", how, test.want)
			}
			for _, name := range []string{"n", "n.st.zst"} {
				os.Remove(w.path(name))
			}
			if got := w.bash(strings.TrimSuffix(how, "\n") + " > again"); got.status != 0 {
				t.Fatal(got.stderr)
			}
			_, want := documents(t, first)
			_, got := documents(t, w.read("again"))
			if got.Digest != want.Digest || !got.Verified {
				t.Error("the payload differs")
			}
		})
	}
}

func TestHow(t *testing.T) {
	tests := []struct{ name, chain, want string }{
		{"no name left", `[{"id":"1","tool":"ingest","version":"0.1.0","argv":["sha256:ab"],"parents":[],"inputs":{"sha256:ab":{}}}]`,
			"# ingest read sha256:ab, which has no name here\ningest sha256:ab\n"},
		{"recorded digest", `[{"id":"1","tool":"ingest","version":"0.1.0","argv":["--files-from","sha256:ab"],"parents":[]}]`,
			"# ingest read sha256:ab, which has no name here\ningest --files-from sha256:ab\n"},
		{"another version", `[{"id":"1","tool":"ingest","version":"9","argv":[],"parents":[]}]`,
			"# ingest was version 9, this is " + Version + "\ningest\n"},
		{"engines", `[{"id":"1","tool":"train","version":"0.1.0","engine":"libtorch 2 (AVX2), MKL 1","parents":[]},{"id":"2","tool":"score","version":"0.1.0","engine":"libtorch 1\u001b","parents":["1"]}]`,
			"# train computed with libtorch 2 (AVX2), MKL 1\n# score computed with libtorch 1\ntrain | score\n"},
		{"hostile words", `[{"id":"1","tool":"rm -rf","version":"0.1.0","argv":["$(reboot)","a\nb\u001b[2J'\\","~","*"],"parents":[]}]`,
			`'rm -rf' '$(reboot)' $'a\u000ab\u001b[2J\'\\' '~' '*'` + "\n"},
		{"two results", `[{"id":"1","tool":"a","version":"0.1.0","parents":[]},{"id":"2","tool":"b","version":"0.1.0","parents":[]}]`, "a\nb\n"},
		{"not an array", `{}`, "error: provenance is not a JSON array: json: cannot unmarshal object into Go value of type []json.RawMessage"},
		{"no id", `[{"tool":"a"}]`, "error: provenance entry 1 has no id or no tool"},
		{"missing parent", `[{"id":"1","tool":"a","version":"0.1.0","parents":["2"]}]`, `error: provenance: entry "2" is missing`},
		{"circle", `[{"id":"0","tool":"c","version":"0.1.0","parents":["1"]},{"id":"1","tool":"a","version":"0.1.0","parents":["2"]},{"id":"2","tool":"b","version":"0.1.0","parents":["1"]}]`,
			`error: provenance: entry "1" is its own ancestor`},
		{"unfolds without end", doubling(40), "error: provenance: too many commands to list"},
		{"unfolds to much text", strings.Replace(doubling(11), `"argv":null`, `"argv":["`+strings.Repeat("z", 100_000)+`"]`, 1), "error: provenance: too long to list"},
	}
	for _, test := range tests {
		got, err := How(test.chain)
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// FuzzHow: whatever a stranger's provenance says, the result is an error or text
// that a terminal can show.
func FuzzHow(f *testing.F) {
	f.Add(doubling(5))
	f.Add(`[{"id":"1","tool":"a\u001b","version":"\n","argv":["sha256:x","\u0000"],"parents":[],"inputs":{"sha256:x":{"name":"n","from":["1"]}}}]`)
	f.Add(`[{"id":"2","tool":"b","argv":null,"parents":["1","1"],"replaces":["2"]},{"id":"1","tool":"a","inputs":null}]`)
	f.Fuzz(func(t *testing.T, chain string) {
		how, err := How(chain)
		if err != nil {
			return
		}
		for _, r := range strings.ReplaceAll(how, "\n", "") {
			if unicode.IsControl(r) {
				t.Fatalf("control character %q in %q", r, how)
			}
		}
	})
}

// doubling is a chain where every entry has the one before it as a parent and
// as a named input, so that it is written out twice.
func doubling(n int) string {
	entries := []entry{{ID: "0", Tool: "a", Version: Version}}
	for i := 1; i < n; i++ {
		from := []string{fmt.Sprint(i - 1)}
		entries = append(entries, entry{ID: fmt.Sprint(i), Tool: "a", Version: Version, Argv: []string{"x", "y"},
			Inputs: map[string]origin{"x": {From: from}, "y": {From: from}}})
	}
	text, _ := json.Marshal(entries)
	return string(text)
}

// TestForeignEntries: what another program writes into its entry comes through.
func TestForeignEntries(t *testing.T) {
	d := numbers("images", 1, 0)
	d.Meta[provKey] = `[{"id": "x<1>", "tool": "script.py", "mood": {"b": 1, "a": [2]}}]`
	stream := encodeStream(t, d)
	var out, stderr strings.Builder
	p := Process{Stdin: strings.NewReader(stream), Stdout: &out, Stderr: &stderr}
	if status := p.Run("filter", "", &filterTool{}); status != 0 {
		t.Fatal(stderr.String())
	}
	got := chains(t, out.String())[0]
	if want := `[{"id":"x<1>","tool":"script.py","mood":{"b":1,"a":[2]}},{"argv":[]`; !strings.HasPrefix(got, want) || !strings.Contains(got, `"parents":["x<1>"]`) {
		t.Errorf("got %s", got)
	}
}

func TestDamagedProvenance(t *testing.T) {
	d := numbers("images", 1, 0)
	d.Meta[provKey] = `nonsense`
	stream := encodeStream(t, d)
	for _, test := range []struct {
		args   []string
		status int
		stderr string
	}{
		{nil, 1, "filter: document 1 (images): provenance is not a JSON array: invalid character 'o' in literal null (expecting 'u')\nfilter: hint: --no-prov ignores it\n"},
		{[]string{"--no-prov"}, 0, ""},
	} {
		var out, stderr strings.Builder
		p := Process{Args: test.args, Stdin: strings.NewReader(stream), Stdout: &out, Stderr: &stderr}
		if status := p.Run("filter", "", &filterTool{}); status != test.status || stderr.String() != test.stderr {
			t.Errorf("%v: status %d, %s", test.args, status, stderr.String())
		}
	}
}

// TestLongProvenance: where the record does not fit, the way out is named.
func TestLongProvenance(t *testing.T) {
	d := numbers("images", 1, 0)
	d.Meta[provKey] = `[{"id":"1","tool":"` + strings.Repeat("a", 1<<20-230) + `"}]`
	stream := encodeStream(t, d)
	for args, want := range map[string]int{"--add=1": 1, "--no-prov": 0} {
		var out, stderr strings.Builder
		p := Process{Args: []string{args}, Stdin: strings.NewReader(stream), Stdout: &out, Stderr: &stderr}
		status := p.Run("filter", "", &filterTool{})
		if status != want || (want == 1) != strings.Contains(stderr.String(), "bytes of it; --no-prov leaves it out") {
			t.Errorf("%s: status %d, %s", args, status, stderr.String())
		}
	}
}

func encodeStream(t *testing.T, docs ...*format.Document) string {
	t.Helper()
	var b strings.Builder
	w := format.NewWriter(&b, format.WriterOptions{})
	for _, d := range docs {
		if err := w.Write(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestManyInputs: ten thousand photos do not fill the header.
func TestManyInputs(t *testing.T) {
	w := newWorkshop(t)
	got := w.bash(`mkdir d; for i in {1..150}; do echo $i > d/$i; done; emit d/* --count 1 > x; emit d/* --count 1 > y; cmp x y; echo 0 > d/7; emit d/* --count 1 > z; cmp -s x z || echo differs`)
	if got.stdout != "differs\n" {
		t.Errorf("got %+v", got)
	}
	want := "a=emit sha256:HEX --count 1 []"
	if got := shape(t, chains(t, w.read("x"))[0]); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestPassedOnUnchanged: a document of a kind that a tool does not know keeps
// its tensors and its metadata.
func TestPassedOnUnchanged(t *testing.T) {
	d := numbers("mystery", 3, 7)
	d.Meta["other"] = "words"
	d.Tensors = append(d.Tensors, format.Of("empty", []int{0, 2}, []float32{}), format.Of("scalar", nil, []bool{true}))
	var out, stderr strings.Builder
	p := Process{Args: []string{"--no-prov"}, Stdin: strings.NewReader(encodeStream(t, d, numbers("images", 1, 1))), Stdout: &out, Stderr: &stderr}
	if status := p.Run("filter", "", &filterTool{}); status != 0 {
		t.Fatal(stderr.String())
	}
	if want := encodeStream(t, d, numbers("images", 1, 2)); out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
