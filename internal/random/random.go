// Package random is the only source of random numbers in Herbarium.
//
// A generator is a function of a seed and of keys that say what the numbers are for: an item's index, a step, the
// hash of a parameter's name. Nothing else enters (no time, no batch, no order of evaluation), so that an item's
// numbers are the same whatever its companions are.
package random

import (
	"hash/fnv"
	"math/rand/v2"
)

// New returns the generator that belongs to seed and keys. Different keys, a different order of the same keys and a
// different number of keys all give unrelated streams: New(1, 2), New(2, 1) and New(1, 2, 0) share nothing.
//
// The generator is math/rand/v2's PCG; its two words of state are chains of the finalizer of SplitMix64 (Steele, Lea
// and Flood, OOPSLA 2014) over seed and keys.
func New(seed uint64, keys ...uint64) *rand.Rand {
	hi, lo := mix(seed+phi), mix(seed+sqrt2)
	for _, k := range keys {
		// Multiplying what came before by an odd number makes the chain depend on the order.
		hi = mix(hi*sqrt2 + mix(k+phi))
		lo = mix(lo*phi + mix(k+sqrt2))
	}
	return rand.New(rand.NewPCG(hi, lo))
}

// Key turns a name (of a parameter, a unit, a purpose such as "crop") into a key for New.
func Key(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name)) // never fails: hash.Hash promises so
	return mix(h.Sum64())
}

// The fractional parts of the golden ratio and of the square root of two, made odd: they keep a seed or key of zero
// from being a fixed point of mix, and the two words of state apart.
const (
	phi   = 0x9e3779b97f4a7c15
	sqrt2 = 0x6a09e667f3bcc909
)

// mix is SplitMix64's finalizer (Stafford's variant 13), a bijection in which each input bit moves each output bit
// with probability near one half.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
