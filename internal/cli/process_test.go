package cli

import (
	"bufio"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestScripts runs shell scripts; want and wantErr are what standard output and
// standard error hold, "" if nothing, or contain after a "~". files is what is
// left in the directory.
func TestScripts(t *testing.T) {
	tests := []struct {
		name, script  string
		status        int
		want, wantErr string
		files         string
	}{
		{name: "pipe", script: "emit --count 3 | filter --add 5 | look", want: "[5 5 5 5]\n[6 6 6 6]\n[7 7 7 7]\n"},
		{name: "file", script: "emit -o a && filter -o b < a && look < b", want: "[1 1 1 1]\n[2 2 2 2]\n", files: "a b"},
		{name: "concatenated", script: "emit > a; emit --seed 7 > b; cat a b | filter | look -o c; cat c", want: "[1 1 1 1]\n[2 2 2 2]\n[8 8 8 8]\n[9 9 9 9]\n", files: "a b c"},
		{name: "limit", script: "emit --count 100 --size 100000 | filter -n 1 | look | wc -c", want: "200002\n"},
		{name: "process substitution", script: "emit | view --net <(emit --kind net --count 1 --seed 40) | look", want: "[40 40 40 40]\n[41 41 41 41]\n"},
		{name: "into process substitution", script: "emit --count 1 -o >(look > y); until test -s y; do sleep 0.01; done; cat y", want: "[0 0 0 0]\n", files: "y"},

		{name: "help", script: "emit --help", want: "~emit --count 3 | filter > numbers.st.zst"},
		{name: "help despite errors", script: "emit --bad -h", want: "~Usage: emit"},
		{name: "version", script: "emit --version", want: "emit " + Version + " (herbarium)\n"},
		{name: "unknown flag", script: "emit --bad > x", status: 2, wantErr: "emit: unknown flag --bad, did you mean \"--tag\"?\nemit: hint: usage: emit [<photo> ...] [flags]; more: emit --help\n", files: "x"},
		{name: "unknown flag in a pipe", script: "emit --bad | look", status: 1, wantErr: "~look: upstream: emit: unknown flag --bad"},
		{name: "bad device", script: "view --device gpu >x </dev/null", status: 2, wantErr: "~view: --device: must be auto, cpu, cuda or cuda:N, not \"gpu\"\n", files: "x"},
		{name: "negative threads", script: "view --threads=-1 >x </dev/null", status: 2, wantErr: "view: --threads -1 must be 0 or more\n", files: "x"},
		{name: "bad level", script: "emit --compress zip >x", status: 2, wantErr: "~--compress must be one of", files: "x"},

		{name: "failure", script: "emit --fail 'cannot go on' -o x", status: 1, wantErr: "emit: cannot go on\nemit: hint: try something else\n"},
		{name: "failure keeps the old file", script: "echo old > x; emit --fail no -q -o x; cat x", want: "old\n", wantErr: "~emit: no\n", files: "x"},
		{name: "failure removes what lies beside", script: "emit --fail no --beside y -o x", status: 1, wantErr: "~emit: no", files: ""},
		{name: "panic", script: "emit --panic -o x --beside y", status: 1, wantErr: "~emit: internal error: as asked\n"},
		{name: "failure removes directories", script: "emit --fail no --beside a/b/y", status: 1, want: "~", wantErr: "~emit: no"},
		{name: "failure keeps directories in use", script: "mkdir a; emit --fail no --beside a/b/y; ls a", want: "~", wantErr: "~emit: no", files: "a"},
		{name: "success makes directories", script: "emit --beside a/b/y -o x; cat a/b/y", want: "beside\n", files: "a x"},
		{name: "success names what lies beside", script: "emit --beside y -o x && cat y", want: "beside\n", files: "x y"},
		{name: "aborted upstream", script: "emit --fail 'disk gone' | filter | look -o x", status: 1, wantErr: "emit: disk gone\nemit: hint: try something else\nfilter: upstream: emit: disk gone\nlook: upstream: emit: disk gone\n"},
		{name: "aborted before any output", script: "emit --count 0 --fail early | filter | look -o x", status: 1, wantErr: "~look: upstream: emit: early\n"},
		{name: "panic upstream", script: "emit --panic | look", status: 1, wantErr: "~look: upstream: emit: internal error: as asked\n"},
		{name: "bad document", script: "emit --count 3 --seed 664 | filter -q | look", status: 1, wantErr: "filter: document 3 (images): item 0: evil number\nlook: upstream: filter: document 3 (images): item 0: evil number\n"},
		{name: "hostile message", script: "emit --fail $'a\\e[31mred\\nline' --count 0 | look 2>&1 >/dev/null | grep -c $'\\e'", status: 1, want: "0\n", wantErr: "~emit: a [31mred line\n"},
		{name: "empty input", script: "look < /dev/null", status: 1, wantErr: "look: no input: did the command before this one fail?\n"},
		{name: "producer that is missing", script: "true | filter -o x", status: 1, wantErr: "filter: no input: did the command before this one fail?\n"},
		{name: "nothing to do", script: "emit --kind net | filter -o x", status: 1, wantErr: "filter: no images in the input\nfilter: hint: the documents that came: 2 net\n"},
		{name: "empty stream", script: "emit --count 0 | look"},
		{name: "no directory", script: "emit -o a/b", status: 1, wantErr: "emit: a/b: no such directory: a\nemit: hint: mkdir -p a\n"},
		{name: "output is a directory", script: "mkdir a; emit -o a", status: 1, wantErr: "emit: a is a directory\n", files: "a"},
		{name: "input is a directory", script: "view --net . < /dev/null | look 2>/dev/null", status: 1, wantErr: "view: . is a directory, not a stream\nview: hint: ingest makes a stream of photos: ingest . -o photos.st.zst\n"},
		{name: "input is a photo", script: `printf '\x89PNG\r\n\x1a\n0000' | look`, status: 1, wantErr: "look: standard input is not a stream: a PNG picture: ingest reads pictures\n"},
		{name: "input is cut off", script: "emit -o x; head -c 100 x > y; look < y", status: 1, wantErr: "~look: standard input ends too early, in ", files: "x y"},
		{name: "input of a pipe is cut off", script: "emit | head -c 100 | look", status: 1, wantErr: "~look: document 1: truncated stream: did the command before this one fail?"},

		{name: "full device", script: "emit > /dev/full", status: 1, wantErr: "emit: standard output: write /dev/stdout: no space left on device\n"},
		{name: "full device by -o", script: "emit -o /dev/full", status: 1, wantErr: "emit: /dev/full: write /dev/full: no space left on device\n"},
		{name: "full device, only END", script: "emit --count 0 > /dev/full", status: 1, wantErr: "~no space left on device\n"},
		{name: "full device, text", script: "emit | look > /dev/full", status: 1, wantErr: "~look: standard output: write /dev/stdout: no space left on device\n"},
		{name: "full device, help", script: "emit --help > /dev/full", status: 1, wantErr: "~no space left on device\n"},
		{name: "closed output", script: "emit >&-", status: 1, wantErr: "~emit: standard output is closed\n"},
		{name: "closed output, text", script: "emit | look >&-", status: 1, wantErr: "~look: standard output is closed\n"},
		{name: "closed output, help", script: "emit --help >&-", status: 1, wantErr: "~emit: standard output is closed\n"},
		{name: "closed output is not needed", script: "emit -o x >&-", files: "x"},
		{name: "output opened for reading", script: "emit 1< /dev/null", status: 1, wantErr: "~emit: standard output: write /dev/stdout: bad file descriptor\n"},
		{name: "null device", script: "emit > /dev/null && emit -o /dev/null && test -c /dev/null"},
		{name: "closed input", script: "look <&-", status: 1, wantErr: "look: no input: did the command before this one fail?\n"},

		{name: "in = out", script: "emit -o x; cp x y; filter -o x < x; cmp x y", wantErr: "filter: standard input and x are the same file\nfilter: hint: write to another file, then rename it\n", files: "x y"},
		{name: "in = out by another name", script: "emit -o x; ln x y; filter -o y < x", status: 1, wantErr: "~are the same file", files: "x y"},
		{name: "in = out by redirection", script: "emit -o x; filter < x >> x", status: 1, wantErr: "~standard input and standard output are the same file", files: "x"},
		{name: "named input = out", script: "emit -o x; view --net x -o x < /dev/null", status: 1, wantErr: "view: x and x are the same file\nview: hint: write to another file, then rename it\n", files: "x"},
		{name: "photo = out", script: "echo > p; emit p -o p", status: 1, wantErr: "~p and p are the same file", files: "p"},

		{name: "no net", script: "emit | view | look", status: 1, wantErr: "~view: document 1 (images): no net came before it\nview: hint: give --net FILE, or put the net first: cat net.st.zst photos.st.zst | view\n"},
		{name: "net in the stream", script: "emit --kind net --count 1 --seed 10 -o n; emit -o i; cat n i | view | look", want: "[10 10 10 10]\n[11 11 11 11]\n", files: "i n"},
		{name: "net in the stream is passed on", script: "{ emit --kind net --count 1; emit; } | view --no-prov | list", want: "net \nimages \nimages \n"},
		{name: "last net applies", script: "{ emit --kind net --seed 10; emit --count 1; } | view | look", want: "[11 11 11 11]\n"},
		{name: "named net wins", script: "emit --kind net --count 1 --seed 50 -o n; { emit --kind net --count 1; emit --count 1; } | view --net n | look", want: "[50 50 50 50]\n", files: "n"},
		{name: "named net is not passed on", script: "emit --kind net --count 1 -o n; emit --count 1 | view --no-prov --net n | list", want: "images \n", files: "n"},
		{name: "file without a net", script: "emit -o n; view --net n < /dev/null | cat > /dev/null", wantErr: "view: n holds no net\nview: hint: peek n shows what it holds\n", files: "n"},
		{name: "file with two nets", script: "emit --kind net -o n; view --net n -o x < /dev/null", status: 1, wantErr: "view: n holds 2 nets; give a file with one\n", files: "n"},
		{name: "named input fails", script: "emit | view --net <(emit --fail lost 2>/dev/null) -o x", status: 1, wantErr: "view: upstream: emit: lost\n"},

		{name: "permissions stay", script: "emit -o x; chmod 600 x; emit -o x; stat -c %a x", want: "600\n", files: "x"},
		{name: "umask", script: "umask 027; emit -o x; stat -c %a x", want: "640\n", files: "x"},
		{name: "link stays", script: "emit -o x; ln -s x y; emit --seed 3 -o y; test -L y; look < x", want: "[3 3 3 3]\n[4 4 4 4]\n", files: "x y"},
		{name: "file name of 255 bytes", script: "x=$(printf '%0255d' 0); emit -o $x && rm $x"},
		{name: "an ignored signal stays ignored", script: "trap '' INT; emit --pause 800ms -o x & pid=$!; until ls -A | grep -q herbarium; do sleep 0.01; done; kill -INT $pid; wait $pid", files: "x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkshop(t)
			got := w.bash(test.script)
			if got.status != test.status {
				t.Errorf("exit status %d, want %d", got.status, test.status)
			}
			expect(t, "standard output", got.stdout, test.want)
			expect(t, "standard error", got.stderr, test.wantErr)
			if files := w.files(); files != test.files {
				t.Errorf("files left: %q, want %q", files, test.files)
			}
		})
	}
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if part, some := strings.CutPrefix(want, "~"); some && strings.Contains(got, part) || got == want {
		return
	}
	t.Errorf("%s:\n%q\nwant:\n%q", what, got, want)
}

