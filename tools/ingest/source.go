package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/term"
	"golang.org/x/text/unicode/norm"

	"herbarium/internal/cli"
	"herbarium/internal/dataset"
	"herbarium/internal/dataset/synthetic"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
)

// check refuses flags that contradict each other.
func (c *command) check() error {
	count := func(given ...bool) (n int) {
		for _, is := range given {
			if is {
				n++
			}
		}
		return n
	}
	sources := count(len(c.Paths) > 0, c.FilesFrom != "", c.Synthetic != 0)
	switch {
	case sources == 0:
		return errs.Usagef("nothing to read: give a PATH, --files-from or --synthetic N")
	case sources > 1:
		return errs.Usagef("only one of PATH, --files-from and --synthetic can be given")
	case slices.Contains(c.Paths, "-") && term.IsTerminal(int(os.Stdin.Fd())):
		return errs.Usagef("-: standard input is a terminal; pipe a picture into it")
	case c.Null && c.FilesFrom == "":
		return errs.Usagef("-0 is for --files-from")
	case count(c.Crop, c.Fit) > 1:
		return errs.Usagef("only one of --crop and --fit can be given")
	case count(c.Size != "", c.For != "") > 1:
		return errs.Usagef("only one of --size and --for can be given")
	case count(c.Gray, c.Color, c.For != "") > 1:
		return errs.Usagef("only one of --gray, --color and --for can be given")
	case (c.Crop || c.Fit) && c.Size == "":
		return errs.Usagef("--crop and --fit need --size")
	case c.Synthetic > 0 && (c.Crop || c.Fit || c.Split != "" || c.Classes != "" || c.MaxPixels > 0):
		return errs.Usagef("--crop, --fit, --split, --classes and --max-megapixels are for photos, not for --synthetic")
	case c.FilesFrom != "" && (c.Split != "" || c.Classes != ""):
		return errs.Usagef("--split and --classes are for a PATH, not for --files-from")
	case !slices.Contains([]string{"", "train", "val", "test", "all"}, c.Split):
		return errs.Usagef("--split %q: want train, val, test or all", c.Split)
	case c.Depfile != "" && (c.Output == "" || c.Output == "-" || c.Depfile == "-"):
		return errs.Usagef("--depfile FILE needs -o FILE: a rule has a target")
	}
	return nil
}

// open lists what there is to read.
func (c *command) open(s *cli.Session) (dataset.Source, error) {
	frame, channels, err := c.form(s)
	if err != nil {
		return nil, err
	}
	o := dataset.Options{Frame: frame, Split: c.Split, MaxPixels: 1_000_000 * c.MaxPixels, Warnf: s.Warnf}
	if c.Classes != "" {
		if o.Names, err = c.names(s); err != nil {
			return nil, err
		}
	}
	var src dataset.Source
	if c.Synthetic > 0 {
		if o.Frame.Height == 0 {
			o.Frame.Height, o.Frame.Width = synthetic.Size, synthetic.Size
		}
		src = synthetic.Flowers{Seed: c.Seed, Count: c.Synthetic, Height: o.Frame.Height, Width: o.Frame.Width}
	} else {
		paths := c.Paths
		if c.FilesFrom != "" {
			if paths, err = c.list(); err != nil {
				return nil, err
			}
		}
		if src, err = dataset.Open(paths, o); err != nil {
			return nil, err
		}
	}
	src = dataset.InColors(src, channels)
	src = dataset.Degraded(src, dataset.Degradation{Blur: c.Blur, JPEG: c.JPEG})
	if len(c.Class) > 0 {
		return dataset.Only(src, c.Class)
	}
	return src, nil
}

// form is the size that pictures are brought to, and how, and the channels that they get, 0 for those that they come with:
// what --size, --gray and --color, or the net of --for, say.
func (c *command) form(s *cli.Session) (frame dataset.Frame, channels int, err error) {
	if c.For != "" {
		return c.formOf(s)
	}
	if frame, err = dataset.ParseSize(c.Size); err != nil {
		return frame, 0, errs.Usagef("%w", err)
	}
	frame.Fit = c.Fit
	switch {
	case c.Gray:
		channels = images.Gray
	case c.Color:
		channels = images.RGB
	}
	return frame, channels, nil
}

// formOf is the form that the net of --for asks for.
func (c *command) formOf(s *cli.Session) (frame dataset.Frame, channels int, err error) {
	net, err := cli.ReadNet(s, c.For, graph.FromHeader)
	if err != nil {
		return frame, 0, err
	}
	if err := net.CheckImages(); err != nil {
		return frame, 0, fmt.Errorf("%s: %w", c.For, err)
	}
	frame.Height, frame.Width = net.Input[1], net.Input[2]
	if p := net.Prepare; p != nil {
		frame.Height, frame.Width, frame.Resize = p.Crop, p.Crop, p.Resize
		if frame.Filter, err = dataset.ParseFilter(p.Interpolation); err != nil {
			return frame, 0, err
		}
	}
	return frame, net.Input[0], nil
}

// names reads --classes.
func (c *command) names(s *cli.Session) ([]string, error) {
	text, err := os.ReadFile(c.Classes)
	if err != nil {
		return nil, fmt.Errorf("--classes: %w", err)
	}
	names, err := dataset.ReadList(bytes.NewReader(norm.NFC.Bytes(text)), false)
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("no names in %s", c.Classes)
	}
	if err != nil {
		return nil, fmt.Errorf("--classes: %w", err)
	}
	return names, s.AddInput(c.Classes, sha256.Sum256(text))
}

// list reads --files-from.
func (c *command) list() ([]string, error) {
	var text []byte
	var err error
	if c.FilesFrom == "-" {
		if term.IsTerminal(int(os.Stdin.Fd())) {
			return nil, errs.Usagef("--files-from -: standard input is a terminal; pipe a list of paths into it")
		}
		text, err = io.ReadAll(os.Stdin)
	} else {
		text, err = os.ReadFile(c.FilesFrom)
	}
	if err != nil {
		return nil, fmt.Errorf("--files-from: %w", err)
	}
	paths, err := dataset.ReadList(bytes.NewReader(text), c.Null)
	if err != nil {
		return nil, fmt.Errorf("--files-from: %w", err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("--files-from: no paths in %s", c.FilesFrom)
	}
	return paths, nil
}

// record puts the digests of what will be read into the provenance: of each path, or of a list as a whole; and it
// writes --depfile.
func (c *command) record(s *cli.Session, src dataset.Files, order []int) error {
	if c.Depfile != "" {
		paths := src.Depends(order)
		for _, path := range []string{c.FilesFrom, c.Classes, c.For} {
			if info, err := os.Stat(path); path != "" && path != "-" && err == nil && info.Mode().IsRegular() {
				paths = append(paths, path)
			}
		}
		err := s.WriteFile(c.Depfile, func(w io.Writer) error { return dataset.WriteDepfile(w, c.Output, paths) })
		if err != nil {
			return err
		}
	}
	if c.NoProv {
		return nil
	}
	if c.FilesFrom == "" {
		return src.Digest(order, c.Workers, s.AddInput)
	}
	all := sha256.New()
	err := src.Digest(order, c.Workers, func(_ string, digest [sha256.Size]byte) error {
		_, err := all.Write(digest[:])
		return err
	})
	if err != nil {
		return err
	}
	if c.FilesFrom == "-" {
		s.Record("files-from", fmt.Sprintf("sha256:%x", all.Sum(nil)))
		return nil
	}
	return s.AddInput(c.FilesFrom, [sha256.Size]byte(all.Sum(nil)))
}
