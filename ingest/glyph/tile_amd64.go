package glyph

// The widest vectors that processor and system have decide the kernel.
var (
	wide512 = hasAVX512()
	wide256 = hasAVX2()
)

// tileRows is how many rows one call of the kernel computes.
var tileRows = func() int {
	if wide512 {
		return maxTileRows
	}
	return 4
}()

//go:noescape
func tileAVX2(c *float32, ldc int, a *float32, lda, runStride, runs, n int, b, bias *float32, relu int)

//go:noescape
func tileAVX512(c *float32, ldc int, a *float32, lda, runStride, runs, n int, b, bias *float32, relu int)

func cpuid(leaf, sub uint32) (a, b, c, d uint32)
func xgetbv() (lo, hi uint32)

// vectors tells whether the system saves the given registers (bits of XCR0), and what leaf 7 says.
func vectors(saved uint32) (leaf7 uint32, ok bool) {
	top, _, _, _ := cpuid(0, 0)
	if top < 7 {
		return 0, false
	}
	const fma, osxsave, avx = 1 << 12, 1 << 27, 1 << 28
	if _, _, c, _ := cpuid(1, 0); c&(fma|osxsave|avx) != fma|osxsave|avx {
		return 0, false
	}
	if lo, _ := xgetbv(); lo&saved != saved {
		return 0, false
	}
	_, b, _, _ := cpuid(7, 0)
	return b, true
}

func hasAVX2() bool {
	b, ok := vectors(6)
	return ok && b&(1<<5) != 0
}

func hasAVX512() bool {
	const f, dq = 1 << 16, 1 << 17
	b, ok := vectors(0xe6)
	return ok && b&(f|dq) == f|dq
}

// tile is tilePortable in the widest vectors there are. The bounds are checked here, for the
// assembly checks none.
func tile(c []float32, ldc int, a []float32, lda, runStride, runs, n int, b, bias []float32, relu bool) {
	if !wide256 && !wide512 {
		tilePortable(tileRows, c, ldc, a, lda, runStride, runs, n, b, bias, relu)
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
	if wide512 {
		tileAVX512(&c[0], ldc, &a[0], lda, runStride, runs, n, &b[0], &bias[0], r)
		return
	}
	tileAVX2(&c[0], ldc, &a[0], lda, runStride, runs, n, &b[0], &bias[0], r)
}
