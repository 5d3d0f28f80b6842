package fit

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"sync"
)

// memoryLimit is how many bytes of pixels a set keeps in memory; what is beyond goes to an
// unnamed temporary file: the heap may grow to twice of what it holds, what the system keeps of a file not.
const memoryLimit = 1 << 28

// pixels holds photos of equal size: the first of them in memory, the others in a file, which the system keeps in
// what memory is free.
type pixels struct {
	limit  int64
	memory [][]byte
	used   int64
	file   *os.File
	writer *bufio.Writer // until the first photo is read
	flush  sync.Mutex    // of writer, by several readers
}

// folder is where the file goes. /tmp is memory itself on many systems; /var/tmp is made for large files.
func folder() string {
	if info, err := os.Stat("/var/tmp"); os.Getenv("TMPDIR") == "" && err == nil && info.IsDir() {
		return "/var/tmp"
	}
	return os.TempDir()
}

func (p *pixels) append(photo []byte) error {
	if p.file == nil && p.used+int64(len(photo)) <= p.limit {
		p.memory = append(p.memory, photo)
		p.used += int64(len(photo))
		return nil
	}
	if p.file == nil {
		file, err := os.CreateTemp(folder(), "herbarium-photos-")
		if err != nil {
			return fmt.Errorf("a file for photos beyond %d MiB: %w", p.limit>>20, err)
		}
		os.Remove(file.Name()) // it lives as long as it is open
		p.file = file
	}
	if p.writer == nil {
		p.writer = bufio.NewWriterSize(p.file, 1<<20)
	}
	_, err := p.writer.Write(photo)
	return noRoom(p, err)
}

// noRoom says what to do when the disk is full.
func noRoom(p *pixels, err error) error {
	if err != nil {
		return fmt.Errorf("photos beyond %d MiB go to a temporary file: %w; set TMPDIR to a larger disk", p.limit>>20, err)
	}
	return nil
}

func (p *pixels) read(to []byte, i int) error {
	if i < len(p.memory) {
		copy(to, p.memory[i])
		return nil
	}
	if err := p.written(); err != nil {
		return err
	}
	_, err := p.file.ReadAt(to, int64(i-len(p.memory))*int64(len(to)))
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// written makes sure that all photos are in the file.
func (p *pixels) written() error {
	p.flush.Lock()
	defer p.flush.Unlock()
	if p.writer == nil {
		return nil
	}
	if err := p.writer.Flush(); err != nil {
		return noRoom(p, err)
	}
	p.writer = nil
	return nil
}

func (p *pixels) close() {
	if p.file != nil {
		p.file.Close()
	}
}
