// Adopt turns a net that others trained into a net of the stream, once; then every tool takes it.
//
//	adopt --arch resnet50 --classes imagenet_classes.txt resnet50-0676ba61.pth -o resnet50.st.zst
//	adopt --norm cifar10 checkpoint.pth | maxact --unit logits:3 | montage -o seen.png
//	ingest --size 224 photos | adopt --stats /dev/stdin model.safetensors -o model.st.zst
//	adopt --classes imagenet_classes.txt mobilenetv2.onnx -o mobilenetv2.st.zst
//	adopt --to safetensors flowers.st.zst -o flowers.safetensors
//
// FILE is a checkpoint of PyTorch (.pt, .pth, .th, zip or legacy), a safetensors file, or an ONNX file (see below).
// Nothing in it is run: a pickle may ask for what tensors need and for nothing else. The net in a checkpoint is found by
// its keys wherever it lies (state_dict, model ...), and what stands before its keys (module., backbone. ...) is left
// out. Without --arch the architecture is told from names and shapes. The linear layer that is left is the head, under
// its own name and as logits. Keys that are missing, unexpected or misshapen are all listed.
//
// Few files say how their photos were prepared. A mean and a deviation among a checkpoint's tensors (normalizer.new_mean,
// mu and sigma) are the normalization. Unless told otherwise adopt takes ImageNet's mean and deviation on values from 0 to 1,
// for nets that see gray none, photos of 224 pixels cut from 256, or of 32 pixels for nets of small images; it says so, and
// the net keeps it. With the wrong normalization a net still runs, and is wrong more often: score tells.
//
// An ONNX file carries its graph: any CNN that takes one batch of RGB or gray images, in either order of axes. A net without
// classes, a backbone or an embedding, can be looked into but not scored; --no-classes says that a net is one. --input-name and
// --output-name choose among several; --output-name takes any value of the graph.
// The input's size is the file's, or 224, or --input. A softmax at the end is left out. Tensors in files of their own are
// read from the folder of FILE and nowhere else.
//
// --stats adds what viewers measure by, from photos at the net's size; --device and --threads are for it.
//
// With --to safetensors FILE is a net of the stream, or standard input; what comes out fits
// load_state_dict(strict=True), and is still a net to the other tools. Name the output by -o; -o - is standard output.
package main

import (
	_ "embed"

	"herbarium/internal/cli"
)

//go:embed main.go
var manual string

type command struct {
	cli.IO
	cli.Processor
	File          string    `arg:"" optional:"" placeholder:"FILE" help:"The checkpoint or ONNX file."`
	Arch          string    `placeholder:"NAME" help:"Architecture, by its name in torchvision or timm, or as train has it; a tag after a dot is ignored."`
	Stem          string    `help:"First layers: large (7x7 and pooling), small (3x3) or small-pool (3x3 and pooling), where the file leaves that open."`
	Prefix        string    `placeholder:"TEXT" help:"Take only what is under keys that begin so, such as state_dict.encoder_q."`
	Norm          string    `enum:",imagenet,cifar10,mnist,half,none" default:"" placeholder:"NAME" help:"Normalization: imagenet, cifar10, mnist, half (0.5 and 0.5) or none (that of the file, or imagenet; none for nets that see gray)."`
	Mean          []float64 `placeholder:"R,G,B" help:"Mean of the channels, instead of --norm; with --std."`
	Std           []float64 `placeholder:"R,G,B" help:"Standard deviation of the channels."`
	Channels      string    `enum:"rgb,bgr" default:"rgb" help:"Order of the channels that the net was trained on: rgb, or bgr as Caffe and OpenCV have it; --mean and --std are in that order (${default})."`
	Range         string    `enum:"1,255" default:"1" help:"Largest value of a pixel that the net was trained on, 1 or 255 (${default})."`
	Classes       string    `placeholder:"FILE" help:"Names of the classes: one a line, or a JSON list or object by number."`
	NoClasses     bool      `help:"What the net gives are features, not numbers of classes. Of a checkpoint, leave out all that follows the backbone."`
	Input         int       `aliases:"crop" range:"[0,)" placeholder:"N" help:"Side of the square that the net sees, in pixels; --crop is the same (32 or 224, by the architecture; that of an ONNX file)."`
	Resize        int       `range:"[0,)" placeholder:"N" help:"Shorter side that a photo is brought to before (8/7 of --input; --input for nets of small images)."`
	Interpolation string    `enum:"bilinear,bicubic" default:"bilinear" help:"How it is brought there: bilinear or bicubic, antialiased (${default})."`
	InputName     string    `placeholder:"NAME" help:"The input of an ONNX graph that takes the images, if it has several."`
	OutputName    string    `placeholder:"NAME" help:"The value of an ONNX graph that holds the logits, if it has several outputs."`
	Stats         string    `placeholder:"IMAGES" help:"Measure the net on these images of a stream, for the viewers."`
	To            string    `enum:",safetensors" default:"" placeholder:"FORMAT" help:"Take a net out of the stream instead: safetensors."`
}

func main() { cli.Main("adopt", manual, &command{}) }

// Text says that a net which leaves the stream is no stream.
func (c *command) Text() bool { return c.To != "" }

// Run adopts a net, or takes one out.
func (c *command) Run(s *cli.Session) error {
	if c.To != "" {
		return c.export(s)
	}
	model, err := c.adopt(s)
	if err != nil {
		return err
	}
	if c.Stats != "" {
		if err := c.measure(s, model); err != nil {
			return err
		}
	}
	doc, err := model.Document()
	if err != nil {
		return err
	}
	return s.Write(doc)
}
