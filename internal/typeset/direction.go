package typeset

import (
	"slices"
	"unicode"

	"github.com/go-text/typesetting/bidi"
	uax9 "golang.org/x/text/unicode/bidi"
)

// levels are the parts of one direction (Unicode Standard Annex 9).
func levels(text []rune) []bidi.Run {
	var paragraph bidi.Paragraph
	runs := paragraph.Segment(text, bidi.Neutral)
	var out []bidi.Run
	for i := range runs.NumRuns() {
		r := runs.Run(i)
		if n := digits(text[r.Start:r.End]); r.Level == 2 && n > 0 && r.Start+n < r.End && runs.Run(0).Level == 0 {
			// In text from the left, numbers after words from the right belong to these, and what comes then does not.
			out = append(out, bidi.Run{Start: r.Start, End: r.Start + n, Level: 2})
			r = bidi.Run{Start: r.Start + n, End: r.End, Level: 0}
		}
		out = append(out, r)
	}
	return out
}

// digits is the length of the numbers that a text starts with.
func digits(text []rune) int {
	n := 0
	for i, r := range text {
		switch {
		case unicode.IsLetter(r):
			return n
		case unicode.IsNumber(r):
			n = i + 1
		}
	}
	return n
}

// inOrder puts runs into the order in which they are seen, from the left (rule L2 of the same annex).
func inOrder(runs []run) []run {
	out := slices.Clone(runs)
	var highest bidi.Level
	for _, r := range out {
		highest = max(highest, r.level)
	}
	for level := highest; level > 0; level-- {
		for start := 0; start < len(out); start++ {
			end := start
			for end < len(out) && out[end].level >= level {
				end++
			}
			slices.Reverse(out[start:end])
			start = max(start, end-1)
		}
	}
	return out
}

// Directed is a line that was cut from a text, with a mark before it where it would else be read in another direction.
func Directed(line, text string) string {
	switch whole := fromRight(text); {
	case fromRight(line) == whole:
		return line
	case whole:
		return "\u200f" + line
	default:
		return "\u200e" + line
	}
}

// fromRight tells the direction of a text, which is that of its first letter (rules P2 and P3 of the annex).
func fromRight(text string) bool {
	for _, r := range text {
		switch properties, _ := uax9.LookupRune(r); properties.Class() {
		case uax9.L:
			return false
		case uax9.R, uax9.AL:
			return true
		}
	}
	return false
}
