package training

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/errs"
	"herbarium/internal/fit"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/net"
	"herbarium/internal/progress"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// photos are n of one color each, red and blue in turn.
func photos(t *testing.T, n int, classes ...string) *fit.Set {
	t.Helper()
	b := &images.Batch{Classes: classes, Height: 2, Width: 2, U8: []byte{}}
	for i := range n {
		pixels := make([]byte, 12)
		label := i % len(classes)
		for k := range 4 {
			pixels[8*label+k] = byte(150 + 5*i)
		}
		b.U8 = append(b.U8, pixels...)
		b.Labels = append(b.Labels, int64(label))
		b.Items = append(b.Items, images.Item{"name": fmt.Sprint(i)})
	}
	set := fit.NewSet(nil)
	t.Cleanup(set.Close)
	if err := set.Add(b); err != nil {
		t.Fatal(err)
	}
	return set
}

// model is linear in the mean color, with weights of zero.
func model(t *testing.T) *graph.Net {
	t.Helper()
	return torchtest.MeanColor([]string{"red", "blue"}, make([]float32, 6), make([]float32, 2))
}

// bar counts what is shown.
type bar struct {
	total, steps int
	suffix       string
	done         bool
}

func (b *bar) Add(n int)                         { b.steps += n }
func (b *bar) Suffix(layout string, args ...any) { b.suffix = fmt.Sprintf(layout, args...) }
func (b *bar) Done()                             { b.done = true }

// job is a training that is sure to succeed; said gets what it says.
func job(t *testing.T, said *[]string) *Job {
	t.Helper()
	set := photos(t, 10, "red", "blue")
	train, val := set.Split(0.2, 1)
	return &Job{Model: model(t), Train: train, Val: val, Progress: progress.None, Net: net.Options{Device: torch.CPU, DType: torch.F32},
		Config: fit.Config{Epochs: 3, Batch: 4, Optimizer: "sgd", Rate: 0.5, Momentum: 0.9, Seed: 1},
		Infof:  func(layout string, args ...any) { *said = append(*said, fmt.Sprintf(layout, args...)) }}
}

// The net comes out with weights, a history of every epoch and statistics; the bar counts every photo.
func TestRun(t *testing.T) {
	torchtest.Pin(t)
	var said []string
	j := job(t, &said)
	shown := &bar{}
	j.Progress = func(total int, what string) progress.Bar {
		shown.total = total
		return shown
	}
	if err := j.Run(); err != nil {
		t.Fatal(err)
	}
	var history []fit.Epoch
	if err := json.Unmarshal(j.Model.History, &history); err != nil || len(history) != 3 || *history[2].ValAccuracy != 1 {
		t.Errorf("history %+v, %v", history, err)
	}
	w := j.Model.Params["fc.weight"]
	if v, _ := format.Float32s(&w); !(v[0] > 0 && v[2] < 0 && v[3] < 0 && v[5] > 0) {
		t.Errorf("weights %v of red and blue", v)
	}
	for _, name := range []string{"color.mean", "max.fc", "spectrum"} {
		if _, ok := j.Model.Stats[name]; !ok {
			t.Errorf("no statistic %s", name)
		}
	}
	if want := "tiny on 8 photos of 2 classes: validation accuracy 100.0% on 2 photos, loss "; len(said) != 2 || !strings.HasPrefix(said[1], want) {
		t.Errorf("said %q, want %q", said, want)
	}
	if shown.total != 24 || shown.steps != 24 || !shown.done || !strings.HasPrefix(shown.suffix, "epoch 3/3 loss ") {
		t.Errorf("%+v, want 3 epochs of 8 photos", shown)
	}
}

