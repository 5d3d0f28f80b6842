package sheet

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
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
	Group   int // neighbours that belong together: they stay in one row, and stand apart from others
	// Rows and ColumnNames are headings at the left and above; nil for none.
	// With Rows, cell i belongs to row RowOf[i], and rows are filled from the
	// left; Columns is then the length of the longest row.
	Rows        []string
	RowOf       []int
	ColumnNames []string
}

// Spaces in pixels, and the palette.
const (
	margin     = 36
	gapX       = 20
	groupGap   = 20 // more between groups
	gapY       = 24
	captionGap = 7  // between picture and caption
	titleGap   = 22 // below the title
	headingGap = 12 // between a heading and the cells
	maxHeading = 220
	leastRoom  = 480 // that a title may take above a narrow grid
	maxLines   = 2   // of a caption line that is too long
)

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
	fonts, err := loadTypefaces()
	if err != nil {
		return nil, err
	}
	p := &plan{fonts: fonts, cells: cells, options: o}
	p.arrange()
	size := image.Pt(p.width, p.height)
	if int64(size.X)*int64(size.Y) > MaxPixels {
		return nil, fmt.Errorf("a sheet of %d pictures would have %dx%d pixels, more than %d million", len(cells), size.X, size.Y, MaxPixels>>20)
	}
	page := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(page, page.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	p.draw(page)
	return page, nil
}

// plan is a sheet whose measures are known.
type plan struct {
	fonts   typefaces
	cells   []Cell
	options Options

	columns       int
	at            []image.Point // column and row of each cell
	captions      [][]setLine
	cellWidth     int
	rowTop        []int // of the pictures
	pictureHeight []int // of each row
	left, top     int   // of the first cell, and of the column headings
	title         []string
	rowNames      [][]string
	columnNames   [][]string
	room          int // between the margins
	width, height int
}

// setLine is a line that fits.
type setLine struct {
	text  string
	style Style
}

func (p *plan) arrange() {
	highest := 0
	for _, c := range p.cells {
		p.cellWidth = max(p.cellWidth, c.Image.Bounds().Dx())
		highest = max(highest, c.Image.Bounds().Dy())
	}
	lines := 0
	for _, c := range p.cells {
		caption := p.setCaption(c)
		p.captions = append(p.captions, caption)
		lines = max(lines, len(caption))
	}
	p.place(highest + captionGap + lines*p.fonts.plain.height)
	p.measureHeadings()

	rows := 0
	for _, at := range p.at {
		rows = max(rows, at.Y+1)
	}
	p.pictureHeight = make([]int, rows)
	rowLines := make([]int, rows)
	for i, at := range p.at {
		p.pictureHeight[at.Y] = max(p.pictureHeight[at.Y], p.cells[i].Image.Bounds().Dy())
		rowLines[at.Y] = max(rowLines[at.Y], len(p.captions[i]))
	}
	y := p.top
	for row := range rows {
		p.rowTop = append(p.rowTop, y)
		y += p.pictureHeight[row]
		if rowLines[row] > 0 {
			y += captionGap + rowLines[row]*p.fonts.plain.height
		}
		y += gapY
	}
	p.width = margin + p.room + margin
	p.height = y - gapY + margin
}

// setCaption breaks a cell's caption into lines that fit.
func (p *plan) setCaption(c Cell) []setLine {
	var out []setLine
	for _, line := range c.Caption {
		for _, text := range p.face(line.Style).wrap(line.Text, p.cellWidth, maxLines) {
			out = append(out, setLine{text, line.Style})
		}
	}
	return out
}

func (p *plan) face(s Style) *typeface {
	if s == Strong {
		return &p.fonts.strong
	}
	return &p.fonts.plain
}

