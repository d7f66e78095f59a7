// Package barcode makes the modules of bar codes and QR codes; pages draw them.
//
// In: text. Out: dark and light modules without quiet zones, the same for the same text. The
// caller leaves ten modules of white beside a Code 128 and four round a QR code.
package barcode

import (
	"fmt"

	"github.com/boombuler/barcode/code128"
	"github.com/skip2/go-qrcode"
)

// Code128 makes the bars of a Code 128 bar code, one element a module. Digits are packed in
// pairs (code set C).
func Code128(content string) ([]bool, error) {
	b, err := code128.Encode(content)
	if err != nil {
		return nil, fmt.Errorf("encode bar code %q: %w", content, err)
	}
	bars := make([]bool, b.Bounds().Dx())
	for i := range bars {
		r, _, _, _ := b.At(i, 0).RGBA()
		bars[i] = r == 0
	}
	return bars, nil
}

// QR makes a QR code of at most the given version (1 is 21 × 21 modules, 2 is 25 × 25), in the
// smallest version there is and at the highest error correction that still fits it: on a fax,
// larger modules survive more than redundancy in a larger code does.
func QR(content string, mostVersion int) ([][]bool, error) {
	for version := 1; version <= mostVersion; version++ {
		for _, level := range []qrcode.RecoveryLevel{qrcode.Highest, qrcode.High, qrcode.Medium} {
			if q, err := qrcode.NewWithForcedVersion(content, version, level); err == nil {
				q.DisableBorder = true
				return q.Bitmap(), nil
			}
		}
	}
	return nil, fmt.Errorf("encode QR code %q: too long for version %d", content, mostVersion)
}
