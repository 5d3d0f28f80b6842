package dataset

import (
	"bytes"
	"encoding/binary"
)

// orientationOf is what a photo's Exif block says about how the camera was held: tag 0x0112 of its first directory,
// in the TIFF structure of the Exif standard (CIPA DC-008). It should be a SHORT; writers that use another type of whole
// numbers are understood as well. Without a sensible value it is upright.
func orientationOf(exif []byte) orientation {
	if v := tiffTag(exif, 0x0112); v >= 1 && v <= 8 {
		return orientation(v)
	}
	return asStored
}

// tiffTag is the value of a tag in the first directory of a TIFF structure; 0 without one.
func tiffTag(data []byte, tag uint16) uint32 {
	const entrySize = 12
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case matches(data, "II*\x00"):
	case matches(data, "MM\x00*"):
		order = binary.BigEndian
	default:
		return 0
	}
	if len(data) < 8 {
		return 0
	}
	at := uint64(order.Uint32(data[4:]))
	if at+2 > uint64(len(data)) {
		return 0
	}
	entries := data[at+2:]
	for range order.Uint16(data[at:]) {
		if len(entries) < entrySize {
			break
		}
		if order.Uint16(entries) == tag {
			return wholeNumber(order, entries)
		}
		entries = entries[entrySize:]
	}
	return 0
}

// wholeNumber is the first value of a directory's entry, 0 if it is of another type.
func wholeNumber(order binary.ByteOrder, entry []byte) uint32 {
	const (
		byte8, short, long          = 1, 3, 4
		signed8, signed16, signed32 = 6, 8, 9
	)
	switch value := entry[8:]; order.Uint16(entry[2:]) {
	case byte8, signed8:
		return uint32(value[0])
	case short, signed16:
		return uint32(order.Uint16(value))
	case long, signed32:
		return order.Uint32(value)
	}
	return 0
}

// exifHead begins an Exif block within a JPEG file; some programs write it into other formats too.
const exifHead = "Exif\x00\x00"

// exifOfJPEG finds the APP1 segment that holds the Exif block.
func exifOfJPEG(data []byte) []byte {
	const app1, startOfScan = 0xe1, 0xda
	for data = data[2:]; len(data) >= 4 && data[0] == 0xff; {
		marker := data[1]
		if marker == 0xff { // padding
			data = data[1:]
			continue
		}
		size := int(binary.BigEndian.Uint16(data[2:])) + 2
		if marker == startOfScan || size < 4 || size > len(data) {
			return nil
		}
		if body, ok := bytes.CutPrefix(data[4:size], []byte(exifHead)); ok && marker == app1 {
			return body
		}
		data = data[size:]
	}
	return nil
}

// exifOfPNG finds the eXIf chunk, which may follow the pixels.
func exifOfPNG(data []byte) []byte {
	for data = data[8:]; len(data) >= 12; {
		size := uint64(binary.BigEndian.Uint32(data))
		if size+12 > uint64(len(data)) {
			return nil
		}
		if string(data[4:8]) == "eXIf" {
			return data[8 : 8+size]
		}
		data = data[12+size:]
	}
	return nil
}

// exifOfWebP finds the EXIF chunk.
func exifOfWebP(data []byte) []byte {
	for data = data[12:]; len(data) >= 8; {
		size := uint64(binary.LittleEndian.Uint32(data[4:]))
		if size+8 > uint64(len(data)) {
			return nil
		}
		if string(data[:4]) == "EXIF" {
			return bytes.TrimPrefix(data[8:8+size], []byte(exifHead))
		}
		data = data[min(8+size+size%2, uint64(len(data))):]
	}
	return nil
}
