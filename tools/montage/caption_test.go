package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"herbarium/internal/images"
)

// fromJSON is a picture whose item was read from a stream.
func fromJSON(t interface{ Fatal(...any) }, text string) *picture {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	p := &picture{}
	if err := d.Decode(&p.item); err != nil {
		t.Fatal(err)
	}
	p.class = p.item.Text("class")
	return p
}

func TestCaption(t *testing.T) {
	const maxact = `{"unit":"logits:daisy","name":"logits:daisy","class":"daisy","predicted":"daisy","seed":0,"restart":1,
		"steps":512,"start":2.1,"end":14.312,"times_max":3.14,"probability":0.9812,"margin":5}`
	tests := []struct {
		name, item, heading string
		restarts            bool
		want                []string
	}{
		{"nothing known", `{}`, "", false, nil},
		{"photo", `{"name":"daisy/0001.jpg","class":"daisy"}`, "", false, []string{"daisy", "0001.jpg"}},
		{"photo without class", `{"name":"rose.jpg"}`, "", false, []string{"rose.jpg"}},
		{"photo in a row of its class", `{"name":"daisy/0001.jpg","class":"daisy"}`, "class", false, []string{"0001.jpg"}},
		{"unit", maxact, "", false, []string{"logits:daisy", "p 0.98 · 3.1× max", "2.1 → 14.3"}},
		{"unit drawn twice", maxact, "", true, []string{"logits:daisy\u00a0#2", "p 0.98 · 3.1× max", "2.1 → 14.3"}},
		{"unit in its row", maxact, "unit", true, []string{"p 0.98 · 3.1× max", "2.1 → 14.3"}},
		{"unit in a row of its class", maxact, "class", false, []string{"logits:daisy", "p 0.98 · 3.1× max", "2.1 → 14.3"}},
		{"hidden unit", `{"unit":"layer3:7","name":"layer3:7","start":-0.02,"end":1234.5,"times_max":12}`, "", false,
			[]string{"layer3:7", "12.0× max", "−0.020 → 1234"}},
		{"no end", `{"unit":"layer3:7","start":1}`, "", false, []string{"layer3:7"}},
		{"seen as another", `{"unit":"logits:daisy","class":"daisy","predicted":"rose"}`, "", false, []string{"logits:daisy", "seen as rose"}},
		{"dead", `{"unit":"layer3:7","warning":"the unit is dead"}`, "", false, []string{"layer3:7", "the unit is dead"}},
		{"exemplar", `{"unit":"layer3:7","exemplar":1,"name":"daisy/1.jpg","class":"daisy","value":2.314,"measured":"mean","times_max":0.9}`, "unit", false,
			[]string{"photo daisy/1.jpg", "mean 2.3 · 0.90× max"}},
		{"exemplar whose name lacks its class", `{"unit":"logits:rose","exemplar":2,"name":"17.jpg","class":"rose","value":-1,"measured":"activation"}`, "", false,
			[]string{"logits:rose", "photo rose 17.jpg", "activation −1.0"}},
		{"exemplar of before", `{"unit":"layer3:7","exemplar":1,"class":"rose","value":2}`, "unit", false, []string{"photo rose", "value 2.0"}},
		{"snapshot", `{"unit":"layer3:7","name":"layer3:7","restart":0,"step":40,"start":0.1,"end":2.5}`, "", false, []string{"layer3:7", "step 40", "0.10 → 2.5"}},
		{"wrong types", `{"unit":7,"probability":"high","start":null,"end":{},"class":["a"]}`, "", false, nil},
	}
	for _, test := range tests {
		var got []string
		for _, line := range fromJSON(t, test.item).caption(test.heading, test.restarts) {
			got = append(got, line.Text)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1.0", -1.26: "−1.3", 14.312: "14.3", 99.94: "99.9", 99.96: "100", 123.4: "123", 999999: "999999", 1e6: "1.0e+06",
		0.5: "0.50", 0.0952: "0.10", 0.05: "0.050", 0.002: "0.002", 0.0004: "4.0e−04", 0.951: "0.95", 0.994: "0.99", 0.996: "1.0",
	} {
		if got := short(v); got != want {
			t.Errorf("%g: got %q, want %q", v, got, want)
		}
	}
}

func TestProbability(t *testing.T) {
	for v, want := range map[float64]string{0: "0.00", 0.001: "< 0.01", 0.5: "0.50", 0.994: "0.99", 0.9999: "> 0.99", 1: "1.00"} {
		if got := probability(v); got != want {
			t.Errorf("%g: got %q, want %q", v, got, want)
		}
	}
}

func TestTemplate(t *testing.T) {
	p := fromJSON(t, `{"class":"rose","seed":18446744073709551615,"probability":0.98123,"flag":true,"list":[1,2],"n":-7,"text":"07"}`)
	p.index = 12
	tests := []struct{ format, want string }{
		{"", ""},
		{"plain", "plain"},
		{"{class}-{index}", "rose-12"},
		{"{index:04d}|{index:4d}|{n:03d}", "0012|  12|-07"},
		{"{probability} {probability:.3f} {probability:e} {probability:d}", "0.98 0.981 9.812300e-01 0"},
		{"{{class}} }}{{", "{class} }{"},
		{"{flag} {list} {seed} {text:04d}", "true [1,2] 18446744073709551615   07"},
		{"{absent}.", "."},
		{"{", "error"}, {"}", "error"}, {"{}", "error"}, {"{a", "error"}, {"a}b", "error"}, {"{a:}", "error"},
		{"{a:x}", "error"}, {"{a:%d}", "error"}, {"{a:999999999d}", "error"}, {"{a:*d}", "error"},
	}
	for _, test := range tests {
		parsed, err := parseTemplate(test.format)
		got := "error"
		if err == nil {
			got, _ = parsed.fill(p, func(s string) string { return s })
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.format, got, test.want)
		}
	}
}

func TestPathElement(t *testing.T) {
	for value, want := range map[string]string{
		"rose": "rose", "black-eyed susan": "black-eyed_susan", "../../etc/passwd": "_-_-etc-passwd", "/etc": "_etc",
		".hidden": "_hidden", "-rf": "_rf", "": "", "a\x00b\nc": "a_b_c", `c:\x`: "c--x", "größe": "größe", "$(x)": "__x_", "fc:\"10\"": "fc-_10_",
	} {
		if got := pathElement(value); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("./\\-~ a:")))).Draw(t, "value")
		name := filepath.Clean("out/x" + pathElement(value) + ".png")
		if filepath.Dir(name) != "out" {
			t.Fatalf("%q leads to %q", value, name)
		}
		if whole := pathElement(value); strings.HasPrefix(whole, ".") || strings.HasPrefix(whole, "-") || len(whole) > longestElement {
			t.Fatalf("%q becomes %q", value, whole)
		}
	})
}

func TestGroup(t *testing.T) {
	for units, want := range map[string]int{"": 1, "a": 1, "aaa": 3, "aabb": 2, "aab": 1, "abab": 1, "aabbcc": 2, "a-a": 1} {
		var pictures []*picture
		for _, r := range units {
			item := images.Item{"unit": string(r)}
			if r == '-' {
				item = images.Item{}
			}
			pictures = append(pictures, &picture{item: item})
		}
		if got := group(pictures); got != want {
			t.Errorf("%s: got %d, want %d", units, got, want)
		}
	}
}
