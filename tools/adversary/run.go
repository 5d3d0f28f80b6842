package main

import (
	"fmt"

	"herbarium/format"
	"herbarium/internal/attack"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/report"
	"herbarium/internal/robustness"
	"herbarium/tools/internal/compute"
)

// run is one run of the tool: the nets in use, and the results of those before.
type run struct {
	flags            *command
	session          *cli.Session
	options          robustness.Options
	surrogate, other *graph.Net
	first, second    *robustness.Evaluation // second is that of --compare
	out              *images.Writer
	index            int // of the next item in the stream
	done             []*robustness.Result
	failed           error // of the first verdict that was not passed
}

// open reads what the flags name. All that goes into the record of this command is settled here, before a net from
// standard input is passed on.
func (c *command) open(s *cli.Session, plan attack.Plan) (*run, error) {
	on, err := compute.Open(s, &c.Processor, c.DType)
	if err != nil {
		return nil, err
	}
	r := &run{flags: c, session: s, out: images.NewWriter(s.Write)}
	r.options = robustness.Options{Plan: plan, Net: on, Batch: s.Batch(on.Batch(32, 64)), EOT: c.EOT, Target: c.Target,
		Verdict: c.Verdict, VerdictSteps: c.Steps, Progress: s.Progress, Warnf: s.Warnf}
	if c.Targeted != "no" {
		r.options.Targeted = c.Targeted
	}
	if c.Surrogate != "" {
		if r.surrogate, err = cli.ReadNet(s, c.Surrogate, graph.FromDocument); err != nil {
			return nil, err
		}
	}
	if c.Compare != "" {
		if r.other, err = cli.ReadNet(s, c.Compare, graph.FromDocument); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *run) close() {
	for _, e := range r.evaluations() {
		e.Close()
	}
}

// evaluations are those of the nets in use.
func (r *run) evaluations() []*robustness.Evaluation {
	var all []*robustness.Evaluation
	for _, e := range []*robustness.Evaluation{r.first, r.second} {
		if e != nil {
			all = append(all, e)
		}
	}
	return all
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
	if r.first, err = robustness.New(model, r.surrogate, r.options); err != nil {
		return err
	}
	if r.other != nil {
		if r.second, err = robustness.New(r.other, nil, r.options); err != nil {
			return fmt.Errorf("%s: %w", r.flags.Compare, err)
		}
	}
	return nil
}

// document attacks the images of one document.
func (r *run) document(d *format.Document) error {
	b, err := images.FromDocument(d)
	if err != nil {
		return err
	}
	for _, e := range r.evaluations() {
		if err := e.Check(b); err != nil {
			return err
		}
	}
	if r.flags.Text() {
		err = r.first.Attack(b, r.index, nil)
	} else if err = r.out.SetClasses(b.Classes); err == nil {
		err = r.first.Attack(b, r.index, r.write)
	}
	if err == nil && r.second != nil {
		err = r.second.Attack(b, r.index, nil)
	}
	if err != nil {
		return err
	}
	r.index += b.Len()
	return r.out.Flush()
}

// write passes images on as the attacks have left them.
func (r *run) write(a *robustness.Attacked) error {
	for i := range a.Len() {
		if err := r.out.Add(a.Picture(i)); err != nil {
			return err
		}
	}
	return nil
}

// conclude completes the results of the nets in use.
func (r *run) conclude() error {
	if r.first == nil {
		return nil
	}
	defer func() {
		r.close()
		r.first, r.second = nil, nil
	}()
	result, err := r.first.Finish()
	if err != nil || result.Items == 0 {
		return err
	}
	r.refuse("", result)
	if r.second != nil {
		other, err := r.second.Finish()
		if err != nil {
			return err
		}
		r.refuse(r.flags.Compare+": ", other)
		result.CompareWith(other)
	}
	r.done = append(r.done, result)
	return nil
}

// refuse keeps the first verdict that was not passed as the reason why there is no result.
func (r *run) refuse(who string, result *robustness.Result) {
	if err := result.Failure(); err != nil && r.failed == nil {
		r.failed = errs.Hint(fmt.Errorf("%s%w", who, err), "--no-verdict gives the result as it is")
	}
}

// finish writes the results where they belong.
func (r *run) finish() error {
	if err := r.conclude(); err != nil {
		return err
	}
	items := 0
	for _, one := range r.done {
		items += one.Items
	}
	if err := r.session.Require(items, "images to attack"); err != nil {
		return err
	}
	flags := &r.flags.Flags
	if err := report.Save(r.session, flags, r.done, robustness.WriteTables); err != nil {
		return err
	}
	if r.flags.Plot != "" {
		p, err := robustness.PlotCurves(r.done, r.flags.NetFile, r.flags.Compare)
		if err != nil {
			return err
		}
		if err := report.SavePlots(r.session, r.flags.Plot, p); err != nil {
			return err
		}
	}
	if r.flags.Text() {
		if err := report.Print(r.session, flags, r.flags.Output, r.done, robustness.WriteTables); err != nil {
			return err
		}
		return r.failed
	}
	for _, one := range r.done {
		for _, line := range robustness.Headlines(one) {
			r.session.Infof("%s", line)
		}
		if r.failed != nil {
			continue
		}
		d, err := report.Document("adversary", one)
		if err != nil {
			return err
		}
		if err := r.session.Write(d); err != nil {
			return err
		}
	}
	return r.failed
}
