package synthetic

import (
	"fmt"
	"math"

	"herbarium/internal/images"
)

// Size is the side of a synthetic picture if none is asked for, in pixels.
const Size = 48

// Flowers is a data set of synthetic flowers. It satisfies dataset.Source.
type Flowers struct {
	Seed          uint64
	Count         int // pictures of all kinds together
	Height, Width int // in pixels
}

// Classes are the kinds' names, sorted; picture i is of kind i modulo their number.
func (f Flowers) Classes() []string { return Names() }

// Len is the number of pictures.
func (f Flowers) Len() int { return f.Count }

// Label is the kind of picture i.
func (f Flowers) Label(i int) int { return i % len(Names()) }

// Load draws picture i. Its item holds every factor that went into it.
func (f Flowers) Load(i int) (images.Picture, error) {
	pix, factors := Draw(f.Seed, uint64(i), f.Height, f.Width)
	item := factors.Item()
	item[images.KeyName] = fmt.Sprintf("%s-%d", factors.Kind, i)
	return images.Picture{Height: f.Height, Width: f.Width, U8: pix, Label: f.Label(i), Item: item}, nil
}

// Item is the factors as the keys of a picture's metadata. Angles are in degrees; "hue" and "disc_hue" are absent
// where the color is too pale to have one.
func (f *Factors) Item() images.Item {
	it := images.Item{
		"kind": f.Kind, images.KeyClass: f.Kind,
		"petals": f.Petals, "shape": f.Shape, "color": f.Color.hex(),
		"disc": round3(f.Disc), "arrangement": f.Arrangement, "flowers": f.Flowers, "background": f.Background,
		"spin": round3(f.Spin), "tilt": round3(f.Tilt), "lean": round3(f.Lean),
		"scale": round3(f.Scale), "x": round3(f.X), "y": round3(f.Y),
		"light": round3(f.LightAngle), "brightness": round3(f.Brightness), "temperature": round3(f.Temperature),
		"occluded": f.Occluded, "noise": round3(f.Noise),
	}
	if hue, saturation, _ := f.Color.hsv(); saturation >= paleBelow {
		it["hue"] = round3(hue)
	}
	if f.DiscColor != (rgb{}) {
		it["disc_color"] = f.DiscColor.hex()
		if hue, saturation, _ := f.DiscColor.hsv(); saturation >= paleBelow {
			it["disc_hue"] = round3(hue)
		}
	}
	return it
}

// paleBelow is the saturation below which a petal counts as white.
const paleBelow = 0.12

func (a rgb) hex() string {
	b := func(v float32) int { return int(255*limit(v) + 0.5) }
	return fmt.Sprintf("#%02x%02x%02x", b(a.r), b(a.g), b(a.b))
}

func round3(v float32) float64 { return math.Round(float64(v)*1000) / 1000 }
