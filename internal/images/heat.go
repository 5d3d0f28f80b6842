package images

import (
	"fmt"
	"slices"

	"herbarium/format"
	"herbarium/internal/jsontext"
)

// HeatTensor holds heat maps, which say where in each picture something was found: F32 [N,S,h,w], S maps for each
// picture. A map covers its whole picture, whatever its own size; between its values readers interpolate bilinearly.
// Values have any unit, and may be negative (evidence against). The metadata of the same name is a JSON list of the S
// maps' names; an item's "explained" is the class that its maps speak for.
const HeatTensor = "heat"

// SetHeat gives the batch heat maps [N,S,h,w] with a name for each of the S, in place of those that it has.
func (b *Batch) SetHeat(names []string, maps format.Tensor) error {
	if err := b.checkHeat(names, &maps); err != nil {
		return err
	}
	text, err := jsontext.Marshal(names)
	if err != nil {
		return err
	}
	maps.Name = HeatTensor
	b.Extra = append(slices.DeleteFunc(b.Extra, func(t format.Tensor) bool { return t.Name == HeatTensor }), maps)
	if b.Meta == nil {
		b.Meta = map[string]string{}
	}
	b.Meta[HeatTensor] = string(text)
	return nil
}

// Heat are the batch's heat maps [N,S,h,w] and the names of the S; nil names if it has none. A tensor [N,h,w] is one
// map for each picture, and maps without names are numbered.
func (b *Batch) Heat() (names []string, maps format.Tensor, err error) {
	at := slices.IndexFunc(b.Extra, func(t format.Tensor) bool { return t.Name == HeatTensor })
	if at < 0 {
		return nil, maps, nil
	}
	maps = b.Extra[at]
	if len(maps.Shape) == 3 {
		maps.Shape = []int{maps.Shape[0], 1, maps.Shape[1], maps.Shape[2]}
	}
	if text, ok := b.Meta[HeatTensor]; ok {
		if err := unmarshal(text, &names); err != nil {
			return nil, maps, fmt.Errorf("metadata %q: %w", HeatTensor, err)
		}
	} else if len(maps.Shape) == 4 && maps.Shape[1] <= MaxPictures {
		for i := range maps.Shape[1] {
			names = append(names, fmt.Sprintf("map %d", i+1))
		}
	}
	return names, maps, b.checkHeat(names, &maps)
}

func (b *Batch) checkHeat(names []string, t *format.Tensor) error {
	s := t.Shape
	if t.DType != format.F32 || len(s) != 4 || s[0] != b.Len() || s[1] == 0 || s[2] == 0 || s[3] == 0 {
		return fmt.Errorf("tensor %q is %s %v, want F32 [%d,S,h,w]", HeatTensor, t.DType, s, b.Len())
	}
	if len(names) != s[1] {
		return fmt.Errorf("%d names for %d heat maps of each picture", len(names), s[1])
	}
	return nil
}
