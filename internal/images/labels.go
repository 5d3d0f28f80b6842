package images

import (
	"fmt"
	"slices"

	"herbarium/internal/errs"
)

// LabelsIn are the pictures' labels as indexes into other classes, matched by name; NoLabel for a picture without one. That
// a picture is of a class that is not among them is an error, which calls their owner who ("the net").
func (b *Batch) LabelsIn(classes []string, who string) ([]int, error) {
	out := make([]int, b.Len())
	for i := range out {
		name := b.Class(i)
		if name == "" {
			out[i] = NoLabel
			continue
		}
		if out[i] = slices.Index(classes, name); out[i] < 0 {
			return nil, CheckClasses(b.Classes, classes, who)
		}
	}
	return out, nil
}

// CheckClasses is an error that lists those of names that are not among the classes of who ("the net").
func CheckClasses(names, classes []string, who string) error {
	unknown := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(classes, name) })
	if len(unknown) == 0 {
		return nil
	}
	return fmt.Errorf("classes that %s does not have: %s; it has %s", who, errs.Few(unknown), errs.Few(classes))
}
