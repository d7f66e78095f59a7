package fax

import "encoding/binary"

// jbig2Whole tells whether the segments of an embedded JBIG2 picture (ITU-T T.88, 7.2) are all
// there, one with pixels among them. PDFium draws what there is, and says nothing.
func jbig2Whole(b []byte) bool {
	const least, unknown = 11, 1<<32 - 1 // bytes of a segment's header; a length told by its data alone
	pixels := false
	for len(b) >= least {
		number, flags, refs, at := binary.BigEndian.Uint32(b), b[4], int(b[5]>>5), 6
		if refs == 7 {
			refs = int(binary.BigEndian.Uint32(b[5:]) & 0x1fffffff)
			at = 9 + (refs+8)/8
		}
		size := 1
		switch {
		case number > 1<<16:
			size = 4
		case number > 256:
			size = 2
		}
		if at += refs*size + 1; flags&0x40 != 0 {
			at += 3
		}
		if at+4 > len(b) {
			return false
		}
		n := binary.BigEndian.Uint32(b[at:])
		switch flags & 0x3f {
		case 6, 7, 22, 23, 38, 39, 42, 43: // text, halftone, generic and refined regions
			pixels = true
		}
		if n == unknown {
			return pixels
		}
		if int64(at)+4+int64(n) > int64(len(b)) {
			return false
		}
		b = b[at+4+int(n):]
	}
	return pixels
}
