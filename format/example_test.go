package format_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"

	"herbarium/format"
)

// A stream of one document: one image of two red pixels.
func Example() {
	var stream bytes.Buffer

	pixels := []uint8{255, 255, 0, 0, 0, 0} // [N,3,H,W]: red, green, blue planes
	w := format.NewWriter(&stream, format.WriterOptions{Level: format.Fast, Digest: true})
	err := w.Write(&format.Document{
		Meta: map[string]string{"kind": "images", "classes": `["daisy"]`},
		Tensors: []format.Tensor{
			format.Of("image", []int{1, 3, 1, 2}, pixels),
			format.Of("label", []int{1}, []int64{0}),
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil { // without it, readers report a truncated stream
		log.Fatal(err)
	}

	r := format.NewReader(&stream, format.Limits{})
	for {
		d, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		image, err := format.Values[uint8](d.Tensor("image"))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(d.Kind(), d.Tensor("image").Shape, image)
	}
	fmt.Println("digest verified:", r.End().Verified)
	// Output:
	// images [1 3 1 2] [255 255 0 0 0 0]
	// digest verified: true
}

// A filter changes the documents that it knows and passes on the others.
func ExampleReader() {
	in := strings.NewReader(stream(
		&format.Document{Meta: map[string]string{"kind": "images"}, Tensors: []format.Tensor{format.Of("image", []int{1, 3, 1, 1}, []uint8{0, 100, 255})}},
		&format.Document{Meta: map[string]string{"kind": "net"}, Tensors: []format.Tensor{format.Of("fc.bias", []int{2}, []float32{1, 2})}},
	))
	var out bytes.Buffer

	negative := func() error {
		r := format.NewReader(in, format.Limits{})
		w := format.NewWriter(&out, format.WriterOptions{})
		for {
			d, err := r.Next()
			if err == io.EOF {
				return w.Close()
			}
			if err != nil {
				return errors.Join(err, w.Abort("negative: "+err.Error()))
			}
			if d.Kind() == "images" {
				for i, v := range d.Tensor("image").Data {
					d.Tensor("image").Data[i] = 255 - v
				}
			}
			if err := w.Write(d); err != nil {
				return err
			}
		}
	}
	if err := negative(); err != nil {
		log.Fatal(err)
	}

	r := format.NewReader(&out, format.Limits{})
	for d, err := r.Next(); err == nil; d, err = r.Next() {
		fmt.Println(d.Kind(), d.Tensors[0].Name, d.Tensors[0].Data)
	}
	// Output:
	// images image [255 155 0]
	// net fc.bias [0 0 128 63 0 0 0 64]
}

// A listing needs no body, and none is decoded.
func ExampleReader_Header() {
	in := strings.NewReader(stream(&format.Document{Tensors: []format.Tensor{
		format.Of("conv1.weight", []int{64, 3, 7, 7}, make([]float32, 64*3*7*7)),
		format.Of("steps", nil, []int64{1200}),
	}}))
	r := format.NewReader(in, format.Limits{})
	for {
		d, err := r.Header()
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		for i := range d.Tensors {
			t := &d.Tensors[i]
			fmt.Println(t.Name, t.DType, t.Shape, t.Len())
		}
	}
	// Output:
	// steps I64 [] 1
	// conv1.weight F32 [64 3 7 7] 9408
}

// Of a large document one tensor is wanted: no more is decoded than holds it.
func ExampleReader_BodyOf() {
	in := strings.NewReader(stream(&format.Document{Tensors: []format.Tensor{
		format.Of("conv1.weight", []int{64, 3, 7, 7}, make([]float32, 64*3*7*7)),
		format.Of("fc.bias", []int{2}, []float32{0.5, -1}),
	}}))
	r := format.NewReader(in, format.Limits{})
	d, err := r.Header()
	if err != nil {
		log.Fatal(err)
	}
	if err := r.BodyOf(d, "fc.bias"); err != nil {
		log.Fatal(err)
	}
	bias, err := format.Values[float32](d.Tensor("fc.bias"))
	fmt.Println(bias, err, d.Tensor("conv1.weight").Data == nil)
	// Output: [0.5 -1] <nil> true
}

// The message of a producer that failed reaches the end of the pipe.
func ExampleWriter_Abort() {
	var stream bytes.Buffer
	w := format.NewWriter(&stream, format.WriterOptions{})
	if err := w.Abort("train: loss is NaN in step 7"); err != nil {
		log.Fatal(err)
	}
	_, err := format.NewReader(&stream, format.Limits{}).Next()
	fmt.Println(errors.Is(err, format.ErrAborted), err)
	// Output: true the command before this one failed: train: loss is NaN in step 7
}

func ExampleFloat32s() {
	t := format.Tensor{Name: "scale", DType: format.BF16, Shape: []int{3}, Data: []byte{0x80, 0x3f, 0x00, 0xc0, 0x49, 0x40}}
	v, err := format.Float32s(&t)
	fmt.Println(v, err)
	// Output: [1 -2 3.140625] <nil>
}

func stream(docs ...*format.Document) string {
	var b bytes.Buffer
	w := format.NewWriter(&b, format.WriterOptions{})
	for _, d := range docs {
		if err := w.Write(d); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	return b.String()
}