// TestSignalLeavesNothing stops a tool in the middle of its work.
func TestSignalLeavesNothing(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorkshop(t)
			cmd := w.command("emit", "--count", "2", "--pause", "1h", "-o", "x")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "a temporary", func() bool { return strings.HasPrefix(w.files(), ".herbarium-") })
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err == nil {
				t.Error("exit status 0")
			}
			if got := cmd.ProcessState.Sys().(syscall.WaitStatus); !got.Signaled() || got.Signal() != sig {
				t.Errorf("wait status %v, want death by %v", got, sig)
			}
			if files := w.files(); files != "" {
				t.Errorf("files left: %q", files)
			}
		})
	}
}

// TestBrokenPipe: SIGPIPE kills a tool whose reader has gone.
func TestBrokenPipe(t *testing.T) {
	w := newWorkshop(t)
	got := w.bash(`emit --size 1000000 | true; echo ${PIPESTATUS[0]}`)
	if got.stdout != "141\n" || got.stderr != "" {
		t.Errorf("got %+v, want status 141 and no message", got)
	}
}

// TestUpstreamKilled kills a producer in the middle of a document. The filter
// must fail, and what it tells the next stage must make that one fail too.
func TestUpstreamKilled(t *testing.T) {
	w := newWorkshop(t)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	producer := w.command("emit", "--size", "1000000")
	producer.Stdout = write
	if err := producer.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	eventually(t, "a full pipe", func() bool {
		n, err := unix.IoctlGetInt(int(read.Fd()), unix.TIOCINQ)
		return err == nil && n >= 1<<16
	})
	producer.Process.Kill()
	producer.Wait()

	script := w.command("bash", "-c", "filter | look -o x")
	script.Stdin = read
	got := w.run(script)
	if got.status != 1 || w.files() != "" {
		t.Errorf("exit status %d, files %q", got.status, w.files())
	}
	for _, want := range []string{"filter: document 1: truncated stream", "look: upstream: filter: document 1: truncated stream"} {
		if !strings.Contains(got.stderr, want) {
			t.Errorf("standard error %q lacks %q", got.stderr, want)
		}
	}
}

