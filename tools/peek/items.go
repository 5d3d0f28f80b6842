package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/images"
)

// items prints what is known about each image. Pixels are not decoded: of the
// body only the labels are read, and those only for items that do not name
// their class.
func (c *command) items(s *cli.Session) error {
	sel, err := c.selector()
	if err != nil {
		return err
	}
	return c.print(s, func(out output) error {
		table := table{out: out}
		_, err := c.walkNumbered(s, func(r *format.Reader, n, first int, d *format.Document) error {
			if d.Kind() != images.Kind || sel.full() {
				return nil
			}
			items, err := readItems(r, d)
			if err != nil {
				return inDocument(n, d, err)
			}
			for i, it := range items {
				items[i] = it.Clone()
				setDefault(items[i], "document", n)
				setDefault(items[i], images.Index, first+i)
			}
			for _, i := range sel.pick(items) {
				it := items[i]
				if c.JSON {
					err = out.json(it)
				} else {
					table.add(it)
				}
				if err != nil {
					return err
				}
			}
			if !c.JSON {
				table.print()
			}
			return out.Flush()
		})
		if err != nil {
			return err
		}
		return sel.result()
	})
}

func setDefault(it images.Item, key string, value any) {
	if _, ok := it[key]; !ok {
		it[key] = value
	}
}

// mostItems bounds what a header alone can make readItems allocate: no pixel
// has arrived yet. As written a document has 256 images.
const mostItems = 1 << 20

// readItems reads the items of an images document, each with its class, without
// decoding the pixels.
func readItems(r *format.Reader, d *format.Document) ([]images.Item, error) {
	t := d.Tensor(images.ImageTensor)
	switch {
	case t == nil || len(t.Shape) != 4:
		return nil, errors.New(`no tensor "image" of shape [N,C,H,W]`)
	case t.Shape[0] > mostItems:
		return nil, fmt.Errorf("%d images in a document, more than %d", t.Shape[0], mostItems)
	}
	items := make([]images.Item, t.Shape[0])
	if text, ok := d.Meta[images.ItemsMeta]; ok {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		items = nil
		if err := decoder.Decode(&items); err != nil {
			return nil, fmt.Errorf("metadata \"items\": %w", err)
		}
	}
	if len(items) != t.Shape[0] {
		return nil, fmt.Errorf("%d items for %d images", len(items), t.Shape[0])
	}
	unnamed := false
	for i, it := range items {
		if it == nil {
			items[i] = images.Item{}
		}
		if _, ok := it[images.KeyClass]; !ok {
			unnamed = true
		}
	}
	if !unnamed || d.Tensor(images.LabelTensor) == nil {
		return items, nil
	}
	if err := r.BodyOf(d, images.LabelTensor); err != nil {
		return nil, err
	}
	labels, err := format.Values[int64](d.Tensor(images.LabelTensor))
	if err != nil {
		return nil, err
	}
	var classes []string
	if err := json.Unmarshal([]byte(d.Meta[images.ClassesMeta]), &classes); err != nil {
		return nil, fmt.Errorf("metadata \"classes\": %w", err)
	}
	if len(labels) != len(items) {
		return nil, fmt.Errorf("%d labels for %d images", len(labels), len(items))
	}
	for i, l := range labels {
		if l < images.NoLabel || l >= int64(len(classes)) {
			return nil, fmt.Errorf("item %d: label %d, but there are %d classes", i, l, len(classes))
		}
		if l >= 0 {
			setDefault(items[i], images.KeyClass, classes[l])
		}
	}
	return items, nil
}

// A table prints items with tabs between columns. The columns are those of a
// document's items; when they change, an empty line and new heads follow.
type table struct {
	out     output
	columns []string
	rows    []images.Item
}

func (t *table) add(it images.Item) { t.rows = append(t.rows, it) }

// print prints the rows gathered so far.
func (t *table) print() {
	if len(t.rows) == 0 {
		return
	}
	keys := map[string]bool{}
	for _, it := range t.rows {
		for key := range it {
			keys[key] = true
		}
	}
	columns := []string{}
	for _, key := range []string{"document", images.Index, images.KeyName, images.KeyClass} {
		if keys[key] {
			columns = append(columns, key)
			delete(keys, key)
		}
	}
	columns = append(columns, slices.Sorted(maps.Keys(keys))...)
	if !slices.Equal(columns, t.columns) {
		if t.columns != nil {
			fmt.Fprintln(t.out)
		}
		heads := make([]string, len(columns))
		for i, key := range columns {
			heads[i] = cell(key)
		}
		fmt.Fprintln(t.out, strings.Join(heads, "\t"))
		t.columns = columns
	}
	cells := make([]string, len(columns))
	for _, it := range t.rows {
		for i, key := range columns {
			cells[i] = ""
			if v, ok := it[key]; ok {
				cells[i] = cell(v)
			}
		}
		fmt.Fprintln(t.out, strings.Join(cells, "\t"))
	}
	t.rows = t.rows[:0]
}

// cell writes a value without tabs, line ends or other control characters; what
// is no text or number is JSON.
func cell(v any) string {
	text, ok := v.(string)
	if !ok {
		b, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		text = string(b)
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		text = strconv.Quote(text)
		return text[1 : len(text)-1]
	}
	return text
}
