package checkpoint

import (
	"fmt"
	"math"
	"strings"

	"herbarium/format"
)

// A globalKind says what calling a global gives.
type globalKind int

const (
	aDict      globalKind = iota + 1 // OrderedDict
	aTensor                          // _rebuild_tensor(_v2): storage, offset, size, stride, ...
	aTyped                           // _rebuild_tensor_v3: storage, offset, size, stride, requires_grad, hooks, dtype
	aParameter                       // _rebuild_parameter: tensor, ...
	aSubclass                        // _rebuild_from_type_v2: function, type, arguments, state
	aSize                            // torch.Size: numbers
	aType                            // a class that only stands there: torch.Tensor
	anElement                        // a dtype or a class of storages; never called
	somethingUnread
)

// A Refused error names what a pickle wanted and does not get.
type Refused struct{ Name string }

func (r *Refused) Error() string {
	return fmt.Sprintf("the pickle asks for %.200q, which no tensor needs: refused, nothing was run", r.Name)
}

// known returns what the name of a global stands for. Everything that tensors need is here, and a few harmless things
// that training scripts put beside them, whose values are not read.
func known(name string) globalKind {
	if rest, ok := strings.CutPrefix(name, "__builtin__."); ok {
		name = "builtins." + rest // Python 2's name, which protocol 2 keeps
	}
	switch name {
	case "collections.OrderedDict", "collections.defaultdict":
		return aDict
	case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2":
		return aTensor
	case "torch._utils._rebuild_tensor_v3":
		return aTyped
	case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
		return aParameter
	case "torch._tensor._rebuild_from_type_v2":
		return aSubclass
	case "torch.Size":
		return aSize
	case "torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer", "builtins.dict", "builtins.list",
		"builtins.int", "builtins.long", "builtins.float", "builtins.str", "builtins.unicode", "builtins.bool", "builtins.tuple":
		return aType
	case "builtins.set", "builtins.frozenset", "builtins.bytearray", "builtins.complex", "_codecs.encode",
		"argparse.Namespace", "pathlib.PosixPath", "pathlib.WindowsPath", "collections.Counter", "torch.device",
		"torch.uint16", "torch.uint32", "torch.uint64", "torch.float8_e4m3fn", "torch.float8_e5m2":
		return somethingUnread
	}
	switch strings.Replace(name, "numpy._core.", "numpy.core.", 1) {
	case "numpy.ndarray", "numpy.dtype", "numpy.core.multiarray.scalar", "numpy.core.multiarray._reconstruct", "numpy.core.numeric._frombuffer":
		return somethingUnread
	}
	if rest, ok := strings.CutPrefix(name, "numpy.dtypes."); ok && strings.HasSuffix(rest, "DType") {
		return somethingUnread
	}
	if element(name) != "" || name == untyped {
		return anElement
	}
	return 0
}

// untyped is the class of storages that are bytes.
const untyped = "torch.storage.UntypedStorage"

// element returns the element type that a dtype or a class of storages stands for, "" if there is none in a stream.
func element(name string) format.DType {
	switch name = strings.Replace(name, "torch.cuda.", "torch.", 1); name {
	case "torch.FloatStorage", "torch.float32":
		return format.F32
	case "torch.DoubleStorage", "torch.float64":
		return format.F64
	case "torch.HalfStorage", "torch.float16":
		return format.F16
	case "torch.BFloat16Storage", "torch.bfloat16":
		return format.BF16
	case "torch.LongStorage", "torch.int64":
		return format.I64
	case "torch.IntStorage", "torch.int32":
		return format.I32
	case "torch.ShortStorage", "torch.int16":
		return format.I16
	case "torch.CharStorage", "torch.int8":
		return format.I8
	case "torch.ByteStorage", "torch.uint8":
		return format.U8
	case "torch.BoolStorage", "torch.bool":
		return format.Bool
	}
	return ""
}

