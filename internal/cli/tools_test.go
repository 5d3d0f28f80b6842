package cli

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"herbarium/format"
	"herbarium/internal/errs"
)

// The test binary is also a few small tools: the one whose name it is called
// by. So the process tests run real processes on real pipes.
func TestMain(m *testing.M) {
	tools := map[string]Command{
		"emit": &emitTool{}, "filter": &filterTool{}, "look": &lookTool{}, "view": &viewTool{}, "list": &listTool{},
	}
	name := filepath.Base(os.Args[0])
	if cmd := tools[name]; cmd != nil {
		Main(name, toolManual, cmd)
	}
	os.Exit(m.Run())
}

const toolManual = `// Emit makes documents of small numbers.
//
//	emit --count 3 | filter > numbers.st.zst
//
// It is a part of the tests.
package main
`

// emitTool makes documents and can end in every bad way.
type emitTool struct {
	Photo []string `arg:"" optional:"" help:"Files that are read."`
	IO
	Random
	Count  int           `default:"2" help:"Documents to make."`
	Size   int           `default:"4" help:"Numbers per document."`
	Kind   string        `default:"images" help:"Their kind."`
	Pause  time.Duration `prov:"-" help:"Wait after each document."`
	Fail   string        `prov:"-" help:"Fail at the end with this message."`
	Panic  bool          `prov:"-" help:"Panic at the end."`
	Beside string        `prov:"-" help:"Write a file beside the stream."`
	Tag    []string      `sep:"none" help:"Anything."`
}

func (c *emitTool) Run(s *Session) error {
	for _, name := range c.Photo {
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := s.AddInput(name, sha256.Sum256(content)); err != nil {
			return err
		}
	}
	bar := s.Progress(c.Count, "documents")
	for i := range c.Count {
		bar.Suffix("value %d", i)
		bar.Add(1)
		if err := s.Write(numbers(c.Kind, c.Size, int32(i)+int32(c.Seed))); err != nil {
			return err
		}
		time.Sleep(c.Pause)
	}
	if c.Beside != "" {
		if err := s.MakeDir(filepath.Dir(c.Beside)); err != nil {
			return err
		}
		err := s.WriteFile(c.Beside, func(w io.Writer) error {
			_, err := io.WriteString(w, "beside\n")
			return err
		})
		if err != nil {
			return err
		}
	}
	if c.Panic {
		panic("as asked")
	}
	if c.Fail != "" {
		return errs.Hint(fmt.Errorf("%s", c.Fail), "try something else")
	}
	return nil
}

func numbers(kind string, size int, value int32) *format.Document {
	values := make([]int32, size)
	for i := range values {
		values[i] = value
	}
	return &format.Document{
		Meta:    map[string]string{"kind": kind},
		Tensors: []format.Tensor{format.Of("x", []int{size}, values)},
	}
}

// filterTool adds to the numbers of images.
type filterTool struct {
	IO
	Add   int32 `default:"1"`
	Limit int   `short:"n"`
}

func (c *filterTool) Run(s *Session) error {
	n := 0
	err := s.Each(Handlers{"images": func(d *format.Document) error {
		values, err := format.Values[int32](d.Tensor("x"))
		if err != nil {
			return err
		}
		if values[0] == 666 {
			return fmt.Errorf("item 0: evil number")
		}
		if err := s.Write(numbers("images", len(values), values[0]+c.Add)); err != nil {
			return err
		}
		if n++; n == c.Limit {
			return SkipRest
		}
		return nil
	}})
	if err != nil {
		return err
	}
	return s.Require(n, "images")
}

// lookTool writes text into a file or to standard output, after END.
type lookTool struct{ File }

func (c *lookTool) Text() bool { return true }

func (c *lookTool) Run(s *Session) error {
	text := ""
	err := s.Each(Handlers{"images": func(d *format.Document) error {
		values, err := format.Values[int32](d.Tensor("x"))
		text += fmt.Sprintln(values)
		return err
	}})
	if err != nil {
		return err
	}
	return s.WriteFile(c.Output, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// listTool prints each document as soon as it is there.
type listTool struct{ File }

func (c *listTool) Text() bool { return true }

func (c *listTool) Run(s *Session) error {
	r, _, err := s.Reader()
	if err != nil {
		return err
	}
	for {
		d, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		err = s.WriteFile("", func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "%s %s\n", d.Kind(), d.Meta[provKey])
			return err
		})
		if err != nil {
			return err
		}
	}
}

// viewTool adds a net's first number to images.
type viewTool struct {
	IO
	Net
	Compute
	OnlyNet bool
}

func (c *viewTool) Run(s *Session) error {
	var weight int32
	s.Batch(8)
	if c.OnlyNet {
		return s.Nets(c.Net, func(d *format.Document) error { return s.Write(numbers("images", 1, 0)) })
	}
	return s.EachWithNet(c.Net, func(d *format.Document) error {
		values, err := format.Values[int32](d.Tensor("x"))
		weight = values[0]
		return err
	}, Handlers{"images": func(d *format.Document) error {
		values, err := format.Values[int32](d.Tensor("x"))
		if err != nil {
			return err
		}
		return s.Write(numbers("images", len(values), values[0]+weight))
	}})
}
