package main

import (
	"fmt"

	"herbarium/format"
	"herbarium/internal/attack"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/net"
	"herbarium/internal/torch"
)

// run is one run: the nets at hand and the results of those before.
type run struct {
	*command
	session          *cli.Session
	plan             attack.Plan
	device           torch.Device
	batch            int
	surrogate, other *graph.Net
	first, second    *campaign // second is that of --compare
	out              *images.Writer
	index            int // of the next item in the stream
	done             []result
	failed           error // of the first verdict that was not passed
}

// open reads what the flags name. All that goes into the record of this command is settled here, before a net from
// standard input is passed on.
func (c *command) open(s *cli.Session, plan attack.Plan) (*run, error) {
	options, err := net.Open(string(c.Device), c.DType, s.Threads())
	if err != nil {
		return nil, err
	}
	s.Record("device", options.Device.String())
	r := &run{command: c, session: s, plan: plan, device: options.Device, batch: s.Batch(64)}
	r.out = images.NewWriter(s.Write)
	for path, to := range map[string]**graph.Net{c.Surrogate: &r.surrogate, c.Compare: &r.other} {
		if path == "" {
			continue
		}
		if *to, err = cli.ReadNet(s, path, graph.FromDocument); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *run) close() {
	for _, c := range []*campaign{r.first, r.second} {
		if c != nil {
			c.close()
		}
	}
}

// each attacks all images of the input.
func (r *run) each() error {
	if err := r.session.EachWithNet(r.Net, r.use, cli.Handlers{images.Kind: r.document}); err != nil {
		return err
	}
	return r.session.Require(r.index, images.Kind)
}

// use takes a net for the images that follow.
func (r *run) use(d *format.Document) error {
	if err := r.conclude(); err != nil {
		return err
	}
	model, err := graph.FromDocument(d)
	if err != nil {
		return err
	}
	if r.first, err = r.campaign(model, r.surrogate); err != nil {
		return err
	}
	if r.other != nil {
		if r.second, err = r.campaign(r.other, nil); err != nil {
			return fmt.Errorf("%s: %w", r.Compare, err)
		}
	}
	return nil
}

// partBytes bounds the pixels that are attacked together, in bytes of float32.
const partBytes = 64 << 20

// document attacks the images of one document.
func (r *run) document(d *format.Document) error {
	b, err := images.FromDocument(d)
	if err != nil {
		return err
	}
	for _, c := range []*campaign{r.first, r.second} {
		if c == nil {
			continue
		}
		if in := c.model.Input; b.Height != in[1] || b.Width != in[2] {
			return errs.Hint(fmt.Errorf("item %q is %dx%d, and the net was made for %dx%d", b.Items[0].Name(), b.Height, b.Width, in[1], in[2]),
				"ingest --size %d makes them fit", in[1])
		}
	}
	if err := checkPixels(b); err != nil {
		return err
	}
	at := max(partBytes/(12*b.Height*b.Width), 1)
	for from := 0; from < b.Len(); from += at {
		if err := r.part(b, from, min(from+at, b.Len())); err != nil {
			return err
		}
	}
	return r.out.Flush()
}

// checkPixels wants intensities in [0,1].
func checkPixels(b *images.Batch) error {
	size := 3 * b.Height * b.Width
	for i, v := range b.F32 {
		if !(v >= 0 && v <= 1) {
			err := fmt.Errorf("item %q: pixel value %v is outside [0,1]", b.Items[i/size].Name(), v)
			return errs.Hint(err, "normalization belongs into the net; images are RGB in [0,1] or 8 bits")
		}
	}
	return nil
}

// part attacks images from to to of a batch, with each net.
func (r *run) part(b *images.Batch, from, to int) error {
	pixels := intensities(b, from, to)
	for _, c := range []*campaign{r.first, r.second} {
		if c == nil {
			continue
		}
		err := torch.Do(func(s *torch.Scope) error {
			p, rows, err := c.attack(s, r, b, from, to, pixels)
			if err != nil {
				return err
			}
			c.result.add(p, rows)
			if r.Verdict {
				c.sample.add(p, rows, pixels, 3*b.Height*b.Width)
			}
			if c == r.first && !r.Text() {
				return r.write(b, from, p, rows, pixels)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	r.index += to - from
	return nil
}

// attack runs the plan on images of a batch.
func (c *campaign) attack(s *torch.Scope, r *run, b *images.Batch, from, to int, pixels []float32) (*attack.Problem, []int, error) {
	labels, err := c.labels(b)
	if err != nil {
		return nil, nil, err
	}
	p := &attack.Problem{Judge: c.judge, Guide: c.guide, Seed: r.Seed}
	for i := from; i < to; i++ {
		name := b.Items[i].Name()
		p.Items = append(p.Items, attack.Item{Name: name, Key: attack.Key(name, r.index+i-from), Label: labels[i], Target: attack.NoTarget})
	}
	p.X = s.To(torch.From(s, []int{to - from, 3, b.Height, b.Width}, pixels), r.device)
	if err := p.Look(); err != nil {
		return nil, nil, err
	}
	if r.Verdict && attack.LooksLikeProbabilities(p.Clean) {
		return nil, nil, errs.Hint(fmt.Errorf("item %q: the net's outputs look like probabilities: attacks need the logits before the softmax", p.Items[0].Name),
			"--no-verdict attacks it as it is")
	}
	rows, err := c.aimed(r, p)
	if err != nil {
		return nil, nil, err
	}
	if r.Target != "" || r.Targeted != "no" { // then other items count as broken from the start
		if err := p.Look(); err != nil {
			return nil, nil, err
		}
	}
	for i := range p.Items {
		if t := p.Items[i].Target; t != attack.NoTarget && t == p.Items[i].Label {
			p.Results[i].Broken = true // left out: nothing attacks it, and nothing counts it
		}
	}
	plan := c.plan
	bar := r.session.Progress(len(plan.Eps)*len(plan.Attacks), fmt.Sprintf("attacks on images %d to %d", r.index+1, r.index+to-from))
	plan.OnAttack = func() { bar.Add(1) }
	defer bar.Done()
	return p, rows, plan.Run(p)
}

// intensities are the pixels of images from to to of a batch, in [0,1].
func intensities(b *images.Batch, from, to int) []float32 {
	size := 3 * b.Height * b.Width
	if b.F32 != nil {
		return b.F32[from*size : to*size]
	}
	out := make([]float32, (to-from)*size)
	for i, v := range b.U8[from*size : to*size] {
		out[i] = float32(v) / 255
	}
	return out
}
