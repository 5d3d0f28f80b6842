package ascend

import (
	"slices"
	"testing"
)

// TestSnapshotsLieCloserAtTheStart: as many as were asked for, each later than the one before, none after the last step.
func TestSnapshotsLieCloserAtTheStart(t *testing.T) {
	for _, test := range []struct {
		steps, snapshots int
		want             []int
	}{
		{256, 4, []int{10, 40, 92, 163}},
		{256, 1, []int{64}},
		{20, 3, []int{1, 5, 11}},
		{5, 4, []int{1, 2, 3, 4}},
		{6, 4, []int{1, 2, 3, 4}},
		{1, 0, []int{}},
	} {
		c := Config{Steps: test.steps, Snapshots: test.snapshots}
		if got := c.snapshotSteps(); !slices.Equal(got, test.want) {
			t.Errorf("%d of %d steps: %v, want %v", test.snapshots, test.steps, got, test.want)
		}
	}
	for steps := 2; steps < 60; steps++ {
		for k := 1; k < steps; k++ {
			c := Config{Steps: steps, Snapshots: k}
			got := c.snapshotSteps()
			for i := range got {
				if got[i] >= steps || i > 0 && got[i] <= got[i-1] || got[i] < 1 {
					t.Fatalf("%d of %d steps: %v", k, steps, got)
				}
			}
		}
	}
}