// A checkpoint of a finished run gives the same net without a step; one of other settings, weights or photos is refused.
func TestCheckpoint(t *testing.T) {
	torchtest.Pin(t)
	path := filepath.Join(t.TempDir(), "state")
	save := func(path string, write func(io.Writer) error) error {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer f.Close()
		return write(f)
	}
	run := func(edit func(*Job)) (*Job, []string, error) {
		var said []string
		j := job(t, &said)
		j.Checkpoint = &Checkpoint{Path: path, Settings: map[string]string{"--rate": "0.5"}, Save: save}
		edit(j)
		return j, said, j.Run()
	}
	first, _, err := run(func(*Job) {})
	if err != nil {
		t.Fatal(err)
	}
	again, said, err := run(func(*Job) {})
	if err != nil || said[0] != "goes on after epoch 3, step 6 in all" {
		t.Errorf("%q, %v", said, err)
	}
	if diff := cmp.Diff(first.Model.Params, again.Model.Params); diff != "" {
		t.Error(diff)
	}
	for want, edit := range map[string]func(*Job){
		"--rate was 0.5 and is 0.6":    func(j *Job) { j.Checkpoint.Settings["--rate"] = "0.6" },
		"the first weights differ":     func(j *Job) { j.Model.Params["fc.bias"] = format.Of("fc.bias", []int{2}, []float32{0, 1}) },
		"the photos differ":            func(j *Job) { j.Train = photos(t, 4, "red", "blue") },
		"the validation photos differ": func(j *Job) { j.Val = photos(t, 4, "red", "blue") },
	} {
		_, _, err := run(edit)
		if err == nil || err.Error() != "--checkpoint "+path+": it is of another run: "+want || errs.HintOf(err) == "" {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestSummary(t *testing.T) {
	accuracy, loss, hard := 0.875, 0.75, 0.5
	plain := fit.Epoch{Epoch: 2, Loss: 1.5, Accuracy: 0.75}
	validated := fit.Epoch{Epoch: 1, Loss: 0.25, ValAccuracy: &accuracy, ValLoss: &loss, ValAdversarial: &hard, Kept: true}
	val := photos(t, 8, "red", "blue")
	for want, history := range map[string][]fit.Epoch{
		"loss 1.500, accuracy 75.0% on augmented photos":                                          {plain},
		"epoch 1: validation accuracy 87.5% on 8 photos, loss 0.250; accuracy 50.0% under attack": {validated, plain},
	} {
		if got := summary(history, val); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestPhotosThatTeachNothing(t *testing.T) {
	if err := CheckClasses(photos(t, 3, "red")); err == nil || err.Error() != "the photos have 1 class: a classifier needs two" || errs.HintOf(err) == "" {
		t.Error(err)
	}
	if err := CheckClasses(photos(t, 2, "red", "blue")); err != nil {
		t.Error(err)
	}
	for want, set := range map[string]*fit.Set{
		"": photos(t, 2, "red", "blue"),
		"1 photo to train on, without those for validation: at least 2 are needed": photos(t, 1, "red", "blue"),
		`all photos are of class "red": a classifier needs two`:                    photos(t, 3, "red"),
	} {
		if err := CheckTraining(set); want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestFrozen(t *testing.T) {
	frozen, err := Frozen(model(t).Graph, "flat")
	if err != nil || !slices.Equal(slices.Sorted(maps.Keys(frozen)), []string{"flat", "mean"}) {
		t.Errorf("%v, %v", frozen, err)
	}
	if _, err := Frozen(model(t).Graph, "layer4"); err == nil || !strings.Contains(err.Error(), `layer "layer4" not in this net`) {
		t.Error(err)
	}
}

// A class of which no photo could be read is named.
func TestClassWithoutPhotosIsNamed(t *testing.T) {
	torchtest.Pin(t)
	var said []string
	j := job(t, &said)
	j.Model = torchtest.MeanColor([]string{"red", "blue", "green"}, make([]float32, 9), make([]float32, 3))
	for _, set := range []*fit.Set{j.Train, j.Val} {
		if err := set.Adopt(j.Model.Classes); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Run(); err != nil {
		t.Fatal(err)
	}
	if want := "no photos to train on of green: the net cannot learn what they look like"; len(said) != 3 || said[0] != want {
		t.Errorf("said %q, want %q first", said, want)
	}
}
