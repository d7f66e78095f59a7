package typeset

import (
	"encoding/binary"
	"slices"
	"sync"
)

// A document shows some hundred of the faces' 12,000 glyphs, and what writes it reads every table of
// the font that it is given: with the whole face that took longer than all the rest of a page.

// maxSubset is how many runes a subset tells apart at most: its table of runes ends at 64 KiB.
const maxSubset = 8000

// Subset is the weight's font file with the glyphs of these runes, those up to U+00FF and nothing else,
// in the order of the whole one. Where that is no less, or the runes are too many, it is the whole.
func (w Weight) Subset(runes []rune) []byte {
	f := w.file()
	if f == nil || len(runes)+latin > maxSubset {
		return w.TTF()
	}
	wanted := slices.Clone(runes)
	for r := rune(1); r < latin; r++ {
		wanted = append(wanted, r)
	}
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	face := w.Face()
	keep := map[int]bool{0: true}
	for _, r := range wanted {
		f.keep(keep, int(face.glyph(r).index))
	}
	old := make([]int, 0, len(keep))
	for g := range keep {
		old = append(old, g)
	}
	slices.Sort(old)
	renamed := make(map[int]int, len(old))
	for i, g := range old {
		renamed[g] = i
	}
	return f.assemble(old, renamed, wanted, face)
}

const latin = 0x100

// trueType is a font file taken apart: its tables, and where each glyph begins.
type trueType struct {
	order  []string
	tables map[string][]byte
	starts []uint32
	longs  int // glyphs with a width of their own
}

var trueTypes = [2]func() *trueType{
	sync.OnceValue(func() *trueType { return takeApart(regularTTF) }),
	sync.OnceValue(func() *trueType { return takeApart(boldTTF) }),
}

func (w Weight) file() *trueType {
	if w == Bold {
		return trueTypes[1]()
	}
	return trueTypes[0]()
}

var be = binary.BigEndian

// Places in the tables.
const (
	directoryHead, directoryRow = 12, 16
	headLocaFormat              = 50
	hheaMetrics                 = 34
	maxpGlyphs                  = 4
	glyphHead                   = 10
)

// takeApart reads the tables; nil where the file is not as the embedded ones are.
func takeApart(ttf []byte) *trueType {
	f := &trueType{tables: map[string][]byte{}}
	for i := range int(be.Uint16(ttf[4:])) {
		row := ttf[directoryHead+i*directoryRow:]
		name, at, size := string(row[:4]), be.Uint32(row[8:]), be.Uint32(row[12:])
		f.order, f.tables[name] = append(f.order, name), ttf[at:at+size]
	}
	for _, name := range []string{"head", "hhea", "maxp", "loca", "glyf", "hmtx", "cmap"} {
		if f.tables[name] == nil {
			return nil
		}
	}
	if be.Uint16(f.tables["head"][headLocaFormat:]) != 1 {
		return nil
	}
	f.longs = int(be.Uint16(f.tables["hhea"][hheaMetrics:]))
	for at := 0; at+4 <= len(f.tables["loca"]); at += 4 {
		f.starts = append(f.starts, be.Uint32(f.tables["loca"][at:]))
	}
	return f
}

func (f *trueType) outline(g int) []byte {
	return f.tables["glyf"][f.starts[g]:f.starts[g+1]]
}

// keep marks a glyph and those that it is composed of.
func (f *trueType) keep(all map[int]bool, g int) {
	if all[g] {
		return
	}
	all[g] = true
	for _, at := range components(f.outline(g)) {
		f.keep(all, int(be.Uint16(f.outline(g)[at:])))
	}
}

// components are the places at which a composed glyph names its parts.
func components(outline []byte) []int {
	if len(outline) < glyphHead || outline[0]&0x80 == 0 {
		return nil
	}
	const words, scale, more, scales, matrix = 0x1, 0x8, 0x20, 0x40, 0x80
	var out []int
	for at := glyphHead; ; {
		flags := be.Uint16(outline[at:])
		out = append(out, at+2)
		at += 6
		if flags&words != 0 {
			at += 2
		}
		switch {
		case flags&scale != 0:
			at += 2
		case flags&scales != 0:
			at += 4
		case flags&matrix != 0:
			at += 8
		}
		if flags&more == 0 {
			return out
		}
	}
}

