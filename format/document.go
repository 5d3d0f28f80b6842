package format

// A Tensor is a named array: little-endian elements in row-major order.
type Tensor struct {
	Name  string
	DType DType
	Shape []int  // empty for a scalar; a 0 makes a tensor without elements
	Data  []byte // Len() * DType.Size() bytes; nil when only the header was read
}

// Len returns the number of elements that the shape asks for.
func (t *Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// A Document is one unit of a stream. Meta is its __metadata__; tensor names
// are distinct.
type Document struct {
	Meta    map[string]string
	Tensors []Tensor
}

// Kind says what the document is ("net", "images", "report"); it is empty for
// a safetensors file that no Herbarium tool wrote.
func (d *Document) Kind() string { return d.Meta["kind"] }

// Tensor returns the tensor of that name, or nil. The pointer is into
// d.Tensors.
func (d *Document) Tensor(name string) *Tensor {
	for i := range d.Tensors {
		if d.Tensors[i].Name == name {
			return &d.Tensors[i]
		}
	}
	return nil
}
