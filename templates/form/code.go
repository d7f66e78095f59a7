package form

import (
	"fmt"

	"github.com/boombuler/barcode/code128"
	"github.com/skip2/go-qrcode"
)

// qrMatrix makes a QR code without its quiet zone, in the smallest version there is and at the
// highest error correction that still fits it: larger modules survive a fax better than more
// redundancy in a larger code.
func qrMatrix(payload string) ([][]bool, error) {
	const mostVersions = 2
	for version := 1; version <= mostVersions; version++ {
		for _, level := range []qrcode.RecoveryLevel{qrcode.Highest, qrcode.High, qrcode.Medium} {
			if q, err := qrcode.NewWithForcedVersion(payload, version, level); err == nil {
				q.DisableBorder = true
				return q.Bitmap(), nil
			}
		}
	}
	return nil, fmt.Errorf("encode QR code %q: too long for its place on the form", payload)
}

// Code128 makes the bars of a Code 128 bar code, a module each, without quiet zones. Digits are
// packed in pairs (code set C).
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
