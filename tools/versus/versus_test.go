package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"herbarium/internal/cli"
)

// run runs versus on files given as name, content, ... and returns what it prints.
func run(t *testing.T, flags string, files ...string) (status int, stdout, stderr string) {
	t.Helper()
	t.Chdir(t.TempDir())
	args := strings.Fields(flags)
	for i := 0; i < len(files); i += 2 {
		if err := os.MkdirAll(filepath.Dir(files[i]), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(files[i], []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, files[i])
	}
	var out, complaints bytes.Buffer
	status = cli.Process{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &complaints}.Run("versus", manual, &command{})
	return status, out.String(), complaints.String()
}

const (
	right  = "name\tcorrect\na\ttrue\nb\ttrue\nc\tfalse\nd\ttrue\n"
	worse  = "name\tcorrect\na\ttrue\nb\tfalse\nc\tfalse\nd\ttrue\n"
	pgd    = "document\tname\teps\trobust\tsuccess\n1\ta\t0.003922\tfalse\ttrue\n1\tb\t0.007843\tfalse\ttrue\n1\tc\t\tfalse\tfalse\n1\td\t\ttrue\tfalse\n"
	strong = "name\trobust\tsuccess\na\ttrue\tfalse\nb\tfalse\tfalse\n\nname\teps\trobust\tsuccess\nc\t\tfalse\tfalse\nd\t0.003922\tfalse\ttrue\n"
)

func TestTable(t *testing.T) {
	status, out, complaints := run(t, "--reference base", "base.1/clean.tsv", right, "td.1/clean.tsv", worse, "base.1/pgd.tsv", pgd, "td.1/pgd.tsv", strong)
	if status != 0 {
		t.Fatal(complaints)
	}
	var got []string
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) > 0 {
			got = append(got, strings.Join(f, " "))
		}
	}
	// Among a and d, which both get right, base keeps d and td keeps a at the smaller eps, and at the larger.
	want := []string{
		"test eps net seeds images right 95% minus base 95% of those both get right 95%",
		"clean base 1 4 75.0",
		"clean td 1 4 50.0",
		"pgd 1/255 base 1 4 50.0",
		"pgd 1/255 td 1 4 25.0",
		"pgd 2/255 base 1 4 25.0",
		"pgd 2/255 td 1 4 25.0",
	}
	if len(got) != len(want) {
		t.Fatalf("%d lines:\n%s", len(got), out)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("line %d: %s, want %s", i, got[i], want[i])
		}
	}
	for i, difference := range map[int]string{2: "-25.0", 4: "-25.0", 6: "+0.0"} {
		if f := strings.Fields(got[i]); f[len(strings.Fields(want[i]))+3] != difference {
			t.Errorf("line %d: %s, want a difference of %s", i, got[i], difference)
		}
	}
}

// Two of three seeds are paired; seed 10 comes after 9 and has no partner.
func TestPairsSeedsAndImages(t *testing.T) {
	table := func(wrong string) outcome {
		o := outcome{}
		for _, name := range []string{"a", "b", "c"} {
			o[name] = never
			if strings.Contains(wrong, name) {
				o[name] = 0
			}
		}
		return o
	}
	clean := &test{clean, map[string]map[string]outcome{
		"base": {"9": table("a"), "2": table("")}, "td": {"9": table("ab"), "2": table("b"), "10": table("abc")}}}
	blur := &test{"blur", map[string]map[string]outcome{
		"base": {"9": table("ab"), "2": table("")}, "td": {"9": table("abc"), "2": table("ab")}}}
	rows, err := compare([]*test{blur, clean}, "base")
	if err != nil {
		t.Fatal(err)
	}
	if r := rows[1]; r.Net != "td" || math.Abs(r.Difference.Value+0.5) > 1e-12 || math.Abs(r.BothRight.Value+2.0/3) > 1e-12 {
		t.Errorf("blur: %+v %+v %+v", r, r.Difference, r.BothRight) // of c; a, c: -1, -1, 0
	}
	if r := rows[3]; r.Seeds != 3 || math.Abs(r.Accuracy.Value-3.0/9) > 1e-12 || math.Abs(r.Difference.Value+2.0/6) > 1e-12 || r.BothRight != nil {
		t.Errorf("clean: %+v %+v", r, r.Difference)
	}
}

func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string
		want  string
	}{
		{"no such reference", []string{"td.1/clean.tsv", right}, "--reference base: there is no such net, only td"},
		{"name without seed", []string{"td/clean.tsv", right}, "td/clean.tsv: the name must be NET.SEED/TEST.tsv"},
		{"other images", []string{"base.1/clean.tsv", right, "base.2/clean.tsv", "name\tcorrect\na\ttrue\n"}, "must hold the same images"},
		{"twice the same", []string{"base.1/clean.tsv", right, "x/base.1/clean.tsv", right}, "base.1 has that test already"},
		{"empty", []string{"base.1/clean.tsv", ""}, "base.1/clean.tsv: no images"},
		{"not tested", []string{"base.1/clean.tsv", "name\tclass\na\trose\n"}, `image "a": it has neither correct nor robust`},
		{"image twice", []string{"base.1/clean.tsv", right + "\nname\tcorrect\na\ttrue\n"}, `two images named "a"`},
		{"no radius", []string{"base.1/pgd.tsv", "name\teps\trobust\tsuccess\na\tNaN\tfalse\ttrue\n"}, `eps "NaN" is no radius`},
		{"nothing to draw", []string{"base.1/clean.tsv", right}, "--plot: no test has several eps"},
	} {
		t.Run(c.name, func(t *testing.T) {
			flags := "--reference base"
			if c.name == "nothing to draw" {
				flags += " --plot x.png"
			}
			status, out, complaints := run(t, flags, c.files...)
			if status == 0 || out != "" || !strings.Contains(complaints, c.want) || strings.Count(complaints, "\n") > 2 {
				t.Errorf("status %d, %q, %q; want %q", status, out, complaints, c.want)
			}
		})
	}
}

func TestPlot(t *testing.T) {
	status, _, complaints := run(t, "--json --plot curve.svg --reference base", "base.1/clean.tsv", right, "td.1/clean.tsv", worse, "base.1/pgd.tsv", pgd, "td.1/pgd.tsv", strong)
	drawn, err := os.ReadFile("curve.svg")
	if status != 0 || err != nil || !bytes.Contains(drawn, []byte("eps in 255ths")) || !bytes.Contains(drawn, []byte("td")) {
		t.Errorf("status %d, %v, %s", status, err, complaints)
	}
}
