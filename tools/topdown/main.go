// Topdown fits a net that sees a small image first and larger ones in later layers, and writes it as train does.
//
//	ingest photos/train --size 32 | topdown -o td.st.zst
//	ingest photos/train --size 96 | topdown --arch td-resnet18 --epochs 100 --cutmix 1 -o td.st.zst
//	score --net td.st.zst --explain evidence < test.st.zst | montage --overlay --first 12 -o when.png
//	score --net td.st.zst --exit-threshold 0.9 --table < test.st.zst
//	topdown --match macs td.st.zst -o bottomup.st.zst < photos.st.zst
//
// Every scale comes directly from the photo: blurred with a Gaussian of half as many pixels as it is to be smaller, then
// every such pixel. The coarsest enters first; each further stage enlarges what the one before has found and merges the
// next finer image with it (Lelekas et al., "Top-Down Networks", CVPR Workshops 2020). Channels become fewer toward the
// fine end (td-...), stay as many (uni-...) or become more (rev-...). --scales says how many times smaller each image is,
// --widths how many channels its stage has, both from coarse to fine; the sides of the photos must be multiples of the
// coarsest scale.
//
// Beyond the paper each stage answers by itself, in a head named after its height in pixels: head8, head16, head32. Its
// logits are the means of maps, so that the maps say exactly where the evidence lies (score --explain evidence), and
// those who are content with a coarse answer save the rest (score --exit-threshold). The loss is the sum of the heads'
// cross-entropies. "logits" is the finest head, and stage8, stage16 ... are the outputs of the stages. In all else the
// net is one as train makes them: it takes the same flags, and train --init trains it on (at another size, too: names
// stay as they are).
//
// --match params|macs NET makes the net to compare NET with, instead of a top-down one: a bottom-up net of the same
// blocks at the same scales, from fine to coarse, with one head and widths that double, so many that it comes nearest to
// NET's parameters or to its multiply-adds for one photo. --blur S puts the blur of scale S in front of it: the photo is
// made S times smaller as above and enlarged again, which counts as multiply-adds of the net.
package main

import (
	_ "embed"

	"herbarium/internal/cli"
	"herbarium/tools/internal/train"
)

//go:embed main.go
var manual string

type command struct {
	cli.IO
	Net    string `arg:"" optional:"" name:"net" help:"With --match: the top-down net to match."`
	Arch   string `placeholder:"NAME" help:"td-, uni- or rev- and resnet14 (scales 4,2,1; for 28 pixels), resnet32 (4,2,1; for 32) or resnet18 (16,8,4,2; for 128) (td-resnet32)."`
	Scales []int  `placeholder:"S,S,.." help:"How many times smaller the image is at each scale, coarse to fine; 1 is as it is."`
	Widths []int  `placeholder:"W,W,.." help:"Channels at each scale, coarse to fine."`
	Match  string `enum:",params,macs" default:"" placeholder:"COST" help:"Make the bottom-up net with as many params or macs (multiply-adds) as NET."`
	Blur   int    `default:"0" range:"[0,)" placeholder:"S" help:"With --match: show the net photos blurred as at scale S."`
	train.Flags
}

func main() { cli.Main("topdown", manual, &command{}) }

// Run reads the photos, trains and writes the net.
func (c *command) Run(s *cli.Session) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Match == "" {
		return c.Train(s, c.fresh)
	}
	to, err := c.matched(s)
	if err != nil {
		return err
	}
	return c.Train(s, to)
}
