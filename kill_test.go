package herbarium_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// stages of a pipe from photos to a picture, each of which can be made so long that it is surely cut short.
func stages(long int) [][]string {
	stages := [][]string{
		{"ingest", "--synthetic", "34", "--size", "32"},
		{"train", "--epochs", "1"},
		{"maxact", "--steps", "2"},
		{"montage", "-o", "x.png"},
	}
	switch long {
	case 0:
		stages[0][2] = "10000000"
	case 1:
		stages[1][2] = "10000000"
	case 2:
		stages[2][2] = "10000000"
	}
	return stages
}

// TestKilledStage kills each stage in turn with SIGKILL, which no program can answer. The last stage must fail
// and its picture must not be there, though nothing sees the exit status of the others.
func TestKilledStage(t *testing.T) {
	bin := needTools(t, true).bin
	for victim := range stages(-1) {
		t.Run(stages(-1)[victim][0], func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			commands, stderr := start(t, bin, dir, stages(victim))
			last := len(commands) - 1
			if victim == last { // it waits for its input, which is not there yet
				commands[last].Process.Kill()
			} else {
				waitForWork(t, commands[victim].Process.Pid)
				commands[victim].Process.Kill()
			}
			for _, c := range commands {
				c.Wait()
			}
			if commands[victim].ProcessState.Exited() {
				t.Errorf("%s ended before it was killed: %v\n%s", commands[victim], commands[victim].ProcessState, stderr[victim])
			}
			if commands[last].ProcessState.Success() {
				t.Error("the last stage claims success")
			}
			if victim != last && !strings.Contains(stderr[last].String(), "did the command before this one fail?") &&
				!strings.Contains(stderr[last].String(), "upstream: ") {
				t.Errorf("the last stage says %q", stderr[last])
			}
			if _, err := os.Stat(filepath.Join(dir, "x.png")); err == nil {
				t.Error("x.png exists")
			}
		})
	}
}

// start starts the stages, programs of the folder bin, as a pipe in the folder dir.
func start(t *testing.T, bin, dir string, stages [][]string) ([]*exec.Cmd, []*bytes.Buffer) {
	t.Helper()
	var commands []*exec.Cmd
	var stderr []*bytes.Buffer
	var input *os.File
	for i, words := range stages {
		c := exec.Command(filepath.Join(bin, words[0]), words[1:]...)
		c.Dir = dir
		c.Env = append(os.Environ(), "OMP_WAIT_POLICY=passive")
		errors := &bytes.Buffer{}
		c.Stderr = errors
		if input != nil {
			c.Stdin = input
		}
		var output, next *os.File
		if i < len(stages)-1 {
			var err error
			if next, output, err = os.Pipe(); err != nil {
				t.Fatal(err)
			}
			c.Stdout = output
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Process.Kill() })
		for _, f := range []*os.File{input, output} { // the children have them; here they would keep pipes open
			if f != nil {
				f.Close()
			}
		}
		input = next
		commands, stderr = append(commands, c), append(stderr, errors)
	}
	return commands, stderr
}

// waitForWork waits until a process has used so much processor time that it is beyond its start.
func waitForWork(t *testing.T, pid int) {
	t.Helper()
	const enough = 100 // hundredths of a second
	for range 1200 {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		var user, system int
		if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
			t.Fatal(err)
		}
		if user+system > enough {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the process does not work")
}
