package onnx

import (
	"herbarium/format"
)

func constantOf(shape []int, v []float32) *constant {
	c := format.Of("", shape, v)
	return &c
}

// derived makes a constant of as many floats as c, under its name.
func (t *translator) derived(c *constant, shape []int, fill func(from, to []float32)) (*constant, error) {
	if err := t.spend(8 * c.Len()); err != nil {
		return nil, err
	}
	from, err := floats(c)
	if err != nil {
		return nil, err
	}
	to := make([]float32, len(from))
	fill(from, to)
	out := format.Of(c.Name, shape, to)
	return &out, nil
}

func (t *translator) transposed(c *constant) (*constant, error) {
	rows, columns := c.Shape[0], c.Shape[1]
	return t.derived(c, []int{columns, rows}, func(from, to []float32) {
		for i := range rows {
			for j := range columns {
				to[j*rows+i] = from[i*columns+j]
			}
		}
	})
}

func (t *translator) scaled(c *constant, by float64) (*constant, error) {
	return t.derived(c, c.Shape, func(from, to []float32) {
		for i := range from {
			to[i] = float32(float64(from[i]) * by)
		}
	})
}

// gathered moves column j of a matrix to column from[j].
func (t *translator) gathered(c *constant, columns []int) (*constant, error) {
	return t.derived(c, c.Shape, func(from, to []float32) {
		for i := 0; i < len(from); i += len(columns) {
			for j, k := range columns {
				to[i+k] = from[i+j]
			}
		}
	})
}
