package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
	"herbarium/internal/images"
)

// listed is a document in the listing, and its JSON form.
type listed struct {
	Document int               `json:"document"`
	Kind     string            `json:"kind"`
	Bytes    uint64            `json:"bytes"` // of all tensors
	Meta     map[string]string `json:"meta"`
	Tensors  []listedTensor    `json:"tensors"`
}

type listedTensor struct {
	Name  string       `json:"name"`
	DType format.DType `json:"dtype"`
	Shape []int        `json:"shape"`
	Bytes uint64       `json:"bytes"`
}

func listing(n int, d *format.Document) listed {
	l := listed{Document: n, Kind: d.Kind(), Meta: d.Meta, Tensors: []listedTensor{}}
	for i := range d.Tensors {
		t := &d.Tensors[i]
		bytes := uint64(t.Len()) * uint64(t.DType.Size())
		l.Bytes += bytes
		l.Tensors = append(l.Tensors, listedTensor{t.Name, t.DType, t.Shape, bytes})
	}
	return l
}

// list prints every document and tensor, from the headers alone.
func (c *command) list(s *cli.Session) error {
	return c.print(s, func(out output) error {
		documents := 0
		var bytes uint64
		r, err := c.walk(s, func(_ *format.Reader, n int, d *format.Document) error {
			l := listing(n, d)
			documents++
			bytes += l.Bytes
			if c.JSON {
				if err := out.json(l); err != nil {
					return err
				}
				return out.Flush()
			}
			fmt.Fprintf(out, "document %d: %s, %s\n", n, describe(d), size(l.Bytes))
			t := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
			for _, x := range l.Tensors {
				fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", word(x.Name), x.DType, shapeText(x.Shape), size(x.Bytes))
			}
			if err := t.Flush(); err != nil {
				return err
			}
			return out.Flush() // a slow producer's documents are seen as they come
		})
		if err != nil || c.JSON {
			return err
		}
		_, err = fmt.Fprintf(out, "%s, %s of tensors, %s\n", count(documents, "document"), size(bytes), digestNote(r))
		return err
	})
}

// describe says in a few words what a document is.
func describe(d *format.Document) string {
	switch d.Kind() {
	case "":
		return "no kind"
	case "net":
		net, err := graph.FromHeader(d)
		if err != nil {
			return clean(fmt.Sprintf("net that is not valid (%v)", err))
		}
		parameters := 0
		if all, err := net.Graph.Params(net.Input); err == nil {
			for _, p := range all {
				if !p.Buffer {
					parameters += int(p.Size())
				}
			}
		}
		return fmt.Sprintf("net %s, input %s, %s, %d parameters", word(net.Arch), net.Input, classCount(len(net.Classes)), parameters)
	case images.Kind:
		t := d.Tensor(images.ImageTensor)
		if t == nil || len(t.Shape) != 4 {
			return "images, none of them valid"
		}
		var classes []string
		if json.Unmarshal([]byte(d.Meta[images.ClassesMeta]), &classes) != nil {
			classes = nil
		}
		return fmt.Sprintf("images, %d of %dx%d, %s", t.Shape[0], t.Shape[3], t.Shape[2], classCount(len(classes)))
	}
	return word(d.Kind())
}

func classCount(n int) string {
	if n == 0 {
		return "no classes"
	}
	if n == 1 {
		return "1 class"
	}
	return fmt.Sprintf("%d classes", n)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// digestNote says what is known of the digest without reading the bodies.
func digestNote(r *format.Reader) string {
	streams, _ := r.Streams()
	switch end := r.End(); {
	case streams == 0:
		return "a safetensors file"
	case streams > 1:
		return count(streams, "stream")
	case end.HasDigest:
		return fmt.Sprintf("sha256 %x (--verify checks it)", end.Digest)
	}
	return "no digest"
}
