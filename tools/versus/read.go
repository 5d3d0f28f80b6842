package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/images"
)

// broken says when an image is got wrong: at no eps (never), before any attack (0), or from an eps on.
type broken float64

const never broken = -1

// wrong says whether it is got wrong under attacks up to eps.
func (b broken) wrong(eps float64) bool { return b != never && float64(b) <= eps }

// outcome is what became of every image of a test with one net.
type outcome map[string]broken

// test holds what became of the same images with several nets, trained several times.
type test struct {
	name string
	nets map[string]map[string]outcome // by net and seed
}

// read reads all tables, sorted by test.
func read(s *cli.Session, files []string) ([]*test, error) {
	byName := map[string]*test{}
	for _, path := range files {
		net, seed, name, err := parts(path)
		if err != nil {
			return nil, err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if err := s.AddInput(path, sha256.Sum256(content)); err != nil {
			return nil, err
		}
		o, err := parse(content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		t := byName[name]
		if t == nil {
			t = &test{name, map[string]map[string]outcome{}}
			byName[name] = t
		}
		if t.nets[net] == nil {
			t.nets[net] = map[string]outcome{}
		}
		if t.nets[net][seed] != nil {
			return nil, fmt.Errorf("%s: %s.%s has that test already", path, net, seed)
		}
		if err := t.sameImages(o); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		t.nets[net][seed] = o
	}
	var tests []*test
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		tests = append(tests, byName[name])
	}
	return tests, nil
}

// parts splits .../NET.SEED/TEST.tsv.
func parts(path string) (net, seed, test string, err error) {
	folder, file := filepath.Base(filepath.Dir(path)), filepath.Base(path)
	test, ok := strings.CutSuffix(file, ".tsv")
	dot := strings.LastIndex(folder, ".")
	if !ok || test == "" || dot <= 0 || dot == len(folder)-1 {
		return "", "", "", errs.Usagef("%s: the name must be NET.SEED/TEST.tsv", path)
	}
	return folder[:dot], folder[dot+1:], test, nil
}

// sameImages is an error if the test's other tables hold other images.
func (t *test) sameImages(o outcome) error {
	for _, seeds := range t.nets {
		for _, other := range seeds {
			for name := range o {
				if _, ok := other[name]; !ok || len(o) != len(other) {
					return fmt.Errorf("%d images, but another table of %s has %d others: tables of a test must hold the same images", len(o), t.name, len(other))
				}
			}
			return nil
		}
	}
	return nil
}

// parse reads what peek --items prints: tables of tab-separated columns with a line of names, an empty line between
// them.
func parse(content []byte) (outcome, error) {
	o := outcome{}
	for block := range bytes.SplitSeq(content, []byte("\n\n")) {
		var columns map[string]int
		for line := range strings.Lines(string(block)) {
			cells := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
			if columns == nil {
				columns = map[string]int{}
				for i, name := range cells {
					columns[name] = i
				}
				continue
			}
			item := func(key string) string {
				if i, ok := columns[key]; ok && i < len(cells) {
					return cells[i]
				}
				return ""
			}
			name := item(images.KeyName)
			if name == "" {
				return nil, fmt.Errorf("an image without name; the table must be what peek --items prints")
			}
			if _, ok := o[name]; ok {
				return nil, fmt.Errorf("two images named %q", name)
			}
			b, err := outcomeOf(item)
			if err != nil {
				return nil, fmt.Errorf("image %q: %w", name, err)
			}
			o[name] = b
		}
	}
	if len(o) == 0 {
		return nil, fmt.Errorf("no images: did the command that made it fail?")
	}
	return o, nil
}

// outcomeOf reads what adversary, or else score, says about an image.
func outcomeOf(item func(string) string) (broken, error) {
	switch item(images.KeyRobust) + "," + item(images.KeySuccess) {
	case "true,false":
		return never, nil
	case "false,false":
		return 0, nil
	case "false,true":
		eps, err := strconv.ParseFloat(item(images.KeyEps), 64)
		if err != nil || !(eps >= 0) {
			return 0, fmt.Errorf("eps %q is no radius", item(images.KeyEps))
		}
		return broken(eps), nil
	}
	switch item(images.KeyCorrect) {
	case "true":
		return never, nil
	case "false":
		return 0, nil
	}
	return 0, fmt.Errorf("it has neither correct nor robust and success; it must have gone through score, with a label, or adversary")
}
