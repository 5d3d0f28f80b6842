package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Find returns the node of that name or alias. If there is none, the error lists the names that come nearest.
func (g *Graph) Find(name string) (*Node, error) {
	if to, ok := g.Aliases[name]; ok {
		if n := g.node(to); n != nil {
			return n, nil
		}
	}
	if n := g.node(name); n != nil {
		return n, nil
	}
	near := g.nearest(name, 5)
	if len(near) == 0 {
		return nil, fmt.Errorf("layer %q not in this net", name)
	}
	return nil, fmt.Errorf("layer %q not in this net; nearest are %s", name, strings.Join(near, ", "))
}

// nearest returns up to limit names of nodes and aliases, those a user most likely meant first: names a typing error
// or two away, names that start with what was asked for, and names that what was asked for starts with.
func (g *Graph) nearest(name string, limit int) []string {
	type candidate struct {
		name          string
		score, length int
	}
	names := g.aliases()
	for i := range g.Nodes {
		names = append(names, g.Nodes[i].Name)
	}
	if len(name) > maxName {
		name = name[:maxName]
	}
	var found []candidate
	for _, c := range names {
		score := distance(strings.ToLower(name), strings.ToLower(c))
		related := name != "" && (strings.HasPrefix(c, name) || strings.HasPrefix(name, c))
		if related {
			score = min(score, 2)
		}
		found = append(found, candidate{c, score, len(c)})
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.length, b.length))
	})
	near := make([]string, 0, limit)
	for _, c := range found[:min(limit, len(found))] {
		// Beyond three errors a name is no correction any more, unless nothing is nearer.
		if c.score > max(3, found[0].score) {
			break
		}
		near = append(near, c.name)
	}
	return near
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
