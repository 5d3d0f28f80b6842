package images

import (
	"fmt"

	"herbarium/internal/errs"
)

// How many channels images have.
const (
	Gray = 1
	RGB  = 3
)

// CheckChannels is an error unless there can be images of so many channels.
func CheckChannels(channels int) error {
	if channels != Gray && channels != RGB {
		return fmt.Errorf("images of %d channels; there are gray ones of 1 channel and RGB ones of 3", channels)
	}
	return nil
}

// Colors says in a word what images of so many channels are.
func Colors(channels int) string {
	switch channels {
	case Gray:
		return "gray"
	case RGB:
		return "RGB"
	}
	return fmt.Sprintf("of %d channels", channels)
}

// CheckColors is an error unless images of so many channels are what a net takes, whose input has the channels net. No tool
// converts them unasked: a net answers, but not well, to photos that were converted in another way than those that it learned
// from.
func CheckColors(channels, net int) error {
	if channels == net {
		return nil
	}
	return errs.Hint(fmt.Errorf("the images are %s, and the net takes %s ones", Colors(channels), Colors(net)), "ingest --for NET converts them")
}

// Channels is how many channels the pictures have, [Gray] or [RGB] in a valid batch.
func (b *Batch) Channels() int {
	plane := b.Len() * b.Height * b.Width
	if plane <= 0 {
		return 0
	}
	return (len(b.U8) + len(b.F32)) / plane
}

// Shape is that of the pictures: [N,C,H,W].
func (b *Batch) Shape() []int { return []int{b.Len(), b.Channels(), b.Height, b.Width} }

// size is the number of values of one picture.
func (b *Batch) size() int { return (len(b.U8) + len(b.F32)) / b.Len() }
