package format

import (
	"fmt"
	"runtime"

	"github.com/klauspost/compress/zstd"
)

// Level is how hard a [Writer] compresses.
type Level int

// The levels. Store is for pipes, Fast for files that are written once and
// read a few times. The payload does not depend on the level.
const (
	Store Level = iota
	Fast
	Default
	Best
)

var levelNames = [...]string{"store", "fast", "default", "best"}

func (l Level) String() string {
	if l < 0 || int(l) >= len(levelNames) {
		return fmt.Sprintf("Level(%d)", int(l))
	}
	return levelNames[l]
}

// ParseLevel returns the level of that name: store, fast, default or best.
func ParseLevel(name string) (Level, error) {
	for l, n := range levelNames {
		if n == name {
			return Level(l), nil
		}
	}
	return 0, fmt.Errorf("unknown compression level %q: use store, fast, default or best", name)
}

// newEncoder returns an encoder of single frames. Without entropy coding of
// all literals the two lower levels would store data without matches, such
// as weights, which they can shrink by 8%.
func newEncoder(l Level) (*zstd.Encoder, error) {
	level, ok := map[Level]zstd.EncoderLevel{
		Fast: zstd.SpeedFastest, Default: zstd.SpeedDefault, Best: zstd.SpeedBestCompression,
	}[l]
	if !ok {
		return nil, fmt.Errorf("unknown compression level %v", l)
	}
	return zstd.NewWriter(nil,
		zstd.WithEncoderLevel(level),
		zstd.WithAllLitEntropyCompression(true),
		zstd.WithSingleSegment(true),
		zstd.WithEncoderCRC(true),
		zstd.WithWindowSize(frameSize),
		zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)))
}

// frames writes the next size bytes of payload, a header or a body, as zstd frames.
func (w *Writer) frames(payload *cursor, size int, header bool) error {
	if w.enc == nil {
		most := storedSize
		if header {
			most = frameSize // it has one frame
		}
		return w.storedFrames(payload, size, most)
	}
	// Frames are compressed side by side and written in order: the result
	// does not depend on how many there are at a time.
	var results []chan []byte
	write := func() error {
		w.out = append(w.out, <-results[0]...)
		results = results[1:]
		if len(w.out) < storedSize {
			return nil // small documents take one write
		}
		return w.flush()
	}
	for size > 0 {
		n := min(size, frameSize)
		size -= n
		chunk := payload.take(n)
		result := make(chan []byte, 1)
		go func() { result <- w.enc.EncodeAll(chunk, nil) }()
		results = append(results, result)
		if w.digest != nil {
			w.digest.Write(chunk)
		}
		if len(results) > runtime.GOMAXPROCS(0) {
			if err := write(); err != nil {
				return err
			}
		}
	}
	for len(results) > 0 {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// storedSize is the most content of a stored frame of a body: a stage that passes one on has it in the processor's cache, and the next
// stage works on the one before meanwhile.
const storedSize = 256 << 10

// storedFrames marks the header of the first document if no digest will
// follow: it spares every reader of a pipe the SHA-256, which takes as long as
// all its other work.
func (w *Writer) storedFrames(payload *cursor, size, most int) error {
	mark := !w.marked && w.digest == nil
	w.marked = true
	for size > 0 {
		n := min(size, most)
		size -= n
		w.out = appendStored(w.out, n, mark, func(dst []byte) {
			payload.copy(dst)
			if w.digest != nil {
				w.digest.Write(dst)
			}
		})
		if len(w.out) >= storedSize {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}