// assemble writes the font file of the glyphs old, in their order.
func (f *trueType) assemble(old []int, renamed map[int]int, runes []rune, face *Face) []byte {
	var glyf, hmtx []byte
	loca := make([]byte, 0, 4*len(old)+4)
	for _, g := range old {
		loca = be.AppendUint32(loca, uint32(len(glyf))) //nolint:gosec // below the whole font's size
		at := len(glyf)
		glyf = append(glyf, f.outline(g)...)
		for _, c := range components(f.outline(g)) {
			be.PutUint16(glyf[at+c:], uint16(renamed[int(be.Uint16(glyf[at+c:]))])) //nolint:gosec // below the whole font's number
		}
		glyf = append(glyf, make([]byte, -len(glyf)&3)...)
		metrics := f.tables["hmtx"]
		if g < f.longs {
			hmtx = append(hmtx, metrics[4*g:4*g+4]...)
		} else { // as wide as the last that tells a width
			hmtx = append(append(hmtx, metrics[4*f.longs-4:4*f.longs-2]...), metrics[2*f.longs+2*g:2*f.longs+2*g+2]...)
		}
	}
	loca = be.AppendUint32(loca, uint32(len(glyf))) //nolint:gosec // below the whole font's size
	with := func(name string, at, n int) []byte {
		t := slices.Clone(f.tables[name])
		be.PutUint16(t[at:], uint16(n)) //nolint:gosec // below the whole font's number
		return t
	}
	tables := map[string][]byte{
		"glyf": glyf, "loca": loca, "hmtx": hmtx, "cmap": characters(renamed, runes, face),
		"hhea": with("hhea", hheaMetrics, len(old)), "maxp": with("maxp", maxpGlyphs, len(old)),
	}
	var names []string
	for _, name := range f.order {
		switch name {
		case "GSUB", "vhea", "vmtx", "meta": // speak of glyphs by their old numbers, or of nothing that is printed
		default:
			names = append(names, name)
			if tables[name] == nil {
				tables[name] = f.tables[name]
			}
		}
	}
	return file(names, tables)
}

// characters is a table (format 4) that leads from runes to glyphs.
func characters(renamed map[int]int, runes []rune, face *Face) []byte {
	type segment struct{ first, last, glyph int }
	var all []segment
	for _, r := range runes {
		g := int(face.glyph(r).index)
		if g == 0 || r > 0xFFFE {
			continue
		}
		g = renamed[g]
		if n := len(all) - 1; n >= 0 && all[n].last+1 == int(r) && all[n].glyph+int(r)-all[n].first == g {
			all[n].last++
			continue
		}
		all = append(all, segment{int(r), int(r), g})
	}
	all = append(all, segment{0xFFFF, 0xFFFF, 0})
	b := []byte{0, 0, 0, 1, 0, 3, 0, 1, 0, 0, 0, 12} // one table, for Windows, after 12 bytes
	add := func(v int) { b = be.AppendUint16(b, uint16(v)) }
	n := len(all)
	power, log := 1, 0
	for power*2 <= n {
		power, log = power*2, log+1
	}
	for _, v := range []int{4, 16 + 8*n, 0, 2 * n, 2 * power, log, 2*n - 2*power} {
		add(v)
	}
	for _, s := range all {
		add(s.last)
	}
	add(0)
	for _, s := range all {
		add(s.first)
	}
	for _, s := range all {
		add(s.glyph - s.first)
	}
	for range all {
		add(0)
	}
	return b
}

// file puts tables together. Nobody looks at its checksums: what a document embeds has its own.
func file(names []string, tables map[string][]byte) []byte {
	n := len(names)
	power, log := 1, 0
	for power*2 <= n {
		power, log = power*2, log+1
	}
	b := []byte{0, 1, 0, 0}
	for _, v := range []int{n, directoryRow * power, log, directoryRow * (n - power)} {
		b = be.AppendUint16(b, uint16(v)) //nolint:gosec // a dozen tables
	}
	at := directoryHead + directoryRow*n
	for _, name := range names {
		size := len(tables[name])
		b = append(append(b, name...), 0, 0, 0, 0)
		b = be.AppendUint32(be.AppendUint32(b, uint32(at)), uint32(size)) //nolint:gosec // below the whole font's size
		at += size + -size&3
	}
	for _, name := range names {
		b = append(b, tables[name]...)
		b = append(b, make([]byte, -len(b)&3)...)
	}
	return b
}
