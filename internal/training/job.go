// Package training is one training of a net from photos to the net with its history and statistics: the loop of package fit
// with a progress bar, and with a checkpoint to go on from. It knows no command line.
package training

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"herbarium/internal/errs"
	"herbarium/internal/fit"
	"herbarium/internal/graph"
	"herbarium/internal/jsontext"
	"herbarium/internal/net"
	"herbarium/internal/progress"
)

// Job is a net to train, and how.
type Job struct {
	Model  *graph.Net // with first weights, for the photos' size and classes
	Train  *fit.Set
	Val    *fit.Set // may be empty
	Config fit.Config
	Net    net.Options
	// Checkpoint keeps the progress, and is where training goes on; nil for none.
	Checkpoint *Checkpoint
	Progress   progress.Start
	// Infof takes what a user may like to know: seconds, accuracy.
	Infof func(layout string, args ...any)
}

// Run trains the net. Model gets the weights, the history and the statistics of the training photos.
func (j *Job) Run() error {
	n, err := net.New(j.Model, j.Net)
	if err != nil {
		return err
	}
	defer n.Close()
	if empty := emptyClasses(j.Train); len(empty) > 0 {
		j.Infof("no photos to train on of %s: the net cannot learn what they look like", errs.Few(empty))
	}
	watch := fit.Watch{Step: j.showSteps()}
	if j.Checkpoint != nil {
		if err := j.resume(&watch); err != nil {
			return err
		}
	}
	start := time.Now()
	history, err := fit.Train(n, graph.Logits, j.Train, j.Val, j.Config, watch)
	if err != nil {
		return err
	}
	trained := time.Now()
	if j.Model.Params, err = n.Export(); err != nil {
		return err
	}
	if j.Model.Stats, err = fit.Stats(n, j.Train); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(j.Model.Stats)) {
		if err := graph.CheckFinite(name, j.Model.Stats[name]); err != nil {
			return fmt.Errorf("statistics of the training photos: %w: %w", err, fit.ErrDiverged)
		}
	}
	if j.Model.History, err = jsontext.Marshal(history); err != nil {
		return err
	}
	j.Infof("%.0f s of training, %.0f s of statistics", trained.Sub(start).Seconds(), time.Since(trained).Seconds())
	j.Infof("%s on %d photos of %d classes: %s", j.Model.Arch, j.Train.Len(), len(j.Train.Classes), summary(history, j.Val))
	return nil
}

// summary says how good the net is that was kept.
func summary(history []fit.Epoch, val *fit.Set) string {
	line := history[len(history)-1]
	text := ""
	for _, e := range history {
		if e.Kept {
			line, text = e, fmt.Sprintf("epoch %d: ", e.Epoch)
		}
	}
	if line.ValAccuracy == nil {
		return text + fmt.Sprintf("loss %.3f, accuracy %.1f%% on augmented photos", line.Loss, 100*line.Accuracy)
	}
	text += fmt.Sprintf("validation accuracy %.1f%% on %d photos, loss %.3f", 100**line.ValAccuracy, val.Len(), line.Loss)
	if line.ValAdversarial != nil {
		text += fmt.Sprintf("; accuracy %.1f%% under attack", 100**line.ValAdversarial)
	}
	return text
}

// showSteps shows each step on a progress bar, with running means over about 20 steps.
func (j *Job) showSteps() func(fit.Step) {
	var bar progress.Bar
	loss, accuracy := 0.0, 0.0
	return func(step fit.Step) {
		if bar == nil {
			bar = j.Progress(step.Total*step.Photos, "photos")
			bar.Add((step.Done - 1) * step.Photos)
			loss, accuracy = step.Loss, step.Accuracy
		}
		loss += (step.Loss - loss) / 20
		accuracy += (step.Accuracy - accuracy) / 20
		bar.Suffix("epoch %d/%d loss %.3f accuracy %.0f%%", step.Epoch, j.Config.Epochs, loss, 100*accuracy)
		bar.Add(step.Photos)
		if step.Done == step.Total {
			bar.Done()
		}
	}
}

// Frozen are the nodes that are not trained if a layer, and all that it is computed from, stays as it is.
func Frozen(g *graph.Graph, layer string) (map[string]bool, error) {
	part, err := g.Slice(layer)
	if err != nil {
		return nil, err
	}
	frozen := map[string]bool{}
	for _, node := range part.Nodes {
		frozen[node.Name] = true
	}
	return frozen, nil
}

// CheckClasses refuses photos of fewer than two classes.
func CheckClasses(photos *fit.Set) error {
	if n := len(photos.Classes); n < 2 {
		return errs.Hint(fmt.Errorf("the photos have %d class: a classifier needs two", n),
			"put the photos of each class into a folder of its own and name their parent to ingest")
	}
	return nil
}

// emptyClasses are the classes that no photo is of.
func emptyClasses(photos *fit.Set) (names []string) {
	seen := make([]bool, len(photos.Classes))
	for i := range photos.Len() {
		seen[photos.Label(i)] = true
	}
	for i, name := range photos.Classes {
		if !seen[i] {
			names = append(names, name)
		}
	}
	return names
}

// CheckTraining refuses training photos that nothing can be learned from: fewer than two, or all of one class.
func CheckTraining(train *fit.Set) error {
	if train.Len() < 2 {
		return fmt.Errorf("%d photo to train on, without those for validation: at least 2 are needed", train.Len())
	}
	first := train.Label(0)
	for i := range train.Len() {
		if train.Label(i) != first {
			return nil
		}
	}
	return fmt.Errorf("all photos are of class %q: a classifier needs two", train.Classes[first])
}
