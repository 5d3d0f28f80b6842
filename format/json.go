package format

import (
	"fmt"
	"math"
	"unicode/utf16"
	"unicode/utf8"
)

// A scanner reads the JSON that a header consists of: objects, arrays, strings
// and plain integers, strictly.
type scanner struct {
	text []byte
	at   int
}

// next skips white space and returns the byte that follows, or 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// expect moves past c.
func (s *scanner) expect(c byte) error {
	if got := s.next(); got != c {
		if s.at == len(s.text) {
			return fmt.Errorf("ends where %q should be", c)
		}
		return fmt.Errorf("%q where %q should be", got, c)
	}
	s.at++
	return nil
}

// list parses open, items between commas, close.
func (s *scanner) list(open, close byte, item func() error) error {
	if err := s.expect(open); err != nil {
		return err
	}
	if s.next() == close {
		s.at++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if s.next() != ',' {
			return s.expect(close)
		}
		s.at++
	}
}

func (s *scanner) object(value func(key string) error) error {
	return s.list('{', '}', func() error {
		key, err := s.str()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		return value(key)
	})
}

func (s *scanner) array(item func(uint64) error) error {
	return s.list('[', ']', func() error {
		v, err := s.integer()
		if err != nil {
			return err
		}
		return item(v)
	})
}

// integer parses a plain non-negative integer: no sign, fraction, exponent or
// leading zero.
func (s *scanner) integer() (uint64, error) {
	s.next()
	start := s.at
	var v uint64
	for ; s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9'; s.at++ {
		d := uint64(s.text[s.at] - '0')
		if v > (math.MaxUint64-d)/10 {
			return 0, fmt.Errorf("number does not fit 64 bits")
		}
		v = 10*v + d
	}
	switch digits := s.at - start; {
	case digits == 0:
		return 0, fmt.Errorf("a plain integer should be here")
	case digits > 1 && s.text[start] == '0':
		return 0, fmt.Errorf("number with a leading zero")
	}
	return v, nil
}

// str parses a string: valid UTF-8, no control characters, no lone surrogates.
func (s *scanner) str() (string, error) {
	if err := s.expect('"'); err != nil {
		return "", err
	}
	var out []byte
	start := s.at
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			end := s.at
			s.at++
			if out == nil {
				return string(s.text[start:end]), nil
			}
			return string(append(out, s.text[start:end]...)), nil
		case c == '\\':
			out = append(out, s.text[start:s.at]...)
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
			start = s.at
		case c < 0x20:
			return "", fmt.Errorf("control character %#x in a string", c)
		case c < utf8.RuneSelf:
			s.at++
		default:
			r, size := utf8.DecodeRune(s.text[s.at:])
			if r == utf8.RuneError && size == 1 {
				return "", fmt.Errorf("invalid UTF-8")
			}
			s.at += size
		}
	}
	return "", fmt.Errorf("ends inside a string")
}

// escape parses a backslash and what follows it.
func (s *scanner) escape() (rune, error) {
	if s.at+1 >= len(s.text) {
		return 0, fmt.Errorf("ends inside a string")
	}
	c := s.text[s.at+1]
	if c == 'u' {
		return s.unicodeEscape()
	}
	s.at += 2
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	}
	return 0, fmt.Errorf("unknown escape %q", []byte{'\\', c})
}

// unicodeEscape parses \uXXXX, or two of them that make a surrogate pair.
func (s *scanner) unicodeEscape() (rune, error) {
	r, err := s.hex()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if s.at+1 < len(s.text) && s.text[s.at] == '\\' && s.text[s.at+1] == 'u' {
		low, err := s.hex()
		if err != nil {
			return 0, err
		}
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, nil
		}
	}
	return 0, fmt.Errorf("lone surrogate \\u%04x", r)
}

func (s *scanner) hex() (rune, error) {
	if s.at+6 > len(s.text) {
		return 0, fmt.Errorf("ends inside a string")
	}
	var r rune
	for _, c := range s.text[s.at+2 : s.at+6] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, fmt.Errorf("bad \\u escape")
		}
	}
	s.at += 6
	return r, nil
}
