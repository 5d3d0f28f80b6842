// Ingest turns photos into a stream of images documents, labelled by the folders they lie in, or draws flowers.
//
//	ingest --size 96 --shuffle photos/train | train --arch resnet18 -o flowers.st.zst
//	ingest rose.jpg | invert --net flowers.st.zst --layer layer2 | montage -o remembered.png
//	find . -name '*.jpg' -print0 | ingest --files-from - -0 --size 64x96 --fit -o all.st.zst
//	ingest --synthetic 2000 | train --arch resnet20 -o demo.st.zst
//
// A PATH is a JPEG or PNG file, or a folder whose sub-folders are classes; pictures come sorted by name. With --size
// each picture fills the frame and what sticks out on two sides is cut off; --fit shows all of it between gray bars.
// Without --size pictures keep their size, and each change of size begins a new document. Transparency becomes white.
//
// A file that cannot be read is named, skipped and counted; if none can be read, that is a failure. --synthetic N
// draws N flowers in all, of each kind in turn, and puts what is known about each into its item.
package main

import (
	_ "embed"

	"herbarium/internal/cli"
	"herbarium/internal/dataset"
	"herbarium/internal/images"
)

//go:embed main.go
var manual string

type command struct {
	cli.IO
	cli.Random
	Paths     []string `arg:"" optional:"" name:"path" sep:"none" help:"Files and folders of class folders."`
	FilesFrom string   `name:"files-from" placeholder:"FILE" help:"Read the paths from FILE, one a line; - is standard input."`
	Null      bool     `name:"null" short:"0" help:"Paths in --files-from end with a NUL byte, as find -print0 writes them."`
	Synthetic int      `placeholder:"N" help:"Draw N flowers instead, 48 pixels large unless --size says otherwise."`
	Size      string   `placeholder:"N|HxW" help:"Bring pictures to N by N pixels, or to height H and width W."`
	Crop      bool     `help:"Fill the frame and cut off what sticks out (the default)."`
	Fit       bool     `help:"Show the whole picture, with gray bars where its proportions differ."`
	Limit     int      `short:"n" placeholder:"N" help:"Take only the first N files in all, after shuffling."`
	Shuffle   bool     `help:"Put the files into a random order, by --seed."`
	Strict    bool     `help:"Make a file that cannot be read an error."`
	Workers   int      `placeholder:"N" prov:"-" help:"Pictures decoded at once; 0 is one per CPU (0)."`
}

func main() { cli.Main("ingest", manual, &command{}) }

// Run opens the source, says what it will read and copies it to the output.
func (c *command) Run(s *cli.Session) error {
	frame, err := c.check()
	if err != nil {
		return err
	}
	src, err := c.open(frame)
	if err != nil {
		return err
	}
	order := dataset.Order(src.Len(), c.Shuffle, c.Seed, c.Limit)
	if err := c.record(s, src, order); err != nil {
		return err
	}
	bar := s.Progress(len(order), "images")
	copying := dataset.Copying{
		Workers: c.Workers,
		Strict:  c.Strict,
		Skipped: func(err error) { s.Warnf("skipped %v", err) },
		Done:    func() { bar.Add(1) },
	}
	out := images.NewWriter(s.Write)
	skipped, err := copying.Run(src, order, out)
	if err == nil && skipped > 0 {
		s.Infof("%d of %d files skipped, %d images written", skipped, len(order), out.Count())
	}
	return err
}
