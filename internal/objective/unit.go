// Package objective holds what pictures are optimized for: the activations of units of a net, alone or in weighted sums
// (Unit, Batch), the similarity of features to those of a target photo (Target), and diversity (Diverse).
package objective

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
)

// Unit is a weighted sum of parts of a net's activations.
type Unit struct {
	Text  string // as the user wrote it
	Key   string // the same, with one spelling for what has several: names that all of logits:7, linear:7 and logits:horse share
	Terms []Term
}

// Term is one part of a unit. Node is the real name of the layer.
type Term struct {
	Weight  float64
	Node    string
	Channel int  // -1: all channels
	At      bool // one position or prefix token instead of all positions
	Y, X    int
	Prefix  bool // X is the number of a prefix token
	// Direction names a vector over the layer's channels; Resolve puts its values into Vector [C].
	Direction Direction
	Vector    []float64
}

// Direction names a vector over a layer's channels: the mean activation of photos of a class, or a tensor.
type Direction struct {
	Kind string // "mean" or "vector"; empty for none
	Name string // of the class or tensor
}

// Parse reads a unit of a net:
//
//	unit  = term { " + " term | " - " term }
//	term  = [ number " " ] LAYER [ ":" CHANNEL ] [ "@" Y "," X | "@c" | "@cls" | "@p" TOKEN ]
//
// CHANNEL is an index, or at the logits a class as [images.FindClass] reads it; or a direction over all channels:
// mean(CLASS), the mean activation of photos of a class, or vector(NAME), a tensor of that name; see [Unit.Resolve]. A class
// name that is a number or has spaces, commas, colons, @ or quotes is written in double quotes; inside, \" is a quote. @c is
// the center; @cls, or @p0, is the class token, or what else is the first of the tokens before the grid, and @p1 the next of them.
func Parse(text string, n *graph.Net) (Unit, error) {
	u := Unit{Text: text}
	words, err := split(text)
	if err != nil {
		return u, fmt.Errorf("unit %s: %w", text, err)
	}
	values, err := n.Graph.Values(n.Input)
	if err != nil {
		return u, err
	}
	sign, factor, wantTerm := 1.0, 1.0, true
	key := slices.Clone(words)
	for i, word := range words {
		number, numberErr := strconv.ParseFloat(word, 64)
		if last := i+1 == len(words) || words[i+1] == "+" || words[i+1] == "-"; last && numberErr == nil {
			if _, err := n.Graph.Find(word); err == nil { // a weight is of what follows: modules of a sequence are called by numbers, too
				numberErr = strconv.ErrSyntax
			}
		}
		switch {
		case word == "+" || word == "-":
			if wantTerm && len(u.Terms) > 0 {
				return u, fmt.Errorf("unit %s: two signs in a row", text)
			}
			sign, factor, wantTerm = 1, 1, true
			if word == "-" {
				sign = -1
			}
		case !wantTerm:
			return u, fmt.Errorf("unit %s: %q must follow a + or -; write names with spaces in double quotes", text, word)
		case numberErr == nil && !math.IsNaN(number) && !math.IsInf(number, 0):
			if factor *= number; math.IsInf(factor, 0) {
				return u, fmt.Errorf("unit %s: the weight is too large", text)
			}
		default:
			term, err := parseTerm(word, n, values)
			if split := unquotedClass(words[i:], n); split != nil {
				err = split
			}
			if err != nil {
				return u, fmt.Errorf("unit %s: %w", text, err)
			}
			key[i] = spelling(word, term, n)
			term.Weight = sign * factor
			u.Terms = append(u.Terms, term)
			wantTerm = false
		}
	}
	if wantTerm {
		return u, fmt.Errorf("unit %q: a layer is missing, such as layer3:7 or logits:0", text)
	}
	u.Key = strings.Join(key, " ")
	return u, nil
}

