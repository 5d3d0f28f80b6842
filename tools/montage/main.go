// Montage lays the pictures of a stream out on one sheet with captions, as a PNG.
//
//	ingest photos/train | montage --rows class --columns 8 -o photos.png
//	maxact --net flowers.st.zst --unit logits:daisy --unit layer3:7 | montage > seen.png
//	montage seen.st.zst photos.st.zst -o both.png
//	ingest photos | score --net flowers.st.zst --explain gradcam | montage --overlay -o why.png
//	ingest photos | adversary --net flowers.st.zst | montage --triptych -o attacked.png
//	ingest photos | montage --each 'out/{class}-{index}.jpg'
//
// Captions say what each picture is: its unit or class, and what was measured: probability,
// multiple of the largest value on the training photos, objective at start and end. --caption sets
// others: 'p = {probability:.2f}' names keys of the items (peek --items lists them), {index} is the
// picture's number in the whole input, from 0, as peek has it, and \n starts a line. Small pictures are enlarged by whole factors, so that pixels stay pixels.
//
// Captions are set in the Go fonts. For letters that these lack, montage takes --font FILE (which comes first), then DejaVu
// Sans, which is built in, then what is installed on this machine: names in Chinese look different where other fonts are.
// A warning names letters that no font has.
//
// --overlay shows heat maps (the tensor heat, [N,S,h,w], that score --explain writes): after each
// image come its maps, laid over the image in gray, with what the ends of the color scale stand
// for. Each map has a scale of its own. Captions and --each can name the map: {map}, {map_most}.
//
// --triptych shows for each image that carries what it was made from (the tensor source, which adversary writes)
// three pictures: the source, the change, magnified as the caption says, and the image.
//
// With -o x.jpg the sheet is a JPEG. --each writes one file per picture instead. Nothing appears
// unless the whole input has arrived. All pictures of a sheet are held in memory, up to 48
// million pixels; --each holds one document at a time.
package main

import (
	_ "embed"
	"fmt"

	"herbarium/internal/cli"
	"herbarium/internal/sheet"
)

//go:embed main.go
var manual string

type command struct {
	cli.File
	Files    []string `arg:"" optional:"" name:"file" placeholder:"FILE" help:"Streams of pictures; standard input without any."`
	Title    string   `help:"Title of the sheet."`
	Caption  *string  `placeholder:"FORMAT" help:"Caption with {key} or {key:.2f} for what an item says; an empty one for none."`
	Rows     string   `placeholder:"KEY" help:"A row for each value of KEY (class, unit), headed by it."`
	Columns  int      `range:"[0,)" placeholder:"N" help:"Pictures in a row; by default the sheet comes near 16:10. With --rows, the most of each row that are shown."`
	Scale    float64  `range:"[0,)" placeholder:"F" help:"Enlarge or reduce pictures; by default small ones are enlarged by a whole factor."`
	Font     []string `placeholder:"FILE" help:"Set captions in this font (.ttf, .otf, .ttc). Given again: for letters that those before lack."`
	First    int      `range:"[0,)" placeholder:"N" help:"Only the first N pictures."`
	Overlay  bool     `help:"Lay each image's heat maps (score --explain) over it, beside the image."`
	Triptych bool     `help:"Show each image as three: its source, what was changed, and itself."`
	Each     string   `placeholder:"FORMAT" prov:"-" help:"Write each picture to a file of its own, .png or .jpg: 'out/{class}-{index}.png'."`
}

func main() { cli.Main("montage", manual, &command{}) }

// Text says that nothing binary goes to standard output.
func (c *command) Text() bool { return c.Each != "" }

// Run reads all pictures, then writes the sheet; or a file for each picture.
func (c *command) Run(s *cli.Session) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Each != "" {
		return c.writeEach(s)
	}
	fonts, err := sheet.Fonts(c.Font...)
	if err != nil {
		return fmt.Errorf("--font: %w", err)
	}
	pictures, err := c.collect(s)
	if err != nil {
		return err
	}
	return c.writeSheet(s, pictures, fonts)
}
