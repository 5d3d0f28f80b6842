package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
	"herbarium/internal/images"
)

// verified is the result of --verify, in its JSON form.
type verified struct {
	OK        bool   `json:"ok"`
	Documents int    `json:"documents"`
	Streams   int    `json:"streams"` // 0: a safetensors file
	Digests   int    `json:"digests"` // streams whose END had one, and it was right
	Bytes     uint64 `json:"bytes"`   // of all tensors
	SHA256    string `json:"sha256"`  // of the payload: what zstd -dc | sha256sum prints
}

// verify decodes everything. The reader checks the stream; here each document
// is held to what its kind asks for.
func (c *command) verify(s *cli.Session) error {
	return c.print(s, func(out output) error {
		v := verified{OK: true}
		r, err := c.walk(s, func(r *format.Reader, n int, d *format.Document) error {
			if err := r.Body(d); err != nil {
				return err
			}
			v.Documents++
			v.Bytes += listing(n, d).Bytes
			return inDocument(n, d, checkKind(d))
		})
		if err != nil {
			return err
		}
		v.Streams, v.Digests = r.Streams()
		sum, whole := r.Digest()
		if whole {
			v.SHA256 = fmt.Sprintf("%x", sum)
		}
		if c.JSON {
			return out.json(v)
		}
		fmt.Fprintf(out, "ok: %s, %s of tensors", count(v.Documents, "document"), size(v.Bytes))
		switch {
		case v.Streams == 0:
			fmt.Fprint(out, ", a safetensors file")
		case v.Streams > 1:
			fmt.Fprintf(out, ", %d streams", v.Streams)
		}
		switch {
		case !whole:
			fmt.Fprintln(out, ", the others not read")
			return nil
		case v.Streams == 1 && v.Digests == 1:
			fmt.Fprintf(out, ", sha256 %s as END says\n", v.SHA256)
		case v.Digests > 0:
			fmt.Fprintf(out, ", sha256 %s, %d of them with a digest in END\n", v.SHA256, v.Digests)
		case v.Streams == 0:
			fmt.Fprintf(out, ", sha256 %s\n", v.SHA256)
		default:
			fmt.Fprintf(out, ", sha256 %s, which END does not carry\n", v.SHA256)
		}
		return nil
	})
}

// checkKind holds a document to the rules of its kind.
func checkKind(d *format.Document) error {
	if chain, ok := d.Meta["prov"]; ok {
		if _, err := cli.How(chain); err != nil {
			return err
		}
	}
	switch d.Kind() {
	case "net":
		return checkNet(d)
	case images.Kind:
		b, err := images.FromDocument(d)
		if err != nil {
			return err
		}
		return b.Check()
	case "report":
		t := d.Tensor("json")
		if t == nil || t.DType != format.U8 {
			return errors.New("no tensor \"json\" of U8")
		}
		if !json.Valid(t.Data) {
			return errors.New("tensor \"json\" is not valid JSON")
		}
	}
	return nil
}

// checkNet holds a net to what score and the other tools ask of one.
func checkNet(d *format.Document) error {
	n, err := graph.FromDocument(d)
	if err != nil {
		return err
	}
	logits, err := n.Graph.Find(graph.Logits)
	switch {
	case err != nil && n.Classes == nil: // a net without classes
		return nil
	case err != nil:
		last := n.Graph.Nodes[len(n.Graph.Nodes)-1].Name
		return fmt.Errorf("net: it names classes and does not say which node gives the logits [K]: write \"aliases\": {\"logits\": %q} into the graph, or another node", last)
	}
	if shapes, err := n.Graph.Shapes(n.Input); err == nil && slices.Equal(shapes[logits.Name], graph.Shape{1}) {
		return nil // a yes or no
	}
	_, err = n.CheckClassifier()
	return err
}
