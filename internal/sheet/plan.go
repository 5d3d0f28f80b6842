package sheet

import (
	"image"
	"math"
)

// Spaces in pixels.
const (
	margin     = 36
	gapX       = 20
	groupGap   = 20 // more between groups
	blockGap   = 36 // more between blocks of rows
	gapY       = 24
	captionGap = 7  // between picture and caption
	titleGap   = 22 // below the title
	headingGap = 12 // between a column's heading and its cells
	maxHeading = 220
	maxLines   = 2   // of a caption line that is too long
	leastText  = 72  // width of a cell with text
	leastRoom  = 480 // that a title may take above a narrow grid
)

// plan is a sheet whose measures are known.
type plan struct {
	fonts    typefaces
	cells    []Cell
	options  Options
	captions [][]Line // broken into lines that fit

	cellWidth int
	columns   int           // of the whole sheet
	inBlock   int           // columns of one block of rows
	perBlock  int           // rows of one block
	at        []image.Point // column and row of each cell

	title         []string
	rowNames      [][]string
	columnNames   [][]string
	heading       int   // room for the name of a row, with the gap after it
	top           int   // of the first row of pictures
	rowTop        []int // of the pictures
	pictureHeight []int // of each row: its highest picture, or its name
	width, height int
}

func newPlan(cells []Cell, o Options) (*plan, error) {
	p := &plan{cells: cells, options: o}
	highest := 0
	for _, c := range cells {
		p.cellWidth = max(p.cellWidth, c.Image.Bounds().Dx())
		highest = max(highest, c.Image.Bounds().Dy())
		if len(c.Caption) > 0 {
			p.cellWidth = max(p.cellWidth, leastText)
		}
	}
	if len(o.ColumnNames) > 0 {
		p.cellWidth = max(p.cellWidth, leastText)
	}
	others, err := o.Fonts, error(nil)
	if others == nil {
		others, err = Fonts()
	}
	if err != nil {
		return nil, err
	}
	if p.fonts, err = loadTypefaces(p.cellWidth, others); err != nil {
		return nil, err
	}
	lines := p.breakCaptions()
	p.measureRowNames()
	p.place(p.captionedHeight(highest, lines) + gapY)
	p.measureTop()
	p.measureRows()
	return p, nil
}

// breakCaptions breaks the captions into lines and returns how many the longest
// has.
func (p *plan) breakCaptions() (most int) {
	for _, c := range p.cells {
		var out []Line
		for _, line := range c.Caption {
			for _, text := range p.fonts.of(line.Style).wrap(line.Text, p.cellWidth, maxLines) {
				out = append(out, Line{text, line.Style})
			}
		}
		p.captions = append(p.captions, out)
		most = max(most, len(out))
	}
	return most
}

func (p *plan) captionedHeight(picture, lines int) int {
	if lines == 0 {
		return picture
	}
	return picture + captionGap + lines*p.fonts.plain.height
}

func (p *plan) measureRowNames() {
	for _, name := range p.options.Rows {
		lines := p.fonts.strong.wrap(name, maxHeading, 3)
		p.rowNames = append(p.rowNames, lines)
		for _, line := range lines {
			p.heading = max(p.heading, p.fonts.strong.width(line)+gapX)
		}
	}
}

// place gives each cell its column and row.
func (p *plan) place(rowHeight int) {
	if p.options.Rows != nil {
		p.placeRows(rowHeight)
		return
	}
	p.columns = p.options.Columns
	if p.columns < 1 {
		p.columns = Columns(len(p.cells), p.options.Group, p.cellWidth+gapX, rowHeight)
	}
	p.columns = min(p.columns, len(p.cells))
	p.inBlock = p.columns
	for i := range p.cells {
		p.at = append(p.at, image.Pt(i%p.columns, i/p.columns))
	}
}

