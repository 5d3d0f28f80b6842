package measure

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// sure are logits of two classes that give class k probability p.
func sure(k int, p float64) []float32 {
	l := []float32{0, 0}
	l[k] = float32(math.Log(p / (1 - p)))
	return l
}

func four() *Exits {
	e := NewExits([]string{"head8", "head16"}, []int64{10, 50})
	e.Add(0, [][]float32{sure(0, 0.95), sure(0, 0.9)})  // right and sure
	e.Add(0, [][]float32{sure(0, 0.8), sure(0, 0.7)})   // right, less sure
	e.Add(0, [][]float32{sure(1, 0.7), sure(0, 0.9)})   // wrong at first
	e.Add(0, [][]float32{sure(0, 0.55), sure(1, 0.99)}) // wrong at last
	return e
}

func TestExits(t *testing.T) {
	e := four()
	for _, tt := range []struct {
		threshold float64
		right     int
		macs      float64
	}{{2, 3, 50}, {0.9, 3, 40}, {0.75, 3, 30}, {0.6, 2, 20}, {0, 3, 10}} {
		if at := e.At(tt.threshold); at.Accuracy.Count != tt.right || at.MACs != tt.macs {
			t.Errorf("at %g: %d right for %g, want %d for %g", tt.threshold, at.Accuracy.Count, at.MACs, tt.right, tt.macs)
		}
	}
	// From 0.7 on down a picture is lost; that another is won at 0.55 does not make up for it.
	if c := e.Choose(0); math.Abs(c-0.8) > 1e-6 {
		t.Errorf("chose %g without loss, want 0.8", c)
	}
	if c := e.Choose(0.25); math.Abs(c-0.55) > 1e-6 {
		t.Errorf("chose %g with a quarter to lose, want 0.55", c)
	}
	by := e.ByHead(0.75)
	if by[0].Left.Count != 2 || by[0].Accuracy.Count != 2 || by[0].Alone.Count != 3 || by[1].Left.Count != 2 || by[1].Accuracy.Count != 1 {
		t.Errorf("%+v", by)
	}
	if none := NewExits([]string{"a", "b"}, []int64{1, 2}); none.At(0.5).Accuracy != nil || none.Choose(0.01) != 2 || len(none.Curve()) != 1 {
		t.Error("no pictures give shares")
	}
}

// Pictures without a label leave somewhere and cost something, but are neither right nor wrong.
func TestUnlabeledExits(t *testing.T) {
	e := four()
	e.Add(NoClass, [][]float32{sure(0, 0.99), sure(0, 0.6)})
	e.Add(NoClass, [][]float32{sure(0, 0.6), sure(1, 0.6)})
	if at := e.At(0.75); at.MACs != 30 || at.Accuracy.Count != 3 || at.Accuracy.Of != 4 {
		t.Errorf("%+v %+v, want 30 multiply-adds and 3 of 4", at, at.Accuracy)
	}
	by := e.ByHead(0.75)
	if by[0].Left.Count != 3 || by[0].Left.Of != 6 || by[0].Accuracy.Of != 2 || by[1].Accuracy.Of != 2 || by[1].Alone.Of != 4 {
		t.Errorf("%+v", by)
	}
	many := NewExits([]string{"a", "b"}, []int64{2437312, 9990080})
	many.Add(0, [][]float32{sure(0, 0.9), sure(0, 0.9)})
	if at := many.At(0); at.MACs != 2437312 {
		t.Errorf("%.0f multiply-adds of the only picture, which costs 2437312", at.MACs)
	}
	none := NewExits([]string{"a", "b"}, []int64{1, 3})
	none.Add(NoClass, [][]float32{sure(0, 0.9), sure(0, 0.9)})
	none.Add(NoClass, [][]float32{sure(0, 0.6), sure(0, 0.9)})
	if at := none.At(0.8); at.Accuracy != nil || at.MACs != 2 || none.ByHead(0.8)[0].Alone != nil {
		t.Errorf("%+v", at)
	}
}

func TestLeaveAgreesWithTheCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var logits [][]float32
		for range 3 {
			logits = append(logits, []float32{rapid.Float32Range(-5, 5).Draw(t, "a"), rapid.Float32Range(-5, 5).Draw(t, "b")})
		}
		threshold := rapid.Float64Range(0, 1.1).Draw(t, "threshold")
		e := NewExits([]string{"a", "b", "c"}, []int64{1, 2, 3})
		e.Add(0, logits)
		if got := int64(e.At(threshold).MACs); got != e.MACs[Leave(logits, threshold)] {
			t.Fatalf("costs %d, leaves at %d", got, Leave(logits, threshold))
		}
	})
}

// The curve rises in cost from the first head to the last.
func TestCurveRises(t *testing.T) {
	curve := four().Curve()
	if curve[0].MACs != 10 || curve[len(curve)-1].MACs != 50 {
		t.Errorf("from %g to %g", curve[0].MACs, curve[len(curve)-1].MACs)
	}
	for i := range curve[1:] {
		if curve[i+1].MACs < curve[i].MACs || curve[i+1].Threshold < curve[i].Threshold {
			t.Errorf("%+v before %+v", curve[i], curve[i+1])
		}
	}
}

// Of pictures that left early nobody knows what later heads would have said.
func TestExitsOfPicturesThatLeft(t *testing.T) {
	e := NewExits([]string{"head8", "head16"}, []int64{10, 50})
	e.Add(0, [][]float32{sure(0, 0.95)})
	e.Add(0, [][]float32{sure(1, 0.7), sure(0, 0.9)})
	if at := e.At(0.9); at.MACs != 30 || at.Accuracy.Count != 2 {
		t.Errorf("%+v", at)
	}
	by := e.ByHead(0.9)
	if by[0].Alone == nil || by[0].Alone.Count != 1 || by[1].Alone != nil || by[1].Accuracy.Of != 1 {
		t.Errorf("%+v", by)
	}
	if curve := e.Curve(); curve != nil {
		t.Errorf("a curve: %+v", curve)
	}
}
