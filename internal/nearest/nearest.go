// Package nearest finds the names that a user most likely meant.
package nearest

import (
	"cmp"
	"slices"
	"strings"
)

// longest is how many bytes of a name are compared.
const longest = 200

// Names are up to limit of names, those a user who wrote name most likely meant first: names a typing error or two away,
// names that start with what was written, and names that what was written starts with. Where no name is near they are
// those that are the least far, and near is false.
func Names(name string, names []string, limit int) (found []string, near bool) {
	type candidate struct {
		name          string
		score, length int
	}
	name = name[:min(len(name), longest)]
	var all []candidate
	for _, c := range names {
		score := distance(strings.ToLower(name), strings.ToLower(c[:min(len(c), longest)]))
		related := name != "" && (strings.HasPrefix(c, name) || strings.HasPrefix(name, c))
		if related {
			score = min(score, 2)
		}
		all = append(all, candidate{c, score, len(c)})
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.length, b.length))
	})
	for _, c := range all[:min(limit, len(all))] {
		// Much farther than the nearest a name is no correction any more.
		if c.score > all[0].score+1 {
			break
		}
		found = append(found, c.name)
	}
	return found, len(all) > 0 && all[0].score <= max(2, len(name)/3) && all[0].score < len(name)
}

// distance is Levenshtein's: the least number of bytes inserted, removed or replaced that turns a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