// placeRows sets named rows below each other, in as many blocks as bring the
// sheet nearest to 16:10.
func (p *plan) placeRows(rowHeight int) {
	filled := make([]int, len(p.options.Rows))
	for i := range p.cells {
		row := p.options.RowOf[i]
		p.at = append(p.at, image.Pt(filled[row], row))
		filled[row]++
		p.inBlock = max(p.inBlock, filled[row])
	}
	blockWidth := p.heading + p.inBlock*(p.cellWidth+gapX) + blockGap
	blocks := Columns(len(filled), 1, blockWidth, rowHeight)
	p.perBlock = (len(filled) + blocks - 1) / blocks
	blocks = (len(filled) + p.perBlock - 1) / p.perBlock
	p.columns = blocks * p.inBlock
	for i, at := range p.at {
		p.at[i] = p.rowAt(at.Y).Add(image.Pt(at.X, 0))
	}
}

// rowAt is where the first cell of a named row is.
func (p *plan) rowAt(row int) image.Point {
	return image.Pt(row/p.perBlock*p.inBlock, row%p.perBlock)
}

// columnX is the left edge of a column.
func (p *plan) columnX(column int) int {
	x := margin + column*(p.cellWidth+gapX)
	if p.options.Rows != nil {
		block := column / p.inBlock
		return x + (block+1)*p.heading + block*blockGap
	}
	if group := p.options.Group; group > 1 && p.columns%group == 0 {
		x += column / group * groupGap
	}
	return x
}

// measureTop breaks the title and the columns' headings, and finds where the
// cells start.
func (p *plan) measureTop() {
	room := p.columnX(p.columns-1) + p.cellWidth - margin
	p.top = margin
	if p.options.Title != "" {
		room = max(room, min(p.fonts.title.width(p.options.Title), leastRoom))
		p.title = p.fonts.title.wrap(p.options.Title, room, 3)
		p.top += len(p.title)*p.fonts.title.height + titleGap
	}
	most := 0
	for _, name := range p.options.ColumnNames[:min(len(p.options.ColumnNames), p.inBlock)] {
		lines := p.fonts.strong.wrap(name, p.cellWidth, 2)
		p.columnNames = append(p.columnNames, lines)
		most = max(most, len(lines))
	}
	if most > 0 {
		p.top += most*p.fonts.strong.height + headingGap
	}
	p.width = margin + room + margin
}

func (p *plan) measureRows() {
	rows := p.perBlock // a named row may be empty
	for _, at := range p.at {
		rows = max(rows, at.Y+1)
	}
	p.pictureHeight = make([]int, rows)
	lines := make([]int, rows)
	for i, at := range p.at {
		p.pictureHeight[at.Y] = max(p.pictureHeight[at.Y], p.cells[i].Image.Bounds().Dy())
		lines[at.Y] = max(lines[at.Y], len(p.captions[i]))
	}
	for i, name := range p.rowNames {
		row := p.rowAt(i).Y
		p.pictureHeight[row] = max(p.pictureHeight[row], len(name)*p.fonts.strong.height)
	}
	y := p.top
	for row := range rows {
		p.rowTop = append(p.rowTop, y)
		y += p.captionedHeight(p.pictureHeight[row], lines[row]) + gapY
	}
	p.height = y - gapY + margin
}

// aspect is the proportion of a page that a grid comes near to.
const aspect = 16.0 / 10

// Columns chooses how many columns a grid of n cells of w x h pixels has, so
// that the whole is near 16:10 and the last row is not nearly empty. The number
// is a multiple of group: that many neighbors (the seeds of one unit) belong
// together and stay in one row.
func Columns(n, group, w, h int) int {
	if group < 1 || group > n {
		group = 1
	}
	best, least := group, math.Inf(1)
	for columns := group; columns < n+group; columns += group {
		rows := (n + columns - 1) / columns
		shape := float64(columns*max(w, 1)) / float64(rows*max(h, 1))
		empty := float64(rows*columns-n) / float64(rows*columns)
		if cost := math.Abs(math.Log(shape/aspect)) + 2*empty; cost < least-1e-9 {
			best, least = columns, cost
		}
	}
	return best
}
