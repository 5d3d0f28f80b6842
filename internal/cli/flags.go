package cli

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"

	"herbarium/format"
)

// groups are the shared flags that a tool has; nil where it has none of them.
type groups struct {
	file      *File      // an output
	io        *IO        // an output that is a stream
	random    *Random    // random numbers
	processor *Processor // torch
	compute   *Compute   // a net that runs on images
	net       *Net       // a net in a file or on standard input
}

// groupsOf finds the groups that are embedded in cmd, whose values parsing fills in.
func groupsOf(cmd Command) groups {
	var g groups
	if f, ok := cmd.(interface{ fileFlags() *File }); ok {
		g.file = f.fileFlags()
	}
	if f, ok := cmd.(interface{ ioFlags() *IO }); ok {
		g.io = f.ioFlags()
	}
	if f, ok := cmd.(interface{ randomFlags() *Random }); ok {
		g.random = f.randomFlags()
	}
	if f, ok := cmd.(interface{ processorFlags() *Processor }); ok {
		g.processor = f.processorFlags()
	}
	if f, ok := cmd.(interface{ computeFlags() *Compute }); ok {
		g.compute = f.computeFlags()
	}
	if f, ok := cmd.(interface{ netFlags() *Net }); ok {
		g.net = f.netFlags()
	}
	return g
}

// quiet tells whether -q was given.
func (g *groups) quiet() bool { return g.file != nil && g.file.Quiet }

// verbose tells whether --verbose was given.
func (g *groups) verbose() bool { return g.file != nil && g.file.Verbose }

// force tells whether -f was given.
func (g *groups) force() bool { return g.file != nil && g.file.Force }

// toFile tells whether -o names a file.
func (g *groups) toFile() bool { return g.file != nil && g.file.Output != "" && g.file.Output != "-" }

// File holds the flags of a tool with one output of any sort: text, a picture.
// Tools that write a stream embed IO instead.
type File struct {
	Output  string `name:"output" short:"o" placeholder:"FILE" prov:"-" group:"output" help:"Write to FILE instead of standard output; it appears only when it is complete."`
	Force   bool   `name:"force" short:"f" prov:"-" group:"output" help:"Write binary data even to a terminal."`
	NoProv  bool   `name:"no-prov" prov:"-" group:"output" help:"Leave out the record of the commands that made the result."`
	Quiet   bool   `name:"quiet" short:"q" prov:"-" group:"output" help:"No progress bar and no warnings."`
	Verbose bool   `name:"verbose" prov:"-" group:"output" help:"Print all warnings and findings, not only the first of each kind."`
}

func (f *File) fileFlags() *File { return f }

// IO holds the flags of a tool that writes a stream.
type IO struct {
	File
	Compress string `name:"compress" enum:"auto,store,fast,default,best" default:"auto" placeholder:"LEVEL" prov:"-" group:"output" help:"auto, store, fast, default or best. Automatic: store into a pipe, fast into a file."`
}

func (io *IO) ioFlags() *IO { return io }

// level is the compression of a stream that goes to a regular file, or not.
func (io *IO) level(regular bool) (format.Level, error) {
	switch {
	case io.Compress != "auto" && io.Compress != "":
		return format.ParseLevel(io.Compress)
	case regular:
		return format.Fast, nil
	default:
		return format.Store, nil
	}
}

// Random holds --seed, for tools that draw random numbers and need no torch.
type Random struct {
	Seed uint64 `name:"seed" default:"0" placeholder:"N" group:"compute" help:"Start of the random numbers (${default})."`
}

func (r *Random) randomFlags() *Random { return r }

// Processor holds the flags that say where libtorch computes. They are only
// parsed here; Session.Threads resolves the automatic value.
type Processor struct {
	Device  Device `name:"device" default:"auto" placeholder:"NAME" group:"compute" help:"auto, cpu, cuda or cuda:N (${default}). A named device that is missing is an error."`
	Threads int    `name:"threads" default:"0" range:"[0,)" placeholder:"N" group:"compute" help:"CPU threads; 0 is $$OMP_NUM_THREADS, or else all cores. Batches are computed side by side where that is faster, each on its share of them."`
}

func (p *Processor) processorFlags() *Processor { return p }

// Compute holds the flags of tools that run a net on images. Session.Batch
// resolves the automatic value.
type Compute struct {
	Random
	Processor
	DType string `name:"dtype" enum:"f32,bf16" default:"f32" placeholder:"TYPE" group:"compute" help:"f32 or bf16: the numbers in which the net runs (${default})."`
	Batch int    `name:"batch" default:"0" range:"[0,)" placeholder:"N" group:"compute" help:"Items computed together; 0 lets the tool choose."`
}

func (c *Compute) computeFlags() *Compute { return c }

// threads resolves the automatic value: the first number of $OMP_NUM_THREADS
// (a list where nested regions differ), else the cores that this process may
// use, which in a container are fewer than the machine has.
func (p *Processor) threads() int {
	if p.Threads > 0 {
		return p.Threads
	}
	first, _, _ := strings.Cut(os.Getenv("OMP_NUM_THREADS"), ",")
	if n, err := strconv.Atoi(strings.TrimSpace(first)); err == nil && n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// Device names where tensors live: auto, cpu, cuda or cuda:N.
type Device string

// UnmarshalText accepts auto, cpu, cuda and cuda:N.
func (d *Device) UnmarshalText(text []byte) error {
	name := string(text)
	index, numbered := strings.CutPrefix(name, "cuda:")
	_, err := strconv.ParseUint(index, 10, 8)
	if name != "auto" && name != "cpu" && name != "cuda" && !(numbered && err == nil && index == strings.TrimPrefix(index, "+")) {
		return errors.New("must be auto, cpu, cuda or cuda:N, not " + strconv.Quote(name))
	}
	*d = Device(name)
	return nil
}

// Split gives the device's type (auto, cpu, cuda) and its number, -1 where
// none was named.
func (d Device) Split() (kind string, index int) {
	kind, number, numbered := strings.Cut(string(d), ":")
	if !numbered {
		return kind, -1
	}
	index, err := strconv.Atoi(number)
	if err != nil {
		return kind, -1
	}
	return kind, index
}

// Net holds --net, for tools that need a net; see Session.EachWithNet and
// Session.Nets for where the net comes from without it.
type Net struct {
	NetFile string `name:"net" placeholder:"FILE" help:"Take the net from FILE instead of standard input."`
}

func (n *Net) netFlags() *Net { return n }
