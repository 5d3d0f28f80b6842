package cli

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"herbarium/format"
)

// workshop is an empty directory to run the test tools in.
type workshop struct {
	t   *testing.T
	dir string // where commands run
	bin string // where the tools are
}

func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := &workshop{t, t.TempDir(), t.TempDir()}
	for _, name := range []string{"emit", "filter", "look", "view", "list"} {
		if err := os.Symlink(self, filepath.Join(w.bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// command prepares a tool, or bash.
func (w *workshop) command(name string, args ...string) *exec.Cmd {
	path := filepath.Join(w.bin, name)
	if name == "bash" {
		path = name
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "PATH="+w.bin+":"+os.Getenv("PATH"))
	return cmd
}

type outcome struct {
	status         int
	stdout, stderr string
}

// bash runs a script, without pipefail.
func (w *workshop) bash(script string) outcome {
	w.t.Helper()
	return w.run(w.command("bash", "-c", script))
}

func (w *workshop) run(cmd *exec.Cmd) outcome {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &stdout
	}
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// files lists the directory, hidden files too.
func (w *workshop) files() string {
	w.t.Helper()
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func (w *workshop) path(name string) string { return filepath.Join(w.dir, name) }

func (w *workshop) write(name, content string) {
	w.t.Helper()
	if err := os.WriteFile(w.path(name), []byte(content), 0o666); err != nil {
		w.t.Fatal(err)
	}
}

func (w *workshop) read(name string) string {
	w.t.Helper()
	content, err := os.ReadFile(w.path(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(content)
}

// documents decodes a stream.
func documents(t *testing.T, stream string) ([]*format.Document, format.End) {
	t.Helper()
	r := format.NewReader(strings.NewReader(stream), format.Limits{})
	var out []*format.Document
	for {
		d, err := r.Next()
		if err != nil {
			if len(out) == 0 || err.Error() != "EOF" {
				t.Fatalf("after %d documents: %v", len(out), err)
			}
			return out, r.End()
		}
		out = append(out, d)
	}
}
