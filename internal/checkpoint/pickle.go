package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

// Opcodes of pickle protocols 2 to 5 (Python's pickletools), with those of protocol 1 that these still use.
const (
	opMark           = '('
	opStop           = '.'
	opPop            = '0'
	opPopMark        = '1'
	opDup            = '2'
	opNone           = 'N'
	opNewTrue        = 0x88
	opNewFalse       = 0x89
	opBinInt         = 'J'
	opBinInt1        = 'K'
	opBinInt2        = 'M'
	opLong1          = 0x8a
	opLong4          = 0x8b
	opBinFloat       = 'G'
	opBinString      = 'T'
	opShortBinString = 'U'
	opBinUnicode     = 'X'
	opShortUnicode   = 0x8c
	opBinUnicode8    = 0x8d
	opBinBytes       = 'B'
	opShortBinBytes  = 'C'
	opBinBytes8      = 0x8e
	opByteArray8     = 0x96
	opEmptyTuple     = ')'
	opTuple          = 't'
	opTuple1         = 0x85
	opTuple2         = 0x86
	opTuple3         = 0x87
	opEmptyList      = ']'
	opAppend         = 'a'
	opAppends        = 'e'
	opList           = 'l'
	opEmptyDict      = '}'
	opSetItem        = 's'
	opSetItems       = 'u'
	opDict           = 'd'
	opEmptySet       = 0x8f
	opAddItems       = 0x90
	opFrozenSet      = 0x91
	opGlobal         = 'c'
	opStackGlobal    = 0x93
	opReduce         = 'R'
	opBuild          = 'b'
	opNewObj         = 0x81
	opNewObjEx       = 0x92
	opBinPersID      = 'Q'
	opBinGet         = 'h'
	opLongBinGet     = 'j'
	opBinPut         = 'q'
	opLongBinPut     = 'r'
	opMemoize        = 0x94
	opProto          = 0x80
	opFrame          = 0x95
)

// maxSteps bounds the opcodes of one pickle, and so its memory: each makes one value of fixed size, or takes as much
// as it has bytes. A net of a thousand layers, with the state of its optimizer, has some hundred thousand.
const maxSteps = 1 << 22

// A machine reads one pickle.
type machine struct {
	data    []byte
	at      int
	stack   []any
	marks   []int // heights of the stack
	memo    map[uint32]any
	storage func(id tuple) (*storage, error) // finds what a persistent id names
	err     error                            // the first error; what follows it has no effect
}

// unpickle runs the pickle at the start of data, and returns its value and how many bytes it took.
func unpickle(data []byte, find func(tuple) (*storage, error)) (any, int, error) {
	m := &machine{data: data, memo: map[uint32]any{}, storage: find}
	for range maxSteps {
		op := m.byte()
		if m.err == nil && op == opStop {
			v := m.pop()
			return v, m.at, m.located()
		}
		if m.err == nil {
			m.step(op)
		}
		if m.err != nil {
			return nil, 0, m.located()
		}
	}
	return nil, 0, fmt.Errorf("pickle: more than %d instructions", maxSteps)
}

func (m *machine) located() error {
	var r *Refused
	if m.err == nil || errors.As(m.err, &r) {
		return m.err
	}
	return fmt.Errorf("pickle, byte %d: %w", m.at, m.err)
}

func (m *machine) fail(layout string, args ...any) {
	if m.err == nil {
		m.err = fmt.Errorf(layout, args...)
	}
}

// take returns the next n bytes, or nil at the end.
func (m *machine) take(n uint64) []byte {
	if m.err != nil || n > uint64(len(m.data)-m.at) {
		m.fail("cut off, or a length of %d bytes where %d are left", n, len(m.data)-m.at)
		return nil
	}
	b := m.data[m.at : m.at+int(n)]
	m.at += int(n)
	return b
}

func (m *machine) byte() byte {
	if b := m.take(1); b != nil {
		return b[0]
	}
	return 0
}

// uint reads a little-endian number of so many bytes.
func (m *machine) uint(size uint64) uint64 {
	var b [8]byte
	copy(b[:], m.take(size))
	return binary.LittleEndian.Uint64(b[:])
}

func (m *machine) line() string {
	rest := m.data[m.at:]
	rest = rest[:min(len(rest), 1000)]
	name, _, ok := strings.Cut(string(rest), "\n")
	if !ok {
		m.fail("a name without end")
		return ""
	}
	m.at += len(name) + 1
	return strings.TrimSuffix(name, "\r")
}

func (m *machine) push(v any) { m.stack = append(m.stack, v) }

// floor is the height of the stack below which nothing may be taken.
func (m *machine) floor() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

