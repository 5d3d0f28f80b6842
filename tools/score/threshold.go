package main

import (
	"fmt"
	"strconv"
)

// threshold is the value of --exit-threshold: a probability, or auto.
type threshold struct {
	probability float64
	auto        bool
}

// UnmarshalText reads a number from 0 to 1, or the word auto.
func (t *threshold) UnmarshalText(text []byte) error {
	if string(text) == "auto" {
		*t = threshold{auto: true}
		return nil
	}
	p, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(p >= 0 && p <= 1) {
		return fmt.Errorf("%s is neither a probability from 0 to 1 nor auto", text)
	}
	*t = threshold{probability: p}
	return nil
}
