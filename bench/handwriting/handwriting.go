// Package handwriting reads pictures of digits from files: MNIST, banks of glyphs drawn from
// fonts, and archives of cells cut from real faxes.
//
// In: files that others made. Out: pictures with what is written in them, as they are. It cuts,
// scales and cleans nothing, and does not say who may learn from what.
package handwriting

import (
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Bounds on what a file may hold, unpacked.
const (
	maxFile = 256 << 20 // bytes
	maxCell = 1024      // pixels a side of a cell
)

// Side is the width and height of MNIST's pictures, in pixels.
const Side = 28

// MNIST reads one half of MNIST ("train" or "t10k") from a folder, in IDX form, plain or gzipped:
// pictures of Side × Side grey pixels, 0 paper … 255 ink, and the digit in each.
func MNIST(dir, half string) (pictures [][]byte, digits []byte, err error) {
	pix, err := readIDX(dir, half, "images", 3)
	if err != nil {
		return nil, nil, err
	}
	if digits, err = readIDX(dir, half, "labels", 1); err != nil {
		return nil, nil, err
	}
	if len(pix) != len(digits)*Side*Side {
		return nil, nil, fmt.Errorf("read %s: %d bytes of pictures for %d labels", dir, len(pix), len(digits))
	}
	for i, d := range digits {
		if d > 9 {
			return nil, nil, fmt.Errorf("read %s: label %d", dir, d)
		}
		pictures = append(pictures, pix[i*Side*Side:][:Side*Side])
	}
	return pictures, digits, nil
}

// readIDX reads the bytes of an IDX file of so many dimensions.
func readIDX(dir, half, what string, dimensions int) ([]byte, error) {
	var last error
	for _, dot := range []string{"-", "."} {
		for _, suffix := range []string{"", ".gz"} {
			name := fmt.Sprintf("%s-%s%sidx%d-ubyte%s", half, what, dot, dimensions, suffix)
			b, err := readAll(filepath.Join(dir, name), suffix != "")
			if errors.Is(err, fs.ErrNotExist) {
				last = err
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", name, err)
			}
			head := 4 + 4*dimensions
			if len(b) < head || binary.BigEndian.Uint32(b) != 0x800+uint32(dimensions) {
				return nil, fmt.Errorf("read %s: not an IDX file of %d dimensions", name, dimensions)
			}
			return b[head:], nil
		}
	}
	return nil, fmt.Errorf("read digits: %w", last)
}

func readAll(file string, zipped bool) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	var r io.Reader = f
	if zipped {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, err
		}
	}
	return io.ReadAll(io.LimitReader(r, maxFile))
}

// Letter stands for a digit in a bank of letters.
const Letter = 10

// Glyph is one glyph of a font: what it is, and W × H grey pixels, 0 paper … 255 ink.
type Glyph struct {
	Font  uint16
	Digit uint8 // or Letter
	W, H  int
	Pix   []byte
}

// Bank reads a bank of glyphs, as train/fonts.py writes it: for each glyph font, digit, width and
// height (uint16, little-endian) and its pixels.
func Bank(file string) (glyphs []Glyph, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read glyphs: %w", err)
	}
	for len(b) > 0 {
		if len(b) < 8 {
			return nil, fmt.Errorf("read %s: cut short", file)
		}
		g := Glyph{Font: binary.LittleEndian.Uint16(b), W: int(binary.LittleEndian.Uint16(b[4:])), H: int(binary.LittleEndian.Uint16(b[6:]))}
		digit := binary.LittleEndian.Uint16(b[2:])
		if digit > Letter || g.W == 0 || g.H == 0 || len(b)-8 < g.W*g.H {
			return nil, fmt.Errorf("read %s: not a bank of glyphs", file)
		}
		g.Digit, g.Pix = uint8(digit), b[8:8+g.W*g.H]
		glyphs = append(glyphs, g)
		b = b[8+g.W*g.H:]
	}
	return glyphs, nil
}
