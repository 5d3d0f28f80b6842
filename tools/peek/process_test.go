package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/cli"
)

// The program itself: output that cannot be written, and a reader that goes.
func TestProcess(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "peek")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "x")
	if err := os.WriteFile(file, stream(t, format.WriterOptions{Level: format.Fast, Digest: true}, mixed(t)...), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		script string
		status int
		says   string
	}{
		"full device":            {"peek x >/dev/full", 1, "no space left"},
		"full device, selection": {"peek --first 1 <x >/dev/full", 1, "no space left"},
		"full device, tensor":    {"peek --get fc.bias x >/dev/full", 1, "no space left"},
		"in = out":               {"cp x y; peek --all -o y <y; s=$?; cmp x y || s=9; exit $s", 1, "same file"},
		"in = out, text":         {"cp x y; peek -o y y; s=$?; cmp x y || s=9; exit $s", 1, "same file"},
		"reader that goes":       {"peek --items x | head -n 1 >/dev/null; exit ${PIPESTATUS[1]}", 0, ""},
		"killed upstream":        {"{ head -c 300 x; } | peek --first 1 -o z; s=$?; test -e z && s=9; exit $s", 1, "truncated stream"},
		"a selection in a pipe":  {"peek --first 2 <x | peek --class rose | peek --items | wc -l | grep -qx 1", 1, "none of 2 images matches"},
		"twice":                  {"peek --first 5 <x | peek --where correct==true | peek --items | wc -l | grep -qx 4", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("bash", "-c", "PATH=.:$PATH; "+c.script)
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			status := 0
			if exit := new(exec.ExitError); errors.As(err, &exit) {
				status = exit.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			if status != c.status || !strings.Contains(string(out), c.says) {
				t.Errorf("status %d: %s", status, out)
			}
		})
	}
}

// What a slow producer has written is seen before it writes on.
func TestDocumentsAreSeenAsTheyCome(t *testing.T) {
	for _, args := range [][]string{{}, {"--json"}, {"--items"}, {"--stats", "--json"}, {"--layers"}, {"--first", "9"}, {"--all"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			in, feed := io.Pipe()
			seen, out := io.Pipe()
			status := make(chan int, 1)
			go func() {
				status <- cli.Process{Args: args, Stdin: in, Stdout: out, Stderr: io.Discard}.Run("peek", manual, &command{})
				out.Close()
			}()
			w := format.NewWriter(feed, format.WriterOptions{})
			more, written := make(chan bool), make(chan error, 1)
			go func() {
				err := errors.Join(w.Write(smallNet(t)), w.Write(photos(2, 0, "")))
				<-more
				written <- errors.Join(err, w.Close(), feed.Close())
			}()
			if _, err := seen.Read(make([]byte, 1)); err != nil { // blocks for ever if peek waits for more
				t.Fatal(err)
			}
			go io.Copy(io.Discard, seen)
			more <- true
			if err := <-written; err != nil {
				t.Fatal(err)
			}
			if s := <-status; s != 0 {
				t.Errorf("status %d", s)
			}
		})
	}
}