// TestEachDocumentIsSeen: a slow producer's document is downstream before the
// next one starts, through a filter too.
func TestEachDocumentIsSeen(t *testing.T) {
	w := newWorkshop(t)
	cmd := w.command("bash", "-c", "emit --pause 1h | filter | list")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
	}()
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(out).ReadString('\n')
		line <- text
	}()
	select {
	case text := <-line:
		if !strings.HasPrefix(text, "images ") {
			t.Errorf("got %q", text)
		}
	case <-time.After(10 * time.Second):
		t.Error("the first document is held back")
	}
}

// TestPipeDigest: a file has a digest, a pipe is stored without one.
func TestPipeDigest(t *testing.T) {
	w := newWorkshop(t)
	const args = "--size 100000 --no-prov"
	for _, script := range []string{
		"emit " + args + " -o x", "emit " + args + " > x", "emit " + args + " --compress store > x",
	} {
		if got := w.bash(script); got.status != 0 {
			t.Fatal(got.stderr)
		}
		file := w.read("x")
		if _, end := documents(t, file); !end.HasDigest || !end.Verified {
			t.Errorf("%s: no digest", script)
		}
		if stored := len(file) > 400000; stored != strings.Contains(script, "store") {
			t.Errorf("%s: %d bytes", script, len(file))
		}
	}
	pipe := w.bash("emit " + args).stdout
	if _, end := documents(t, pipe); end.HasDigest || len(pipe) < 800000 {
		t.Errorf("pipe: digest %v, %d bytes", end.HasDigest, len(pipe))
	}
	if small := w.bash("emit " + args + " --compress best").stdout; len(small) > 40000 {
		t.Errorf("--compress best into a pipe: %d bytes", len(small))
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s did not appear", what)
}
