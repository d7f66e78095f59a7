package fax

import (
	"bytes"
	"slices"
)

// tiffPages yields the pages of a TIFF file, and of any that were appended to it whole.
func tiffPages(data []byte, b *budget, yield func(Page, error) bool) {
	index := 0
	for data != nil {
		if index >= b.lim.Pages {
			yield(Page{Index: index}, permanent(nil, "the file has more than %d pages; send it in parts", b.lim.Pages))
			return
		}
		dirs, end, chainErr := directories(data, b)
		dirs = fullPages(dirs)
		if len(dirs) == 0 && chainErr == nil {
			break
		}
		for _, d := range dirs {
			if index >= b.lim.Pages {
				yield(Page{Index: index}, permanent(nil, "the file has more than %d pages; send it in parts", b.lim.Pages))
				return
			}
			p, err := d.page(b)
			p.Index = index
			if !yield(p, err) {
				return
			}
			index++
		}
		if chainErr != nil {
			p := Page{Index: index}
			if len(dirs) == 0 && index == 0 {
				p, chainErr = salvage(data, b, chainErr)
			}
			if !yield(p, chainErr) {
				return
			}
			index++
		}
		data = following(data, end)
	}
	if index == 0 {
		yield(Page{}, permanent(nil, "the TIFF file has no page; send it again"))
	}
}

// directories reads a file's chain of directories, as far as it holds, and tells where what they
// refer to ends.
func directories(data []byte, b *budget) (dirs []*ifd, end int64, err error) {
	f, off, ok := openTIFF(data)
	if !ok {
		return nil, int64(len(data)), permanent(nil, "the TIFF file ends within its header; send it again")
	}
	seen := map[uint64]bool{}
	for off != 0 {
		if seen[off] || len(seen) > 2*b.lim.Pages {
			return dirs, int64(len(data)), permanent(nil, "the TIFF file's pages refer back to each other; send it again")
		}
		seen[off] = true
		d, err := f.dir(off)
		if err != nil {
			return dirs, int64(len(data)), err
		}
		dirs = append(dirs, d)
		end = max(end, d.end)
		end = max(end, d.extent(tagStripOffsets, tagStripByteCounts), d.extent(tagTileOffsets, tagTileByteCounts))
		off = d.next
	}
	return dirs, end, nil
}

// extent is the end of a page's strips or tiles; of the file, where their lengths are not stated.
func (d *ifd) extent(offsets, counts uint16) (end int64) {
	offs, size := d.entries[offsets], uint64(len(d.data))
	for i := range int(min(offs.count, maxParts)) {
		off, ok := d.at(offs, i)
		if !ok {
			break
		}
		n := size
		if e, stated := d.entries[counts]; stated {
			if v, _ := d.at(e, i); v > 0 {
				n = v
			}
		}
		end = max(end, int64(min(min(off, size)+min(n, size), size)))
	}
	return end
}

// fullPages leaves out reduced copies of other pages and transparency masks, and takes the full
// picture from below a directory that is itself only a copy.
func fullPages(dirs []*ifd) []*ifd {
	var most, widest uint64 // pixels of the largest full picture, and of a row of the widest
	for i, d := range dirs {
		if full := d.fullBelow(); full != nil {
			dirs[i] = full
		}
		if d := dirs[i]; !d.reduced() {
			most, widest = max(most, d.pixels()), max(widest, d.uintOr(tagWidth, 0))
		}
	}
	return slices.DeleteFunc(dirs, func(d *ifd) bool {
		mask := d.uintOr(tagSubfileType, 0)&4 != 0 && d.uintOr(tagPhotometric, 0) == 4
		// A short last page is as wide as the others, whatever it calls itself.
		return d.reduced() && d.pixels() < most && d.uintOr(tagWidth, 0) < widest || mask && most > 0
	})
}

// reduced tells whether the directory calls itself a smaller copy of another.
func (d *ifd) reduced() bool {
	return d.uintOr(tagSubfileType, 0)&1 == 1 || d.uintOr(tagOldSubfileType, 1) == 2
}

func (d *ifd) pixels() uint64 {
	return min(d.uintOr(tagWidth, 0), maxWidth+1) * min(max(d.uintOr(tagLength, 0), 1), maxRows+1)
}

// fullBelow is the full picture among the sub-directories of one that is not; nil where there is none.
func (d *ifd) fullBelow() *ifd {
	e, ok := d.entries[tagSubIFDs]
	if !ok || !d.reduced() {
		return nil
	}
	for i := range int(min(e.count, 8)) {
		off, ok := d.at(e, i)
		if !ok {
			break
		}
		if sub, err := d.dir(off); err == nil && !sub.reduced() && sub.pixels() > d.pixels() {
			return sub
		}
	}
	return nil
}

// following is the rest of the data from a second TIFF file's header on, which stands somewhere
// behind all that the first one refers to; nil where there is none.
func following(data []byte, end int64) []byte {
	rest := data[min(end, int64(len(data))):]
	for range 8 { // places that look like a header
		at := -1
		for _, magic := range tiffMagics {
			if i := bytes.Index(rest, magic); i >= 0 && (at < 0 || i < at) {
				at = i
			}
		}
		if at < 0 {
			return nil
		}
		rest = rest[at:]
		if f, off, ok := openTIFF(rest); ok {
			if d, err := f.dir(off); err == nil && d.uintOr(tagWidth, 0) > 0 && d.parts(tagStripOffsets, tagStripByteCounts) != nil {
				return rest
			}
		}
		rest = rest[1:]
	}
	return nil
}
