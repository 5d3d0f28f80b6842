package main

import (
	"fmt"
	"slices"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/images"
)

// sourceName is the tensor of a document that holds what its pictures were made from, [N,3,H,W].
const sourceName = "source"

// originals are the pictures of --source, each a tensor [1,3,H,W], by name.
type originals map[string]format.Tensor

// mostOriginals is how many bytes of pixels --source may hold.
const mostOriginals = 1 << 30

func readOriginals(s *cli.Session, path string) (originals, error) {
	out, used := originals{}, 0
	err := s.ReadFile(path, cli.Handlers{images.Kind: func(d *format.Document) error {
		b, err := images.FromDocument(d)
		if err != nil {
			return err
		}
		all := pixels(b)
		if used += len(all.Data); used > mostOriginals {
			return fmt.Errorf("more than %d MiB of originals; give those of these images only", mostOriginals>>20)
		}
		for i, item := range b.Items {
			if _, twice := out[item.Name()]; twice {
				return fmt.Errorf("two images named %q: originals are found by name", item.Name())
			}
			out[item.Name()] = rowsOf(all, i, i+1)
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s holds no images", path)
	}
	return out, nil
}

// of are the originals of a document's pictures [N,3,H,W]; nil if it has none.
func (o originals) of(b *images.Batch) (*format.Tensor, error) {
	want := []int{b.Len(), 3, b.Height, b.Width}
	if o == nil {
		for i := range b.Extra {
			t := &b.Extra[i]
			if t.Name != sourceName {
				continue
			}
			if !slices.Equal(t.Shape, want) || t.DType != format.U8 && t.DType != format.F32 {
				return nil, fmt.Errorf("tensor %q is %s %v, want U8 or F32 %v", sourceName, t.DType, t.Shape, want)
			}
			return t, nil
		}
		return nil, nil
	}
	var out format.Tensor
	for i, item := range b.Items {
		name := item.Text(sourceName)
		if name == "" {
			name = item.Name()
		}
		t, ok := o[name]
		switch {
		case !ok:
			return nil, fmt.Errorf("item %d (%s): no original %q in --source", i, item.Name(), name)
		case !slices.Equal(t.Shape[1:], want[1:]):
			return nil, fmt.Errorf("item %d (%s) is %dx%d, its original %dx%d", i, item.Name(), b.Height, b.Width, t.Shape[2], t.Shape[3])
		case i > 0 && t.DType != out.DType:
			return nil, fmt.Errorf("item %d (%s): its original is %s, those before are %s", i, item.Name(), t.DType, out.DType)
		}
		out.DType = t.DType
		out.Data = append(out.Data, t.Data...)
	}
	out.Name, out.Shape = sourceName, want
	return &out, nil
}
