package images

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
)

// The keys of items that tools write or read; format/ITEMS.md says what each means. The factors of synthetic flowers
// are those of package synthetic.
const (
	KeyName  = "name"
	KeyClass = "class"

	KeyUnit             = "unit"
	KeySeed             = "seed"
	KeyRestart          = "restart"
	KeySteps            = "steps"
	KeyStep             = "step"
	KeyStart            = "start"
	KeyEnd              = "end"
	KeyTimesMax         = "times_max"
	KeySaturated        = "saturated"
	KeyVariation        = "variation"
	KeyLikeness         = "likeness"
	KeyRandomized       = "randomized"
	KeyWarning          = "warning"
	KeyExemplar         = "exemplar"
	KeyValue            = "value"
	KeyMeasured         = "measured"
	KeyPatch            = "patch"
	KeySource           = "source"
	KeySourceVariation  = "source_variation"
	KeyPSNR             = "psnr"
	KeyError            = "error"
	KeyErrorBetween     = "error_between"
	KeyGain             = "gain"
	KeyCosine           = "cosine"
	KeyPredicted        = "predicted"
	KeyProbability      = "probability"
	KeyMargin           = "margin"
	KeyCorrect          = "correct"
	KeyLabelProbability = "label_probability"
	KeyExplained        = "explained"
	KeyEvidence         = "evidence"
	KeyExit             = "exit"
	KeyJudgePredicted   = "judge_predicted"
	KeyJudgeCorrect     = "judge_correct"
	KeyJudgeProbability = "judge_probability"

	KeyBefore  = "before"
	KeyRobust  = "robust"
	KeySuccess = "success"
	KeyTarget  = "target"
	KeyAttack  = "attack"
	KeyEps     = "eps"
	KeyLinf    = "linf"
	KeyL2      = "l2"
)

// A ValueType says which JSON values a key may have.
type ValueType struct {
	Text string // for people: "number from 0 to 1"
	fits func(v any) bool
}

var (
	text    = ValueType{"text", func(v any) bool { _, ok := v.(string); return ok }}
	boolean = ValueType{"boolean", func(v any) bool { _, ok := v.(bool); return ok }}
	number  = ValueType{"number", func(v any) bool { _, ok := asNumber(v); return ok }}
	size    = ValueType{"number, 0 or more", func(v any) bool { f, ok := asNumber(v); return ok && f >= 0 }}
	share   = ValueType{"number from 0 to 1", func(v any) bool { f, ok := asNumber(v); return ok && f >= 0 && f <= 1 }}
	cosine  = ValueType{"number from -1 to 1", func(v any) bool { f, ok := asNumber(v); return ok && f >= -1 && f <= 1 }}
	count   = ValueType{"integer, 0 or more", func(v any) bool { f, ok := asNumber(v); return ok && f >= 0 && f == math.Trunc(f) }}
	texts   = ValueType{"list of texts", func(v any) bool { return list(v, text, -1) }}
	box     = ValueType{"list of 4 integers", func(v any) bool { return list(v, count, 4) }}
	byLayer = ValueType{"object of numbers, 0 or more", func(v any) bool { return object(v, size.fits) }}
	byHead  = ValueType{"object of objects of numbers", func(v any) bool {
		return object(v, func(v any) bool { return object(v, number.fits) })
	}}
)

func asNumber(v any) (float64, bool) { return Item{"": v}.Number("") }

func list(v any, of ValueType, length int) bool {
	all, ok := v.([]any)
	return ok && (length < 0 || len(all) == length) && !slices.ContainsFunc(all, func(v any) bool { return !of.fits(v) })
}

func object(v any, fits func(any) bool) bool {
	all, ok := v.(map[string]any)
	for _, inner := range all {
		ok = ok && fits(inner)
	}
	return ok
}

// Keys returns the type of every key's values. Other keys may have values of any type.
func Keys() map[string]ValueType {
	return map[string]ValueType{
		KeyName: text, KeyClass: text,
		KeyUnit: text, KeySeed: count, KeyRestart: count, KeySteps: count, KeyStep: count, KeyStart: number, KeyEnd: number,
		KeyTimesMax: number, KeySaturated: share, KeyVariation: size, KeyLikeness: cosine, KeyRandomized: texts, KeyWarning: text,
		KeyExemplar: count, KeyValue: number, KeyMeasured: text, KeyPatch: box,
		KeySource: text, KeySourceVariation: size, KeyPSNR: number, KeyError: byLayer, KeyErrorBetween: size, KeyGain: number, KeyCosine: cosine,
		KeyPredicted: text, KeyProbability: share, KeyMargin: number, KeyCorrect: boolean, KeyLabelProbability: share,
		KeyExplained: text, KeyEvidence: byHead, KeyExit: text,
		KeyJudgePredicted: text, KeyJudgeCorrect: boolean, KeyJudgeProbability: share,
		KeyBefore: text, KeyRobust: boolean, KeySuccess: boolean, KeyTarget: text, KeyAttack: text, KeyEps: size, KeyLinf: size, KeyL2: size,
	}
}

// check wants the value of every known key to be of its type. Values are those of JSON that was read.
func (it Item) check(types map[string]ValueType) error {
	for _, key := range slices.Sorted(maps.Keys(it)) {
		t, known := types[key]
		if known && !t.fits(it[key]) {
			value, err := json.Marshal(it[key])
			if err != nil {
				return fmt.Errorf("%q: %w", key, err)
			}
			return fmt.Errorf("%q is %.60s: this key is for a %s (format/ITEMS.md); give it that, or use another key", key, value, t.Text)
		}
	}
	return nil
}
