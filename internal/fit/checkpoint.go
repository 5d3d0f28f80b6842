package fit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/jsontext"
)

// checkpointKind is the kind of the document in which a checkpoint keeps what a net does not hold.
const checkpointKind = "checkpoint"

// Run says what a training run is, by the names of its settings: the same settings make the same net.
type Run map[string]string

// differences lists the settings in which another run differs.
func (r Run) differences(before Run) string {
	names := maps.Clone(r)
	maps.Copy(names, before)
	var list []string
	say := func(v string, given bool) string {
		if !given {
			return "not given"
		}
		return v
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		old, had := before[name]
		now, has := r[name]
		switch {
		case old == now && had == has:
		case strings.HasPrefix(name, "-"):
			list = append(list, fmt.Sprintf("%s was %s and is %s", name, say(old, had), say(now, has)))
		default: // a digest says nothing to people
			list = append(list, "the "+name+" differ")
		}
	}
	return strings.Join(list, ", ")
}

// WriteCheckpoint writes a state as a stream of two documents: the net as it is, for any tool, and the rest.
func WriteCheckpoint(w io.Writer, model *graph.Net, run Run, s *State) error {
	now := *model
	now.Params = s.Params
	doc, err := now.Document()
	if err != nil {
		return err
	}
	rest := &format.Document{Meta: map[string]string{"kind": checkpointKind}}
	for key, value := range map[string]any{"run": run, "progress": s.Progress} {
		text, err := jsontext.Marshal(value)
		if err != nil {
			return err
		}
		rest.Meta[key] = string(text)
	}
	add := func(prefix string, t format.Tensor) {
		t.Name = prefix + t.Name
		rest.Tensors = append(rest.Tensors, t)
	}
	for _, t := range s.Optimizer {
		add("optimizer.", t)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Best)) {
		t := s.Best[name]
		t.Name = name
		add("best.", t)
	}
	out := format.NewWriter(w, format.WriterOptions{Level: format.Store, Digest: true})
	for _, d := range []*format.Document{doc, rest} {
		if err := out.Write(d); err != nil {
			return err
		}
	}
	return out.Close()
}

// ReadCheckpoint reads what WriteCheckpoint wrote in the same run; that of another is an error that says what differs.
func ReadCheckpoint(r io.Reader, model *graph.Net, run Run) (*State, error) {
	in := format.NewReader(r, format.Limits{})
	var docs []*format.Document
	for {
		d, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	if len(docs) != 2 || docs[1].Kind() != checkpointKind {
		return nil, errors.New("no checkpoint of training")
	}
	var before Run
	s := &State{}
	for key, value := range map[string]any{"run": &before, "progress": &s.Progress} {
		if err := json.Unmarshal([]byte(docs[1].Meta[key]), value); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	if d := run.differences(before); d != "" {
		return nil, fmt.Errorf("it is of another run: %s", d)
	}
	now, err := graph.FromDocument(docs[0])
	if err != nil {
		return nil, err
	}
	if err := model.Graph.CheckParams(model.Input, now.Params); err != nil {
		return nil, err
	}
	s.Params = now.Params
	for _, t := range docs[1].Tensors {
		if name, ok := strings.CutPrefix(t.Name, "best."); ok {
			if s.Best == nil {
				s.Best = map[string]format.Tensor{}
			}
			s.Best[name] = t
		} else {
			s.Optimizer = append(s.Optimizer, t)
		}
	}
	return s, nil
}
