//go:build !amd64

package glyph

// tileRows is how many rows one call of the kernel computes.
const tileRows = 4

func tile(c []float32, ldc int, a []float32, lda, runStride, runs, n int, b, bias []float32, relu bool) {
	tilePortable(tileRows, c, ldc, a, lda, runStride, runs, n, b, bias, relu)
}
