package images

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"herbarium/internal/errs"
	"herbarium/internal/nearest"
)

// ClassOf is the index of the class that a name means: the class of that name, letters with accents being the same however
// Unicode composes them, or else the one that has it among its synonyms, as ImageNet's "tench, Tinca tinca". The error for
// a name that means none, or several, calls the owner of the classes who ("the net").
func ClassOf(classes []string, name, who string) (int, error) {
	if at := slices.Index(classes, name); at >= 0 {
		return at, nil
	}
	name = norm.NFC.String(name)
	var found []int
	for i, class := range classes {
		class = norm.NFC.String(class)
		if class == name {
			return i, nil
		}
		if slices.Contains(synonyms(class), name) {
			found = append(found, i)
		}
	}
	switch len(found) {
	case 0:
		return NoLabel, unknownClass(classes, name, who)
	case 1:
		return found[0], nil
	}
	return NoLabel, errs.Hint(fmt.Errorf("%q means several classes of %s: %q and %q", name, who, classes[found[0]], classes[found[1]]),
		"write the whole name of one")
}

// synonyms are the names in a class name that lists several with commas; none for a name without commas.
func synonyms(class string) []string {
	if !strings.Contains(class, ",") {
		return nil
	}
	var all []string
	for one := range strings.SplitSeq(class, ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// FindClass is the index of the class that a user means by text: its name or a synonym (see [ClassOf]), or its number,
// counted from 0. In double quotes it is always a name. A number that is the name of another class is an error.
func FindClass(classes []string, text, who string) (int, error) {
	if name, err := strconv.Unquote(text); err == nil && strings.HasPrefix(text, `"`) && !slices.Contains(classes, text) {
		return ClassOf(classes, name, who)
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		return ClassOf(classes, text, who)
	}
	named, err := ClassOf(classes, text, who)
	isNumber, isName := number >= 0 && number < len(classes), err == nil
	switch {
	case isName && isNumber && named != number:
		return NoLabel, errs.Hint(fmt.Errorf("%s may be the class called %q, which is number %d, or class number %d, which is called %q", text, classes[named], named, number, classes[number]),
			`double quotes make it a name: '%q' or '%q'`, classes[named], classes[number])
	case isName:
		return named, nil
	case isNumber:
		return number, nil
	}
	return NoLabel, fmt.Errorf("%s has classes 0 to %d, and none is called %q", who, len(classes)-1, text)
}

// LabelsIn are the pictures' labels as indexes into other classes, matched by name (see [ClassOf]); NoLabel for a picture
// without one. That a picture is of a class that is not among them is an error, which calls their owner who ("the net").
func (b *Batch) LabelsIn(classes []string, who string) ([]int, error) {
	known := map[string]int{"": NoLabel}
	out := make([]int, b.Len())
	for i := range out {
		name := b.Class(i)
		at, ok := known[name]
		if !ok {
			var err error
			if at, err = ClassOf(classes, name, who); err != nil {
				if several := CheckClasses(b.Classes, classes, who); several != nil {
					err = several
				}
				return nil, err
			}
			known[name] = at
		}
		out[i] = at
	}
	return out, nil
}

// CheckClasses is an error that names some of those names that mean no class of who ("the net").
func CheckClasses(names, classes []string, who string) error {
	var unknown []string
	var first error
	for _, name := range names {
		if _, err := ClassOf(classes, name, who); err != nil {
			unknown = append(unknown, strconv.Quote(name))
			if first == nil {
				first = err
			}
		}
	}
	if len(unknown) < 2 {
		return first
	}
	return fmt.Errorf("%s has no classes %s; its own are %s", who, errs.Few(unknown), errs.Few(quotedAll(classes)))
}

// unknownClass says what a user may have meant.
func unknownClass(classes []string, name, who string) error {
	near, closest := nearest.Names(name, named(classes), 3)
	switch {
	case len(near) == 0:
		return fmt.Errorf("%s has no class %q, as it has no classes", who, name)
	case closest == 0:
		return fmt.Errorf("%s has no class %q; its classes are %s", who, name, errs.Few(quotedAll(classes)))
	}
	is := "is"
	if closest > 1 {
		is = "are"
	}
	return fmt.Errorf("%s has no class %q; nearest %s %s", who, name, is, strings.Join(quotedAll(near[:closest]), ", "))
}

// named are all names that mean a class.
func named(classes []string) []string {
	all := slices.Clone(classes)
	for _, class := range classes {
		all = append(all, synonyms(class)...)
	}
	return all
}

func quotedAll(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = strconv.Quote(name)
	}
	return out
}
