package fax

import (
	"bytes"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// Abbreviations of inline pictures (PDF 32000-1, tables 93 and 94).
var (
	inlineKeys = map[string]string{
		"BPC": "BitsPerComponent", "CS": "ColorSpace", "D": "Decode", "DP": "DecodeParms", "F": "Filter", "H": "Height",
		"IM": "ImageMask", "I": "Interpolate", "W": "Width",
	}
	inlineFilters = map[string]string{
		"AHx": filter.ASCIIHex, "A85": filter.ASCII85, "LZW": filter.LZW, "Fl": filter.Flate, "RL": filter.RunLength,
		"CCF": filter.CCITTFax, "DCT": filter.DCT,
	}
	inlineSpaces = map[string]string{"G": "DeviceGray", "RGB": "DeviceRGB", "CMYK": "DeviceCMYK", "I": "Indexed"}
)

const maxInlineHead = 1 << 14 // bytes of an inline picture's dictionary

// inline parses a picture within a content stream, from behind its BI to behind its EI.
func (f *pdfFile) inline(l *lexer, resources types.Object) (types.StreamDict, bool) {
	none := types.StreamDict{}
	rest := l.b[l.i:]
	head := endOfHead(rest[:min(len(rest), maxInlineHead)])
	if head < 0 {
		l.i = len(l.b)
		return none, false
	}
	from := l.i + head + 3 // behind ID and one white space
	source := "<<" + string(rest[:head]) + ">>"
	parsed, err := model.ParseObject(&source)
	d, ok := parsed.(types.Dict)
	if err != nil || !ok {
		l.i = from + endOfInline(l.b[min(from, len(l.b)):], 0)
		return none, false
	}
	sd := types.StreamDict{Dict: types.Dict{}}
	for k, v := range d {
		if long := inlineKeys[k]; long != "" {
			k = long
		}
		sd.Dict[k] = v
	}
	if short := f.name(sd.Dict["ColorSpace"]); short != "" {
		if long := inlineSpaces[short]; long != "" {
			sd.Dict["ColorSpace"] = types.Name(long)
		} else if own := f.dict(f.dict(resources)["ColorSpace"])[short]; own != nil {
			sd.Dict["ColorSpace"] = own
		}
	}
	f.inlinePipeline(&sd)
	least := 0
	if len(sd.FilterPipeline) == 0 { // then its length is known, and EI may stand among its bytes
		bits, channels := f.integer(sd.Dict["BitsPerComponent"], 1), f.channels(sd.Dict["ColorSpace"], 0)
		w, h := min(max(f.integer(sd.Dict["Width"], 0), 0), maxWidth), min(max(f.integer(sd.Dict["Height"], 0), 0), maxRows)
		least = (w*min(max(bits, 1), 16)*channels + 7) / 8 * h
	}
	from = min(from, len(l.b))
	n := endOfInline(l.b[from:], least)
	sd.Raw = bytes.TrimSuffix(l.b[from:from+n], []byte("EI"))
	l.i = from + n
	return sd, true
}

// inlinePipeline fills in the filters of an inline picture.
func (f *pdfFile) inlinePipeline(sd *types.StreamDict) {
	list := func(o types.Object) types.Array {
		switch v := f.deref(o).(type) {
		case nil:
			return nil
		case types.Array:
			return v
		default:
			return types.Array{v}
		}
	}
	parms := list(sd.Dict["DecodeParms"])
	for i, o := range list(sd.Dict["Filter"]) {
		name := f.name(o)
		if long := inlineFilters[name]; long != "" {
			name = long
		}
		step := types.PDFFilter{Name: name}
		if i < len(parms) {
			step.DecodeParms = f.dict(parms[i])
		}
		sd.FilterPipeline = append(sd.FilterPipeline, step)
	}
}

// endOfHead is where the ID of an inline picture begins; -1 where there is none.
func endOfHead(b []byte) int {
	for i := 0; ; {
		n := bytes.Index(b[i:], []byte("ID"))
		if n < 0 {
			return -1
		}
		i += n
		if i+2 < len(b) && isSpace(b[i+2]) && (i == 0 || isSpace(b[i-1]) || isDelimiter(b[i-1])) && !strings.HasSuffix(string(b[:i]), "/") {
			return i
		}
		i += 2
	}
}

// endOfInline is the length of an inline picture's data with the EI behind it: the first one that
// stands alone, comes after the least that the data can have, and has text behind it.
func endOfInline(b []byte, least int) int {
	for i := min(least, len(b)); i+1 < len(b); i++ {
		if b[i] != 'E' || b[i+1] != 'I' || i > 0 && i != least && !isSpace(b[i-1]) {
			continue
		}
		behind := b[i+2 : min(len(b), i+2+16)]
		if len(behind) > 0 && !isSpace(behind[0]) {
			continue
		}
		if bytes.IndexFunc(behind, func(r rune) bool { return r >= 0x7f || r < ' ' && !isSpace(byte(r)) }) < 0 {
			return i + 2
		}
	}
	return len(b)
}