func (m *machine) global(module, name string) {
	full := module + "." + name
	kind := known(full)
	if kind == 0 && m.err == nil {
		m.err = &Refused{full}
	}
	m.push(&global{full, kind})
}

// call is what reducing a class or function to a value gives.
func (m *machine) call(class, args any) any {
	g, ok := class.(*global)
	if !ok {
		m.fail("calls what is no function")
		return nil
	}
	t, ok := args.(tuple)
	if !ok {
		m.fail("calls %s without a tuple of arguments", g.name)
		return nil
	}
	switch g.kind {
	case aDict:
		return m.orderedDict(t)
	case aTensor:
		return m.tensor(t, "")
	case aTyped:
		dtype, ok := at[*global](t, 6)
		switch {
		case ok && element(dtype.name) != "":
			return m.tensor(t, element(dtype.name))
		case ok && dtype.kind == somethingUnread:
			return unread{}
		}
	case aParameter:
		if p, ok := at[*Tensor](t, 0); ok {
			return p
		}
	case aSubclass:
		f, ok := at[*global](t, 0)
		inner, ok2 := at[tuple](t, 2)
		if ok && ok2 && f.kind != aSubclass { // one level: deeper ones would nest calls
			return m.call(f, inner)
		}
	case aSize:
		if len(t) == 1 {
			return t[0]
		}
	case somethingUnread:
		return unread{}
	}
	m.fail("cannot call %s with these %d arguments", g.name, len(t))
	return nil
}

// orderedDict makes a dictionary: empty, or as Python 2 pickled them, of a list of pairs.
func (m *machine) orderedDict(args tuple) any {
	d := &dict{}
	pairs, ok := at[*list](args, 0)
	if !ok {
		return d
	}
	for _, p := range pairs.items {
		pair, ok := p.(tuple)
		if l, isList := p.(*list); isList {
			pair, ok = l.items, true
		}
		if !ok || len(pair) != 2 {
			m.fail("a dictionary of what are no pairs")
			return d
		}
		if !d.set(pair[0], pair[1]) {
			m.fail("key %.200q appears twice in a dictionary", pair[0])
			return d
		}
	}
	return d
}

// at returns an argument if it is there and of that type.
func at[T any](args tuple, i int) (v T, ok bool) {
	if i < len(args) {
		v, ok = args[i].(T)
	}
	return v, ok
}

// tensor makes one of (storage, offset, size, stride, ...). Without dtype its elements are those of the storage.
func (m *machine) tensor(args tuple, dtype format.DType) any {
	s, ok := at[*storage](args, 0)
	offset, ok1 := at[int64](args, 1)
	shape, ok2 := numbers(args, 2)
	stride, ok3 := numbers(args, 3)
	if !ok || !ok1 || !ok2 || !ok3 || offset < 0 || offset > math.MaxInt {
		m.fail("a tensor is not described by storage, offset, size and stride")
		return nil
	}
	if dtype == "" {
		dtype = s.dtype
	}
	t := &Tensor{DType: dtype, Shape: shape, storage: s, offset: int(offset), stride: stride}
	if err := t.check(); err != nil {
		m.fail("a tensor: %w", err)
	}
	return t
}

// numbers reads a tuple of whole numbers.
func numbers(args tuple, i int) ([]int, bool) {
	t, ok := at[tuple](args, i)
	if !ok || len(t) > maxRank {
		return nil, false
	}
	out := make([]int, len(t))
	for i := range t {
		v, ok := t[i].(int64)
		if !ok || v > math.MaxInt || v < math.MinInt {
			return nil, false
		}
		out[i] = int(v)
	}
	return out, true
}

// persistent pushes the storage that ('storage', class, key, location, count, ...) names.
func (m *machine) persistent(id any) {
	t, ok := id.(tuple)
	if !ok || m.storage == nil || m.err != nil {
		m.fail("a reference to what is outside of the pickle, not to a storage")
		m.push(nil)
		return
	}
	s, err := m.storage(t)
	if err != nil {
		m.fail("%w", err)
	}
	m.push(s)
}
