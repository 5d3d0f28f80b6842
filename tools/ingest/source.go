package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"herbarium/internal/cli"
	"herbarium/internal/dataset"
	"herbarium/internal/dataset/synthetic"
)

// check refuses flags that contradict each other and returns the size that pictures are brought to.
func (c *command) check() (dataset.Frame, error) {
	given := 0
	for _, is := range []bool{len(c.Paths) > 0, c.FilesFrom != "", c.Synthetic != 0} {
		if is {
			given++
		}
	}
	frame, err := dataset.ParseSize(c.Size)
	frame.Fit = c.Fit
	switch {
	case err != nil:
		return frame, cli.UsageErrorf("%w", err)
	case given == 0:
		return frame, cli.UsageErrorf("nothing to read: give a PATH, --files-from or --synthetic N")
	case given > 1:
		return frame, cli.UsageErrorf("only one of PATH, --files-from and --synthetic can be given")
	case c.Synthetic < 0 || c.Limit < 0 || c.Workers < 0:
		return frame, cli.UsageErrorf("--synthetic, --limit and --workers cannot be negative")
	case c.Null && c.FilesFrom == "":
		return frame, cli.UsageErrorf("-0 is for --files-from")
	case c.Crop && c.Fit:
		return frame, cli.UsageErrorf("only one of --crop and --fit can be given")
	case (c.Crop || c.Fit) && c.Size == "":
		return frame, cli.UsageErrorf("--crop and --fit need --size")
	case (c.Crop || c.Fit) && c.Synthetic > 0:
		return frame, cli.UsageErrorf("--crop and --fit are for photos, not for --synthetic")
	}
	return frame, nil
}

// open lists what there is to read.
func (c *command) open(frame dataset.Frame) (dataset.Source, error) {
	if c.Synthetic > 0 {
		if frame.Height == 0 {
			frame.Height, frame.Width = synthetic.Size, synthetic.Size
		}
		return synthetic.Flowers{Seed: c.Seed, Count: c.Synthetic, Height: frame.Height, Width: frame.Width}, nil
	}
	paths := c.Paths
	if c.FilesFrom != "" {
		var err error
		if paths, err = c.list(); err != nil {
			return nil, err
		}
	}
	return dataset.OpenFolder(paths, frame)
}

// list reads --files-from.
func (c *command) list() ([]string, error) {
	var text []byte
	var err error
	if c.FilesFrom == "-" {
		if term.IsTerminal(int(os.Stdin.Fd())) {
			return nil, cli.UsageErrorf("--files-from -: standard input is a terminal; pipe a list of paths into it")
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

// record puts the digests of what will be read into the provenance: of each path, or of a list as a whole.
func (c *command) record(s *cli.Session, src dataset.Source, order []int) error {
	folder, ok := src.(*dataset.Folder)
	if !ok || c.NoProv {
		return nil
	}
	if c.FilesFrom == "" {
		return folder.Digest(order, c.Workers, s.AddInput)
	}
	all := sha256.New()
	err := folder.Digest(order, c.Workers, func(_ string, digest [sha256.Size]byte) error {
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
