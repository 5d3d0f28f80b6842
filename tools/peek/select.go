package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/images"
)

// A selector picks items and remembers enough to say why it found none.
type selector struct {
	first   int // 0: no limit
	classes []string
	meant   map[string]bool // whether a class of the stream is one of these
	where   []condition
	seen    int
	taken   int
	keys    map[string]bool // keys and classes met
	names   map[string]bool
}

func (c *command) selector() (*selector, error) {
	sel := &selector{first: c.First, classes: c.Class, meant: map[string]bool{}, keys: map[string]bool{}, names: map[string]bool{}}
	for _, text := range c.Where {
		condition, err := parseCondition(text)
		if err != nil {
			return nil, errs.Usagef("--where: %w", err)
		}
		sel.where = append(sel.where, condition)
	}
	return sel, nil
}

// full says that no further item will be picked.
func (s *selector) full() bool { return s.first > 0 && s.taken == s.first }

// pick returns the indices of the items that match.
func (s *selector) pick(items []images.Item) []int {
	var picked []int
	for i, it := range items {
		if s.full() {
			break
		}
		s.seen++
		if s.matches(it) {
			s.taken++
			picked = append(picked, i)
		} else if s.taken == 0 && len(s.keys) < mostNames && len(s.names) < mostNames {
			s.names[it.Text(images.KeyClass)] = true
			for key := range it {
				s.keys[key] = true
			}
		}
	}
	return picked
}

// mostNames bounds what is kept for a message.
const mostNames = 100

func (s *selector) matches(it images.Item) bool {
	if len(s.classes) > 0 && !s.means(it.Text(images.KeyClass)) {
		return false
	}
	for _, c := range s.where {
		if !c.holds(it) {
			return false
		}
	}
	return true
}

// means tells whether a class is one of those that were asked for.
func (s *selector) means(class string) bool {
	meant, known := s.meant[class]
	if !known {
		meant = slices.ContainsFunc(s.classes, func(asked string) bool {
			_, err := images.ClassOf([]string{class}, asked, "")
			return err == nil
		})
		s.meant[class] = meant
	}
	return meant
}

// result is an error if nothing was picked.
func (s *selector) result() error {
	switch {
	case s.taken > 0:
		return nil
	case s.seen == 0:
		return fmt.Errorf("no images in the stream")
	}
	err := fmt.Errorf("none of %s matches", count(s.seen, "image"))
	delete(s.names, "")
	for _, c := range s.where {
		if key, _, _ := strings.Cut(c.key, "."); !s.keys[c.key] && !s.keys[key] {
			return errs.Hint(err, "no item has a key %s; there are: %s", c.key, errs.Few(slices.Sorted(maps.Keys(s.keys))))
		}
	}
	for _, class := range s.classes {
		if !s.names[class] {
			if unknown := images.CheckClasses([]string{class}, slices.Sorted(maps.Keys(s.names)), "the stream"); unknown != nil {
				return errs.Hint(err, "%v", unknown)
			}
			return errs.Hint(err, "--class takes the whole name of a class; there are: %s", errs.Few(slices.Sorted(maps.Keys(s.names))))
		}
	}
	return err
}

// selection writes the images that match, and all that is not images. It holds
// one document at a time.
func (c *command) selection(s *cli.Session) error {
	sel, err := c.selector()
	if err != nil {
		return err
	}
	var made chain // also of documents that are left out
	_, err = c.walkNumbered(s, func(r *format.Reader, n, first int, d *format.Document) error {
		if !c.NoProv {
			if err := made.add(d); err != nil {
				return errs.Hint(inDocument(n, d, err), "--no-prov ignores it")
			}
		}
		isImages := d.Kind() == images.Kind && !c.All
		if isImages && sel.full() {
			return nil
		}
		if err := r.Body(d); err != nil {
			return err
		}
		if isImages {
			if err := sel.reduce(d, n, first); err != nil {
				return inDocument(n, d, err)
			}
			if d.Tensors == nil {
				return nil
			}
		}
		if made.sent < len(made.links) {
			made.sent = len(made.links)
			d.Meta["prov"] = made.text()
		}
		return s.Write(d)
	})
	if err != nil || c.All {
		return err
	}
	return sel.result()
}

// reduce keeps the images that match, and their rows of every tensor that has
// one per image. If none matches it leaves no tensors. The document is the n-th of the input, and first its first image.
func (s *selector) reduce(d *format.Document, n, first int) error {
	b, err := images.Parse(d)
	if err != nil {
		return err
	}
	items := make([]images.Item, b.Len())
	for i, it := range b.Items {
		items[i] = it.Clone()
		if class := b.Class(i); class != "" {
			setDefault(items[i], images.KeyClass, class)
		}
		setDefault(items[i], "document", n)
		setDefault(items[i], images.Index, first+i)
	}
	picked := s.pick(items)
	switch len(picked) {
	case 0:
		d.Tensors = nil
		return nil
	case b.Len():
		return nil
	}
	all := b.Len()
	b.Items, b.Labels = rows(b.Items, all, picked), rows(b.Labels, all, picked)
	b.U8, b.F32 = rows(b.U8, all, picked), rows(b.F32, all, picked)
	for i := range b.Extra {
		if t := &b.Extra[i]; len(t.Shape) > 0 && t.Shape[0] == all {
			t.Data = rows(t.Data, all, picked)
			t.Shape = append([]int{len(picked)}, t.Shape[1:]...)
		}
	}
	reduced, err := b.Document()
	if err != nil {
		return err
	}
	*d = *reduced
	return nil
}

// rows returns the picked ones of n rows, or nil for no values.
func rows[T any](values []T, n int, picked []int) []T {
	if values == nil {
		return nil
	}
	width := len(values) / n
	out := make([]T, 0, len(picked)*width)
	for _, i := range picked {
		out = append(out, values[i*width:(i+1)*width]...)
	}
	return out
}
