package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
)

// A chain gathers provenance: it stands in the first document of a stream, and
// again in a later one if more became known.
type chain struct {
	links [][]byte // JSON
	known map[string]bool
	sent  int // links that were written
}

// add takes what is new in a document's provenance.
func (c *chain) add(d *format.Document) error {
	text, ok := d.Meta["prov"]
	if !ok {
		return nil
	}
	var links []json.RawMessage
	if err := json.Unmarshal([]byte(text), &links); err != nil {
		return fmt.Errorf("provenance is not a JSON array: %w", err)
	}
	if c.known == nil {
		c.known = map[string]bool{}
	}
	for _, l := range links {
		if !c.known[string(l)] {
			c.known[string(l)] = true
			c.links = append(c.links, l)
		}
	}
	return nil
}

// text is the whole chain as a document carries it, each link to the byte.
func (c *chain) text() string {
	return "[" + string(bytes.Join(c.links, []byte(","))) + "]"
}

// how prints the commands that made the stream.
func (c *command) how(s *cli.Session) error {
	return c.print(s, func(out output) error {
		var all chain
		_, err := c.walk(s, func(_ *format.Reader, n int, d *format.Document) error {
			return inDocument(n, d, all.add(d))
		})
		if err != nil {
			return err
		}
		if len(all.links) == 0 {
			return errs.Hint(errors.New("no provenance in the stream"), "it was made with --no-prov, or by another program")
		}
		lines, err := cli.How(all.text())
		if err != nil {
			return err
		}
		_, err = io.WriteString(out, lines)
		return err
	})
}
