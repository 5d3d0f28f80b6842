// Adversary attacks a net: it looks for small changes of images that make the net wrong, and says how many images
// withstand them.
//
//	ingest photos/test | adversary --net flowers.st.zst --eps 2/255,4/255,8/255
//	ingest photos/test | adversary --net flowers.st.zst --attack standard | montage --triptych -o attacked.png
//	ingest photos/test | adversary --net flowers.st.zst --norm l2 --eps 0.5 --plot curve.png -o attacked.st.zst
//
// The net comes from --net or, before the images, from standard input. Images are in [0,1], and so is eps: 8/255 is eight
// steps of 8-bit pixels. The net normalizes by itself.
//
// At a terminal adversary prints a table and no stream; --table and --json do so anywhere. Else it writes the images, each
// changed if an attack succeeded and as it was otherwise, with the originals as the tensor source, and at the end a
// document of kind report. Items get: before (the class predicted for the source), predicted (for the image), robust,
// success (an attack found the image), and then attack, eps, linf, l2 (distances), steps, restart; target, with a target.
//
// Attacks run in the order given, in each ball from the smallest, each on what is left: an image that has been broken
// counts as broken in every larger ball. standard is AutoAttack's ensemble (apgd-ce, apgd-t, fab-t, square) with its
// parameters. deepfool looks for small distances; without --eps in the whole box.
//
// A verdict follows. It is made on up to 256 of the items and looks for signs that the numbers are too good: hidden
// gradients, random answers, attacks too weak for the net. If a check fails there is no result, only the reason.
package main

import (
	_ "embed"
	"strings"

	"herbarium/internal/attack"
	"herbarium/internal/cli"
	"herbarium/internal/images"
	"herbarium/internal/radius"
	"herbarium/internal/report"
)

//go:embed main.go
var manual string

type command struct {
	cli.IO
	cli.Compute
	cli.Net
	report.Flags
	Attack    []string     `default:"pgd" placeholder:"NAME" help:"Attacks, one or several with commas: ${attacks} (${default})."`
	Norm      string       `enum:"linf,l2" default:"linf" help:"linf: no value changes by more than eps; l2: eps is the Euclidean length of the change (${default})."`
	Eps       []radius.Eps `placeholder:"EPS" help:"Radius of the ball around each image; several make a curve: 1/255,2/255. By default 8/255, in l2 0.5."`
	Steps     int          `range:"[0,)" placeholder:"N" help:"Gradient steps: 10; apgd and fab 100, deepfool 50."`
	Restarts  int          `range:"[0,)" placeholder:"N" help:"Starts of each attack (1); draws of noise (10)."`
	Queries   int          `range:"[0,)" placeholder:"N" help:"Queries of square (5000)."`
	Loss      string       `enum:"ce,margin,dlr" default:"ce" help:"What fgsm, pgd, mi-fgsm and low-frequency raise: ce (cross-entropy), margin or dlr (${default})."`
	Targets   int          `range:"[0,)" placeholder:"N" help:"Go toward the N likeliest other classes in turn; apgd-t, fab-t and deepfool do at 9."`
	Target    string       `placeholder:"CLASS" help:"Count an attack as a success only if the net sees CLASS, a name or number. Images of that class are left out."`
	Targeted  string       `enum:"no,likely,least,random" default:"no" placeholder:"HOW" help:"The same, with a target for each image: its likeliest other class, its least likely or a random one."`
	Coarse    int          `range:"[0,)" placeholder:"N" help:"low-frequency changes squares of N pixels (4)."`
	Quantize  bool         `help:"Images must be adversarial after rounding to 8 bits, and are written so."`
	AllSteps  bool         `help:"Go on with images that are broken already: the last adversarial image counts, not the first."`
	EOT       int          `name:"eot" default:"1" range:"[1,)" placeholder:"N" help:"For nets that answer at random: attack the mean of N answers (${default})."`
	Surrogate string       `placeholder:"FILE" help:"Transfer: follow the gradients of this net instead."`
	Compare   string       `placeholder:"FILE" help:"Attack this net, too, on the same images, and compare the two."`
	Verdict   bool         `default:"true" negatable:"" help:"Check the result (on)."`
	Plot      string       `placeholder:"FILE" prov:"-" help:"Draw accuracy against eps to FILE: .png, .svg or .pdf."`
}

func main() { cli.Main("adversary", manual, &command{}) }

// Defaults gives help the names of attacks.
func (*command) Defaults() map[string]string {
	return map[string]string{"attacks": strings.Join(attack.Names(), ", ")}
}

// Text says that no stream goes to standard output.
func (c *command) Text() bool { return c.Flags.Printed(c.Output, c.Force) }

// Run attacks the images and reports.
func (c *command) Run(s *cli.Session) error {
	plan, err := c.plan()
	if err != nil {
		return err
	}
	run, err := c.open(s, plan)
	if err != nil {
		return err
	}
	defer run.close()
	if err := s.EachWithNet(c.Net, run.use, cli.Handlers{images.Kind: run.document}); err != nil {
		return err
	}
	if err := s.Require(run.index, images.Kind); err != nil {
		return err
	}
	return run.finish()
}
