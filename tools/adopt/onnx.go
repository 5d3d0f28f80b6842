package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"herbarium/internal/checkpoint"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/onnx"
)

// adoptONNX makes a net of the content of an ONNX file.
func (c *command) adoptONNX(s *cli.Session, data []byte) (*graph.Net, error) {
	if c.Arch != "" || c.Stem != "" || c.Prefix != "" {
		return nil, errs.Usagef("--arch, --stem and --prefix are for checkpoints; %s is an ONNX file, which carries its graph", c.File)
	}
	if !onnx.Is(data) {
		if err := checkpoint.Foreign(data); err != nil {
			return nil, fmt.Errorf("%s: %w", c.File, err)
		}
	}
	model, notes, err := onnx.Read(data, onnx.Options{Input: c.InputName, Output: c.OutputName, Side: c.Input, Open: c.beside(s)})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.File, err)
	}
	norm, err := c.normalization(model.Input[0])
	if err != nil {
		return nil, err
	}
	model.Graph.Nodes[0].Op = graph.Normalize{Mean: norm.mean, Std: norm.std}
	c.Input = model.Input[1]
	if model.Prepare, err = c.prepare(c.Input); err != nil {
		return nil, err
	}
	c.classless(model)
	if c.Classes != "" {
		head, err := model.Graph.Find(graph.Logits)
		if err != nil {
			return nil, errs.Usagef("--classes: %s gives no number for each class: --output-name takes another value of its graph", c.File)
		}
		values, err := model.Graph.Values(model.Input)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.File, err)
		}
		if model.Classes, err = c.classes(s, values[head.Name].Map().Channels); err != nil {
			return nil, err
		}
	}
	if err := sayEnd(s, fmt.Sprintf("ONNX graph of %d layers", len(model.Graph.Nodes)-1), model); err != nil {
		return nil, fmt.Errorf("%s: %w", c.File, err)
	}
	if c.Channels == "bgr" {
		reverseChannels(model.Graph)
	}
	for _, note := range notes {
		s.Infof("%s", note)
	}
	c.sayPhotos(s, model, norm)
	return model, nil
}

// beside opens files that hold an ONNX file's tensors: those in its folder and below, not through links that lead out
// of it, but for the folder that FILE itself, being a link, leads to: a hub's cache keeps all its files there. Each is read
// once, and together they have no more bytes than one file may have.
func (c *command) beside(s *cli.Session) onnx.Open {
	read := map[string][]byte{}
	left := int64(largest)
	return func(name string) ([]byte, error) {
		if data, ok := read[name]; ok {
			return data, nil
		}
		if !filepath.IsLocal(name) {
			return nil, fmt.Errorf("its elements are in %.120q, and only files in the folder of the ONNX file are read", name)
		}
		folder, file := c.place(name)
		root, err := os.OpenRoot(folder)
		if err != nil {
			return nil, err
		}
		defer root.Close()
		info, err := root.Stat(file)
		switch {
		case err != nil:
			return nil, c.outside(name, fmt.Errorf("its elements are in %.120q: %w", name, cause(err)))
		case !info.Mode().IsRegular(): // to open a pipe would be to wait for its writer
			return nil, fmt.Errorf("its elements are in %.120q, which is no regular file", name)
		case info.Size() > left:
			return nil, fmt.Errorf("its elements are in %.120q: the files beside the ONNX file have more than %d bytes", name, int64(largest))
		}
		f, err := root.Open(file)
		if err != nil {
			return nil, fmt.Errorf("its elements are in %.120q: %w", name, cause(err))
		}
		defer f.Close()
		path := filepath.Join(filepath.Dir(c.File), name)
		data, err := contentOf(f, path)
		if err != nil {
			return nil, err
		}
		read[name] = data
		left -= int64(len(data))
		return data, s.AddInput(path, sha256.Sum256(data))
	}
}

// place is where a file beside the ONNX file is read from: a folder, and a name in it that must not lead out of it.
func (c *command) place(name string) (folder, file string) {
	folder = filepath.Dir(c.File)
	itself, err := filepath.EvalSymlinks(c.File)
	if err != nil {
		return folder, name
	}
	target, err := filepath.EvalSymlinks(filepath.Join(folder, name))
	if err != nil {
		return folder, name
	}
	if in, err := filepath.Rel(filepath.Dir(itself), target); err == nil && filepath.IsLocal(in) {
		return filepath.Dir(itself), in
	}
	return folder, name
}

// outside adds what to do if a file beside the ONNX file is a link that leads elsewhere.
func (c *command) outside(name string, err error) error {
	path := filepath.Join(filepath.Dir(c.File), name)
	target, failed := filepath.EvalSymlinks(path)
	if failed != nil {
		return err
	}
	return errs.Hint(fmt.Errorf("%w: it is a link to %.200q, and links that lead out of the folder of the ONNX file are not followed", err, target),
		"copy what it leads to: cp -rL %q FOLDER, and adopt FOLDER/%s", filepath.Dir(c.File), filepath.Base(c.File))
}

// cause is what went wrong with a file, without saying again which.
func cause(err error) error {
	if e, ok := err.(*os.PathError); ok {
		return e.Err
	}
	return err
}
