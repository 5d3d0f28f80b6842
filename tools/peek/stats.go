package main

import (
	"fmt"
	"math"
	"slices"
	"text/tabwriter"

	"herbarium/format"
	"herbarium/internal/cli"
)

// summary is what --stats says of a tensor, in its JSON form. A number that
// JSON does not have is a text (+Inf).
type summary struct {
	Document int          `json:"document"`
	Name     string       `json:"name"`
	DType    format.DType `json:"dtype"`
	Shape    []int        `json:"shape"`
	Min      any          `json:"min"` // of the values that are no NaN; null if there are none
	Mean     any          `json:"mean"`
	Max      any          `json:"max"`
	NaN      int          `json:"nan"`
}

// stats prints the range and mean of every tensor.
func (c *command) stats(s *cli.Session) error {
	return c.print(s, func(out output) error {
		_, err := c.walk(s, func(r *format.Reader, n int, d *format.Document) error {
			if err := r.Body(d); err != nil {
				return err
			}
			if !c.JSON {
				fmt.Fprintf(out, "document %d: %s\n", n, describe(d))
			}
			t := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
			if !c.JSON && len(d.Tensors) > 0 {
				fmt.Fprintln(t, "  tensor\tdtype\tshape\tmin\tmean\tmax\tNaN")
			}
			for i := range d.Tensors {
				x, err := summarize(&d.Tensors[i])
				if err != nil {
					return inDocument(n, d, err)
				}
				x.Document = n
				if c.JSON {
					x.Min, x.Mean, x.Max = jsonNumber(x.Min), jsonNumber(x.Mean), jsonNumber(x.Max)
					if err := out.json(x); err != nil {
						return err
					}
					continue
				}
				fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\t%d\n", word(x.Name), x.DType, shapeText(x.Shape), number(x.Min), number(x.Mean), number(x.Max), x.NaN)
			}
			if err := t.Flush(); err != nil {
				return err
			}
			return out.Flush()
		})
		return err
	})
}

// summarize computes the statistics of a tensor of any type.
func summarize(t *format.Tensor) (summary, error) {
	s := summary{Name: t.Name, DType: t.DType, Shape: t.Shape}
	var err error
	switch t.DType {
	case format.Bool:
		b := *t
		b.DType = format.U8
		err = measure[uint8](&s, &b)
	case format.U8:
		err = measure[uint8](&s, t)
	case format.I8:
		err = measure[int8](&s, t)
	case format.I16:
		err = measure[int16](&s, t)
	case format.I32:
		err = measure[int32](&s, t)
	case format.I64:
		err = measure[int64](&s, t)
	case format.F64:
		err = measure[float64](&s, t)
	default:
		var v []float32
		if v, err = format.Float32s(t); err == nil {
			of(&s, v)
		}
	}
	return s, err
}

type numeric interface {
	uint8 | int8 | int16 | int32 | int64 | float32 | float64
}

func measure[T numeric](s *summary, t *format.Tensor) error {
	v, err := format.Values[T](t)
	if err == nil {
		of(s, v)
	}
	return err
}

// of fills in the statistics of values, summed in float64.
func of[T numeric](s *summary, values []T) {
	first := slices.IndexFunc(values, func(v T) bool { return v == v })
	if first < 0 {
		s.NaN = len(values)
		return
	}
	least, most := values[first], values[first]
	sum := 0.0
	for _, v := range values {
		if v != v {
			s.NaN++
			continue
		}
		if v < least {
			least = v
		}
		if v > most {
			most = v
		}
		sum += float64(v)
	}
	s.Min, s.Mean, s.Max = least, sum/float64(len(values)-s.NaN), most
}

// number writes a value for people.
func number(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case float32:
		return fmt.Sprintf("%.5g", v)
	case float64:
		return fmt.Sprintf("%.5g", v)
	}
	return fmt.Sprint(v)
}

// jsonNumber writes what JSON has no number for as a text.
func jsonNumber(v any) any {
	f, ok := v.(float64)
	if x, single := v.(float32); single {
		f, ok = float64(x), true
	}
	if ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
		return fmt.Sprintf("%+g", f)
	}
	return v
}
