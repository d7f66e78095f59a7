package glyph

// fast is set where the processor and the system have AVX2 and FMA.
var fast = hasAVX2()

//go:noescape
func tileAVX2(c *float32, ldc int, a *float32, lda, runStride, runs, n int, b, bias *float32, relu int)

func cpuid(leaf, sub uint32) (a, b, c, d uint32)
func xgetbv() (lo, hi uint32)

func hasAVX2() bool {
	top, _, _, _ := cpuid(0, 0)
	if top < 7 {
		return false
	}
	const fma, osxsave, avx = 1 << 12, 1 << 27, 1 << 28
	if _, _, c, _ := cpuid(1, 0); c&(fma|osxsave|avx) != fma|osxsave|avx {
		return false
	}
	if lo, _ := xgetbv(); lo&6 != 6 { // the system saves the wide registers
		return false
	}
	_, b, _, _ := cpuid(7, 0)
	return b&(1<<5) != 0
}

// tile is tilePortable in AVX2 where there is one. The bounds are checked here, for the assembly
// checks none.
func tile(c []float32, ldc int, a []float32, lda, runStride, runs, n int, b, bias []float32, relu bool) {
	if !fast {
		tilePortable(c, ldc, a, lda, runStride, runs, n, b, bias, relu)
		return
	}
	_ = c[(tileRows-1)*ldc+tileCols-1]
	_ = a[(tileRows-1)*lda+(runs-1)*runStride+n-1]
	_ = b[runs*n*tileCols-1]
	_ = bias[tileCols-1]
	r := 0
	if relu {
		r = 1
	}
	tileAVX2(&c[0], ldc, &a[0], lda, runStride, runs, n, &b[0], &bias[0], r)
}
