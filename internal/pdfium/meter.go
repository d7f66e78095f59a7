package pdfium

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// stepsGlobal is the name under which a metered program exports its count of steps.
const stepsGlobal = "__steps_left"

// Sections of a WebAssembly binary (WebAssembly Core Specification 2.0, 5.5).
const (
	sectionImport = 2
	sectionGlobal = 6
	sectionExport = 7
	sectionCode   = 10
)

var errProgram = errors.New("not a WebAssembly program as expected")

// meter rewrites a program so that every turn of a loop takes one from a global counter, and the
// imported function tick, which has neither parameters nor results, is called when it is down to
// nothing. Without that a program could not be stopped: the runtime's own way costs it half its
// speed, and while it runs no garbage is collected.
func meter(program []byte, tick string) ([]byte, error) {
	if len(program) < 8 || string(program[:4]) != "\x00asm" {
		return nil, errProgram
	}
	out := append(make([]byte, 0, len(program)*9/8), program[:8]...)
	m := metering{}
	for r := (wasmReader{b: program, i: 8}); r.i < len(r.b); {
		id := r.byte()
		n := int(r.u32())
		if r.bad || n > len(r.b)-r.i {
			return nil, errProgram
		}
		body := r.b[r.i : r.i+n]
		r.i += n
		var err error
		switch id {
		case sectionImport:
			err = m.imports(body, tick)
		case sectionGlobal:
			body, err = m.addGlobal(body)
		case sectionExport:
			body, err = m.addExport(body)
		case sectionCode:
			body, err = m.code(body)
		}
		if err != nil {
			return nil, err
		}
		out = append(binary.AppendUvarint(append(out, id), uint64(len(body))), body...)
	}
	return out, nil
}

// metering is what the sections of a program tell each other.
type metering struct {
	tick, global uint32
	found, added bool
}

// imports finds the index of the function tick.
func (m *metering) imports(b []byte, tick string) error {
	r := wasmReader{b: b}
	functions := uint32(0)
	for range r.u32() {
		r.skip(int(r.u32()))
		n := int(r.u32())
		from := r.i
		r.skip(n)
		if r.bad {
			return errProgram
		}
		name := string(b[from:r.i])
		switch r.byte() {
		case 0:
			r.u32()
			if name == tick {
				m.tick, m.found = functions, true
			}
			functions++
		case 1:
			r.byte()
			r.limits()
		case 2:
			r.limits()
		case 3:
			r.skip(2)
			m.global++
		default:
			return errProgram
		}
	}
	if r.bad {
		return errProgram
	}
	return nil
}

func (m *metering) addGlobal(b []byte) ([]byte, error) {
	r := wasmReader{b: b}
	n := r.u32()
	if r.bad {
		return nil, errProgram
	}
	m.global += n
	m.added = true
	out := append(binary.AppendUvarint(nil, uint64(n)+1), b[r.i:]...)
	return append(out, 0x7f, 1, 0x41, 1, 0x0b), nil // a variable i32 that is 1
}

func (m *metering) addExport(b []byte) ([]byte, error) {
	r := wasmReader{b: b}
	n := r.u32()
	if r.bad || !m.added {
		return nil, errProgram
	}
	out := append(binary.AppendUvarint(nil, uint64(n)+1), b[r.i:]...)
	out = append(append(out, byte(len(stepsGlobal))), stepsGlobal...)
	return binary.AppendUvarint(append(out, 3), uint64(m.global)), nil
}

