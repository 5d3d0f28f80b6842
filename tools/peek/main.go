// Peek shows what is in a stream: its documents, the type and shape of every tensor, what is known
// about each image, the layers of a net, how it was made, and whether it is whole.
//
//	peek flowers.st.zst
//	peek --layers flowers.st.zst
//	ingest photos | adversary --net flowers.st.zst | peek --items | column -ts $'\t'
//	peek --get fc.weight flowers.st.zst > fc.npy
//	peek --where 'correct==false' --first 40 < tested.st.zst | montage > mistakes.png
//
// Without a file it reads standard input. A listing decodes no bodies. --json gives one JSON
// object per line, for jq; in the listing that includes the metadata:
//
//	peek --json flowers.st.zst | jq -r '.meta.history'
//
// --first, --class and --where select images and write a stream: documents of other kinds are passed
// on, --all passes on everything. With --compress best -o FILE that is how to shrink a file. They
// also select the lines of --items. Conditions compare a key of the items (see --items; a.b for a
// key within a key; index, the image's number in the whole input, from 0) with a number, true, false, null or a text, by == != < <= > or >=; an item
// without the key does not match. Several conditions must all hold.
package main

import (
	_ "embed"

	"herbarium/internal/cli"
)

//go:embed main.go
var manual string

type command struct {
	File string `arg:"" optional:"" help:"Stream to look into; standard input without it."`
	cli.IO
	Items    bool     `xor:"view" help:"What is known about each image, as a table with tabs."`
	Layers   bool     `xor:"view" help:"The layers of nets: shape, parameters, multiply-adds, receptive field, stride, other names. A unit is one of a shape's first number: a channel, or a class."`
	Stats    bool     `xor:"view" help:"Least, mean and largest value and number of NaNs of every tensor."`
	Verify   bool     `xor:"view" help:"Read and check everything: the digest, and that tools can use each net and images document."`
	How      bool     `xor:"view" help:"The commands that made it."`
	Get      *string  `xor:"view" placeholder:"NAME" help:"A tensor as .npy (bfloat16 as float32), from the first document that has it."`
	All      bool     `xor:"view" help:"Pass on the whole stream, compressed anew."`
	JSON     bool     `name:"json" help:"JSON lines instead of text."`
	Document int      `range:"[0,)" placeholder:"N" help:"Only document N, counted from 1."`
	First    int      `range:"[0,)" placeholder:"N" help:"Only the first N images that match."`
	Class    []string `sep:"none" placeholder:"NAME" help:"Only images of this class; may be repeated."`
	Where    []string `sep:"none" placeholder:"COND" help:"Only images whose item fulfils this, such as 'correct==false'; may be repeated."`
}

func main() { cli.Main("peek", manual, &command{}) }

// Text says that no stream goes to standard output.
func (c *command) Text() bool { return !c.All && (c.Items || !c.selects()) }

// Run shows one view, or writes the selection.
func (c *command) Run(s *cli.Session) error {
	if err := c.check(); err != nil {
		return err
	}
	switch {
	case c.Items:
		return c.items(s)
	case c.Layers:
		return c.layers(s)
	case c.Stats:
		return c.stats(s)
	case c.Verify:
		return c.verify(s)
	case c.How:
		return c.how(s)
	case c.Get != nil:
		return c.get(s)
	case c.All || c.selects():
		return c.selection(s)
	}
	return c.list(s)
}
