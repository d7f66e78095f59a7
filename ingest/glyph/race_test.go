//go:build race

package glyph_test

// raceDetector says that the tests run many times slower, and that sync.Pool forgets at random.
const raceDetector = true
