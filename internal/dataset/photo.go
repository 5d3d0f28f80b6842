package dataset

import (
	"errors"
	"fmt"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// DefaultPixels is the size of the largest photo that is decoded unless more is asked for: those of the largest sensors
// of telephones. It is checked in the file's header, so that a small file that claims to be huge costs nothing.
const DefaultPixels = 200_000_000

// maxEdge is the longest side that is decoded, that of JPEG: resizing keeps some rows in memory.
const maxEdge = 1<<16 - 1

// photo is an undecoded picture whose header has been read.
type photo struct {
	codec
	data          []byte
	height, width int         // as it is stored
	orientation   orientation // how it is to be turned to be seen upright
	depth         int         // bytes per pixel of the decoded picture, roughly: what decoding will hold in memory
}

// open reads a picture's header and refuses what must not or cannot be decoded: most is how many pixels may be.
func open(data []byte, most int64) (*photo, error) {
	c, err := sniff(data)
	if err != nil {
		return nil, err
	}
	p := &photo{codec: c, data: data, orientation: orientationOf(c.exif(data)), depth: 4}
	cfg, err := c.config(data)
	if err != nil {
		return nil, failure(c.name, " header", err)
	}
	if cfg.Width <= 0 || cfg.Height <= 0 {
		return nil, fmt.Errorf("%s of %dx%d has no pixels", c.name, cfg.Width, cfg.Height)
	}
	if int64(cfg.Width)*int64(cfg.Height) > most {
		return nil, fmt.Errorf("%dx%d is more than %d megapixels; --max-megapixels %d allows it", cfg.Width, cfg.Height, most/1_000_000, (int64(cfg.Width)*int64(cfg.Height)+999_999)/1_000_000)
	}
	if max(cfg.Width, cfg.Height) > maxEdge {
		return nil, fmt.Errorf("%dx%d is longer than %d pixels; cut it first", cfg.Width, cfg.Height, maxEdge)
	}
	p.height, p.width = cfg.Height, cfg.Width
	switch cfg.ColorModel {
	case color.GrayModel:
		p.depth = 1
	case color.YCbCrModel:
		p.depth = 3
	case color.CMYKModel: // four planes, then the pixels made of them
		p.depth = 8
	case color.RGBA64Model, color.NRGBA64Model:
		p.depth = 8
	}
	return p, nil
}

// pixels decodes the picture. Decoders of rare formats have had bugs that hostile files reach; here such a bug costs
// the one file.
func (p *photo) pixels() (m upright, err error) {
	defer func() {
		if bug := recover(); bug != nil {
			err = fmt.Errorf("broken %s: decoder failed: %v", p.name, bug)
		}
	}()
	src, err := p.decode(p.data)
	if err != nil {
		return upright{}, failure(p.name, "", err)
	}
	if h, w := src.size(); h != p.height || w != p.width {
		return upright{}, fmt.Errorf("broken %s: %dx%d pixels, but its header says %dx%d", p.name, w, h, p.width, p.height)
	}
	return upright{src, p.orientation}, nil
}

// unsupported is that a picture, though whole, is of a kind that is not decoded.
type unsupported string

func (u unsupported) Error() string { return string(u) }

// failure is what is wrong with a picture: its kind is not decoded, or it is broken, in a part of its format or anywhere.
func failure(format, part string, err error) error {
	var own unsupported
	var inJPEG jpeg.UnsupportedError
	var inPNG png.UnsupportedError
	var inTIFF tiff.UnsupportedError
	if errors.As(err, &own) || errors.As(err, &inJPEG) || errors.As(err, &inPNG) || errors.As(err, &inTIFF) || errors.Is(err, bmp.ErrUnsupported) {
		return fmt.Errorf("this kind of %s is not supported (%w); convert it to another", format, err)
	}
	return fmt.Errorf("broken %s%s: %w", format, part, err)
}
