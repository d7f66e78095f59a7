package fax_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"todoke/ingest/fax"
)

func TestStation(t *testing.T) {
	t.Parallel()
	tiff := func(text string, count uint32) []byte {
		le := binary.LittleEndian
		b := []byte("II*\x00\x08\x00\x00\x00")
		b = le.AppendUint16(b, 1)
		b = le.AppendUint16(b, 270)
		b = le.AppendUint16(b, 2)
		b = le.AppendUint32(b, count)
		b = le.AppendUint32(b, 26)
		b = le.AppendUint32(b, 0)
		return append(b, text...)
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"number":        {tiff("+81 3 1234 5678\x00", 16), "+81 3 1234 5678"},
		"first line":    {tiff("TESUTO\n0312345678\x00", 18), "TESUTO"},
		"no end":        {tiff("TESUTO", 6), "TESUTO"},
		"count lies":    {tiff("TESUTO\x00", 1<<31), "TESUTO"},
		"controls":      {tiff("\x1b[1mA\x07B\x00", 8), "[1mAB"},
		"not utf-8":     {tiff("\x8e\xa0TE\x00", 5), "TE"},
		"a description": {tiff(strings.Repeat("picture ", 20)+"\x00", 161), ""},
		"empty":         {tiff("\x00\x00\x00\x00\x00", 5), ""},
		"no tiff":       {[]byte("%PDF-1.4"), ""},
		"cut off":       {tiff("x", 1)[:9], ""},
	} {
		if got := fax.Station(c.data); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
