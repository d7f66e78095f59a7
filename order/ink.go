package order

import (
	"encoding/binary"
	"errors"
)

// Ink is what people wrote on a form, coarse enough to be the same on every fax of one sheet and
// fine enough to differ when the same is written anew (FAX-5). It holds no printed thing.
type Ink struct {
	Form    string
	Version int
	Sheet   int // of the customer's form, where it has several; else 0
	Fields  []InkField
}

// InkField is the handwriting in one field. A free field is cut into tiles from left to right, row
// by row.
type InkField struct {
	Name  string
	Boxes []InkBox
}

// InkSide is how many places a box has across and down.
const InkSide = 16

// InkBox is the handwriting in one box: rows of places from the top, the leftmost place the highest
// bit; the inkiest are set.
type InkBox struct {
	State InkState
	Rows  [InkSide]uint16
}

// InkState is what a box holds.
type InkState uint8

// The states of a box.
const (
	InkNone   InkState = iota
	InkUnsure          // dirt, or writing
	InkWritten
)

// Bounds of stored ink: more than any form has.
const (
	inkVersion   = 1
	maxInkFields = 2000
	maxInkBoxes  = 5000
	maxInkName   = 100
)

// MarshalBinary writes the ink for keeping. It cannot fail on what a form can hold.
func (k *Ink) MarshalBinary() ([]byte, error) {
	b := []byte{inkVersion}
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	text(k.Form)
	b = binary.AppendUvarint(b, uint64(max(k.Version, 0)))
	b = binary.AppendUvarint(b, uint64(max(k.Sheet, 0)))
	b = binary.AppendUvarint(b, uint64(len(k.Fields)))
	for _, f := range k.Fields {
		if len(f.Name) > maxInkName || len(f.Boxes) > maxInkBoxes {
			return nil, errors.New("encode ink: a field is too large")
		}
		text(f.Name)
		b = binary.AppendUvarint(b, uint64(len(f.Boxes)))
		for _, x := range f.Boxes {
			if b = append(b, byte(x.State)); x.State == InkNone {
				continue
			}
			for _, row := range x.Rows {
				b = binary.BigEndian.AppendUint16(b, row)
			}
		}
	}
	return b, nil
}

var errInk = errors.New("decode ink: damaged")

// UnmarshalBinary reads what MarshalBinary wrote.
func (k *Ink) UnmarshalBinary(b []byte) error {
	bad := false
	number := func(most uint64) int {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > most {
			bad, b = true, nil
			return 0
		}
		b = b[n:]
		return int(v) //nolint:gosec // at most most
	}
	text := func() string {
		n := number(maxInkName)
		if n > len(b) {
			bad, b = true, nil
			return ""
		}
		s := string(b[:n])
		b = b[n:]
		return s
	}
	if len(b) == 0 || b[0] != inkVersion {
		return errInk
	}
	b = b[1:]
	out := Ink{Form: text(), Version: number(1 << 20), Sheet: number(1 << 20)}
	for range number(maxInkFields) {
		f := InkField{Name: text()}
		n := number(maxInkBoxes)
		if n > len(b) || bad {
			return errInk
		}
		f.Boxes = make([]InkBox, n)
		for i := range f.Boxes {
			if len(b) == 0 || b[0] > byte(InkWritten) {
				return errInk
			}
			f.Boxes[i].State, b = InkState(b[0]), b[1:]
			if f.Boxes[i].State == InkNone {
				continue
			}
			if len(b) < 2*InkSide {
				return errInk
			}
			for row := range f.Boxes[i].Rows {
				f.Boxes[i].Rows[row], b = binary.BigEndian.Uint16(b), b[2:]
			}
		}
		out.Fields = append(out.Fields, f)
	}
	if bad || len(b) != 0 {
		return errInk
	}
	*k = out
	return nil
}

// Written is how many boxes are written on.
func (k *Ink) Written() int {
	n := 0
	if k == nil {
		return 0
	}
	for _, f := range k.Fields {
		for _, b := range f.Boxes {
			if b.State == InkWritten {
				n++
			}
		}
	}
	return n
}
