// Package format reads and writes Herbarium streams: safetensors documents
// inside zstd frames, between a BEGIN and an END record that sit in skippable
// frames. FORMAT.md beside this code is the specification.
//
// A [Document] is a small map of text ([Document.Meta]) and a list of named
// tensors. A [Writer] sends documents, a [Reader] receives them:
//
//	w := format.NewWriter(os.Stdout, format.WriterOptions{Level: format.Store})
//	err := w.Write(&format.Document{
//		Meta:    map[string]string{"kind": "images"},
//		Tensors: []format.Tensor{format.Of("image", []int{1, 3, 32, 32}, pixels)},
//	})
//	...
//	err = w.Close() // writes END: without it every reader reports a truncated stream
//
// A document is complete downstream when Write returns. A producer that fails
// calls [Writer.Abort], and every reader after it fails with its message.
//
// The reader trusts nothing: sizes are checked before they are used, memory
// grows with the bytes that arrived and never with sizes that were claimed,
// and anything but a complete, well-formed stream is an error. It also takes
// foreign input: exactly one safetensors document, plain or zstd-compressed.
package format
