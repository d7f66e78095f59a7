package mail

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// Outlook's own envelope (winmail.dat), as MS-OXTNEF describes it: a mark, a key, then attributes of
// level (1 byte), id (4), length (4), data and check sum (2), all little-endian.
const (
	tnefMark      = 0x223e9f78
	tnefHead      = 6
	tnefAttribute = 9 // before the data
	tnefSum       = 2

	tnefRender   = 0x00069002 // an attachment begins
	tnefData     = 0x0006800f
	tnefTitle    = 0x00018010 // its short name, in the code page of the sender
	tnefProps    = 0x00069005 // its properties, the long name among them
	propLongName = 0x3707
	propString   = 0x1e // of 8 bits
	propUnicode  = 0x1f // UTF-16

	maxTNEF = 100 // files of one envelope
)

func isTNEF(data []byte) bool {
	return len(data) >= tnefHead && binary.LittleEndian.Uint32(data) == tnefMark
}

// tnef takes the files out of an Outlook envelope. One in which there is none, or that is damaged,
// stays for a person.
func (w *walker) tnef(at, name, kind string, data []byte) {
	if kind == "" {
		kind = "application/ms-tnef"
	}
	envelope := Attachment{Path: at, Name: name, MediaType: kind, Bytes: data}
	files, whole := tnefFiles(data)
	if len(files) == 0 {
		envelope.Problem = "an Outlook envelope (winmail.dat) in which no file was found"
		w.attach(envelope)
		return
	}
	if !whole {
		w.m.unread("part " + at + ": the Outlook envelope (winmail.dat) is damaged, and not all of it was found")
	}
	envelope.Unpacked = len(files)
	w.attach(envelope)
	for i, f := range files {
		f.Path = at + "." + strconv.Itoa(i+1)
		w.attach(f)
	}
}

// tnefFiles are the files in an envelope; whole is false where it breaks off.
func tnefFiles(data []byte) (files []Attachment, whole bool) {
	rest := data[tnefHead:]
	begun := false
	var at Attachment
	found := false
	end := func() {
		if begun && found {
			files = append(files, at)
		}
		at, found = Attachment{MediaType: "application/octet-stream"}, false
	}
	for len(rest) >= tnefAttribute {
		id, n := binary.LittleEndian.Uint32(rest[1:]), int64(binary.LittleEndian.Uint32(rest[5:]))
		body := rest[tnefAttribute:]
		cut := n > int64(len(body))
		if cut {
			n = int64(len(body))
		}
		value := body[:n]
		switch id {
		case tnefRender:
			end()
			begun = true
		case tnefData:
			at.Bytes, found = value, true
		case tnefTitle:
			if at.Name == "" {
				at.Name = fileName(cleanLine(guess([]byte(strings.TrimRight(string(value), "\x00")))))
			}
		case tnefProps:
			if long := tnefLongName(value); long != "" {
				at.Name = long
			}
		}
		if cut || len(files) >= maxTNEF {
			end()
			return files, false
		}
		rest = body[n:]
		rest = rest[min(len(rest), tnefSum):]
	}
	end()
	return files, len(rest) == 0
}

// tnefLongName finds an attachment's long name among its properties; "" where there is none, or
// a property before it is of a kind that is not known.
func tnefLongName(b []byte) string {
	u32 := func() (uint32, bool) {
		if len(b) < 4 {
			return 0, false
		}
		v := binary.LittleEndian.Uint32(b)
		b = b[4:]
		return v, true
	}
	skip := func(n uint32) bool {
		n64 := (int64(n) + 3) / 4 * 4
		if n64 > int64(len(b)) {
			return false
		}
		b = b[n64:]
		return true
	}
	count, _ := u32()
	const most = 1000
	for range min(count, most) {
		tag, ok := u32()
		if !ok {
			return ""
		}
		kind, id := tag&0xffff, tag>>16
		if id >= 0x8000 { // a named property: its set, and a number or a name
			if len(b) < 16 {
				return ""
			}
			b = b[16:]
			named, _ := u32()
			n, ok := u32()
			if !ok || named == 1 && !skip(n) {
				return ""
			}
		}
		switch kind {
		case 0x02, 0x03, 0x04, 0x0a, 0x0b: // numbers of up to 4 bytes
			ok = skip(4)
		case 0x05, 0x06, 0x07, 0x14, 0x40: // of 8
			ok = skip(8)
		case 0x48:
			ok = skip(16)
		case propString, propUnicode, 0x0d, 0x102:
			values, _ := u32()
			for range min(values, most) {
				n, known := u32()
				if !known || int64(n) > int64(len(b)) {
					return ""
				}
				if id == propLongName && kind == propUnicode {
					return fileName(cleanLine(strings.TrimRight(utf16Text(b[:n]), "\x00")))
				}
				if id == propLongName && kind == propString {
					return fileName(cleanLine(guess([]byte(strings.TrimRight(string(b[:n]), "\x00")))))
				}
				if !skip(n) {
					return ""
				}
			}
			ok = true
		default:
			return ""
		}
		if !ok {
			return ""
		}
	}
	return ""
}
