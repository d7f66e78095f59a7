//go:build !amd64

package glyph

func tile(c []float32, ldc int, a []float32, lda, runStride, runs, n int, b, bias []float32, relu bool) {
	tilePortable(c, ldc, a, lda, runStride, runs, n, b, bias, relu)
}
