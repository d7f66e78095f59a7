package fax

import (
	"bytes"
	"strings"
)

const tagImageDescription = 270

// Station is the id that the sending machine gave itself (TSI, ITU-T T.30), as fax servers on
// HylaFAX and spandsp write it into the first line of a TIFF's ImageDescription; "" where the file
// states none. It is a claim: a machine calls itself what its owner entered.
func Station(data []byte) string {
	f, first, ok := openTIFF(data)
	if !ok {
		return ""
	}
	d, err := f.dir(first)
	if err != nil {
		return ""
	}
	const longest = 60 // T.30 has 20 characters
	text, _, _ := bytes.Cut(d.entries[tagImageDescription].values, []byte{0})
	line, _, _ := strings.Cut(strings.ToValidUTF8(string(text[:min(len(text), 4*longest)]), ""), "\n")
	line = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, line)
	if line = strings.TrimSpace(line); len(line) > longest {
		return "" // no id: a program's description of the picture
	}
	return line
}
