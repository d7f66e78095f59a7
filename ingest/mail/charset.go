package mail

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
)

// decodeText turns bytes of a labelled charset into UTF-8. A label that is missing, unknown or
// a lie is replaced by a guess.
func decodeText(label string, b []byte) string {
	switch l := strings.ToLower(strings.Trim(label, "\"' \t")); l {
	case "utf-8", "utf8":
		if utf8.Valid(b) {
			return string(b)
		}
	case "iso-2022-jp", "iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-3", "iso-2022-jp-ms", "csiso2022jp",
		"cp50220", "cp50221", "cp50222", "x-windows-iso2022jp", "jis", "jis7":
		return decodeJIS(b)
	case "shift_jis", "shift-jis", "sjis", "x-sjis", "cp932", "ms932", "windows-31j", "cswindows31j", "ms_kanji":
		return decodeWith(japanese.ShiftJIS, b)
	case "euc-jp", "eucjp", "x-euc-jp", "eucjp-ms", "eucjp-win", "cp51932", "ujis":
		return decodeWith(japanese.EUCJP, b)
	case "", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "x-unknown", "binary":
	default:
		if enc, err := htmlindex.Get(l); err == nil {
			return decodeWith(enc, b)
		}
	}
	return guess(b)
}

func decodeWith(enc encoding.Encoding, b []byte) string {
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return string(bytes.ToValidUTF8(b, []byte("\uFFFD")))
	}
	return string(out)
}

// guess decodes text without a trustworthy label: escapes are JIS, valid UTF-8 is that, and of
// Shift_JIS and EUC-JP the one that leaves fewer characters undecoded.
func guess(b []byte) string {
	if bytes.Contains(b, []byte("\x1b$")) || bytes.Contains(b, []byte("\x1b(I")) {
		return decodeJIS(b)
	}
	if utf8.Valid(b) {
		return string(b)
	}
	sjis, euc := decodeWith(japanese.ShiftJIS, b), decodeWith(japanese.EUCJP, b)
	if badness(euc) < badness(sjis) {
		return euc
	}
	return sjis
}

// badness counts what speaks against a guess: undecoded characters heavily, half-width kana,
// which wrong guesses are full of, lightly.
func badness(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			n += 10
		case r >= '｡' && r <= 'ﾟ':
			n++
		}
	}
	return n
}

// decodeJIS decodes ISO-2022-JP as mailers really write it: with half-width kana (ESC ( I,
// SO/SI or plain 8-bit), NEC and IBM extensions, and without the final escape. It rewrites it
// as EUC-JP, whose table holds all of these.
func decodeJIS(b []byte) string {
	const (
		single = iota
		kana
		double
		foreign // a set of another language: left out
	)
	out := make([]byte, 0, len(b)+len(b)/4)
	mode, shifted := single, false
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c == 0x1b:
			rest := b[i+1:]
			n := 2
			switch {
			case bytes.HasPrefix(rest, []byte("(I")):
				mode = kana
			case bytes.HasPrefix(rest, []byte("(")) && len(rest) > 1:
				mode = single
			case bytes.HasPrefix(rest, []byte("$@")), bytes.HasPrefix(rest, []byte("$B")):
				mode = double
			case bytes.HasPrefix(rest, []byte("$(")) && len(rest) > 2:
				mode, n = foreign, 3
			case bytes.HasPrefix(rest, []byte("&@")):
			default:
				n = 0
			}
			i += n
		case c == 0x0e:
			shifted = true
		case c == 0x0f:
			shifted = false
		case c == '\n' || c == '\r':
			mode, shifted = single, false // RFC 1468: a line ends in ASCII
			out = append(out, c)
		case c >= 0xa1 && c <= 0xdf:
			out = append(out, 0x8e, c)
		case c < 0x21 || c > 0x7e:
			if c < 0x80 {
				out = append(out, c)
			}
		case shifted || mode == kana:
			out = append(out, 0x8e, c|0x80)
		case mode == double:
			if i+1 < len(b) && b[i+1] >= 0x21 && b[i+1] <= 0x7e {
				out = append(out, c|0x80, b[i+1]|0x80)
				i++
			}
		case mode == foreign:
		default:
			out = append(out, c)
		}
	}
	return decodeWith(japanese.EUCJP, out)
}

// utf16Text decodes little-endian UTF-16.
func utf16Text(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
	}
	return string(utf16.Decode(units))
}
