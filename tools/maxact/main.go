// Maxact draws what units of a net look for: starting from noise, it changes a picture
// until the unit answers as strongly as it can (activation maximization).
//
//	maxact --net flowers.st.zst --unit logits:daisy --unit layer3:7 --seeds 3 | montage -o seen.png
//	ingest photos | train | maxact | montage -o classes.png
//
// The net comes from --net or from standard input. A unit is LAYER[:CHANNEL][@Y,X]: a class
// or channel by number or class name, one position (@c is the centre), or a whole layer. Sums
// are written 'logits:rose - 0.5 logits:tulip'; names with spaces are quoted: 'logits:"moon
// orchid"'. Without --unit there is one picture for each class. peek --layers shows a net's layers.
//
// Each picture carries its unit, seed and steps, the objective at start and end, the end as a multiple of the largest
// value on any training photo (times_max), the predicted class, and for a class its probability and margin. All are measured on the
// 8-bit picture as it is.
package main

import (
	_ "embed"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

//go:embed main.go
var manual string

type command struct {
	cli.IO
	cli.Compute
	cli.Net
	Unit   []string `sep:"none" placeholder:"UNIT" help:"What to draw; may be repeated. By default every class."`
	Seeds  int      `default:"1" placeholder:"K" help:"Pictures for each unit, from different noise (1)."`
	Steps  int      `default:"256" help:"Steps of Adam (256)."`
	Rate   float64  `default:"0.05" help:"Step size (0.05)."`
	Jitter float64  `default:"-1" placeholder:"PX" help:"Each step sees the picture moved by up to PX pixels; by default a quarter of the stride of the unit's layer, at least 1."`
	Scale  float64  `default:"0.1" placeholder:"SHARE" help:"Each step sees it scaled by up to this share (0.1)."`
	Rotate float64  `default:"5" placeholder:"DEG" help:"Each step sees it turned by up to DEG degrees (5)."`
}

func main() { cli.Main("maxact", manual, &command{}) }

// Run draws the units of every net that comes.
func (c *command) Run(s *cli.Session) error {
	if err := c.check(); err != nil {
		return err
	}
	// A net from standard input is passed on, and with it the record of this command: all that goes into it is
	// settled before.
	torch.Open(s.Threads())
	device, err := torch.OpenDevice(string(c.Device))
	if err != nil {
		return err
	}
	s.Record("device", device.String())
	batch := s.Batch(16)
	return s.Nets(c.Net, func(d *format.Document) error {
		model, err := graph.FromDocument(d)
		if err != nil {
			return err
		}
		return c.draw(s, model, device, batch)
	})
}
