package cli

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal opens a pseudo-terminal of 100 columns: what a program writes to
// the slave is read from the master.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 100}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close(); slave.Close() })
	return master, slave
}

// screen runs a command whose standard error is the terminal and returns what
// appeared there.
func screen(t *testing.T, cmd *exec.Cmd, master, slave *os.File) string {
	t.Helper()
	cmd.Stderr = slave
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
	fmt.Fprint(slave, "<end>")
	var text strings.Builder
	buffer := make([]byte, 4096)
	for !strings.Contains(text.String(), "<end>") {
		n, err := master.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(buffer[:n])
	}
	return text.String()
}

func TestTerminalInputIsRefused(t *testing.T) {
	w := newWorkshop(t)
	_, slave := terminal(t)
	cmd := w.command("look")
	cmd.Stdin = slave
	got := w.run(cmd)
	const want = "look: standard input is a terminal: nothing to read\nlook: hint: for example: emit --count 3 | filter > numbers.st.zst; more: look --help\n"
	if got.status != 2 || got.stderr != want {
		t.Errorf("got %+v, want status 2 and %q", got, want)
	}
}

// TestBareCallSaysWhatIsMissing: whoever types the name of a tool learns all that it wants, and sees an example.
func TestBareCallSaysWhatIsMissing(t *testing.T) {
	const manual = "Views.\n\n    view --net n.st.zst | look\n    another\n\nMore."
	const hint = "view: hint: for example: view --net n.st.zst | look; more: view --help\n"
	_, slave := terminal(t)
	for name, test := range map[string]struct {
		args   []string
		stdout io.Writer
		want   string
	}{
		"at a terminal":   {nil, slave, "view: no net and no output: --net FILE or a pipe brings a net, -o FILE or a pipe takes the result\n" + hint},
		"into a pipe":     {nil, io.Discard, "view: no net: --net FILE names one, or a pipe brings it\n" + hint},
		"only the output": {[]string{"--net", "n"}, slave, "view: binary output to a terminal is refused without -f; -o FILE writes a file\n" + hint},
	} {
		var stderr strings.Builder
		status := Process{Args: test.args, Stdin: slave, Stdout: test.stdout, Stderr: &stderr}.Run("view", manual, &viewTool{})
		if status != 2 || stderr.String() != test.want {
			t.Errorf("%s: status %d, %q; want %q", name, status, stderr.String(), test.want)
		}
	}
}

func TestNamedNetNeedsNoInput(t *testing.T) {
	w := newWorkshop(t)
	w.bash("emit --kind net --count 1 -o n")
	_, slave := terminal(t)
	cmd := w.command("view", "--net", "n", "--only-net")
	cmd.Stdin = slave
	if got := w.run(cmd); got.status != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestBinaryToTerminalIsRefused(t *testing.T) {
	w := newWorkshop(t)
	for _, test := range []struct {
		args   []string
		status int
	}{
		{[]string{"emit", "--pause", "1h"}, 2}, // before any work is done
		{[]string{"emit", "-f"}, 0},
		{[]string{"emit", "-o", "x"}, 0},
		{[]string{"look"}, 1}, // text is welcome; this fails for want of input
	} {
		_, slave := terminal(t)
		cmd := w.command(test.args[0], test.args[1:]...)
		cmd.Stdout = slave
		if got := w.run(cmd); got.status != test.status {
			t.Errorf("%v: got %+v, want status %d", test.args, got, test.status)
		}
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	slow := []string{"--count", "8", "--pause", "150ms", "-o", "x"}
	master, slave := terminal(t)
	shown := screen(t, w.command("emit", slow...), master, slave)
	for _, want := range []string{"/8", "documents/s", "value 7"} {
		if !strings.Contains(shown, want) {
			t.Errorf("bar %q lacks %q", shown, want)
		}
	}
	if i := strings.LastIndex(shown, "value 7"); strings.TrimSpace(strings.NewReplacer("\r", "", "<end>", "", "\x1b[K", "", "\x1b[2K", "").Replace(shown[i+len("value 7"):])) != "" {
		t.Errorf("the bar stays: %q", shown)
	}
	if got := screen(t, w.command("emit", append(slow, "-q")...), master, slave); got != "<end>" {
		t.Errorf("-q: bar %q", got)
	}
	begun := time.Now()
	if got := screen(t, w.command("emit", "-o", "x"), master, slave); got != "<end>" && time.Since(begun) < progressDelay {
		t.Errorf("a bar for an instant: %q", got)
	}
	if got := w.run(w.command("emit", slow...)); got.stderr != "" {
		t.Errorf("bar without a terminal: %q", got.stderr)
	}
}

// TestProgressIsShared: of two tools in a pipe one draws at a time. Here the
// other one is the test, which has the terminal's lock.
func TestProgressIsShared(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	master, slave := terminal(t)
	other, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", slave.Fd()), os.O_WRONLY|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := unix.Flock(int(other.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	cmd := w.command("emit", "--count", "6", "--pause", "150ms", "-o", "x")
	if shown := screen(t, cmd, master, slave); shown != "<end>" {
		t.Errorf("drawn over another bar: %q", shown)
	}
}

func TestMessagesWithoutBar(t *testing.T) {
	var p *terminalBar
	p.Done()
	printed := false
	p.above(func() { printed = true })
	if !printed {
		t.Error("a message is lost")
	}
}

// oneByte reads a byte at a time, and slowly enough to be preempted.
type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	time.Sleep(time.Microsecond)
	return o.r.Read(p[:1])
}

func TestOneByteReads(t *testing.T) {
	var stream, filtered, stderr strings.Builder
	emit := Process{Args: []string{"--count", "3"}, Stdout: &stream, Stderr: &stderr}
	if status := emit.Run("emit", "", &emitTool{}); status != 0 {
		t.Fatal(stderr.String())
	}
	filter := Process{Stdin: oneByte{strings.NewReader(stream.String())}, Stdout: &filtered, Stderr: &stderr}
	if status := filter.Run("filter", "", &filterTool{}); status != 0 {
		t.Fatal(stderr.String())
	}
	if docs, _ := documents(t, filtered.String()); len(docs) != 3 {
		t.Errorf("%d documents", len(docs))
	}
}
