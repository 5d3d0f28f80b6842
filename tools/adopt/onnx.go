package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

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
	model, notes, err := onnx.Read(data, onnx.Options{Input: c.InputName, Output: c.OutputName, Side: c.Input, Open: c.beside(s)})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.File, err)
	}
	norm, err := c.normalization(model.Input[0])
	if err != nil {
		return nil, err
	}
	model.Graph.Nodes[0].Op = graph.Normalize{Mean: norm.mean, Std: norm.std}
	layers := len(model.Graph.Nodes) - 1
	if c.Channels == "bgr" {
		reverseChannels(model.Graph)
	}
	c.Input = model.Input[1]
	if model.Prepare, err = c.prepare(c.Input); err != nil {
		return nil, err
	}
	head, err := model.Graph.Find(graph.Logits)
	if err != nil {
		return nil, err
	}
	values, err := model.Graph.Values(model.Input)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.File, err)
	}
	classes := values[head.Name].Map().Channels
	if c.Classes != "" {
		if model.Classes, err = c.classes(s, classes); err != nil {
			return nil, err
		}
	}
	s.Infof("ONNX graph of %d layers, %d logits in %s", layers, classes, head.Name)
	for _, note := range notes {
		s.Infof("%s", note)
	}
	c.sayPhotos(s, model, norm)
	return model, nil
}

// beside opens files that hold an ONNX file's tensors: those in its folder and below, not through links that lead out
// of it. Each is read once, and together they have no more bytes than one file may have.
func (c *command) beside(s *cli.Session) onnx.Open {
	read := map[string][]byte{}
	left := int64(largest)
	return func(name string) ([]byte, error) {
		if data, ok := read[name]; ok {
			return data, nil
		}
		folder := filepath.Dir(c.File)
		if !filepath.IsLocal(name) {
			return nil, fmt.Errorf("its elements are in %.120q, and only files in the folder of the ONNX file are read", name)
		}
		root, err := os.OpenRoot(folder)
		if err != nil {
			return nil, err
		}
		defer root.Close()
		info, err := root.Stat(name)
		switch {
		case err != nil:
			return nil, fmt.Errorf("its elements are in %.120q: %w", name, cause(err))
		case !info.Mode().IsRegular(): // to open a pipe would be to wait for its writer
			return nil, fmt.Errorf("its elements are in %.120q, which is no regular file", name)
		case info.Size() > left:
			return nil, fmt.Errorf("its elements are in %.120q: the files beside the ONNX file have more than %d bytes", name, int64(largest))
		}
		f, err := root.Open(name)
		if err != nil {
			return nil, fmt.Errorf("its elements are in %.120q: %w", name, cause(err))
		}
		defer f.Close()
		path := filepath.Join(folder, name)
		data, err := contentOf(f, path)
		if err != nil {
			return nil, err
		}
		read[name] = data
		left -= int64(len(data))
		return data, s.AddInput(path, sha256.Sum256(data))
	}
}

// cause is what went wrong with a file, without saying again which.
func cause(err error) error {
	if e, ok := err.(*os.PathError); ok {
		return e.Err
	}
	return err
}