// code adds a step to every loop.
func (m *metering) code(b []byte) ([]byte, error) {
	if !m.found || !m.added {
		return nil, errProgram
	}
	global := binary.AppendUvarint(nil, uint64(m.global))
	var step []byte // steps = steps - 1; if steps == 0 { tick() }
	step = append(append(step, 0x23), global...)
	step = append(step, 0x41, 0x7f, 0x6a)
	step = append(append(step, 0x24), global...)
	step = append(append(step, 0x23), global...)
	step = append(step, 0x45, 0x04, 0x40, 0x10)
	step = append(binary.AppendUvarint(step, uint64(m.tick)), 0x0b)

	r := wasmReader{b: b}
	n := r.u32()
	out := binary.AppendUvarint(make([]byte, 0, len(b)*9/8), uint64(n))
	var body []byte
	for range n {
		size := int(r.u32())
		end := r.i + size
		if r.bad || size > len(b)-r.i {
			return nil, errProgram
		}
		body = body[:0]
		from := r.i
		for range r.u32() { // local variables
			r.u32()
			r.byte()
		}
		for r.i < end && !r.bad {
			op := r.byte()
			if err := r.immediates(op); err != nil {
				return nil, err
			}
			if op == 0x03 {
				body = append(append(body, b[from:r.i]...), step...)
				from = r.i
			}
		}
		if r.bad || r.i != end {
			return nil, errProgram
		}
		body = append(body, b[from:end]...)
		out = append(binary.AppendUvarint(out, uint64(len(body))), body...)
	}
	return out, nil
}

// wasmReader reads a binary; bad tells that it ended too early.
type wasmReader struct {
	b   []byte
	i   int
	bad bool
}

func (r *wasmReader) byte() byte {
	if r.i >= len(r.b) {
		r.bad = true
		return 0
	}
	r.i++
	return r.b[r.i-1]
}

func (r *wasmReader) skip(n int) {
	if n < 0 || n > len(r.b)-r.i {
		r.bad = true
		return
	}
	r.i += n
}

func (r *wasmReader) u32() uint32 {
	v, n := binary.Uvarint(r.b[min(r.i, len(r.b)):])
	if n <= 0 || v > 1<<32-1 {
		r.bad = true
		return 0
	}
	r.i += n
	return uint32(v)
}

// leb skips a number of any size.
func (r *wasmReader) leb() {
	for r.byte()&0x80 != 0 && !r.bad {
	}
}

func (r *wasmReader) limits() {
	if r.byte()&1 != 0 {
		r.leb()
	}
	r.leb()
}

// immediates skips what follows an opcode (Core Specification 2.0, 5.4).
func (r *wasmReader) immediates(op byte) error {
	lebs, raw := 0, 0
	switch {
	case op >= 0x02 && op <= 0x04, op == 0x0c, op == 0x0d, op == 0x10, op >= 0x20 && op <= 0x26,
		op >= 0x3f && op <= 0x42, op == 0xd0, op == 0xd2, op == 0x12:
		lebs = 1
	case op == 0x0e, op == 0x1c:
		lebs = int(min(r.u32(), 1<<20))
		if op == 0x0e {
			lebs++
		}
	case op == 0x11, op == 0x13, op >= 0x28 && op <= 0x3e:
		lebs = 2
	case op == 0x43:
		raw = 4
	case op == 0x44:
		raw = 8
	case op == 0xfc:
		switch sub := r.u32(); sub {
		case 0, 1, 2, 3, 4, 5, 6, 7:
		case 9, 11, 13, 15, 16, 17:
			lebs = 1
		case 8, 10, 12, 14:
			lebs = 2
		default:
			return fmt.Errorf("%w: instruction fc %d", errProgram, sub)
		}
	case op == 0xfd:
		switch sub := r.u32(); {
		case sub <= 11, sub == 92, sub == 93:
			lebs = 2
		case sub == 12, sub == 13:
			raw = 16
		case sub >= 21 && sub <= 34:
			raw = 1
		case sub >= 84 && sub <= 91:
			lebs, raw = 2, 1
		}
	case op <= 0x01, op == 0x05, op == 0x0b, op == 0x0f, op == 0x1a, op == 0x1b, op >= 0x45 && op <= 0xc4, op == 0xd1:
	default:
		return fmt.Errorf("%w: instruction %x", errProgram, op)
	}
	for range lebs {
		r.leb()
	}
	r.skip(raw)
	return nil
}
