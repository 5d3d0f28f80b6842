package format

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

// answer runs in Python for as long as a fuzz target does. Each question is a
// stream; the answer is a letter and a text: W and the stream as Python writes
// it again, A for an abort, E for another error.
const answer = `
import io, sys, herbarium_stream as hs
hs.MAX_DOCUMENT, hs.MAX_FRAME, hs.MAX_HEADER = 1 << 20, 1 << 20, 1 << 16
while size := sys.stdin.buffer.read(8):
    b = sys.stdin.buffer.read(int.from_bytes(size, "little"))
    out = io.BytesIO()
    try:
        with hs.Writer(out, digest=True) as w:
            for doc in hs.read(io.BytesIO(b)):
                w.write(doc)
        kind, text = b"W", out.getvalue()
    except hs.StreamError as e:
        kind, text = b"A" if isinstance(e, hs.Aborted) else b"E", str(e).encode("utf-8", "replace")
    sys.stdout.buffer.write(kind + len(text).to_bytes(8, "little") + text)
    sys.stdout.buffer.flush()
`

// FuzzPython: the Python file takes what the reader takes and refuses what it
// refuses, an abort as an abort; and what it writes of a stream that it took is
// read as the same documents.
func FuzzPython(f *testing.F) {
	c := python(f, answer)
	c.Stderr = os.Stderr
	to, err := c.StdinPipe()
	if err != nil {
		f.Fatal(err)
	}
	from, err := c.StdoutPipe()
	if err != nil {
		f.Fatal(err)
	}
	if err := c.Start(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { to.Close(); c.Wait() })
	ask := func(t testing.TB, b []byte) (kind byte, text []byte) {
		t.Helper()
		head := make([]byte, 9)
		_, err := to.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(len(b))), b...))
		if err == nil {
			_, err = io.ReadFull(from, head)
		}
		if err == nil {
			text = make([]byte, binary.LittleEndian.Uint64(head[1:]))
			_, err = io.ReadFull(from, text)
		}
		if err != nil {
			t.Fatalf("Python gives no answer: %v", err)
		}
		return head[0], text
	}
	for _, s := range append(seeds(), encode(f, WriterOptions{}, everyBit())) {
		f.Add(s)
		if kind, text := ask(f, s); kind == 'W' {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if !bytes.HasPrefix(b, begin[:4]) {
			return // Python reads no foreign input
		}
		docs, err := readAll(bytes.NewReader(b), fuzzLimits)
		if err != nil && strings.Contains(err.Error(), "announced none") {
			return // Python ignores the mark
		}
		switch kind, text := ask(t, b); {
		case kind == 'W' && err != nil:
			t.Fatalf("Python takes what Go does not: %v", err)
		case kind == 'E' && err == nil:
			t.Fatalf("Python: %s", text)
		case (kind == 'A') != errors.Is(err, ErrAborted):
			t.Fatalf("Go: %v, Python: %s", err, text)
		case kind == 'W':
			again, err := readAll(bytes.NewReader(text), Limits{})
			if err != nil {
				t.Fatalf("what Python wrote: %v", err)
			}
			if diff := same(docs, again); diff != "" {
				t.Error(diff)
			}
		}
	})
}
