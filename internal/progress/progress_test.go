package progress

import "testing"

// TestNone: a library that is given no bar to show runs on.
func TestNone(t *testing.T) {
	var start Start = None
	bar := start(-1, "images")
	if bar == nil {
		t.Fatal("no bar to call")
	}
	bar.Suffix("loss %g", 1.0)
	bar.Add(3)
	bar.Done()
}
