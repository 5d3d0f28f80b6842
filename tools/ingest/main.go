// Ingest turns photos into a stream of images documents, labeled by the folders they lie in, or draws flowers.
//
//	ingest --size 96 --shuffle photos/train | train --arch resnet18 -o flowers.st.zst
//	ingest rose.jpg | invert --net flowers.st.zst --layer layer2 | montage -o remembered.png
//	find . -name '*.jpg' -print0 | ingest --files-from - -0 --size 64x96 --fit -o all.st.zst
//	ingest --for net.st.zst photos/test | score --net net.st.zst
//	ingest --synthetic 2000 | train --arch resnet20 -o demo.st.zst
//
// A PATH is a picture (JPEG, PNG, GIF, WebP, BMP, TIFF), - for a picture on standard input, or a folder whose sub-folders
// are classes; pictures come sorted by name. Links to folders are followed, names that begin with a dot are passed over,
// and of other files that are left out it is said how many. Photos are turned as their Exif block says, transparency
// becomes white, of an animation the first frame counts, of a TIFF the first page. Names of classes are composed (NFC), so
// that those with accents match whatever system wrote them. With --size each picture fills the frame and what sticks out on two sides is cut off; --fit shows all of it
// between gray bars. --for NET prepares photos as the net expects: as it says itself if it was adopted, else at the size
// of its input, and gray if it sees gray. Without any of these pictures keep their size, and each change of size begins a
// new document.
//
// Photos are RGB, those of gray files, too. --gray makes images of one channel: 0.299 R + 0.587 G + 0.114 B of the picture
// in its size, as PIL's convert("L") does. A data set that is gray by its format, as MNIST is, stays gray, unless --color
// or a net of --for asks for three equal channels.
//
// A PATH may also be a data set as it is published, of which --split says the part:
//
//	ingest --split train --size 96 flowers102     # Oxford 102: jpg/, imagelabels.mat, setid.mat; classes 1 to 102
//	ingest --split test cifar-10-batches-bin      # CIFAR-10 or CIFAR-100, binary version
//	ingest --split train fashion-mnist            # MNIST and its like: *-images-idx3-ubyte, compressed or not
//
// --classes FILE gives numbered classes names, one a line. In a folder called fashion... they have Fashion-MNIST's.
//
// --blur and --jpeg make pictures worse, to see what a net can bear:
//
//	ingest --size 96 --blur 2 photos/test | score --net net.st.zst
//
// A file that cannot be read is named, skipped and counted; if none can be read, that is a failure. --synthetic N
// draws N flowers in all, of each kind in turn, and puts what is known about each into its item. --depfile tells make
// which files and folders -o depends on.
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
	Paths     []string `arg:"" optional:"" name:"path" sep:"none" help:"Files, folders of class folders, or one data set."`
	FilesFrom string   `name:"files-from" placeholder:"FILE" help:"Read the paths from FILE, one a line; - is standard input."`
	Null      bool     `name:"null" short:"0" help:"Paths in --files-from end with a NUL byte, as find -print0 writes them."`
	Synthetic int      `range:"[0,)" placeholder:"N" help:"Draw N flowers instead, 48 pixels large unless --size says otherwise."`
	Split     string   `placeholder:"PART" help:"Part of a data set: train, val, test, or all."`
	Classes   string   `placeholder:"FILE" help:"Names for the classes of a data set that numbers them."`
	Class     []string `sep:"none" placeholder:"NAME" help:"Take only pictures of this class; may be given more than once."`
	Size      string   `placeholder:"N|HxW" help:"Bring pictures to N by N pixels, or to height H and width W."`
	Crop      bool     `help:"Fill the frame and cut off what sticks out (the default)."`
	Fit       bool     `help:"Show the whole picture, with gray bars where its proportions differ."`
	For       string   `placeholder:"NET" help:"Prepare pictures as the net in the file NET expects them."`
	Gray      bool     `help:"Make images of one channel, gray."`
	Color     bool     `help:"Make images of three channels, RGB, of gray data sets, too."`
	Blur      float64  `range:"[0,1000]" placeholder:"S" help:"Blur pictures by a Gaussian of S pixels, once they have their size."`
	JPEG      int      `name:"jpeg" range:"[0,100]" placeholder:"Q" help:"Compress pictures to JPEG of quality Q, 1 to 100, and decode them again."`
	Limit     int      `short:"n" range:"[0,)" placeholder:"N" help:"Take only the first N pictures in all, after shuffling."`
	Shuffle   bool     `help:"Put the pictures into a random order, by --seed."`
	MaxPixels int64    `name:"max-megapixels" range:"[0,4295]" placeholder:"N" help:"Decode photos of up to N million pixels (200); files that claim more are skipped."`
	Strict    bool     `help:"Make a file that cannot be read an error."`
	Workers   int      `range:"[0,)" placeholder:"N" prov:"-" help:"Pictures decoded at once; 0 is one per CPU (0)."`
	Depfile   string   `placeholder:"FILE" prov:"-" group:"output" help:"Write a rule for make: what -o depends on."`
}

func main() { cli.Main("ingest", manual, &command{}) }

// Run opens the source, says what it will read and copies it to the output.
func (c *command) Run(s *cli.Session) error {
	if err := c.check(); err != nil {
		return err
	}
	src, err := c.open(s)
	if err != nil {
		return err
	}
	order := dataset.Order(src.Len(), c.Shuffle, c.Seed, c.Limit)
	if files, ok := src.(dataset.Files); ok {
		if err := c.record(s, files, order); err != nil {
			return err
		}
	}
	bar := s.Progress(len(order), "images")
	copying := dataset.Copying{
		Workers: c.Workers,
		Strict:  c.Strict,
		Skipped: func(err error) { s.Warnf("skipped %v", err) },
		Empty: func(class string, files int) {
			s.Warnf("class %s is left without pictures: none of its %d files could be read", class, files)
		},
		Done: func() { bar.Add(1) },
	}
	out := images.NewWriter(s.Write)
	skipped, err := copying.Run(src, order, out)
	if err == nil && skipped > 0 {
		s.Infof("%d of %d pictures skipped, %d images written", skipped, len(order), out.Count())
	}
	return err
}
