// Pipe is the plainest stage of a pipe, for bench/run: it reads a stream from standard input and writes it to standard
// output, stored, as a tool does that knows none of its documents.
//
//	pipe make MIB > photos.st.zst    # a stored stream of about that size: documents of 256 photos of 96 pixels
//	pipe < photos.st.zst | pipe | pipe > /dev/null
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"herbarium/format"
	"herbarium/internal/images"
	"herbarium/internal/random"
)

func main() {
	w := format.NewWriter(os.Stdout, format.WriterOptions{})
	var err error
	if len(os.Args) == 3 && os.Args[1] == "make" {
		err = photos(w, os.Args[2])
	} else {
		err = pass(w, format.NewReader(os.Stdin, format.Limits{}))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pipe:", err)
		w.Abort("pipe: " + err.Error())
		os.Exit(1)
	}
}

func pass(w *format.Writer, r *format.Reader) error {
	for {
		d, err := r.Header()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := w.Pass(r, d); err != nil {
			return err
		}
	}
}

// photos writes noise: what is in the bytes does not matter to a stored stream.
func photos(w *format.Writer, mib string) error {
	size, err := strconv.Atoi(mib)
	if err != nil {
		return err
	}
	const n, side = 256, 96
	b := &images.Batch{Height: side, Width: side, U8: make([]byte, n*3*side*side)}
	rng := random.New(1)
	for i := range b.U8 {
		b.U8[i] = byte(rng.Uint32())
	}
	for i := range n {
		b.Items = append(b.Items, images.Item{"name": fmt.Sprintf("photo-%d.jpg", i)})
	}
	d, err := b.Document()
	for written := 0; err == nil && written < size<<20; written += len(b.U8) {
		if err := w.Write(d); err != nil {
			return err
		}
	}
	return err
}
