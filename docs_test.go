package herbarium_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// block is an indented block of a page of Markdown that holds commands.
type block struct {
	line    int    // of the page, from 1
	script  string // the commands, for bash
	skipped bool   // a comment before it says <!-- not run: REASON -->
}

// commandLine is a line that begins with a program that pages call; a group of lines may have a parenthesis before it.
func commandLine(tools []string) *regexp.Regexp {
	return regexp.MustCompile(`^(\.\.\. \| )?\(?(` + strings.Join(tools, "|") + `|make|python|cd|export|go) `)
}

// blocks finds the commands of a page. If a block has lines that begin with "$ ", these are its commands, and what lies between is
// output; a line that ends with | or \ goes on.
func blocks(page string, command *regexp.Regexp) ([]block, error) {
	var found []block
	marker := 0 // the line of a marker that is still to be used
	lines := strings.Split(page, "\n")
	for i := 0; i < len(lines); i++ {
		switch text := strings.TrimSpace(lines[i]); {
		case strings.HasPrefix(text, "<!-- not run: ") && strings.HasSuffix(text, " -->"):
			marker = i + 1
		case strings.HasPrefix(lines[i], "    ") && (i == 0 || strings.TrimSpace(lines[i-1]) == ""):
			b := block{line: i + 1, skipped: marker > 0}
			var all, typed []string
			goesOn := false
			for ; i < len(lines) && (strings.HasPrefix(lines[i], "    ") || lines[i] == "" && i+1 < len(lines) && strings.HasPrefix(lines[i+1], "    ")); i++ {
				line := strings.TrimSpace(lines[i])
				all = append(all, line)
				after, prompt := strings.CutPrefix(line, "$ ")
				if prompt || goesOn {
					typed = append(typed, after)
					goesOn = strings.HasSuffix(line, "|") || strings.HasSuffix(line, `\`)
				}
			}
			i--
			if typed == nil {
				typed = all
			}
			b.script = strings.Join(typed, "\n")
			if slices.ContainsFunc(typed, command.MatchString) {
				found = append(found, b)
				marker = 0
			}
		case marker > 0 && text != "":
			return nil, fmt.Errorf("line %d: no commands follow this marker", marker)
		}
	}
	return found, nil
}

// TestCommandsOfPages runs the commands that README.md and the pages of docs/ show, on small files of the names that they use
// (testdata/docs/fixtures), and asks for success. Those that take long, or files that cannot be made here, are marked in the page;
// of them, and of commands within sentences, each tool must take the flags.
func TestCommandsOfPages(t *testing.T) {
	programs := needTools(t, true)
	pure, linked, err := toolNames()
	if err != nil {
		t.Fatal(err)
	}
	names := append(pure, linked...)
	trained, err := net()
	if err != nil {
		t.Fatal(err)
	}
	fixtures := filepath.Join(t.TempDir(), "fixtures")
	if err := os.Mkdir(fixtures, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"PATH=" + programs.path()}, "bash", "-c", "cd "+fixtures+" && "+filepath.Join(programs.root, "testdata/docs/fixtures")+" "+trained); err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	parsed := &usageCheck{bin: programs.bin, names: names}
	for _, page := range append(pages, "README.md", "CONTRIBUTING.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		found, err := blocks(string(text), commandLine(names))
		if err != nil {
			t.Errorf("%s: %v", page, err)
		}
		total += len(found)
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "page")
			if err := run(nil, "cp", "-a", fixtures, dir); err != nil {
				t.Fatal(err)
			}
			for _, b := range found {
				if b.skipped {
					parsed.check(t, fmt.Sprintf("%s:%d", page, b.line), b.script)
					continue
				}
				cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", b.script)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "build/bin")+":"+programs.path(), "OMP_WAIT_POLICY=passive")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%s:%d: %v\n%s\n%s", page, b.line, err, b.script, out)
				}
			}
			for _, span := range regexp.MustCompile("`("+strings.Join(names, "|")+") -[^`]*`").FindAllString(string(text), -1) {
				parsed.check(t, page, strings.Trim(span, "`"))
			}
		})
	}
	if total < 20 {
		t.Errorf("only %d blocks of commands were found", total)
	}
}

// TestFlagsOfPages: a flag that a page names within a sentence is one of some tool.
func TestFlagsOfPages(t *testing.T) {
	programs := needTools(t, true)
	pure, linked, err := toolNames()
	if err != nil {
		t.Fatal(err)
	}
	flag := regexp.MustCompile(`--(?:\[no-\]|no-)?([a-z][a-z0-9-]*)`)
	known := map[string]bool{}
	for _, name := range append(pure, linked...) {
		help, err := exec.Command(filepath.Join(programs.bin, name), "--help").Output()
		if err != nil {
			t.Fatal(name, err)
		}
		for _, m := range flag.FindAllStringSubmatch(string(help), -1) {
			known[m[1]] = true
		}
	}
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, span := range regexp.MustCompile("`-[^`]*`").FindAllString(string(text), -1) {
			for _, m := range flag.FindAllStringSubmatch(span, -1) {
				if !known[m[1]] {
					t.Errorf("%s: %s: no tool has --%s", page, span, m[1])
				}
			}
		}
	}
}

// usageCheck checks that tools take the flags of commands.
type usageCheck struct {
	bin   string
	names []string
	seen  sync.Map // commands that have been checked, as words
}

// check runs a script with programs in place of the tools that note their arguments. Then each tool is run with these arguments
// where there is nothing to read. It may fail, but not for its usage.
func (u *usageCheck) check(t *testing.T, where, script string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range append([]string{"make", "python", "go"}, u.names...) {
		stub := fmt.Sprintf("#!/bin/bash\nprintf '%%s\\0' %s \"$@\" > %s/call.$$\n", name, dir)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(stub), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, redirect := range regexp.MustCompile(`< ?([\w./-]+)`).FindAllStringSubmatch(script, -1) {
		if err := os.WriteFile(filepath.Join(dir, redirect[1]), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+dir+":/usr/bin:/bin")
	cmd.Run() // "..." is no command
	calls, err := filepath.Glob(filepath.Join(dir, "call.*"))
	if err != nil || len(calls) == 0 {
		t.Errorf("%s: no command is called (%v): %s", where, err, script)
	}
	for _, call := range calls {
		text, err := os.ReadFile(call)
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
		if _, before := u.seen.LoadOrStore(string(text), true); before || !slices.Contains(u.names, words[0]) {
			continue
		}
		// A flag that a sentence names may stand there without its value.
		if complaint := u.usage(t, words); complaint != "" && !strings.Contains(complaint, `value but got "EOL"`) {
			t.Errorf("%s: %q: %s", where, words, complaint)
		}
	}
}

// usage is what a tool says of wrong usage.
func (u *usageCheck) usage(t *testing.T, words []string) string {
	// What is not refused within this time is understood.
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(u.bin, words[0]), words[1:]...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "OMP_WAIT_POLICY=passive")
	cmd.Stderr = &stderr
	cmd.Run()
	if cmd.ProcessState.ExitCode() == 2 {
		return cmp.Or(strings.TrimSpace(stderr.String()), "exit status 2")
	}
	return ""
}
