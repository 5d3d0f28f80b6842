// Score says what a net sees in images: it passes the images on, each with the net's prediction, and sums up how often
// the net is right.
//
//	ingest photos/test | score --net flowers.st.zst
//	ingest photos/test | score --net flowers.st.zst | peek --where correct==false | montage -o mistakes.png
//	maxact --net flowers.st.zst | score --net flowers.st.zst --judge other.st.zst --table
//	ingest photos/test | score --net flowers.st.zst --explain gradcam | montage --overlay -o why.png
//	ingest photos/test | score --net td.st.zst --exit-threshold auto --exit-val val.st.zst --table
//
// The net comes from --net or, before the images, from standard input. At a terminal score prints the summary as a
// table and no stream; --table and --json do so anywhere. Else it writes the stream, with the summary as a document of
// kind report at its end, and a line with the accuracy on stderr; --report FILE writes the summary, too.
//
// Items get: predicted (name of the class), probability (of that class), margin (its logit over the next), and, if they
// have a label, correct and label_probability. Labels are matched to the net's classes by name. Accuracies come with
// 95% intervals (Wilson). A net that names no classes predicts numbers and compares no labels.
//
// --judge adds what another net says, for pictures that were made to please the first: judge_predicted; judge_correct and
// judge_probability are about the target, the class of the item's unit (logits:daisy), or else its label.
//
// Where a document holds the originals (tensor source), or --source FILE does (by the item's source, or else its name),
// items get psnr (dB), variation and source_variation (total variation, as the prior of that name counts it), and for each
// --layer error.LAYER = |f-f0|/|f0|. Pictures count as they are in the stream, without rounding to 8 bits.
//
// --explain adds Grad-CAM heat maps (Selvaraju et al. 2017): gradcam at the last layer that has positions, or any LAYER.
// The last layer is coarse (layer4 of resnet18 has 3x3 positions for 96 pixels); one before it shows more.
// Where logits come from a class token, gradcam is at what the last block begins with. --explain attention shows what the last
// attention of a transformer looks at: the weights of the class token, or their mean over tokens where there is none, as the mean
// over heads; attention-gradient weighs them by the gradient of the class and keeps what is positive (Chefer et al. 2021, equation 5);
// rollout multiplies those of all layers with the residual's share (Abnar and Zuidema 2020), where all attend to all tokens.
// They are the tensor heat F32 [N,S,h,w], a map for each --explain, named by the metadata heat (a JSON list of S names);
// items get explained, the class. montage --overlay shows any such tensor.
//
// Of a net with heads at several scales (topdown), --explain evidence gives each head's exact map, coarse to fine: its
// mean plus a bias is the head's logit, which the item's evidence lists by head. --only-scale ROWS shows the net the
// image of one scale only, that with so many rows, and the mean color at the others.
//
// --exit-threshold P lets each image stop at the first head that gives its class a probability of at least P; items get
// exit, the head. What comes after it is not computed for that image: the net goes on with the others of the batch. The
// summary has each head's share, accuracy and multiply-adds; standard error says which share of the time was saved, too,
// reckoned by what each stage took for an image that it ran on. --exit-plot FILE draws the anytime curve: accuracy against
// mean multiply-adds, by threshold. For it, and with --explain evidence, every image runs through the whole net, and the
// summary says how often each head alone is right. --exit-threshold auto chooses P on the photos of --exit-val, which
// should not be those that are scored: the least one from which on up to certainty accuracy stays within --exit-loss of
// the last head's.
package main

import (
	_ "embed"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/images"
	"herbarium/internal/report"
	"herbarium/internal/score"
)

//go:embed main.go
var manual string

type command struct {
	cli.IO
	cli.Compute
	cli.Net
	report.Flags
	Judge         string     `placeholder:"FILE" help:"A second net that judges pictures made for the first."`
	Source        string     `placeholder:"FILE" help:"A stream with the images that these were made from."`
	Layer         []string   `sep:"none" placeholder:"LAYER" help:"Compare images with their originals at this layer; may be repeated."`
	Explain       []string   `sep:"none" placeholder:"LAYER" help:"Add Grad-CAM maps at LAYER, or at the usual one (gradcam); may be repeated. Or attention, attention-gradient and rollout: maps of a transformer. Or evidence: the exact maps of a net with heads."`
	OnlyScale     int        `default:"0" range:"[0,)" placeholder:"ROWS" help:"Show a top-down net only the scale with so many rows of pixels."`
	ExitThreshold *threshold `placeholder:"P" help:"Stop at the first head that gives its class probability P, from 0 to 1; auto chooses P on --exit-val."`
	ExitVal       string     `placeholder:"FILE" help:"Labeled validation photos for --exit-threshold auto."`
	ExitLoss      float64    `default:"0.01" range:"[0,1)" placeholder:"SHARE" help:"Accuracy that --exit-threshold auto may lose on them (${default})."`
	ExitPlot      string     `placeholder:"FILE" prov:"-" help:"Draw the anytime curve to FILE: .svg, .png or .pdf; no time is saved then."`
	ExplainClass  string     `default:"predicted" placeholder:"CLASS" help:"The class to explain: its name or number, predicted, or label (${default})."`
}

func main() { cli.Main("score", manual, &command{}) }

// Text says that no stream goes to standard output.
func (c *command) Text() bool { return c.Flags.Printed(c.Output, c.Force) }

// Run scores the images and sums up.
func (c *command) Run(s *cli.Session) error {
	if err := c.check(); err != nil {
		return err
	}
	options, err := c.options(s)
	if err != nil {
		return err
	}
	if options.Judge != nil {
		defer options.Judge.Close()
	}
	scorer := score.New(options)
	defer scorer.Close()
	if err := s.EachWithNet(c.Net, func(d *format.Document) error { return use(scorer, d) }, cli.Handlers{images.Kind: func(d *format.Document) error {
		return c.document(s, scorer, d)
	}}); err != nil {
		return err
	}
	if err := s.Require(scorer.Images(), images.Kind); err != nil {
		return err
	}
	return c.report(s, scorer)
}
