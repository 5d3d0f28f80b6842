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
// names that start with what was written, and names that what was written starts with. The first of them, as
// many as closest, are equally near; it is 0 where none is near, and found are those that are the least far.
func Names(name string, names []string, limit int) (found []string, closest int) {
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
		// Beyond three errors a name is no correction any more, unless nothing is nearer.
		if c.score > max(3, all[0].score) {
			break
		}
		found = append(found, c.name)
		if c.score == all[0].score && c.score <= max(2, len(name)/3) && c.score < len(name) {
			closest++
		}
	}
	return found, closest
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
