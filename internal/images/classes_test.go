package images

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLabelsIn(t *testing.T) {
	b := small() // a rose, and a picture without label
	for _, test := range []struct {
		classes []string
		want    []int
		err     string
	}{
		{[]string{"rose", "tulip"}, []int{0, NoLabel}, ""},
		{[]string{"iris", "daisy", "rose"}, []int{2, NoLabel}, ""},
		{[]string{"tulip"}, nil, `the net has no classes "daisy", "rose"; its own are "tulip"`},
	} {
		got, err := b.LabelsIn(test.classes, "the net")
		if diff := cmp.Diff(test.want, got); diff != "" || fmt.Sprint(err) != test.err && (err != nil || test.err != "") {
			t.Errorf("%v: %v, %v", test.classes, got, err)
		}
	}
	b.Labels = nil
	if got, err := b.LabelsIn(nil, "the net"); err != nil || !cmp.Equal(got, []int{NoLabel, NoLabel}) {
		t.Errorf("without labels: %v, %v", got, err)
	}
}

func TestCheckClasses(t *testing.T) {
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprint("class ", i))
	}
	if err := CheckClasses([]string{"class 7"}, many, "the net"); err != nil {
		t.Error(err)
	}
	err := CheckClasses([]string{"class 7", "rose"}, many, "the judge")
	if err == nil || err.Error() != `the judge has no class "rose"; its classes are "class 0", "class 1", "class 2", "class 3", "class 4", "class 5", "class 6", "class 7", "class 8", "class 9" and 990 more` {
		t.Error(err)
	}
}

// ImageNet's names list synonyms, and one class's may be another's whole name; Unicode has two forms of an accent.
func TestClassOf(t *testing.T) {
	classes := []string{"tench, Tinca tinca", "maillot", "maillot, tank suit", "crane, bird", "crane, machine", "p\u00e2querette", "10"}
	for name, want := range map[string]int{
		"tench": 0, "Tinca tinca": 0, "tench, Tinca tinca": 0, "maillot": 1, "tank suit": 2, "bird": 3, "p\u00e2querette": 5, "pa\u0302querette": 5, "10": 6,
	} {
		if got, err := ClassOf(classes, name, "the net"); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", name, got, err, want)
		}
	}
	for name, want := range map[string]string{
		"crane":  `"crane" means several classes of the net: "crane, bird" and "crane, machine"`,
		"tensh":  `the net has no class "tensh"; nearest is "tench"`,
		"tinca":  `the net has no class "tinca"; nearest is "tench"`,
		"flower": `the net has no class "flower"; its classes are "tench, Tinca tinca", "maillot", "maillot, tank suit", "crane, bird", "crane, machine", "pâquerette", "10"`,
		"":       `the net has no class ""; its classes are`,
	} {
		if got, err := ClassOf(classes, name, "the net"); err == nil || got != NoLabel || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %d, %v, want %s", name, got, err, want)
		}
	}
}

func TestFindClass(t *testing.T) {
	classes := []string{"1", "10", "11", "3", `"q"`}
	for text, want := range map[string]int{"0": 0, "10": 1, "2": 2, "3": 3, `"1"`: 0, `"10"`: 1, `"q"`: 4, "4": 4} {
		if got, err := FindClass(classes, text, "the net"); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"1":    `1 may be the class called "1", which is number 0, or class number 1, which is called "10"`,
		"5":    `the net has classes 0 to 4, and none is called "5"`,
		"-1":   `the net has classes 0 to 4, and none is called "-1"`,
		`"2"`:  `the net has no class "2"; its classes are`,
		"rose": `the net has no class "rose"`,
	} {
		if _, err := FindClass(classes, text, "the net"); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
