package look

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/ascend"
	"herbarium/internal/images"
	"herbarium/internal/torchtest"
)

// written is what a writer emits, as one batch.
func written(t *testing.T, v *Viewer, write func(w *Writer) error) (batch *images.Batch, warnings []string) {
	t.Helper()
	var documents []*format.Document
	w, err := v.NewWriter(func(d *format.Document) error { documents = append(documents, d); return nil },
		func(layout string, args ...any) { warnings = append(warnings, fmt.Sprintf(layout, args...)) })
	if err == nil {
		err = write(w)
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil || len(documents) != 1 {
		t.Fatalf("%d documents, error %v", len(documents), err)
	}
	if batch, err = images.FromDocument(documents[0]); err != nil {
		t.Fatal(err)
	}
	return batch, warnings
}

func TestSnapshotsComeBeforeTheirPicture(t *testing.T) {
	v := newViewer(t, newNet(t, convNet, 1, 2), 1)
	r := ascend.Result{Pixels: []byte{1, 2, 3, 4, 5, 6}, Alpha: []float32{0, 1}, Start: 0.5, End: 3,
		Snapshots: []ascend.Snapshot{{Step: 4, Objective: 2.25, Pixels: []byte{9, 9, 9, 9, 9, 9}}}}
	batch, warnings := written(t, v, func(w *Writer) error {
		return w.Picture(r, images.Item{"name": "n", "unit": "u", "restart": 3, "warning": "dead"}, 1)
	})
	if want := []byte{9, 9, 9, 9, 9, 9, 1, 2, 3, 4, 5, 6}; !slices.Equal(batch.U8, want) {
		t.Errorf("pixels %v, want %v", batch.U8, want)
	}
	if step, ok := batch.Items[0].Number("step"); step != 4 || !ok || batch.Items[0].Name() != "n" || batch.Items[1].Text("warning") != "dead" {
		t.Errorf("items %v", batch.Items)
	}
	start, _ := batch.Items[0].Number("start")
	if end, _ := batch.Items[0].Number("end"); start != 0.5 || end != 2.25 {
		t.Errorf("the snapshot's objective goes from %v to %v", start, end)
	}
	if diff := cmp.Diff([]string{"n, unit u, restart 3: dead"}, warnings); diff != "" {
		t.Error(diff)
	}
	if len(batch.Extra) != 1 || batch.Extra[0].Name != "alpha" || !slices.Equal(batch.Extra[0].Shape, []int{2, 1, 2}) {
		t.Errorf("extra tensors %v", batch.Extra)
	}
	if diff := cmp.Diff([]string{"daisy", "rose"}, batch.Classes); diff != "" || !slices.Equal(batch.Labels, []int64{1, 1}) {
		t.Errorf("labels %v: %s", batch.Labels, diff)
	}
}

// An exemplar of a unit that sees the whole photo is the photo; of one that sees a part, that part enlarged.
func TestExemplarsAreWhatTheUnitSees(t *testing.T) {
	torchtest.Pin(t)
	const height, width = 8, 8
	model := newNet(t, convNet, height, width)
	setStatistic(model, "peak.a", 0.5, 1)
	photos := newPhotos(9, height, width)
	v := newViewer(t, model, 1)
	units := unitsOf(t, model, "logits:0", "a:0@1,2")
	g := surveyed(t, v, units, 2, photos)
	batch, _ := written(t, v, func(w *Writer) error {
		for _, u := range units {
			if err := w.Exemplars(g, u); err != nil {
				return err
			}
		}
		return nil
	})
	find := func(name string) *Photo {
		at := slices.IndexFunc(photos, func(p Photo) bool { return p.Name() == name })
		return &photos[at]
	}
	for i, item := range batch.Items {
		photo := find(item.Name())
		got := batch.U8[i*3*height*width : (i+1)*3*height*width]
		if got := item.Text("measured"); got != "activation" { // of a logit, and at a position
			t.Errorf("measured %q", got)
		}
		rank, _ := item.Number("exemplar")
		if int(rank) != i%2+1 || item.Text("class") != photo.Class || batch.Labels[i] != int64(slices.Index(model.Classes, photo.Class)) {
			t.Errorf("item %d: %v, label %d", i, item, batch.Labels[i])
		}
		if i < 2 {
			if diff := cmp.Diff(photo.bytes(), got); diff != "" || fmt.Sprint(item["patch"]) != "[0 0 8 8]" {
				t.Errorf("patch %v: %s", item["patch"], diff)
			}
			continue
		}
		// A 3x3 convolution of stride 2 and padding 1 sees rows 1 to 3 and columns 3 to 5 at position 1,2.
		if fmt.Sprint(item["patch"]) != "[1 3 4 6]" {
			t.Errorf("patch %v", item["patch"])
		}
		value, _ := item.Number("value")
		times, _ := item.Number("times_max")
		if want := activations(t, model, photo.Pixels, "a")[0][1*4+2]; !near(value, want, 1e-5) || !near(times, value/0.5, 1e-5) {
			t.Errorf("value %v, %v times the largest; want %v", value, times, want)
		}
		for c := range 3 {
			for _, corner := range [][4]int{{0, 0, 1, 3}, {0, 7, 1, 5}, {7, 0, 3, 3}, {7, 7, 3, 5}} { // in the picture, in the photo
				want := images.Byte(photo.Pixels[(c*height+corner[2])*width+corner[3]])
				if v := got[(c*height+corner[0])*width+corner[1]]; v != want {
					t.Errorf("channel %d at %d,%d is %d, the photo's pixel %d", c, corner[0], corner[1], v, want)
				}
			}
		}
	}
}

func TestLogLines(t *testing.T) {
	var l Log
	hook := l.hook([]ascend.Item{{Name: "n", Restart: 1}, {Name: "m"}})
	zero := float32(0)
	hook(2, ascend.StepRecord{Rate: 0.5, Objective: []float32{1.5, 1 / zero}, Priors: map[string][]float32{"tv": {0.25, zero / zero}}})
	var out strings.Builder
	if err := l.Write(&out); err != nil {
		t.Fatal(err)
	}
	want := `{"item":"n","unit":"","restart":1,"step":3,"rate":0.5,"objective":1.5,"priors":{"tv":0.25},"seconds":0}
{"item":"m","unit":"","restart":0,"step":3,"rate":0.5,"objective":null,"seconds":0}
`
	for i := range l.lines {
		l.lines[i].Seconds = 0
	}
	out.Reset()
	if err := l.Write(&out); err != nil || out.String() != want {
		t.Errorf("error %v, log %s, want %s", err, out.String(), want)
	}
	if (*Log)(nil).hook(nil) != nil {
		t.Error("no log collects steps")
	}
}
