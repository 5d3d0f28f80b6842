package objective

import (
	"fmt"
	"regexp"
	"strconv"

	"herbarium/internal/errs"
	"herbarium/internal/graph"
)

// rangeForm is LAYER:FROM-TO, perhaps at one position.
var rangeForm = regexp.MustCompile(`^(\S+):([0-9]{1,9})-([0-9]{1,9})(@\S+)?$`)

// Ranges is the texts of units with each LAYER:FROM-TO written out, as LAYER:FROM to LAYER:TO. What is a unit as it stands, such
// as a class called 0-9, is left alone.
func Ranges(texts []string, n *graph.Net) ([]string, error) {
	var out []string
	for _, text := range texts {
		m := rangeForm.FindStringSubmatch(text)
		if m == nil {
			out = append(out, text)
			continue
		}
		if _, err := Parse(text, n); err == nil {
			out = append(out, text)
			continue
		}
		from, _ := strconv.Atoi(m[2]) // up to nine digits always fit
		to, _ := strconv.Atoi(m[3])
		if from > to {
			return nil, errs.Usagef("units %s: the range is empty: %d is more than %d", text, from, to)
		}
		unit := func(channel int) string { return ChannelOf(m[1], channel, n) + m[4] }
		if _, err := Parse(unit(to), n); err != nil { // before very many are written out
			return nil, fmt.Errorf("units %s: %w", text, err)
		}
		for channel := from; channel <= to; channel++ {
			out = append(out, unit(channel))
		}
	}
	return out, nil
}
