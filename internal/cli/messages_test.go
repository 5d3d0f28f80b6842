package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// floodTool warns many times of one thing and once of another.
type floodTool struct {
	File
	Fail bool
}

func (c *floodTool) Text() bool { return true }

func (c *floodTool) Run(s *Session) error {
	for i := range few + 1010 {
		s.Warnf("skipped %d.jpg", i)
	}
	s.Warnf("another thing: %d", 1)
	if c.Fail {
		return errors.New("no more")
	}
	return nil
}

func TestOfManyWarningsAFewArePrintedAndTheRestIsCounted(t *testing.T) {
	var first strings.Builder
	for i := range few {
		fmt.Fprintf(&first, "flood: warning: skipped %d.jpg\n", i)
	}
	short := first.String() + "flood: warning: another thing: 1\nflood: and 1010 more like these; --verbose prints all\n"
	for args, want := range map[string]string{
		"":         short,
		"--fail":   short + "flood: no more\n",
		"-q":       "",
		"-q--fail": "flood: no more\n",
	} {
		var stderr strings.Builder
		p := Process{Args: strings.Fields(strings.ReplaceAll(args, "--", " --")), Stdin: strings.NewReader(""), Stdout: &strings.Builder{}, Stderr: &stderr}
		p.Run("flood", "", &floodTool{})
		if stderr.String() != want {
			t.Errorf("%q: said\n%swant\n%s", args, stderr.String(), want)
		}
	}
	var stderr strings.Builder
	Process{Args: []string{"--verbose"}, Stdin: strings.NewReader(""), Stdout: &strings.Builder{}, Stderr: &stderr}.Run("flood", "", &floodTool{})
	if lines := strings.Count(stderr.String(), "\n"); lines != few+1010+1 || strings.Contains(stderr.String(), "more") {
		t.Errorf("--verbose: %d lines, want all %d", lines, few+1010+1)
	}
}
