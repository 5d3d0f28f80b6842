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
		{[]string{"tulip"}, nil, "classes that the net does not have: daisy, rose; it has tulip"},
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
	if err == nil || !strings.HasPrefix(err.Error(), "classes that the judge does not have: rose; it has class 0, ") || !strings.HasSuffix(err.Error(), "class 9 and 990 more") {
		t.Error(err)
	}
}
