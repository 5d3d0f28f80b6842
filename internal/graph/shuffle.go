package graph

import "fmt"

// Shuffle is F.channel_shuffle in Groups: channel i of group g becomes channel i Groups + g.
type Shuffle struct {
	Groups int `json:"groups,omitempty" needs:"a divisor of the channels"`
}

var _ = define(Shuffle{})

func (Shuffle) Name() string { return "shuffle" }

func (o Shuffle) check() error { return within("groups", o.Groups, 1, maxSide) }

func (o Shuffle) infer(ins []Value) (Value, error) {
	c, _, _, err := maps3(ins[0])
	if err == nil && c%o.Groups != 0 {
		err = fmt.Errorf("%d channels cannot be split into %d groups", c, o.Groups)
	}
	return ins[0], err
}
