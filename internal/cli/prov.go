package cli

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"herbarium/format"
	"herbarium/internal/errs"
)

// input is a named input.
type input struct {
	name     string
	digest   string // hex
	keepName bool   // a file or directory that may still exist when the result is looked at
	from     []string
}

// provenance gathers the chains of all inputs and adds the tool's own entry.
type provenance struct {
	mu      sync.Mutex
	off     bool
	own     entry
	args    []argument
	chain   []link
	dropped map[string]bool // ids that another entry replaces
	stdin   []string        // heads of the chains on standard input
	inputs  []*input
	known   map[string]bool // inputs by digest and name, chain entries by id
	changed bool            // something is known that the output does not carry yet
	written []string        // ids of the own entries written so far
}

func newProvenance(tool string, flags *groups, args []argument) *provenance {
	p := &provenance{
		off:     flags.file != nil && flags.file.NoProv,
		own:     entry{Tool: tool, Version: Version},
		args:    args,
		dropped: map[string]bool{},
		known:   map[string]bool{},
		changed: true,
	}
	if flags.random != nil {
		seed := flags.random.Seed
		p.own.Seed = &seed
	}
	if flags.processor != nil {
		p.record("threads", fmt.Sprint(flags.processor.threads()))
	}
	if flags.compute != nil {
		p.record("dtype", flags.compute.DType)
	}
	return p
}

// record sets the effective value of a flag.
func (p *provenance) record(flag, value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.args = slices.DeleteFunc(p.args, func(a argument) bool { return a.flag == flag })
	p.args = append(p.args, argument{flag: flag, value: value})
	slices.SortStableFunc(p.args, func(a, b argument) int { return strings.Compare(a.flag, b.flag) })
	p.changed = true
}

func (p *provenance) recordEngine(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.own.Engine = name
	p.changed = true
}

// settings are the arguments by the name of their flag; positional ones together have the name "".
func (p *provenance) settings() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string]string{}
	for _, a := range p.args {
		name, value := a.flag, a.value
		if name != "" {
			name = "--" + name
		}
		if a.bare {
			value = "on"
		}
		if before, ok := all[name]; ok {
			value = before + " " + value
		}
		all[name] = value
	}
	return all
}

// learn takes the chain out of a document that was read from source, or from
// standard input if source is nil. Handlers never see it.
func (p *provenance) learn(d *format.Document, source *input) error {
	text, ok := d.Meta[provKey]
	if !ok {
		return nil
	}
	delete(d.Meta, provKey)
	if p.off {
		return nil
	}
	links, err := parseChain(text)
	if err != nil {
		return errs.Hint(err, "--no-prov ignores it")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range links {
		for _, id := range l.Replaces {
			p.dropped[id] = true
		}
		if !p.known[l.ID] {
			p.known[l.ID] = true
			p.chain = append(p.chain, l)
			p.changed = true
		}
	}
	into := &p.stdin
	if source != nil {
		into = &source.from
	}
	for _, id := range heads(links) {
		if !slices.Contains(*into, id) {
			*into = append(*into, id)
			p.changed = true
		}
	}
	return nil
}

// add adds a named input whose digest is known.
func (p *provenance) add(in *input) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := in.digest + " " + in.name
	if !p.known[key] {
		p.known[key] = true
		p.inputs = append(p.inputs, in)
		p.changed = true
	}
}

// Provenance is the chain as of now, as JSON, for outputs that are no stream: a
// picture can carry it too. It is "" with --no-prov.
func (s *Session) Provenance() string {
	p := s.prov
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.off {
		return ""
	}
	return p.render(p.current())
}

// pendingChain is the whole chain if the output does not carry it yet, else "".
func (p *provenance) pendingChain() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.off || !p.changed {
		return ""
	}
	p.changed = false
	own := p.current()
	p.written = append(p.written, own.ID)
	return p.render(own)
}

// render is the chain with own at its end, as JSON.
func (p *provenance) render(own entry) string {
	var out []json.RawMessage
	for _, l := range p.chain {
		if !p.dropped[l.ID] {
			out = append(out, l.raw)
		}
	}
	return string(encode(append(out, encode(own))))
}

// current is the tool's entry as of now.
func (p *provenance) current() entry {
	own := p.own
	own.Parents = p.valid(p.stdin)
	own.Replaces = slices.Clone(p.written)
	files := map[string]string{}
	if len(p.inputs) > 0 {
		own.Inputs = map[string]origin{}
	}
	for _, in := range p.inputs {
		key := "sha256:" + in.digest
		files[absolute(in.name)] = key
		o := origin{From: p.valid(in.from)}
		if in.keepName {
			o.Name = publicName(in.name)
		}
		own.Inputs[key] = o
	}
	own.Argv = commandLine(p.args, files)
	if len(own.Inputs) > mostInputs {
		p.summarize(&own)
	}
	own.ID = id(own)
	return own
}

// valid leaves out the ids that another entry replaces.
func (p *provenance) valid(ids []string) []string {
	return slices.DeleteFunc(append([]string{}, ids...), func(id string) bool { return p.dropped[id] })
}

// mostInputs is how many named inputs an entry lists one by one. A header has
// room for some thousand names, and a chain has many entries.
const mostInputs = 100

// summarize puts one digest in place of those of all plain files: the SHA-256 of
// their digests, one per line in the order they were added.
func (p *provenance) summarize(own *entry) {
	all := sha256.New()
	plain := map[string]bool{}
	for _, in := range p.inputs {
		if len(in.from) == 0 {
			fmt.Fprintln(all, in.digest)
			plain["sha256:"+in.digest] = true
		}
	}
	list := fmt.Sprintf("sha256:%x", all.Sum(nil))
	maps.DeleteFunc(own.Inputs, func(key string, _ origin) bool { return plain[key] })
	own.Inputs[list] = origin{}
	argv := []string{}
	for _, arg := range own.Argv {
		if plain[arg] {
			arg = list
		}
		if arg != list || !slices.Contains(argv, list) {
			argv = append(argv, arg)
		}
	}
	own.Argv = argv
}

// publicName is the name of an input as results may carry it: nothing for a
// descriptor of this process, and for an absolute path the one relative to
// where the tool runs, or only its last element.
func publicName(name string) string {
	if strings.HasPrefix(name, "/dev/") || strings.HasPrefix(name, "/proc/") {
		return ""
	}
	if !filepath.IsAbs(name) {
		return name
	}
	if rel, err := filepath.Rel(absolute("."), name); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return filepath.Base(name)
}