// quoting tells, byte by byte, what of a text is in double quotes, the quotes included; open if one is not closed.
func quoting(text string) (quoted []bool, open bool) {
	quoted = make([]bool, len(text))
	escaped := false
	for i := range len(text) {
		quoted[i] = open || text[i] == '"'
		switch {
		case escaped:
			escaped = false
		case open && text[i] == '\\':
			escaped = true
		case text[i] == '"':
			open = !open
		}
	}
	return quoted, open
}

// split cuts at spaces outside of double quotes.
func split(text string) ([]string, error) {
	quoted, open := quoting(text)
	if open {
		return nil, fmt.Errorf("a double quote is not closed")
	}
	var words []string
	start := -1
	for i, r := range text + " " {
		space := i == len(text) || unicode.IsSpace(r) && !quoted[i]
		if space && start >= 0 {
			words = append(words, text[start:i])
			start = -1
		} else if !space && start < 0 {
			start = i
		}
	}
	return words, nil
}

// outside is the index of the first of chars outside of double quotes, or -1.
func outside(text, chars string) int {
	quoted, _ := quoting(text)
	for i := range len(text) {
		if !quoted[i] && strings.IndexByte(chars, text[i]) >= 0 {
			return i
		}
	}
	return -1
}

func parseTerm(word string, n *graph.Net, values map[string]graph.Value) (Term, error) {
	t := Term{Channel: -1}
	layer, channel, position := word, "", ""
	if i := outside(layer, "@"); i >= 0 {
		layer, position = layer[:i], layer[i+1:]
		t.At = true
	}
	if i := outside(layer, ":"); i >= 0 {
		layer, channel = layer[:i], layer[i+1:]
		if channel == "" {
			return t, fmt.Errorf("%q: a channel is missing after the colon", word)
		}
	}
	node, err := n.Graph.Find(layer)
	if err != nil {
		return t, err
	}
	t.Node = node.Name
	m := values[node.Name].Map()
	if t.Direction, err = parseDirection(channel, n); err != nil {
		return t, err
	}
	if channel != "" && t.Direction.Kind == "" {
		if err := noHead(channel, layer, node, values); err != nil && !answers(node.Name, n) { // a class may have such a name
			return t, err
		}
		if t.Channel, err = parseChannel(channel, layer, node.Name, m.Channels, n); err != nil {
			return t, err
		}
	}
	if t.At {
		return t, t.parsePosition(position, layer, values[node.Name])
	}
	return t, nil
}

func parseChannel(text, layer, node string, channels int, n *graph.Net) (int, error) {
	index, err := strconv.Atoi(text)
	if answers(node, n) && len(n.Classes) == channels {
		if err == nil && (index < 0 || index >= channels) && !slices.Contains(n.Classes, text) {
			return 0, fmt.Errorf("%s has channels 0 to %d, not %d", layer, channels-1, index)
		}
		if _, bad := unquoted(text); bad != nil {
			return 0, bad
		}
		return findClass(text, n)
	}
	if err == nil {
		if index < 0 || index >= channels {
			return 0, fmt.Errorf("%s has channels 0 to %d, not %d", layer, channels-1, index)
		}
		return index, nil
	}
	name, err := unquoted(text)
	if err != nil {
		return 0, err
	}
	if len(n.Classes) == 0 {
		return 0, fmt.Errorf("the net does not name its classes: give %s a channel number from 0 to %d", layer, channels-1)
	}
	if len(n.Classes) != channels {
		return 0, fmt.Errorf("%s has %d channels, not one per class: class names belong to logits", layer, channels)
	}
	return images.ClassOf(n.Classes, name, "the net")
}

