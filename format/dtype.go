package format

// DType is the element type of a tensor, by its safetensors name.
type DType string

// The element types of a stream. F16 and BF16 have no Go type: see [Float32s].
const (
	Bool DType = "BOOL" // one byte, 0 or 1
	U8   DType = "U8"
	I8   DType = "I8"
	I16  DType = "I16"
	I32  DType = "I32"
	I64  DType = "I64"
	F16  DType = "F16"  // IEEE 754 binary16
	BF16 DType = "BF16" // the upper half of a binary32
	F32  DType = "F32"
	F64  DType = "F64"
)

// Size returns the bytes of one element, or 0 for a type that no stream has.
func (d DType) Size() int {
	switch d {
	case Bool, U8, I8:
		return 1
	case I16, F16, BF16:
		return 2
	case I32, F32:
		return 4
	case I64, F64:
		return 8
	}
	return 0
}
