package graph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Prepare says how a photo becomes an input of the net, as torchvision's and timm's evaluation transforms do: the
// shorter side is scaled to Resize pixels, the longer one in proportion, with antialiasing; then the square of Crop by
// Crop pixels in the middle is cut out.
type Prepare struct {
	Resize        int    `json:"resize"`        // pixels of the shorter side, at least Crop
	Crop          int    `json:"crop"`          // pixels of the side of the square
	Interpolation string `json:"interpolation"` // one of Interpolations
}

// Interpolations are the filters that Prepare may name, by PIL's names: bilinear is the triangle filter, bicubic
// Keys' with a = -0.5, each as wide as the scale asks for.
func Interpolations() []string { return []string{"bilinear", "bicubic"} }

// Check says what is wrong with p.
func (p *Prepare) Check() error {
	err := first(within("crop", p.Crop, 1, maxSide), within("resize", p.Resize, 1, maxSide))
	switch {
	case err != nil:
		return err
	case p.Resize < p.Crop:
		return fmt.Errorf("resize %d is below crop %d", p.Resize, p.Crop)
	case !slices.Contains(Interpolations(), p.Interpolation):
		return fmt.Errorf("interpolation %q is none of %s", p.Interpolation, strings.Join(Interpolations(), ", "))
	}
	return nil
}

// parsePrepare is as strict as Parse.
func parsePrepare(text []byte) (*Prepare, error) {
	if err := checkSyntax(text); err != nil {
		return nil, err
	}
	if _, err := keys(text, "resize", "crop", "interpolation"); err != nil {
		return nil, err
	}
	var p Prepare
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, plain(err)
	}
	return &p, p.Check()
}

// checkPrepare wants what comes out of Prepare to be what the net was made for.
func (n *Net) checkPrepare() error {
	if err := n.Prepare.Check(); err != nil {
		return err
	}
	if crop := n.Prepare.Crop; len(n.Input) != 3 || n.Input[1] != crop || n.Input[2] != crop {
		return fmt.Errorf("crop %d makes no input of %v", crop, n.Input)
	}
	return nil
}
