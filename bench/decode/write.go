package decode

import (
	"encoding/binary"
	"slices"
)

// Field types of TIFF.
const (
	short    = 3
	long     = 4
	rational = 5
	long8    = 16
)

// field is an entry of a directory. A rational's values are numerator, denominator.
type field struct {
	tag, kind uint16
	values    []uint64
}

// sheet is a directory with the data it refers to: written as its fields say, right or wrong.
type sheet struct {
	fields []field
	parts  [][]byte // strips or tiles
	at     uint16   // the tag of their offsets, 273 or 324
	below  []sheet  // sub-directories
}

// set replaces a field's values, or adds it.
func (s sheet) set(tag, kind uint16, values ...uint64) sheet {
	s.fields = slices.Clone(s.fields)
	i := slices.IndexFunc(s.fields, func(f field) bool { return f.tag >= tag })
	switch {
	case i < 0:
		s.fields = append(s.fields, field{tag, kind, values})
	case s.fields[i].tag == tag:
		s.fields[i] = field{tag, kind, values}
	default:
		s.fields = slices.Insert(s.fields, i, field{tag, kind, values})
	}
	return s
}

// without leaves fields out.
func (s sheet) without(tags ...uint16) sheet {
	s.fields = slices.DeleteFunc(slices.Clone(s.fields), func(f field) bool { return slices.Contains(tags, f.tag) })
	return s
}

// style is how a file is written.
type style struct {
	bigEndian, bigTIFF bool
	unsorted           bool // fields in falling order
	loop               bool // the last directory leads back to the first
}

type writer struct {
	style
	bo interface {
		binary.ByteOrder
		binary.AppendByteOrder
	}
	out []byte
}

// write makes a TIFF file of sheets.
func write(st style, sheets ...sheet) []byte {
	w := &writer{style: st, bo: binary.LittleEndian}
	magic := "II"
	if st.bigEndian {
		w.bo, magic = binary.BigEndian, "MM"
	}
	w.out = append(w.out, magic...)
	link := 4
	if st.bigTIFF {
		w.out = w.bo.AppendUint16(w.out, 43)
		w.out = w.bo.AppendUint16(w.out, 8)
		w.out = w.bo.AppendUint16(w.out, 0)
		link = 8
	} else {
		w.out = w.bo.AppendUint16(w.out, 42)
	}
	w.offset(0)
	first := 0
	for i, s := range sheets {
		at, next := w.sheet(s)
		if i == 0 {
			first = at
		}
		w.putOffset(link, at)
		link = next
	}
	if st.loop {
		w.putOffset(link, first)
	}
	return w.out
}

func (w *writer) offset(v uint64) {
	if w.bigTIFF {
		w.out = w.bo.AppendUint64(w.out, v)
	} else {
		w.out = w.bo.AppendUint32(w.out, uint32(v))
	}
}

func (w *writer) putOffset(at, v int) {
	if w.bigTIFF {
		w.bo.PutUint64(w.out[at:], uint64(v))
	} else {
		w.bo.PutUint32(w.out[at:], uint32(v))
	}
}

// sheet writes data and directory, and tells where the directory and its link to the next are.
func (w *writer) sheet(s sheet) (at, link int) {
	var below []uint64
	for _, b := range s.below {
		dir, _ := w.sheet(b)
		below = append(below, uint64(dir))
	}
	if below != nil {
		s = s.set(330, long, below...)
	}
	var offsets []uint64
	for _, p := range s.parts {
		offsets = append(offsets, uint64(len(w.out)))
		w.out = append(w.out, p...)
		if len(w.out)%2 == 1 {
			w.out = append(w.out, 0)
		}
	}
	if i := slices.IndexFunc(s.fields, func(f field) bool { return f.tag == s.at }); i >= 0 && s.fields[i].values == nil {
		kind := uint16(long)
		if w.bigTIFF {
			kind = long8
		}
		s = s.set(s.at, kind, offsets...)
	}
	fields := slices.Clone(s.fields)
	if w.unsorted {
		slices.Reverse(fields)
	}
	room := 4
	if w.bigTIFF {
		room = 8
	}
	inline := make([][]byte, len(fields))
	for i, f := range fields {
		var v []byte
		for _, x := range f.values {
			switch f.kind {
			case short:
				v = w.bo.AppendUint16(v, uint16(x))
			case long8:
				v = w.bo.AppendUint64(v, x)
			default:
				v = w.bo.AppendUint32(v, uint32(x))
			}
		}
		if len(v) > room {
			from := uint64(len(w.out))
			w.out = append(w.out, v...)
			v = nil
			if w.bigTIFF {
				v = w.bo.AppendUint64(v, from)
			} else {
				v = w.bo.AppendUint32(v, uint32(from))
			}
		}
		inline[i] = append(v, make([]byte, room-len(v))...)
	}
	if len(w.out)%2 == 1 {
		w.out = append(w.out, 0)
	}
	at = len(w.out)
	if w.bigTIFF {
		w.out = w.bo.AppendUint64(w.out, uint64(len(fields)))
	} else {
		w.out = w.bo.AppendUint16(w.out, uint16(len(fields)))
	}
	for i, f := range fields {
		w.out = w.bo.AppendUint16(w.out, f.tag)
		w.out = w.bo.AppendUint16(w.out, f.kind)
		count := uint64(len(f.values))
		if f.kind == rational {
			count /= 2
		}
		w.offset(count)
		w.out = append(w.out, inline[i]...)
	}
	link = len(w.out)
	w.offset(0)
	return at, link
}
