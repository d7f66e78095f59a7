package handwriting

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path"

	"todoke/internal/bilevel"
)

// Cell is one cell cut from a real fax.
type Cell struct {
	Name  string // of its file in the archive
	Label string // a digit, or the kind of anything else
	Image *bilevel.Image
}

// Digit is the digit in the cell; ok is false where there is none.
func (c *Cell) Digit() (d int, ok bool) {
	if len(c.Label) != 1 || c.Label[0] < '0' || c.Label[0] > '9' {
		return 0, false
	}
	return int(c.Label[0] - '0'), true
}

// Cells reads an archive (.tar.gz) of cells: labels.csv, whose first columns are file and label
// under a line of headings, and the PNGs that it names.
func Cells(file string) ([]Cell, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read cells: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	images := map[string]*bilevel.Image{}
	var rows [][]string
	for tr := tar.NewReader(io.LimitReader(z, maxFile)); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		name := path.Clean(h.Name)
		switch {
		case path.Base(name) == "labels.csv":
			rows, err = csv.NewReader(tr).ReadAll()
		case path.Ext(name) == ".png":
			images[name], err = readCell(tr)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s in %s: %w", name, file, err)
		}
	}
	var cells []Cell
	for _, row := range rows[min(1, len(rows)):] {
		if len(row) < 2 || images[path.Clean(row[0])] == nil {
			return nil, fmt.Errorf("read %s: labels.csv names %q, which is not there", file, row[0])
		}
		cells = append(cells, Cell{row[0], row[1], images[path.Clean(row[0])]})
	}
	return cells, nil
}

func readCell(r io.Reader) (*bilevel.Image, error) {
	data, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return nil, err
	}
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if c.Width > maxCell || c.Height > maxCell {
		return nil, fmt.Errorf("a cell of %d × %d pixels", c.Width, c.Height)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return ink(img), nil
}

// ink is what is darker than half.
func ink(img image.Image) *bilevel.Image {
	b := img.Bounds()
	m := bilevel.New(b.Dx(), b.Dy())
	for y := range m.H {
		for x := range m.W {
			r, g, bl, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			m.Set(x, y, r+g+bl < 3*0x8000)
		}
	}
	return m
}
