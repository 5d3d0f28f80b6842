package onnx

import (
	"errors"
	"fmt"
)

// decode reads a model. Everything large in it is a view of data.
func decode(data []byte) (*modelProto, error) {
	d, m := &decoder{}, &modelProto{}
	err := d.message("the model", data, func(f *field) error {
		switch f.num {
		case 7:
			if m.graph != nil {
				return errors.New("two graphs in one file: the file is damaged")
			}
			m.graph = &graphProto{}
			return d.graph(f.bytes, m.graph)
		case 8:
			return d.opset(f.bytes, m)
		}
		return nil
	})
	if err == nil && m.graph == nil {
		err = errors.New("no graph in the file: it is damaged, or not an ONNX model")
	}
	return m, err
}

func (d *decoder) opset(b []byte, m *modelProto) error {
	var domain string
	var version int64
	err := d.message("opset_import", b, func(f *field) error {
		switch f.num {
		case 1:
			return d.text("opset_import", f, &domain)
		case 2:
			version = f.int()
		}
		return nil
	})
	if domain == "" || domain == "ai.onnx" {
		m.opset = version
	}
	return err
}

func (d *decoder) graph(b []byte, g *graphProto) error {
	return d.message("the graph", b, func(f *field) error {
		switch f.num {
		case 1:
			n := &node{}
			g.nodes = append(g.nodes, n)
			return d.node(fmt.Sprintf("node %d", len(g.nodes)-1), f.bytes, n)
		case 5:
			t := &tensorProto{}
			g.initializers = append(g.initializers, t)
			return d.tensor(fmt.Sprintf("initializer %d", len(g.initializers)-1), f.bytes, t)
		case 11:
			g.inputs = append(g.inputs, valueInfo{})
			return d.value("an input of the graph", f.bytes, &g.inputs[len(g.inputs)-1])
		case 12:
			g.outputs = append(g.outputs, valueInfo{})
			return d.value("an output of the graph", f.bytes, &g.outputs[len(g.outputs)-1])
		}
		return nil
	})
}

func (d *decoder) node(what string, b []byte, n *node) error {
	if err := d.item(what); err != nil {
		return err
	}
	return d.message(what, b, func(f *field) error {
		switch f.num {
		case 1:
			n.in = append(n.in, "")
			return d.text(what, f, &n.in[len(n.in)-1])
		case 2:
			n.out = append(n.out, "")
			return d.text(what, f, &n.out[len(n.out)-1])
		case 3:
			return d.text(what, f, &n.name)
		case 4:
			return d.text(what, f, &n.op)
		case 5:
			n.attributes = append(n.attributes, attribute{})
			return d.attribute("an attribute of "+what, f.bytes, &n.attributes[len(n.attributes)-1])
		case 7:
			return d.text(what, f, &n.domain)
		case 9:
			e, err := d.entry("metadata of "+what, f.bytes)
			if e.key == "pkg.torch.onnx.name_scopes" {
				n.scopes = e.value
			}
			return err
		}
		return nil
	})
}

func (d *decoder) attribute(what string, b []byte, a *attribute) error {
	if err := d.item(what); err != nil {
		return err
	}
	return d.message(what, b, func(f *field) error {
		switch f.num {
		case 1:
			return d.text(what, f, &a.name)
		case 2:
			a.f = f.float()
		case 3:
			a.i = f.int()
		case 4:
			return d.short(what, f, &a.s)
		case 5:
			a.t = &tensorProto{}
			return d.tensor("a tensor in "+what, f.bytes, a.t)
		case 7:
			return d.fixed(what, f, &a.floats)
		case 8:
			return d.ints(what, f, &a.ints)
		case 20:
			a.typ = f.int()
		}
		return nil
	})
}

func (d *decoder) tensor(what string, b []byte, t *tensorProto) error {
	if err := d.item(what); err != nil {
		return err
	}
	return d.message(what, b, func(f *field) error {
		switch f.num {
		case 1:
			return d.ints(what, f, &t.dims)
		case 2:
			t.elem = f.int()
		case 4, 10:
			return d.fixed(what, f, &t.fixed)
		case 5, 7, 11:
			return d.ints(what, f, &t.varints)
		case 8:
			return d.text(what, f, &t.name)
		case 9:
			t.raw = f.bytes
		case 13:
			e, err := d.entry(what, f.bytes)
			t.external = append(t.external, e)
			return err
		case 14:
			t.isExternal = f.value == 1
		}
		return nil
	})
}

func (d *decoder) entry(what string, b []byte) (e entry, err error) {
	err = d.message(what, b, func(f *field) error {
		switch f.num {
		case 1:
			return d.text(what, f, &e.key)
		case 2:
			return d.short(what, f, &e.value)
		}
		return nil
	})
	return e, err
}

// value reads a ValueInfoProto: its name, and below type and tensor_type the elements' type and the shape.
func (d *decoder) value(what string, b []byte, v *valueInfo) error {
	dim := func(f *field) error {
		if f.num != 1 {
			return nil
		}
		v.dims = append(v.dims, free)
		if err := d.item(what); err != nil {
			return err
		}
		return d.message(what, f.bytes, func(f *field) error {
			if f.num == 1 && f.int() > 0 {
				v.dims[len(v.dims)-1] = f.int()
			}
			return nil
		})
	}
	tensor := func(f *field) error {
		switch f.num {
		case 1:
			v.elem = f.int()
		case 2:
			v.tensor = true
			return d.message(what, f.bytes, dim)
		}
		return nil
	}
	return d.message(what, b, func(f *field) error {
		switch f.num {
		case 1:
			return d.text(what, f, &v.name)
		case 2:
			return d.message(what, f.bytes, func(f *field) error {
				if f.num == 1 {
					return d.message(what, f.bytes, tensor)
				}
				return nil
			})
		}
		return nil
	})
}
