//go:build !race

package glyph_test

const raceDetector = false
