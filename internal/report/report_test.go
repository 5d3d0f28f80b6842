package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"herbarium/internal/errs"
)

// files keeps what is written, by name.
type files map[string]*bytes.Buffer

func (f files) WriteFile(path string, write func(io.Writer) error) error {
	f[path] = &bytes.Buffer{}
	return write(f[path])
}

func (f files) Warnf(layout string, args ...any) {
	fmt.Fprintf(f.buffer("warnings"), layout+"\n", args...)
}

func (f files) buffer(name string) *bytes.Buffer {
	if f[name] == nil {
		f[name] = &bytes.Buffer{}
	}
	return f[name]
}

type finding struct {
	Net   string  `json:"net"`
	Share float64 `json:"share"`
}

func table(w io.Writer, all []finding) error {
	for _, one := range all {
		fmt.Fprintf(w, "%s has %g\n", one.Net, one.Share)
	}
	return nil
}

var findings = []finding{{"a<b", 0.5}, {"c", 1}}

const (
	asTable = "a<b has 0.5\nc has 1\n"
	asJSON  = "{\"net\":\"a<b\",\"share\":0.5}\n{\"net\":\"c\",\"share\":1}\n"
)

func TestSummariesGoWhereTheyAreAskedTo(t *testing.T) {
	for _, test := range []struct {
		flags Flags
		want  map[string]string
	}{
		{Flags{}, map[string]string{"out": asTable}},
		{Flags{JSON: true}, map[string]string{"out": asJSON}},
		{Flags{JSON: true, Report: "r.txt"}, map[string]string{"out": asJSON, "r.txt": asTable}},
		{Flags{Table: true, Report: "r.JSON"}, map[string]string{"out": asTable, "r.JSON": asJSON}},
	} {
		f := files{}
		if err := Save(f, &test.flags, findings, table); err != nil {
			t.Fatal(err)
		}
		if err := Print(f, &test.flags, "out", findings, table); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for path, b := range f {
			got[path] = b.String()
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%+v: %s", test.flags, diff)
		}
	}
}

func TestFlags(t *testing.T) {
	if err := (&Flags{Table: true, JSON: true}).Check(); !errs.IsUsage(err) {
		t.Error(err)
	}
	if err := (&Flags{Table: true}).Check(); err != nil {
		t.Error(err)
	}
	for _, test := range []struct {
		flags Flags
		out   string
		want  bool
	}{{Flags{Table: true}, "x", true}, {Flags{JSON: true}, "", true}, {Flags{}, "x", false}} {
		if got := test.flags.Printed(test.out, false); got != test.want {
			t.Errorf("%+v to %q: %v", test.flags, test.out, got)
		}
	}
}

func TestDocument(t *testing.T) {
	d, err := Document("score", findings[0])
	if err != nil {
		t.Fatal(err)
	}
	var back finding
	if err := json.Unmarshal(d.Tensor("json").Data, &back); err != nil || back != findings[0] || d.Kind() != "report" || d.Meta["tool"] != "score" {
		t.Errorf("%+v of kind %s, %v", back, d.Kind(), err)
	}
	if _, err := Document("score", func() {}); err == nil {
		t.Error("a function is a summary")
	}
}

