// Package checkpoint reads the tensors of files that other software wrote: PyTorch's checkpoints (.pt, .pth, .th; the
// zip files of torch 1.6 and later, and the legacy files before) and safetensors.
//
// Such files come from strangers, and a pickle is a program. Nothing of it is run: a small machine builds lists,
// dictionaries and descriptions of tensors, knows by name what these need, and refuses every other name. Memory grows
// with the bytes of the file, never with sizes that it claims, and no element is copied before Tensor.Float32s asks.
package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"herbarium/format"
)

// A Dict is a dictionary of the file that holds tensors directly: what torch.save was given, or one inside it
// ({"state_dict": ..., "optimizer": ...}).
type Dict struct {
	Path    string // keys that lead to it, joined by dots: "state_dict"; "" for the outermost
	Tensors []Tensor
}

// A Tensor is a view of a part of the file.
type Tensor struct {
	Name    string
	DType   format.DType
	Shape   []int
	storage *storage
	offset  int   // of the first element, in elements
	stride  []int // per axis, in elements
}

// A storage is the memory that one or more tensors view.
type storage struct {
	key     string
	dtype   format.DType // U8 where the file gives no type
	count   int          // elements
	data    []byte       // count elements; nil until found
	swapped bool         // big-endian
}

// Read finds the dictionaries of tensors in the content of a checkpoint file, the outermost first. Tensors share
// memory with data. The error is one line that says what is wrong with the file, or what to save instead.
func Read(data []byte) ([]Dict, error) {
	switch {
	case isZip(data):
		return readZip(data)
	case len(data) > 0 && data[0] == opProto:
		return readLegacy(data)
	case isSafetensors(data):
		return readSafetensors(data)
	}
	if err := Foreign(data); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("neither a checkpoint of PyTorch nor a safetensors file: it starts with %q", data[:min(len(data), 8)])
}

func isZip(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06"))
}

func isSafetensors(data []byte) bool {
	return len(data) > 8 && data[8] == '{' && binary.LittleEndian.Uint64(data) < 1<<32
}

// readSafetensors reads the one dictionary of a safetensors file.
func readSafetensors(data []byte) ([]Dict, error) {
	d, err := format.NewReader(bytes.NewReader(data), format.Limits{Header: 8 << 20, Tensors: maxTensors}).Next()
	switch header := binary.LittleEndian.Uint64(data); {
	case errors.Is(err, format.ErrTruncated) && header > uint64(len(data)-8):
		return nil, fmt.Errorf("the file is cut off: it has %d bytes, and its header alone has %d", len(data), header)
	case errors.Is(err, format.ErrTruncated):
		return nil, fmt.Errorf("the file is cut off: its %d bytes end before its tensors do", len(data))
	case err != nil:
		return nil, err
	}
	tensors := make([]Tensor, len(d.Tensors))
	for i, t := range d.Tensors {
		tensors[i] = Tensor{Name: t.Name, DType: t.DType, Shape: t.Shape, stride: contiguous(t.Shape),
			storage: &storage{key: t.Name, dtype: t.DType, count: t.Len(), data: t.Data}}
	}
	return []Dict{{Tensors: tensors}}, nil
}

// maxTensors is far more than any net has, and what a safetensors header of 8 MiB can hold.
const maxTensors = 1 << 16
