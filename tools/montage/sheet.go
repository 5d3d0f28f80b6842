package main

import (
	"fmt"
	"image"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/images"
	"herbarium/internal/sheet"
	"herbarium/internal/typeset"
)

// check refuses flags that contradict each other.
func (c *command) check() error {
	switch {
	case c.Triptych && c.Overlay:
		return errs.Usagef("--triptych and --overlay exclude each other")
	case c.Each != "" && c.Output != "":
		return errs.Usagef("--each and -o exclude each other")
	case c.Each != "" && (c.Title != "" || c.Caption != nil || c.Rows != "" || c.Columns != 0 || c.Font != nil):
		return errs.Usagef("--each makes no sheet: --title, --caption, --font, --rows and --columns have no place")
	}
	for flag, text := range map[string]*string{"--caption": c.Caption, "--each": &c.Each} {
		if text == nil {
			continue
		}
		if _, err := parseTemplate(*text); err != nil {
			return errs.Usagef("%s: %w", flag, err)
		}
	}
	for _, name := range []string{c.Output, c.Each} {
		if ext := strings.ToLower(filepath.Ext(name)); ext != "" && ext != ".png" && !sheet.IsJPEG(name) && !strings.HasPrefix(name, "/dev/") {
			return errs.Usagef("%s: only .png and .jpg are written", name)
		}
	}
	return nil
}

// writeSheet draws the sheet and writes it.
func (c *command) writeSheet(s *cli.Session, pictures []*picture, fonts *typeset.Fonts) error {
	options := sheet.Options{Title: c.Title, Columns: c.Columns, Group: group(pictures), Fonts: fonts}
	cells, err := c.cells(pictures)
	if err != nil {
		return err
	}
	if c.Rows != "" {
		for _, p := range pictures {
			value, _ := p.value(c.Rows)
			row := slices.Index(options.Rows, value)
			if row < 0 {
				row = len(options.Rows)
				options.Rows = append(options.Rows, value)
			}
			options.RowOf = append(options.RowOf, row)
		}
	}
	page, err := sheet.Draw(cells, options)
	if err != nil {
		return errs.Hint(err, "--first %d, --scale, or peek --first %d before montage", len(cells)/2, len(cells)/2)
	}
	if missing := fonts.Missing(); missing != "" {
		s.Warnf("no font has %s: boxes stand for them; install one that has, or name it with --font", missing)
	}
	return c.write(s, c.Output, page)
}

// write writes a picture in the format that its name asks for.
func (c *command) write(s *cli.Session, name string, picture image.Image) error {
	return s.WriteFile(name, func(w io.Writer) error {
		if sheet.IsJPEG(name) {
			return sheet.WriteJPEG(w, picture, s.Provenance())
		}
		return sheet.WritePNG(w, picture, s.Provenance())
	})
}

// cells gives the pictures their captions.
func (c *command) cells(pictures []*picture) ([]sheet.Cell, error) {
	var custom template
	if c.Caption != nil {
		var err error
		if custom, err = parseTemplate(strings.ReplaceAll(*c.Caption, `\n`, "\n")); err != nil {
			return nil, err
		}
	}
	scaled := make([]*image.RGBA, len(pictures))
	for i, p := range pictures {
		scaled[i] = p.image
	}
	if c.Scale == 0 {
		var err error
		if scaled, err = sheet.Even(scaled); err != nil {
			return nil, err
		}
	}
	restarts := slices.ContainsFunc(pictures, func(p *picture) bool {
		n, ok := p.item.Number(images.KeyRestart)
		return ok && n > 0
	})
	lacking := map[string]int{}
	cells := make([]sheet.Cell, len(pictures))
	for i, p := range pictures {
		cells[i].Image = scaled[i]
		if p.heat != nil {
			cells[i].Image = sheet.Overlay(scaled[i], p.heat.Heat)
		}
		if c.Caption == nil {
			cells[i].Caption = p.caption(c.Rows, restarts)
			continue
		}
		text, missing := custom.fill(p, strings.TrimSpace)
		for _, key := range missing {
			lacking[key]++
		}
		for _, line := range strings.Split(text, "\n") {
			cells[i].Caption = append(cells[i].Caption, sheet.Line{Text: line})
		}
	}
	for key, n := range lacking {
		if n == len(pictures) {
			return nil, errs.Hint(fmt.Errorf("--caption: no picture has %q", key), "keys are: %s", pictures[0].keys())
		}
	}
	return cells, nil
}

// group is how many neighbors show one unit, or one picture with its heat maps, if it is the same number for all;
// else 1.
func group(pictures []*picture) int {
	subject := func(p *picture) string { return p.item.Text(images.KeyUnit) }
	if slices.ContainsFunc(pictures, func(p *picture) bool { return p.heat != nil || p.item.Text(panelKey) != "" }) {
		subject = func(p *picture) string { return fmt.Sprint(p.index) }
	}
	size, run := 0, 0
	for i, p := range pictures {
		run++
		if s := subject(p); s == "" {
			return 1
		} else if i+1 < len(pictures) && subject(pictures[i+1]) == s {
			continue
		}
		if size != 0 && run != size {
			return 1
		}
		size, run = run, 0
	}
	return max(size, 1)
}