func TestCheckPlot(t *testing.T) {
	for path, good := range map[string]bool{"": true, "a.png": true, "a.b.SVG": true, "x/y.pdf": true, "a.jpg": false, "png": false, ".": false} {
		if err := CheckPlot("--plot", path); (err == nil) != good || err != nil && !errs.IsUsage(err) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// Points are in percent; an interval that lies on one side of its share has no bar on the other.
func TestPoints(t *testing.T) {
	var p Points
	p.Add(3, 0.5, [2]float64{0.25, 0.625})
	p.Add(4, 0.5, [2]float64{0.75, 1})
	if p.XYs[0].X != 3 || p.XYs[0].Y != 50 || p.YErrors[0].Low != 25 || p.YErrors[0].High != 12.5 || p.YErrors[1].Low != 0 || p.YErrors[1].High != 50 {
		t.Errorf("%+v", p)
	}
}

func TestColorsDiffer(t *testing.T) {
	seen := map[any]bool{}
	for i := range 8 {
		seen[Color(i)] = true
	}
	if len(seen) != 8 || Color(8) != Color(0) {
		t.Errorf("%d colors", len(seen))
	}
}

// Three plots lie two in a row: twice as wide and as high as one, but for the space around them.
func TestSavePlots(t *testing.T) {
	var points Points
	points.Add(1, 0.5, [2]float64{0.4, 0.6})
	points.Add(2, 0.25, [2]float64{0.2, 0.3})
	one := func() *plot.Plot {
		p := plot.New()
		if err := AddCurve(p, 0, "net", points); err != nil {
			t.Fatal(err)
		}
		return p
	}
	size := func(plots ...*plot.Plot) (width, height int) {
		f := files{}
		if err := SavePlots(f, "x.png", plots...); err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(f["x.png"])
		if err != nil {
			t.Fatal(err)
		}
		return picture.Bounds().Dx(), picture.Bounds().Dy()
	}
	w, h := size(one())
	w3, h3 := size(one(), one(), one())
	if abs(w3-2*w) > 1 || abs(h3-2*h) > 1 {
		t.Errorf("one is %dx%d, three are %dx%d", w, h, w3, h3)
	}
	f := files{}
	if err := SavePlots(f, "x.svg", one()); err != nil || !strings.Contains(f["x.svg"].String(), ">net</text>") {
		t.Errorf("svg: %v", err)
	}
}

// TestLettering: plots in Latin letters are as gonum draws them. What it cannot draw is drawn as outlines that take the room
// they are measured for, and in SVG text stays text.
func TestLettering(t *testing.T) {
	named := func(name string) *plot.Plot {
		p := plot.New()
		p.Title.Text = name
		p.Legend.Add(name)
		return p
	}
	saved := func(path, name string) string {
		f := files{}
		if err := SavePlots(f, path, named(name)); err != nil || f["warnings"] != nil {
			t.Fatalf("%v, %s", err, f["warnings"])
		}
		return f[path].String()
	}
	byGonum := func(path, name string) string {
		f := files{}
		if err := writePlots(f, path, []*plot.Plot{named(name)}); err != nil {
			t.Fatal(err)
		}
		return f[path].String()
	}
	for _, test := range []struct {
		path, name string
		same       bool
	}{
		{"x.png", "eps in 255ths", true}, {"x.png", "größe hướng ж", true}, {"x.svg", "ורד 向", true},
		{"x.png", "ורד", false}, {"x.png", "وردة", false}, {"x.png", "😀", false}, {"x.pdf", "größe", false}, {"x.pdf", "ורד", false},
	} {
		if got := saved(test.path, test.name) == byGonum(test.path, test.name); got != test.same {
			t.Errorf("%s with %q: the same is %v", test.path, test.name, got)
		}
	}
	if !strings.Contains(saved("x.svg", "ורד 向"), ">ורד 向</text>") {
		t.Error("svg has no text")
	}
	p := named("rose ورد ورد ورد ورد ورد")
	if _, err := letter([]*plot.Plot{p}, "png"); err != nil {
		t.Fatal(err)
	}
	apart := named("rose ورد ورد ورد ورد ورد").Title.TextStyle
	if joined := p.Title.TextStyle.Width(p.Title.Text); joined <= 0 || joined == apart.Width(p.Title.Text) {
		t.Errorf("letters take %v, joined or not", joined)
	}
}

func TestPlotsNameLettersThatNoFontHas(t *testing.T) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text = "rose \U00050378", "\U00050378"
	f := files{}
	if err := SavePlots(f, "x.png", p); err != nil {
		t.Fatal(err)
	}
	if want := "x.png: no font has U+50378: boxes stand for them; install one that has\n"; f["warnings"] == nil || f["warnings"].String() != want {
		t.Errorf("warnings: %s", f["warnings"])
	}
}

// However many lines a plot has, its legend covers no data: the file grows by as much as the legend, and a legend of ten
// lines leaves the part with the data as it is with one.
func TestLegendsLieBelowTheData(t *testing.T) {
	drawn := func(names ...string) image.Image {
		var points Points
		for x := range 9 { // a grid of points that is everywhere a legend may be
			for y := range 9 {
				points.Add(float64(x), float64(y)/8, [2]float64{float64(y) / 8, float64(y) / 8})
			}
		}
		p := plot.New()
		if err := AddCurve(p, 0, "", points); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			line, err := plotter.NewLine(points)
			if err != nil {
				t.Fatal(err)
			}
			p.Legend.Add(name, line)
		}
		f := files{}
		if err := SavePlots(f, "x.png", p); err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(f["x.png"])
		if err != nil {
			t.Fatal(err)
		}
		return picture
	}
	one, ten := drawn("a"), drawn("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
	if one.Bounds().Dy() >= ten.Bounds().Dy() {
		t.Fatalf("one line of legend makes %v, ten make %v", one.Bounds(), ten.Bounds())
	}
	for y := range 330 { // above the label of the axis
		for x := range one.Bounds().Dx() {
			a, _, _, _ := one.At(x, y).RGBA()
			b, _, _, _ := ten.At(x, y).RGBA()
			if abs(int(a)-int(b)) > 0x4000 { // less is a fraction of a pixel in height
				t.Fatalf("at %d, %d: %v with one line of legend, %v with ten", x, y, one.At(x, y), ten.At(x, y))
			}
		}
	}
}

func TestNetName(t *testing.T) {
	for _, test := range [][3]string{{"", "resnet20", "resnet20"}, {"nets/a.st.zst", "resnet20", "a.st.zst"}, {"/dev/fd/63", "resnet20", "resnet20"}} {
		if got := NetName(test[0], test[1]); got != test[2] {
			t.Errorf("%q, %s: %q, want %q", test[0], test[1], got, test[2])
		}
	}
}

func abs(v int) int { return max(v, -v) }
