// Maxact draws what units of a net look for: starting from noise, it changes a picture
// until the unit answers as strongly as it can (activation maximization).
//
//	maxact --net flowers.st.zst --unit logits:daisy --unit layer3:7 --seeds 3 | montage -o seen.png
//	ingest photos | train | maxact | montage -o classes.png
//	maxact --net flowers.st.zst --layer layer2 --top 8 --photos photos.st.zst --exemplars 4 | montage --rows unit -o units.png
//	ingest rose.jpg | maxact --start --net flowers.st.zst --unit 'logits:daisy - logits:rose' | montage -o turned.png
//
// The net comes from --net or from standard input. A unit is LAYER[:CHANNEL][@Y,X]: a channel
// by number, or a class by name, synonym or number, one position (@c is the center), or a whole layer; layer3:0-31
// is 32 units. Sums are written 'logits:rose - 0.5 logits:tulip'; names with spaces or commas, and names that are
// numbers, are quoted: 'logits:"moon orchid"'. LAYER:mean(CLASS) is the direction of the mean activation of the --photos of a class,
// so that 'layer3:mean(rose) - layer3:mean(tulip)' is what sets them apart; LAYER:vector(NAME) is
// a tensor NAME [C] of the stream in --vectors. Without --unit there is one picture for each
// class. peek --layers shows a net's layers.
//
// With --start, pictures come on standard input and are what the drawing starts from; those that maxact made
// go on with their own unit, unless --unit names others.
//
// Each picture carries its unit, seed and steps, the objective at start and end, the end as a multiple of the largest
// value on any training photo (times_max), the predicted class, and for a class its probability and margin. All are measured on the
// 8-bit picture as it is. With --canvas phase, the tensor alpha says where each picture was changed most.
package main

import (
	_ "embed"

	"herbarium/internal/ascend"
	"herbarium/internal/cli"
	"herbarium/tools/internal/visualize"
)

//go:embed main.go
var manual string

type command struct {
	cli.IO
	cli.Compute
	cli.Net
	visualize.Flags
	Unit      []string `sep:"none" placeholder:"UNIT" help:"What to draw; may be repeated. By default every class."`
	UnitsFrom string   `placeholder:"FILE" help:"Draw the units in FILE as well, one a line."`
	Layer     []string `sep:"none" placeholder:"LAYER" help:"A layer to draw as a whole, or channels of it with --all or --top; may be repeated. For these every stage of the net by default."`
	All       bool     `help:"Draw every channel of each --layer; without one, the first 16 of each stage."`
	Top       int      `range:"[0,)" placeholder:"K" help:"Draw the K channels of each --layer that the --photos excite most."`
	Seeds     int      `default:"1" range:"[1,)" placeholder:"K" help:"Pictures for each unit, from different noise (${default})."`
	Diversity float64  `default:"0" range:"[0,)" placeholder:"W" help:"Weight of keeping the pictures of a unit apart; needs --seeds (${default})."`
	Start     bool     `help:"Start from the pictures on standard input instead of noise."`
	Photos    string   `placeholder:"FILE" help:"Photos for --top, --exemplars and mean(CLASS): a stream of images of the net's size."`
	Exemplars int      `range:"[0,)" placeholder:"K" help:"After each unit's pictures, the K --photos that excite it most (a channel by its mean over all positions), cut to what the unit sees where its activation is largest."`
	Vectors   string   `placeholder:"FILE" help:"A stream with the tensors that vector(NAME) names."`
	Size      int      `range:"[0,)" placeholder:"N" help:"Draw N by N pixels instead of the net's own size."`
	Coarse    float64  `default:"0" range:"[0,1)" placeholder:"SHARE" help:"Take this share of the steps, the first, at half the size, where they cost a quarter (${default})."`
}

func main() { cli.Main("maxact", manual, &command{}) }

// Defaults are those that gave the best pictures; see docs/looking.md.
func (*command) Defaults() map[string]string {
	return visualize.Defaults(map[string]string{"steps": "256", "rate": "0.05", "jitter": "auto", "scale": "0.2", "rotate": "10", "tv": "0.002"})
}

// Run draws the units of every net that comes.
func (c *command) Run(s *cli.Session) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := c.unitsFrom(s); err != nil {
		return err
	}
	o, err := c.Open(s, &c.Compute)
	if err != nil {
		return err
	}
	o.Ascent.Objective = ascend.Activation
	o.Coarse = c.Coarse
	if c.Diversity > 0 {
		o.Diversity, o.Grouping = c.Diversity, ascend.ByRestarts
	}
	if c.Start {
		err = c.fromPictures(s, o)
	} else {
		err = c.fromNoise(s, o)
	}
	if err != nil {
		return err
	}
	return c.WriteLog(s, o)
}
