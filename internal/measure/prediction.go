// Package measure says how well pictures do: what a net sees in them and how sure it is (Classifier, Tally), how far
// they are from what they were made from (Errors, PSNR, Variation), and where a net looks for a class (GradCAM).
package measure

import "math"

// Prediction is what one picture's logits say.
type Prediction struct {
	Class       int     // of the largest logit; of equal ones the first
	Probability float64 // its softmax
	Margin      float64 // how far its logit is above the next
}

// Predict reads the logits [K] of a picture, K at least 2.
func Predict(logits []float32) Prediction {
	best := 0
	for k, v := range logits {
		if v > logits[best] {
			best = k
		}
	}
	next := math.Inf(-1)
	for k, v := range logits {
		if k != best {
			next = math.Max(next, float64(v))
		}
	}
	return Prediction{best, math.Exp(LogProbability(logits, best)), float64(logits[best]) - next}
}

// LogProbability is the logarithm of the softmax of class k; its negative is the cross-entropy in nats.
func LogProbability(logits []float32, k int) float64 {
	largest := math.Inf(-1)
	for _, v := range logits {
		largest = math.Max(largest, float64(v))
	}
	sum := 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v) - largest)
	}
	return float64(logits[k]) - largest - math.Log(sum)
}

// Rank is the place of class k among the logits: 0 is first. Of equal ones those with lower numbers come before.
func Rank(logits []float32, k int) int {
	rank := 0
	for i, v := range logits {
		if v > logits[k] || v == logits[k] && i < k {
			rank++
		}
	}
	return rank
}