// noHead says of a head of attention, asked for as head3, what it is made of: it has no number of its own.
func noHead(text, layer string, node *graph.Node, values map[string]graph.Value) error {
	number, is := strings.CutPrefix(text, "head")
	h, err := strconv.Atoi(number)
	if !is || err != nil || h < 0 {
		return nil
	}
	a, is := node.Op.(graph.Attention)
	if !is {
		return fmt.Errorf("%s is no attention: peek --layers shows the layers whose op is, whose heads are channels one after the other", layer)
	}
	each := values[node.Name].Map().Channels / a.Heads
	if h >= a.Heads {
		return fmt.Errorf("%s has heads 0 to %d, not %d", layer, a.Heads-1, h)
	}
	return errs.Hint(fmt.Errorf("a head has no number of its own: head %d of %s are its channels %d to %d", h, layer, h*each, (h+1)*each-1),
		"name one of them, %s:%d, or a direction in them: %s:'vector(NAME)' with --vectors", layer, h*each, layer)
}

// answers tells whether a node has a channel for each class: the logits, and other heads.
func answers(node string, n *graph.Net) bool {
	for _, name := range append(n.Graph.Outputs(), graph.Logits) {
		if head, err := n.Graph.Find(name); err == nil && head.Name == node {
			return true
		}
	}
	return false
}

// unquoted is a name without the double quotes that may stand around it.
func unquoted(text string) (string, error) {
	if !strings.HasPrefix(text, `"`) {
		return text, nil
	}
	name, err := strconv.Unquote(text)
	if err != nil {
		return "", fmt.Errorf("%s is not well quoted", text)
	}
	return name, nil
}

// parseDirection reads mean(CLASS) and vector(NAME); anything else is no direction. A class that is a number may be one of
// the net's.
func parseDirection(text string, n *graph.Net) (Direction, error) {
	for _, kind := range []string{"mean", "vector"} {
		inside, ok := strings.CutPrefix(text, kind+"(")
		if !ok {
			continue
		}
		inside, ok = strings.CutSuffix(inside, ")")
		name, err := unquoted(inside)
		if !ok || err != nil || name == "" {
			return Direction{}, fmt.Errorf("%s is not %s(NAME)", text, kind)
		}
		if number, err := strconv.Atoi(inside); err == nil && kind == "mean" && number >= 0 && number < len(n.Classes) {
			at, err := findClass(inside, n)
			if err != nil {
				return Direction{}, err
			}
			name = n.Classes[at]
		}
		return Direction{kind, name}, nil
	}
	return Direction{}, nil
}

// Resolve fills in the vectors of the unit's directions, over the channels of their layers.
func (u *Unit) Resolve(vector func(node string, d Direction) ([]float64, error)) error {
	for i, t := range u.Terms {
		if t.Direction.Kind == "" {
			continue
		}
		v, err := vector(t.Node, t.Direction)
		if err != nil {
			return fmt.Errorf("unit %s: %w", u.Text, err)
		}
		u.Terms[i].Vector = v
	}
	return nil
}

// Directions are the directions that the unit names, each with its layer.
func (u Unit) Directions() []Term {
	var out []Term
	for _, t := range u.Terms {
		if t.Direction.Kind != "" {
			out = append(out, t)
		}
	}
	return out
}

// Measured is what the unit's value is, see [Batch.Value]: "mean" of a channel or direction over positions, "activation" of one
// number, "mean square" of all channels, or "sum" of several terms. values are those of the net's graph.
func (u Unit) Measured(values map[string]graph.Value) string {
	if len(u.Terms) != 1 {
		return "sum"
	}
	t := u.Terms[0]
	m := values[t.Node].Map()
	switch {
	case t.Channel < 0 && t.Direction.Kind == "":
		return "mean square"
	case t.At || m.Height*m.Width == 1:
		return "activation"
	default:
		return "mean"
	}
}

// Nodes are the layers that units read, each once, in order of first use.
func Nodes(units []Unit) []string {
	var nodes []string
	for _, u := range units {
		for _, t := range u.Terms {
			if !slices.Contains(nodes, t.Node) {
				nodes = append(nodes, t.Node)
			}
		}
	}
	return nodes
}
