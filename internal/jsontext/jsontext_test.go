package jsontext

import (
	"math"
	"testing"
)

type inner struct {
	Mean float64 `json:"mean"`
}

type summary struct {
	inner
	Name     string             `json:"name"`
	Interval [2]float64         `json:"interval"`
	ByLayer  map[string]float64 `json:"by_layer,omitempty"`
	Share    *inner             `json:"share,omitempty"`
	List     []inner            `json:"list"`
	Empty    []int              `json:"empty,omitempty"`
	Plain    float32
	hidden   int
}

func TestNumbersThatAreNone(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, test := range []struct {
		v    any
		want string
	}{
		{map[string]any{"b": 1.5, "a": "x < y & z"}, `{"a":"x < y & z","b":1.5}`},
		{map[string]any{"margin": inf, "end": 2.0, "seed": uint64(math.MaxUint64)}, `{"end":2,"seed":18446744073709551615}`},
		{map[string]any{"error": map[string]any{"layer1": nan, "layer2": float32(0.5)}, "none": nil}, `{"error":{"layer2":0.5},"none":null}`},
		{[]any{1, float32(math.Inf(-1)), "x"}, `[1,null,"x"]`},
		{nan, `null`},
		{summary{inner: inner{nan}, Name: "n", Interval: [2]float64{0.5, inf}, ByLayer: map[string]float64{"a": nan, "b": 1}, Share: &inner{inf}, List: []inner{{2}, {nan}}},
			`{"Plain":0,"by_layer":{"b":1},"interval":[0.5,null],"list":[{"mean":2},{}],"name":"n","share":{}}`},
		{summary{Name: "n", List: []inner{{2}}}, `{"mean":0,"name":"n","interval":[0,0],"list":[{"mean":2}],"Plain":0}`},
	} {
		got, err := Marshal(test.v)
		if err != nil || string(got) != test.want {
			t.Errorf("%s, error %v; want %s", got, err, test.want)
		}
	}
	if _, err := Marshal(map[string]any{"f": func() {}}); err == nil {
		t.Error("a function was written")
	}
}