// place gives each cell its column and row.
func (p *plan) place(cellHeight int) {
	p.columns = p.options.Columns
	if p.options.Rows != nil {
		p.columns = 0
		filled := make([]int, len(p.options.Rows))
		for i := range p.cells {
			row := p.options.RowOf[i]
			p.at = append(p.at, image.Pt(filled[row], row))
			filled[row]++
			p.columns = max(p.columns, filled[row])
		}
		return
	}
	if p.columns < 1 {
		p.columns = Columns(len(p.cells), p.options.Group, p.cellWidth+gapX, cellHeight+gapY)
	}
	p.columns = min(p.columns, len(p.cells))
	for i := range p.cells {
		p.at = append(p.at, image.Pt(i%p.columns, i/p.columns))
	}
}

// measureHeadings breaks title and headings, and finds where the cells start.
func (p *plan) measureHeadings() {
	p.left, p.top = margin, margin
	nameWidth := 0
	for _, name := range p.options.Rows {
		lines := p.fonts.strong.wrap(name, maxHeading, 3)
		p.rowNames = append(p.rowNames, lines)
		for _, line := range lines {
			nameWidth = max(nameWidth, p.fonts.strong.width(line))
		}
	}
	if nameWidth > 0 {
		p.left += nameWidth + gapX
	}
	p.room = p.columnX(p.columns-1) + p.cellWidth - margin
	if p.options.Title != "" {
		p.room = max(p.room, min(p.fonts.title.width(p.options.Title), leastRoom))
		p.title = p.fonts.title.wrap(p.options.Title, p.room, 3)
		p.top += len(p.title)*p.fonts.title.height + titleGap
	}
	most := 0
	for i, name := range p.options.ColumnNames {
		if i >= p.columns {
			break
		}
		lines := p.fonts.strong.wrap(name, p.cellWidth, 2)
		p.columnNames = append(p.columnNames, lines)
		most = max(most, len(lines))
	}
	if most > 0 {
		p.top += most*p.fonts.strong.height + headingGap
	}
}

// columnX is the left edge of a column.
func (p *plan) columnX(column int) int {
	x := p.left + column*(p.cellWidth+gapX)
	if group := p.options.Group; group > 1 && p.options.Rows == nil && p.columns%group == 0 {
		x += column / group * groupGap
	}
	return x
}

func (p *plan) draw(page *image.RGBA) {
	for i, line := range p.title {
		p.fonts.title.draw(page, margin, margin+i*p.fonts.title.height, line, ink)
	}
	for column, lines := range p.columnNames {
		y := p.top - headingGap - len(lines)*p.fonts.strong.height
		for i, line := range lines {
			p.fonts.strong.draw(page, p.columnX(column), y+i*p.fonts.strong.height, line, ink)
		}
	}
	for row, lines := range p.rowNames {
		if row >= len(p.rowTop) {
			break
		}
		y := p.rowTop[row] + (p.pictureHeight[row]-len(lines)*p.fonts.strong.height)/2
		for i, line := range lines {
			p.fonts.strong.draw(page, margin, y+i*p.fonts.strong.height, line, ink)
		}
	}
	for i, cell := range p.cells {
		p.drawCell(page, cell, p.captions[i], p.at[i])
	}
}

// drawCell draws a picture at the bottom of its row and its caption below, both
// flush with the left edge of the column.
func (p *plan) drawCell(page *image.RGBA, cell Cell, caption []setLine, at image.Point) {
	size := cell.Image.Bounds().Size()
	x := p.columnX(at.X)
	bottom := p.rowTop[at.Y] + p.pictureHeight[at.Y]
	frame := image.Rect(x, bottom-size.Y, x+size.X, bottom)
	draw.Draw(page, frame.Inset(-1), image.NewUniform(hairline), image.Point{}, draw.Over)
	draw.Draw(page, frame, image.NewUniform(paper), image.Point{}, draw.Src)
	draw.Draw(page, frame, cell.Image, cell.Image.Bounds().Min, draw.Over)
	for i, line := range caption {
		tint := color.Color(grayInk)
		switch line.style {
		case Strong:
			tint = ink
		case Alarm:
			tint = redInk
		}
		p.face(line.style).draw(page, x, bottom+captionGap+i*p.fonts.plain.height, line.text, tint)
	}
}
