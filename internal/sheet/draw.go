package sheet

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"herbarium/internal/typeset"
)

// Cell is one picture with its caption.
type Cell struct {
	Image   *image.RGBA // as it is to appear; see Even
	Caption []Line
}

// Line is a line of a caption; a long one takes two.
type Line struct {
	Text  string
	Style Style
}

// Style is how a line is set.
type Style int

// Strong is for what the picture is, Plain for numbers, Alarm for what is wrong
// with it.
const (
	Plain Style = iota
	Strong
	Alarm
)

// Options says how cells are arranged.
type Options struct {
	Title   string
	Columns int // 0 chooses; see Columns
	Group   int // neighbors that belong together: they stay in one row, and stand apart from others

	// Rows are headings at the left, nil for none. With them, cell i belongs to
	// row RowOf[i], and rows are filled from the left; many short rows are set
	// in blocks side by side. Columns and Group do not count then.
	Rows  []string
	RowOf []int
	// ColumnNames are headings above the columns, nil for none.
	ColumnNames []string

	Fonts *typeset.Fonts // those of Fonts, if it is nil
}

var (
	paper    = color.RGBA{0xfd, 0xfd, 0xfb, 0xff}
	ink      = color.RGBA{0x1c, 0x1c, 0x1a, 0xff}
	grayInk  = color.RGBA{0x66, 0x66, 0x62, 0xff}
	redInk   = color.RGBA{0xa8, 0x26, 0x1c, 0xff}
	hairline = color.RGBA{0x00, 0x00, 0x00, 0x22} // keeps a white picture off the paper
)

// MaxPixels bounds a sheet, and what is held for one: 192 MiB of memory each.
const MaxPixels = 48 << 20

// Draw lays the cells out. Cells are as wide as the widest picture; a row is as
// high as its highest picture and longest caption.
func Draw(cells []Cell, o Options) (*image.RGBA, error) {
	if len(cells) == 0 {
		return nil, fmt.Errorf("no pictures for a sheet")
	}
	p, err := newPlan(cells, o)
	if err != nil {
		return nil, err
	}
	if int64(p.width)*int64(p.height) > MaxPixels {
		return nil, fmt.Errorf("a sheet of %d pictures would have %dx%d pixels, more than %d million", len(cells), p.width, p.height, MaxPixels>>20)
	}
	page := image.NewRGBA(image.Rect(0, 0, p.width, p.height))
	draw.Draw(page, page.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	p.drawHeadings(page)
	for i := range p.cells {
		p.drawCell(page, i)
	}
	return page, nil
}

func (p *plan) drawHeadings(page *image.RGBA) {
	for i, line := range p.title {
		p.fonts.title.draw(page, margin, margin+i*p.fonts.title.height, line, ink)
	}
	strong := &p.fonts.strong
	for column := range p.columns {
		if column%p.inBlock >= len(p.columnNames) {
			continue
		}
		lines := p.columnNames[column%p.inBlock]
		y := p.top - headingGap - len(lines)*strong.height
		for i, line := range lines {
			strong.draw(page, p.columnX(column), y+i*strong.height, line, ink)
		}
	}
	for i, lines := range p.rowNames {
		at := p.rowAt(i)
		x := p.columnX(at.X) - p.heading
		y := p.rowTop[at.Y] + (p.pictureHeight[at.Y]-len(lines)*strong.height)/2
		for i, line := range lines {
			strong.draw(page, x, y+i*strong.height, line, ink)
		}
	}
}

// drawCell draws a picture at the bottom of its row and its caption below, both
// flush with the left edge of the column.
func (p *plan) drawCell(page *image.RGBA, i int) {
	picture, at := p.cells[i].Image, p.at[i]
	size := picture.Bounds().Size()
	x, bottom := p.columnX(at.X), p.rowTop[at.Y]+p.pictureHeight[at.Y]
	frame := image.Rect(x, bottom-size.Y, x+size.X, bottom)
	draw.Draw(page, frame.Inset(-1), image.NewUniform(hairline), image.Point{}, draw.Over)
	draw.Draw(page, frame, image.NewUniform(paper), image.Point{}, draw.Src)
	draw.Draw(page, frame, picture, picture.Bounds().Min, draw.Over)
	for k, line := range p.captions[i] {
		tint := grayInk
		switch line.Style {
		case Strong:
			tint = ink
		case Alarm:
			tint = redInk
		}
		p.fonts.of(line.Style).draw(page, x, bottom+captionGap+k*p.fonts.plain.height, line.Text, tint)
	}
}
