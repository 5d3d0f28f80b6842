package main

import (
	"fmt"
	"io"
	"strings"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
)

// export takes the one net of a stream out.
func (c *command) export(s *cli.Session) error {
	if c.Output == "" {
		return errs.Hint(errs.Usagef("--to writes no stream: say where by -o"), "-o FILE.safetensors; -o - is standard output")
	}
	var nets []*format.Document
	handle := cli.Handlers{"net": func(d *format.Document) error {
		nets = append(nets, d)
		return nil
	}}
	var err error
	if c.File != "" {
		err = s.ReadFile(c.File, handle)
	} else {
		err = s.Each(handle)
	}
	if err != nil {
		return err
	}
	if len(nets) != 1 {
		return fmt.Errorf("%d nets in the input: --to takes one", len(nets))
	}
	out, err := forPyTorch(nets[0])
	if err != nil {
		return err
	}
	return s.WriteFile(c.Output, func(w io.Writer) error { return format.WriteSafetensors(w, out) })
}

// forPyTorch is a net as load_state_dict(strict=True) wants it: its parameters, and beside each batch norm the count
// of batches, 0. Metadata stay, so that our tools still take it for a net.
func forPyTorch(d *format.Document) (*format.Document, error) {
	model, err := graph.FromDocument(d)
	if err != nil {
		return nil, err
	}
	model.Stats = nil
	out, err := model.Document()
	if err != nil {
		return nil, err
	}
	out.Meta["format"] = "pt"
	for _, t := range out.Tensors {
		if norm, ok := strings.CutSuffix(t.Name, ".running_var"); ok {
			out.Tensors = append(out.Tensors, format.Of(norm+".num_batches_tracked", nil, []int64{0}))
		}
	}
	return out, nil
}
