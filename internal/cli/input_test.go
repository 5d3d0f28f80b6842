package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"herbarium/format"
)

// readNetTool prints the first number of the net in a named file, which must not be negative.
type readNetTool struct {
	File
	From string `arg:""`
	Warn bool
}

func (c *readNetTool) Text() bool { return true }

func (c *readNetTool) Run(s *Session) error {
	value, err := ReadNet(s, c.From, func(d *format.Document) (int32, error) {
		values, err := format.Values[int32](d.Tensor("x"))
		if err == nil && values[0] < 0 {
			err = fmt.Errorf("%d is negative", values[0])
		}
		return values[0], err
	})
	if err != nil {
		return err
	}
	if c.Warn {
		s.Warnf("%d%%", value)
	}
	s.Infof("the net is %d", value)
	return nil
}

func runReadNet(args ...string) (stderr string, status int) {
	var out, messages strings.Builder
	status = Process{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &messages}.Run("read", "", &readNetTool{})
	return messages.String(), status
}

func TestReadNet(t *testing.T) {
	net := func(value int32) *format.Document { return numbers("net", 1, value) }
	for name, test := range map[string]struct {
		stream []*format.Document
		status int
		says   string // after the file's name
	}{
		"one net":          {[]*format.Document{net(7)}, 0, "read: the net is 7\n"},
		"among others":     {[]*format.Document{numbers("images", 2, 1), net(7), numbers("images", 2, 1)}, 0, "read: the net is 7\n"},
		"no net":           {[]*format.Document{numbers("images", 2, 1)}, 1, "read: FILE holds no net\nread: hint: peek FILE shows what it holds\n"},
		"two nets":         {[]*format.Document{net(7), net(8)}, 1, "read: FILE holds 2 nets; give a file with one\n"},
		"a net that fails": {[]*format.Document{net(-7)}, 1, "read: FILE: -7 is negative\n"},
	} {
		path := filepath.Join(t.TempDir(), "n.st")
		if err := os.WriteFile(path, []byte(encodeStream(t, test.stream...)), 0o666); err != nil {
			t.Fatal(err)
		}
		stderr, status := runReadNet(path)
		if got := strings.ReplaceAll(stderr, path, "FILE"); status != test.status || got != test.says {
			t.Errorf("%s: status %d, %q; want %d, %q", name, status, got, test.status, test.says)
		}
	}
	if stderr, status := runReadNet(filepath.Join(t.TempDir(), "absent")); status != 1 || !strings.Contains(stderr, "no such file") {
		t.Errorf("absent: status %d, %q", status, stderr)
	}
}

func TestQuietSaysNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n.st")
	if err := os.WriteFile(path, []byte(encodeStream(t, numbers("net", 1, 7))), 0o666); err != nil {
		t.Fatal(err)
	}
	if stderr, _ := runReadNet("--warn", path); stderr != "read: warning: 7%\nread: the net is 7\n" {
		t.Errorf("said %q", stderr)
	}
	if stderr, _ := runReadNet("--warn", "-q", path); stderr != "" {
		t.Errorf("-q: said %q", stderr)
	}
}
