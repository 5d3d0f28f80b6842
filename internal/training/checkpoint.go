package training

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"

	"herbarium/internal/errs"
	"herbarium/internal/fit"
	"herbarium/internal/graph"
)

// Checkpoint is a file that keeps how far training is.
type Checkpoint struct {
	Path string
	// Settings are those that decide the result, by name: a checkpoint of other settings is refused.
	Settings map[string]string
	// Save writes the file, whole or not at all.
	Save func(path string, write func(io.Writer) error) error
}

// resume lets training go on from the checkpoint if it is there, and save to it.
func (j *Job) resume(watch *fit.Watch) error {
	c := j.Checkpoint
	run, err := identify(c.Settings, j.Model, map[string]*fit.Set{"photos": j.Train, "validation photos": j.Val})
	if err != nil {
		return err
	}
	watch.Save = func(state *fit.State) error {
		return c.Save(c.Path, func(to io.Writer) error { return fit.WriteCheckpoint(to, j.Model, run, state) })
	}
	f, err := os.Open(c.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if watch.Resume, err = fit.ReadCheckpoint(f, j.Model, run); err != nil {
		return errs.Hint(fmt.Errorf("--checkpoint %s: %w", c.Path, err), "remove the file to start anew, or name another")
	}
	j.Infof("goes on after epoch %d, step %d in all", len(watch.Resume.History), watch.Resume.Steps)
	return nil
}

// identify describes a run to its checkpoint: its settings, and digests of what the net is made from.
func identify(settings map[string]string, model *graph.Net, sets map[string]*fit.Set) (fit.Run, error) {
	run := fit.Run(maps.Clone(settings))
	start := sha256.New()
	doc, err := model.Document()
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(start, "%q\n", doc.Meta)
	for _, t := range doc.Tensors {
		fmt.Fprintf(start, "%q %v\n", t.Name, t.Shape)
		start.Write(t.Data)
	}
	run["first weights"] = fmt.Sprintf("%x", start.Sum(nil))
	for name, set := range sets {
		digest, err := set.Digest()
		if err != nil {
			return nil, err
		}
		run[name] = fmt.Sprintf("%x", digest)
	}
	return run, nil
}
