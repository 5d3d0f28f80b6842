package cli

import (
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// isTerminal tells whether a stream is an interactive terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// isRegular gives the description of a stream that is a regular file.
func isRegular(stream any) (fs.FileInfo, bool) {
	f, ok := stream.(*os.File)
	if !ok {
		return nil, false
	}
	info, err := f.Stat()
	return info, err == nil && info.Mode().IsRegular()
}

// isPipe tells whether another program may read what is written: a pipe or a
// socket, or in tests any writer.
func isPipe(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return true
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0
}

// wasClosed tells whether standard output was closed when the process started
// (`tool >&-`). Go's runtime then opens /dev/null in its place, for reading
// and writing, and every write would succeed. A shell's >/dev/null is opened
// for writing only; a parent that hands over /dev/null opened both ways
// (Python's subprocess.DEVNULL) cannot be told from a closed output.
func wasClosed(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	mode, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil {
		return true
	}
	var output, null unix.Stat_t
	if unix.Fstat(int(f.Fd()), &output) != nil || unix.Stat(os.DevNull, &null) != nil {
		return false
	}
	return mode&unix.O_ACCMODE == unix.O_RDWR && output.Mode&unix.S_IFMT == unix.S_IFCHR && output.Rdev == null.Rdev
}