func (m *machine) pop() any {
	if m.err != nil || len(m.stack) <= m.floor() {
		m.fail("takes a value from an empty stack")
		return nil
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return v
}

// top returns the uppermost value without taking it.
func (m *machine) top() any {
	v := m.pop()
	m.push(v)
	return v
}

// popMark takes all values down to the last mark.
func (m *machine) popMark() []any {
	if len(m.marks) == 0 {
		m.fail("a mark is missing")
		return nil
	}
	at := m.floor()
	m.marks = m.marks[:len(m.marks)-1]
	items := append([]any{}, m.stack[at:]...)
	clear(m.stack[at:])
	m.stack = m.stack[:at]
	return items
}

// popN takes n values, n at most 3.
func (m *machine) popN(n int) tuple {
	t := make(tuple, n)
	for i := n - 1; i >= 0; i-- {
		t[i] = m.pop()
	}
	return t
}

// step executes one instruction.
func (m *machine) step(op byte) {
	switch op {
	case opProto:
		if v := m.byte(); v < 2 || v > 5 {
			m.fail("protocol %d is none of 2 to 5", v)
		}
	case opFrame:
		if n := m.uint(8); n > uint64(len(m.data)-m.at) {
			m.fail("a frame of %d bytes where %d are left", n, len(m.data)-m.at)
		}
	case opMark:
		m.marks = append(m.marks, len(m.stack))
	case opPop:
		m.pop()
	case opPopMark:
		m.popMark()
	case opDup:
		m.push(m.top())
	case opGlobal:
		module := m.line()
		m.global(module, m.line())
	case opStackGlobal:
		name, ok1 := m.pop().(string)
		module, ok2 := m.pop().(string)
		if !ok1 || !ok2 {
			m.fail("a name that is no text")
		}
		m.global(module, name)
	case opReduce, opNewObj:
		args, class := m.pop(), m.pop()
		m.push(m.call(class, args))
	case opNewObjEx:
		m.pop() // keyword arguments
		args, class := m.pop(), m.pop()
		m.push(m.call(class, args))
	case opBuild:
		m.pop() // the attributes of an object: none that tensors need
		m.top()
	case opBinPersID:
		m.persistent(m.pop())
	case opBinGet:
		m.get(m.uint(1))
	case opLongBinGet:
		m.get(m.uint(4))
	case opBinPut:
		m.memo[uint32(m.uint(1))] = m.top()
	case opLongBinPut:
		m.memo[uint32(m.uint(4))] = m.top()
	case opMemoize:
		m.memo[uint32(len(m.memo))] = m.top()
	default:
		if !m.atom(op) && !m.collect(op) {
			m.fail("unknown instruction %q", op)
		}
	}
}

func (m *machine) get(index uint64) {
	v, ok := m.memo[uint32(index)]
	if !ok {
		m.fail("asks for value %d, which was never kept", index)
	}
	m.push(v)
}

// atom pushes a value that has no parts.
func (m *machine) atom(op byte) bool {
	switch op {
	case opNone:
		m.push(nil)
	case opNewTrue, opNewFalse:
		m.push(op == opNewTrue)
	case opBinInt:
		m.push(int64(int32(m.uint(4))))
	case opBinInt1:
		m.push(int64(m.uint(1)))
	case opBinInt2:
		m.push(int64(m.uint(2)))
	case opLong1:
		m.push(integer(m.take(m.uint(1))))
	case opLong4:
		m.push(integer(m.take(m.uint(4))))
	case opBinFloat:
		var b [8]byte
		copy(b[:], m.take(8))
		m.push(math.Float64frombits(binary.BigEndian.Uint64(b[:])))
	case opShortBinString, opShortUnicode:
		m.push(string(m.take(m.uint(1))))
	case opBinString, opBinUnicode:
		m.push(string(m.take(m.uint(4))))
	case opBinUnicode8:
		m.push(string(m.take(m.uint(8))))
	case opShortBinBytes:
		m.push(blob(m.take(m.uint(1))))
	case opBinBytes:
		m.push(blob(m.take(m.uint(4))))
	case opBinBytes8, opByteArray8:
		m.push(blob(m.take(m.uint(8))))
	default:
		return false
	}
	return true
}

// integer reads a little-endian number in two's complement.
func integer(b []byte) any {
	if len(b) > 8 {
		return long(b)
	}
	var v int64
	for i, x := range b {
		v |= int64(x) << (8 * i)
	}
	if n := len(b); n > 0 && n < 8 && b[n-1] >= 0x80 {
		v -= 1 << (8 * n)
	}
	return v
}

// collect executes what makes or fills tuples, lists, sets and dictionaries.
func (m *machine) collect(op byte) bool {
	switch op {
	case opEmptyTuple:
		m.push(tuple{})
	case opTuple:
		m.push(tuple(m.popMark()))
	case opTuple1, opTuple2, opTuple3:
		m.push(m.popN(int(op-opTuple1) + 1))
	case opEmptyList, opEmptySet:
		m.push(&list{})
	case opList, opFrozenSet:
		m.push(&list{m.popMark()})
	case opAppend:
		v := m.pop()
		m.appendTo(v)
	case opAppends, opAddItems:
		m.appendTo(m.popMark()...)
	case opEmptyDict:
		m.push(&dict{})
	case opDict:
		items := m.popMark()
		m.push(&dict{})
		m.setItems(items)
	case opSetItem:
		m.setItems(m.popN(2))
	case opSetItems:
		m.setItems(m.popMark())
	default:
		return false
	}
	return true
}

func (m *machine) appendTo(items ...any) {
	switch to := m.top().(type) {
	case *list:
		to.items = append(to.items, items...)
	case unread:
	default:
		m.fail("appends to what is no list")
	}
}

func (m *machine) setItems(items []any) {
	to, ok := m.top().(*dict)
	if !ok {
		if _, ok := m.top().(unread); !ok {
			m.fail("sets an item of what is no dictionary")
		}
		return
	}
	if len(items)%2 != 0 {
		m.fail("a key without a value")
		return
	}
	for i := 0; i < len(items); i += 2 {
		if !to.set(items[i], items[i+1]) {
			m.fail("key %.200q appears twice in a dictionary", items[i])
			return
		}
	}
}
