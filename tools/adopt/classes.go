package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"herbarium/internal/cli"
	"herbarium/internal/errs"
)

// classes reads the names of the net's n classes.
func (c *command) classes(s *cli.Session, n int) ([]string, error) {
	text, err := os.ReadFile(c.Classes)
	if err != nil {
		return nil, err
	}
	if err := s.AddInput(c.Classes, sha256.Sum256(text)); err != nil {
		return nil, err
	}
	names, err := parseClasses(text)
	if err == nil && len(names) != n {
		err = fmt.Errorf("%d names for %d logits", len(names), n)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Classes, err)
	}
	changed, err := distinguish(names)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Classes, err)
	}
	if changed != nil {
		s.Warnf("%s: names that appear twice got their number: %s", c.Classes, errs.Few(changed))
	}
	return names, nil
}

// parseClasses reads one name a line, or JSON: a list, an object from numbers to names ({"0": "tench"}, or
// {"0": ["n01440764", "tench"]} as Keras and torchvision's tutorials have it), or one from names to numbers
// (class_to_idx).
func parseClasses(text []byte) ([]string, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(text) {
		return nil, errors.New("not text in UTF-8")
	}
	trimmed := bytes.TrimSpace(text)
	switch {
	case bytes.HasPrefix(trimmed, []byte("[")):
		var list []string
		if err := json.Unmarshal(trimmed, &list); err != nil {
			return nil, errors.New("not a JSON list of names")
		}
		return list, nil
	case bytes.HasPrefix(trimmed, []byte("{")):
		var object map[string]any
		if err := json.Unmarshal(trimmed, &object); err != nil {
			return nil, errors.New("not a JSON object of names")
		}
		return fromObject(object)
	}
	var names []string
	for line := range strings.Lines(string(trimmed)) {
		names = append(names, strings.TrimSpace(line))
	}
	return names, nil
}

func fromObject(object map[string]any) ([]string, error) {
	names := make([]string, len(object))
	for key, value := range object {
		number, name := key, ""
		switch v := value.(type) {
		case string:
			name = v
		case []any: // [synset, name]
			if len(v) > 0 {
				name, _ = v[len(v)-1].(string)
			}
		case float64:
			number, name = strconv.FormatFloat(v, 'f', -1, 64), key
		}
		i, err := strconv.Atoi(number)
		if err != nil || name == "" || i < 0 || i >= len(names) || names[i] != "" {
			return nil, fmt.Errorf("entry %.60q gives no name to a number from 0 to %d", key, len(names)-1)
		}
		names[i] = name
	}
	return names, nil
}

// distinguish gives a name that appeared before its number ("crane (517)"): ImageNet has two cranes, and tools tell
// classes by their names. It returns the names it made.
func distinguish(names []string) ([]string, error) {
	seen := map[string]bool{}
	for _, name := range names {
		if name == "" {
			return nil, errors.New("a name is empty")
		}
		seen[name] = true
	}
	if len(seen) == len(names) {
		return nil, nil
	}
	var changed []string
	used := map[string]bool{}
	for i, name := range names {
		if used[name] {
			names[i] = fmt.Sprintf("%s (%d)", name, i)
			if seen[names[i]] {
				return nil, fmt.Errorf("%q appears twice", name)
			}
			changed = append(changed, names[i])
		}
		used[names[i]] = true
	}
	return changed, nil
}
