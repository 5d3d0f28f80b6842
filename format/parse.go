package format

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// parseHeader parses the JSON header of a document: every rule of FORMAT.md,
// section "Documents". The tensors come back in the order of the body, without
// data, with the size of the body. A JSON library would not do: encoding/json
// takes duplicate keys, folds case and repairs bad UTF-8.
func parseHeader(text []byte, l *Limits) (*Document, int64, error) {
	p := &headerParser{scanner: scanner{text: text}, limits: l, doc: &Document{Meta: map[string]string{}}, names: map[string]bool{}}
	if err := p.document(); err != nil {
		return nil, 0, fmt.Errorf("header, byte %d: %w", p.at, err)
	}
	body, err := p.place()
	if err != nil {
		return nil, 0, err
	}
	return p.doc, body, nil
}

type headerParser struct {
	scanner
	limits *Limits
	doc    *Document
	spans  []span
	names  map[string]bool
}

// A span is where the tensor of an entry lies in the body.
type span struct {
	begin, end uint64
	tensor     Tensor
}

func (p *headerParser) document() error {
	if len(p.text) == 0 || p.text[0] != '{' {
		return fmt.Errorf("does not start with {")
	}
	meta := false
	err := p.object(func(key string) error {
		if key == metadataKey {
			if meta {
				return fmt.Errorf("duplicate key %q", key)
			}
			meta = true
			return p.metadata()
		}
		if p.names[key] {
			return fmt.Errorf("duplicate key %.300q", key)
		}
		p.names[key] = true
		if len(p.names) > p.limits.Tensors {
			return fmt.Errorf("more than %d tensors", p.limits.Tensors)
		}
		return p.tensor(key)
	})
	if err != nil {
		return err
	}
	for ; p.at < len(p.text); p.at++ {
		if p.text[p.at] != ' ' {
			return fmt.Errorf("unexpected %q after the header: only spaces may follow", p.text[p.at])
		}
	}
	return nil
}

// metadata parses the value of __metadata__: an object of strings.
func (p *headerParser) metadata() error {
	return p.object(func(key string) error {
		if _, ok := p.doc.Meta[key]; ok {
			return fmt.Errorf("duplicate key %.40q in %s", key, metadataKey)
		}
		value, err := p.str()
		if err != nil {
			return fmt.Errorf("%s %.40q: %w", metadataKey, key, err)
		}
		p.doc.Meta[key] = value
		return nil
	})
}

func (p *headerParser) tensor(name string) error {
	s := span{tensor: Tensor{Name: name, Shape: []int{}}}
	var dtype, shape, offsets bool
	once := func(seen *bool, key string) error {
		if *seen {
			return fmt.Errorf("duplicate key %q", key)
		}
		*seen = true
		return nil
	}
	err := p.object(func(key string) error {
		switch key {
		case "dtype":
			if err := once(&dtype, key); err != nil {
				return err
			}
			value, err := p.str()
			s.tensor.DType = DType(value)
			return err
		case "shape":
			if err := once(&shape, key); err != nil {
				return err
			}
			return p.array(func(v uint64) error {
				if v > math.MaxInt {
					return fmt.Errorf("dimension %d is too large", v)
				}
				if len(s.tensor.Shape) == p.limits.Rank {
					return fmt.Errorf("more than %d dimensions", p.limits.Rank)
				}
				s.tensor.Shape = append(s.tensor.Shape, int(v))
				return nil
			})
		case "data_offsets":
			if err := once(&offsets, key); err != nil {
				return err
			}
			n := 0
			err := p.array(func(v uint64) error {
				switch n++; n {
				case 1:
					s.begin = v
				case 2:
					s.end = v
				default:
					return fmt.Errorf("data_offsets has more than two numbers")
				}
				return nil
			})
			if err == nil && n != 2 {
				err = fmt.Errorf("data_offsets has %d numbers, not two", n)
			}
			return err
		}
		return fmt.Errorf("unknown key %.40q", key)
	})
	if err != nil {
		return fmt.Errorf("tensor %.300q: %w", name, err)
	}
	if !dtype || !shape || !offsets {
		return fmt.Errorf("tensor %.300q: needs dtype, shape and data_offsets", name)
	}
	size, err := p.limits.checkTensor(name, s.tensor.DType, s.tensor.Shape)
	if err != nil {
		return err
	}
	if s.end < s.begin || s.end-s.begin != uint64(size) {
		return fmt.Errorf("tensor %q: %s %v needs %d bytes, data_offsets are [%d,%d]", name, s.tensor.DType, s.tensor.Shape, size, s.begin, s.end)
	}
	p.spans = append(p.spans, s)
	return nil
}

// place puts the tensors in the order of the body, checks that they fill it
// without hole or overlap, and returns its size.
func (p *headerParser) place() (int64, error) {
	slices.SortStableFunc(p.spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	var at uint64
	p.doc.Tensors = make([]Tensor, len(p.spans))
	for i, s := range p.spans {
		if s.begin != at {
			return 0, fmt.Errorf("tensor %q: starts at byte %d of the body, not at %d: hole or overlap", s.tensor.Name, s.begin, at)
		}
		at = s.end
		if at > uint64(p.limits.Document) {
			return 0, fmt.Errorf("tensor %q: ends at byte %d, beyond the limit of %d for a document", s.tensor.Name, at, p.limits.Document)
		}
		p.doc.Tensors[i] = s.tensor
	}
	return int64(at), nil
}
