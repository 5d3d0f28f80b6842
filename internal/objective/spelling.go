package objective

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
)

// Quote is a class name as a unit writes it: in double quotes where it could be something else.
func Quote(class string) string {
	if _, err := strconv.Atoi(class); err != nil && !slices.ContainsFunc([]rune(class), func(r rune) bool {
		return r <= ' ' || r == '"' || r == ',' || r == ':' || r == '@' || r == '\\' || r == '(' || r == ')'
	}) {
		return class
	}
	return strconv.Quote(class)
}

// ChannelOf is a channel of a layer as a unit writes it: by its number, unless that is also the name of a class.
func ChannelOf(layer string, channel int, n *graph.Net) string {
	if node, err := n.Graph.Find(layer); err == nil && answers(node.Name, n) && channel < len(n.Classes) {
		if at, err := images.FindClass(n.Classes, strconv.Itoa(channel), "the net"); err != nil || at != channel {
			return layer + ":" + Quote(n.Classes[channel])
		}
	}
	return fmt.Sprintf("%s:%d", layer, channel)
}

// findClass is the class that a channel of the logits means.
func findClass(text string, n *graph.Net) (int, error) {
	at, err := images.FindClass(n.Classes, text, "the net")
	if number, notNumber := strconv.Atoi(text); err != nil && notNumber == nil && number >= 0 && number < len(n.Classes) {
		err = errs.Hint(err, "double quotes make it a name: 'logits:%q' or 'logits:%q'", text, n.Classes[number])
	}
	return at, err
}

// spelling is how a term that was written as word is written by those who name layers by their aliases and channels of the
// logits by their classes.
func spelling(word string, t Term, n *graph.Net) string {
	layer, rest := word, ""
	if i := outside(word, ":@"); i >= 0 {
		layer, rest = word[:i], word[i:]
	}
	if logits, err := n.Graph.Find(graph.Logits); err == nil && logits.Name == t.Node {
		layer = graph.Logits
	} else {
		for _, alias := range slices.Sorted(maps.Keys(n.Graph.Aliases)) {
			if n.Graph.Aliases[alias] == t.Node {
				layer = alias
				break
			}
		}
	}
	if t.Channel < 0 || !answers(t.Node, n) || t.Channel >= len(n.Classes) {
		return layer + rest
	}
	position := ""
	if i := outside(rest, "@"); i >= 0 {
		position = rest[i:]
	}
	return layer + ":" + Quote(n.Classes[t.Channel]) + position
}

// unquotedClass is an error about a class name with blanks that is not in quotes, and so ends at the first blank: what
// follows the first of the words is neither a sign nor the end. It is nil if there is nothing of the kind.
func unquotedClass(words []string, n *graph.Net) error {
	end := slices.IndexFunc(words, func(w string) bool { return w == "+" || w == "-" })
	if end < 0 {
		end = len(words)
	}
	whole := strings.Join(words[:end], " ")
	i := outside(whole, ":")
	if end < 2 || i < 0 || i > len(words[0]) || len(n.Classes) == 0 || outside(whole, `@`) >= 0 || strings.Contains(whole, `"`) {
		return nil
	}
	layer, name := whole[:i], whole[i+1:]
	if node, err := n.Graph.Find(layer); err != nil || !answers(node.Name, n) {
		return nil
	}
	if _, err := images.ClassOf(n.Classes, name, "the net"); err != nil {
		if _, first := images.FindClass(n.Classes, words[0][i+1:], "the net"); first == nil {
			return nil // the first word is a class, and the second is wrong in another way
		}
		return err
	}
	return errs.Hint(fmt.Errorf("%q must be in double quotes, as it has blanks", name), `with the shell's own around them: '%s:%q'`, layer, name)
}
