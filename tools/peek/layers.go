package main

import (
	"errors"
	"fmt"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
)

// layer is a row of --layers in its JSON form.
type layer struct {
	Document   int         `json:"document"`
	Node       string      `json:"node"`
	Op         string      `json:"op"`
	Shape      []int       `json:"shape"`
	Parameters int64       `json:"parameters"`
	MACs       int64       `json:"macs"`
	Field      [2]int      `json:"field"`  // pixels of the input, y and x
	Stride     *[2]float64 `json:"stride"` // null if the node sees the whole input
	Channels   int         `json:"channels"`
	Positions  []int       `json:"positions,omitempty"` // rows and columns of the grid of positions
	Prefix     int         `json:"prefix,omitempty"`    // tokens before the grid
	Aliases    []string    `json:"aliases,omitempty"`
}

// layers prints the table of every net, from its header alone.
func (c *command) layers(s *cli.Session) error {
	return c.print(s, func(out output) error {
		nets := 0
		_, err := c.walk(s, func(_ *format.Reader, n int, d *format.Document) error {
			if d.Kind() != "net" {
				return nil
			}
			net, err := graph.FromHeader(d)
			if err != nil {
				return inDocument(n, d, err)
			}
			rows, err := net.Graph.Table(net.Input)
			if err != nil {
				return inDocument(n, d, err)
			}
			nets++
			if !c.JSON {
				if nets > 1 {
					fmt.Fprintln(out)
				}
				for i := range rows {
					rows[i].Name = word(rows[i].Name)
					for j, alias := range rows[i].Aliases {
						rows[i].Aliases[j] = word(alias)
					}
				}
				if err := graph.WriteTable(out, rows); err != nil {
					return err
				}
				return out.Flush()
			}
			for _, r := range rows {
				m := r.Value.Map()
				l := layer{Document: n, Node: r.Name, Op: r.Op, Shape: r.Value.Shape(), Parameters: r.Params, MACs: r.MACs, Field: r.Field,
					Stride: &r.Stride, Channels: m.Channels, Aliases: r.Aliases}
				if m.Spatial {
					l.Positions = []int{m.Height, m.Width}
				}
				if tokens, axis := r.Value.Prefix(); tokens != nil {
					l.Prefix = r.Value[axis].Prefix
				}
				if r.Whole {
					l.Stride = nil
				}
				if err := out.json(l); err != nil {
					return err
				}
			}
			return out.Flush()
		})
		if err == nil && nets == 0 {
			err = errors.New("no net in the stream")
		}
		return err
	})
}
