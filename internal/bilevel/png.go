package bilevel

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"
)

// EncodePNG writes the image as a 1-bit greyscale PNG with black ink. Resolution is written
// (pHYs) where dpi is known; 0 leaves it out. image/png writes palettes of 8 bits at least for
// grey, eight times the pixels to deflate, so the few chunks are written here.
func (m *Image) EncodePNG(w io.Writer, xDPI, yDPI float64) error {
	var out bytes.Buffer
	out.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], uint32(len(data)))
		out.Write(n[:])
		start := out.Len()
		out.WriteString(kind)
		out.Write(data)
		binary.BigEndian.PutUint32(n[:], crc32.ChecksumIEEE(out.Bytes()[start:]))
		out.Write(n[:])
	}
	head := make([]byte, 13)
	binary.BigEndian.PutUint32(head[0:], uint32(m.W))
	binary.BigEndian.PutUint32(head[4:], uint32(m.H))
	head[8], head[9] = 1, 0 // one bit, greyscale
	chunk("IHDR", head)
	if xDPI > 0 && yDPI > 0 {
		const inch = 0.0254
		phys := make([]byte, 9)
		binary.BigEndian.PutUint32(phys[0:], uint32(math.Round(xDPI/inch)))
		binary.BigEndian.PutUint32(phys[4:], uint32(math.Round(yDPI/inch)))
		phys[8] = 1 // per metre
		chunk("pHYs", phys)
	}
	var z bytes.Buffer
	zw, err := zlib.NewWriterLevel(&z, zlib.BestSpeed)
	if err != nil {
		return err
	}
	line := make([]byte, 1+m.Stride)
	for y := range m.H {
		for i, b := range m.Row(y) {
			line[1+i] = ^b // PNG grey: 1 is white
		}
		if _, err := zw.Write(line); err != nil {
			return err
		}
	}
	if err := zw.Close(); err != nil {
		return err
	}
	chunk("IDAT", z.Bytes())
	chunk("IEND", nil)
	_, err = w.Write(out.Bytes())
	return err
}
