package fax

import "strings"

// Code words of ITU-T T.4, tables 2 and 3. A word's index in terminating is its run length, in
// makeUp its run length / 64 - 1, in extended (shared by both colours) (run length - 1792) / 64.
const (
	whiteTerminating = "00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 110100 110101 " +
		"101010 101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000 0101011 0010011 0100100 0011000 00000010 00000011 00011010 " +
		"00011011 00010010 00010011 00010100 00010101 00010110 00010111 00101000 00101001 00101010 00101011 00101100 00101101 00000100 00000101 00001010 " +
		"00001011 01010010 01010011 01010100 01010101 00100100 00100101 01011000 01011001 01011010 01011011 01001010 01001011 00110010 00110011 00110100"
	whiteMakeUp = "11011 10010 010111 0110111 00110110 00110111 01100100 01100101 01101000 01100111 011001100 011001101 011010010 011010011 " +
		"011010100 011010101 011010110 011010111 011011000 011011001 011011010 011011011 010011000 010011001 010011010 011000 010011011"
	blackTerminating = "0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 00000100 00000111 000011000 " +
		"0000010111 0000011000 0000001000 00001100111 00001101000 00001101100 00000110111 00000101000 00000010111 00000011000 000011001010 000011001011 000011001100 000011001101 000001101000 000001101001 " +
		"000001101010 000001101011 000011010010 000011010011 000011010100 000011010101 000011010110 000011010111 000001101100 000001101101 000011011010 000011011011 000001010100 000001010101 000001010110 000001010111 " +
		"000001100100 000001100101 000001010010 000001010011 000000100100 000000110111 000000111000 000000100111 000000101000 000001011000 000001011001 000000101011 000000101100 000001011010 000001100110 000001100111"
	blackMakeUp = "0000001111 000011001000 000011001001 000001011011 000000110011 000000110100 000000110101 0000001101100 0000001101101 0000001001010 0000001001011 0000001001100 0000001001101 0000001110010 " +
		"0000001110011 0000001110100 0000001110101 0000001110110 0000001110111 0000001010010 0000001010011 0000001010100 0000001010101 0000001011010 0000001011011 0000001100100 0000001100101"
	extendedMakeUp = "00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101 000000010110 000000010111 000000011100 000000011101 000000011110 000000011111"
)

// Modes of the two-dimensional code (T.4 table 4); vertical modes are their offset -3…3.
const (
	modeNone       int8 = 0x7f
	modePass       int8 = 10
	modeHorizontal int8 = 11
	modeExtension  int8 = 12
)

var modeWords = []struct {
	mode int8
	word string
}{
	{0, "1"},
	{1, "011"},
	{2, "000011"},
	{3, "0000011"},
	{-1, "010"},
	{-2, "000010"},
	{-3, "0000010"},
	{modePass, "0001"},
	{modeHorizontal, "001"},
	{modeExtension, "0000001"},
}

const (
	runBits  = 13 // longest run code
	modeBits = 7  // longest mode code
	maxRun   = 2560
	colours  = 2
	white    = 0
	black    = 1
)

// word is a code word, right-aligned.
type word struct {
	bits uint32
	n    uint8
}

type modeEntry struct {
	mode int8
	n    uint8
}

// runTable maps the next 13 bits to length of the code word << 12 | run length; 0 is no code.
type runTable [1 << runBits]uint16

var (
	runTables   [colours]runTable
	modeTable   [1 << modeBits]modeEntry
	terminating [colours][64]word
	makeUp      [colours][maxRun/64 + 1]word // index run length / 64
	vertical    [7]word                      // index offset + 3
	pass        word
	horizontal  word
	endOfLine   = word{bits: 1, n: 12}
	reversed    [256]byte // each byte with its bits in the other order
)

func parseWord(s string) word {
	var w word
	for _, c := range s {
		w.bits = w.bits<<1 | uint32(c-'0')
		w.n++
	}
	return w
}

func init() {
	add := func(colour int, s string, run int) word {
		w := parseWord(s)
		low := w.bits << (runBits - w.n)
		for i := range uint32(1) << (runBits - w.n) {
			runTables[colour][low+i] = uint16(w.n)<<12 | uint16(run)
		}
		return w
	}
	for colour, tables := range [colours][2]string{{whiteTerminating, whiteMakeUp}, {blackTerminating, blackMakeUp}} {
		for i, s := range strings.Fields(tables[0]) {
			terminating[colour][i] = add(colour, s, i)
		}
		for i, s := range strings.Fields(tables[1]) {
			makeUp[colour][i+1] = add(colour, s, (i+1)*64)
		}
		for i, s := range strings.Fields(extendedMakeUp) {
			makeUp[colour][28+i] = add(colour, s, 1792+64*i)
		}
	}
	for i := range modeTable {
		modeTable[i].mode = modeNone
	}
	for _, m := range modeWords {
		w := parseWord(m.word)
		low := w.bits << (modeBits - w.n)
		for i := range uint32(1) << (modeBits - w.n) {
			modeTable[low+i] = modeEntry{m.mode, w.n}
		}
		switch m.mode {
		case modePass:
			pass = w
		case modeHorizontal:
			horizontal = w
		case modeExtension:
		default:
			vertical[m.mode+3] = w
		}
	}
	for i := range reversed {
		for b := range 8 {
			if i>>b&1 == 1 {
				reversed[i] |= 0x80 >> b
			}
		}
	}
}
