package glyph

// tileRows × tileCols is what one call of the kernel computes: pixels × channels. tileRows is the
// machine's.
const (
	tileCols    = 16
	maxTileRows = 7
)

// layer is a convolution with bias and ReLU over "same" padding, then 2 × 2 max pooling where
// pool is set; a fully connected layer is one whose kernel is its whole input. Activations lie as
// rows of pixels of channels, so that a kernel's row is one run of memory.
type layer struct {
	side     int // input height and width without padding
	in, out  int // channels; panels of tileCols hold the outputs
	kernel   int // height and width of the kernel
	full     bool
	pool     bool
	relu     bool
	panels   []float32 // [panel][kernel·kernel·in][tileCols]
	bias     []float32 // padded to whole panels
	outWidth int       // padded channels
}

func (l *layer) pad() int {
	if l.full {
		return 0
	}
	return l.kernel / 2
}

// outSide is the height and width after pooling.
func (l *layer) outSide() int {
	switch {
	case l.full:
		return 1
	case l.pool:
		return l.side / 2
	default:
		return l.side
	}
}

// inputSize and rawSize are the floats of the padded input and of the output before pooling.
func (l *layer) inputSize() int { p := l.side + 2*l.pad(); return p * p * l.in }

func (l *layer) rawSize() int {
	if l.full {
		return maxTileRows * l.outWidth
	}
	return l.side * l.side * l.outWidth
}

// run computes the layer from in (padded) into raw.
func (l *layer) run(in, raw []float32) {
	k := l.kernel * l.kernel * l.in
	if l.full {
		// One row: the kernel's rows are the same one, written over each other.
		for p := 0; p < l.outWidth; p += tileCols {
			tile(raw[p:], 0, in, 0, 0, 1, k, l.panels[p*k:], l.bias[p:], l.relu)
		}
		return
	}
	width := (l.side + 2*l.pad()) * l.in
	for y := range l.side {
		for p := 0; p < l.outWidth; p += tileCols {
			for x := 0; ; x += tileRows {
				x = min(x, l.side-tileRows) // the last tile of a row may overlap the one before
				tile(raw[(y*l.side+x)*l.outWidth+p:], l.outWidth, in[y*width+x*l.in:], l.in, width, l.kernel, l.kernel*l.in, l.panels[p*k:], l.bias[p:], l.relu)
				if x+tileRows >= l.side {
					break
				}
			}
		}
	}
}

// pass pools raw and lays it out as the padded input of the next layer.
func (l *layer) pass(raw, next []float32, pad int) {
	n, c := l.outSide(), l.out
	width := (n + 2*pad) * c
	clear(next[:(n+2*pad)*width])
	for y := range n {
		for x := range n {
			out := next[(y+pad)*width+(x+pad)*c:][:c]
			if l.full || !l.pool {
				copy(out, raw[(y*n+x)*l.outWidth:][:c])
				continue
			}
			a := raw[(2*y*l.side+2*x)*l.outWidth:][:c]
			b := raw[(2*y*l.side+2*x+1)*l.outWidth:][:c]
			d := raw[((2*y+1)*l.side+2*x)*l.outWidth:][:c]
			e := raw[((2*y+1)*l.side+2*x+1)*l.outWidth:][:c]
			a, b, d, e = a[:len(out)], b[:len(out)], d[:len(out)], e[:len(out)]
			for i := range out { // comparisons, for the built-in max also orders NaN and zeros
				v := a[i]
				if b[i] > v {
					v = b[i]
				}
				if d[i] > v {
					v = d[i]
				}
				if e[i] > v {
					v = e[i]
				}
				out[i] = v
			}
		}
	}
}

// tilePortable computes c[i][j] = bias[j] + Σ a[i][k]·b[k][j] for the given rows i and sixteen
// columns j; a row's k runs over runs stretches of n floats, runStride apart.
func tilePortable(rows int, c []float32, ldc int, a []float32, lda, runStride, runs, n int, b, bias []float32, relu bool) {
	for i := range rows {
		acc := [tileCols]float32(bias[:tileCols])
		w := b
		for r := range runs {
			for _, v := range a[i*lda+r*runStride:][:n] {
				row := (*[tileCols]float32)(w)
				w = w[tileCols:]
				if v == 0 { // after ReLU about half of them are
					continue
				}
				for j := range acc {
					acc[j] += v * row[j]
				}
			}
		}
		if relu {
			for j := range acc {
				acc[j] = max(acc[j], 0)
			}
		}
		copy(c[i*ldc:][:tileCols], acc[:])
	}
}
