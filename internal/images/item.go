package images

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"herbarium/internal/jsontext"
)

// Index is the name of an image's number in the whole input, counted from 0, which peek prints and montage puts into
// captions and names of files. It is no key of items: another stream numbers them anew.
const Index = "index"

// Item is what is known about one picture: name, unit, metrics. Keys that a tool does not know are kept.
//
// Numbers read from a document are json.Number, so that they are written back digit by digit; Number reads any of
// Go's numeric types and json.Number alike.
type Item map[string]any

// Name is the item's "name", or "" if it has none.
func (it Item) Name() string { return it.Text(KeyName) }

// Text is a key's value if that is a string, else "".
func (it Item) Text(key string) string {
	s, _ := it[key].(string)
	return s
}

// Number is a key's value as a float; false if the key is absent or no number.
func (it Item) Number(key string) (float64, bool) {
	switch v := it[key].(type) {
	case float64:
		return v, true
	case float32:
		return float64(v), true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return math.NaN(), false
}

// Clone is a copy that may get keys of its own; values are shared.
func (it Item) Clone() Item {
	out := make(Item, len(it)+4)
	for k, v := range it {
		out[k] = v
	}
	return out
}

// unmarshal reads one JSON value and nothing after it.
func unmarshal(text string, into any) error {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("more after the first JSON value")
	}
	return nil
}

// marshalItem names the item that cannot be written.
func marshalItem(i int, it Item) ([]byte, error) {
	if it == nil {
		it = Item{}
	}
	text, err := jsontext.Marshal(it)
	if err != nil {
		err = fmt.Errorf("item %d (%s): %w", i, it.Name(), err)
	}
	return text, err
}
