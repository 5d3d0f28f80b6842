package dataset

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"slices"
)

func configPNG(data []byte) (image.Config, error) {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err == nil {
		return c, nil
	}
	if c, mended := png.DecodeConfig(bytes.NewReader(essential(data))); mended == nil {
		return c, nil
	}
	return c, err
}

// decodePNG decodes also what lacks nothing but its end, or is damaged where no pixels are: such a file is put together
// again from the chunks that make the picture.
func decodePNG(data []byte) (rows, error) {
	m, err := png.Decode(bytes.NewReader(data))
	if err == nil {
		return rowsOf(m)
	}
	if m, mended := png.Decode(bytes.NewReader(essential(data))); mended == nil {
		return rowsOf(m)
	}
	return nil, err
}

// essential is a PNG without the chunks that only say something about it, and with an end.
func essential(data []byte) []byte {
	const signature, around, end = 8, 12, "\x00\x00\x00\x00IEND\xaeB`\x82"
	out := slices.Clone(data[:signature])
	for data = data[signature:]; len(data) >= around; {
		size := uint64(binary.BigEndian.Uint32(data)) + around
		if size > uint64(len(data)) {
			break
		}
		if slices.Contains([]string{"IHDR", "PLTE", "tRNS", "IDAT"}, string(data[4:8])) {
			out = append(out, data[:size]...)
		}
		data = data[size:]
	}
	return append(out, end...)
}
