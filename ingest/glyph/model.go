package glyph

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"sync"

	"todoke/internal/bilevel"
)

// classes are the ten digits and "none of them".
const classes = 11

// Reading is what one cell says. Probs and Reject sum to 1.
type Reading struct {
	Probs  [10]float64 // probability that the cell holds this digit and nothing else
	Reject float64     // that it holds none, more than one, or one struck out; 1 where it is empty
	Ink    Measures
}

// Best is the likeliest digit and its probability.
func (r Reading) Best() (digit int, p float64) {
	for d, q := range r.Probs {
		if q > p {
			digit, p = d, q
		}
	}
	return digit, p
}

// Model is a set of trained networks, with what calibrates their answers and the blank test's
// weights. Where the first network is not sure the next is asked too. It is immutable and safe for
// concurrent use.
type Model struct {
	nets  []network
	pools []pool // pools[k] makes probabilities of the answers of the first k+1 networks
	blank blankTest
	sizes [2]int // floats of the two activation buffers
}

type network struct {
	view   byte // viewBox or viewCell
	layers []layer
}

// The views a network may look at.
const (
	viewBox  = 0
	viewCell = 1
)

// Weights file, little endian:
//
//	"tdkglyph"  8 bytes
//	version     uint16, 2
//	networks    uint16
//	length      uint32, bytes of what follows the checksum
//	checksum    uint32, CRC-32 (IEEE) of what follows
//	network     view uint8, layers uint8, then its layers
//	layer       kind uint8 (0 convolution, 1 full), kernel uint8, pool uint8, relu uint8,
//	            in uint16, out uint16, weights as IEEE half floats [kernel][kernel][in][out],
//	            biases as float32 [out]
//	pool        one for the first network alone, one for the first two, …: a float32 weight for
//	            each network's logits, slope and offset of the reject class (float32), knots uint8
//	            and for each knot its place and value (float32), see pool
//	blank test  features uint16, hidden units uint16, for each of them its weights, its bias and
//	            its weight outward (float32), then the bias of the sum
const (
	magic   = "tdkglyph"
	version = 2

	maxNetworks = 8
	maxLayers   = 16
	maxChannels = 512

	maxKnots = 32
)

// ErrWeights is wrapped by every error of Parse.
var ErrWeights = errors.New("glyph weights")

//go:embed weights.bin
var weights []byte

// Default is the model that comes with the program.
var Default = sync.OnceValue(func() *Model {
	m, err := Parse(weights)
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	return m
})

// Parse reads a weights file. Every size in it is checked before memory is taken for it.
func Parse(data []byte) (*Model, error) {
	const head = 8 + 2 + 2 + 4 + 4
	if len(data) < head || string(data[:8]) != magic {
		return nil, fmt.Errorf("parse %w: not a weights file", ErrWeights)
	}
	if v := binary.LittleEndian.Uint16(data[8:]); v != version {
		return nil, fmt.Errorf("parse %w: version %d, want %d", ErrWeights, v, version)
	}
	n := int(binary.LittleEndian.Uint16(data[10:]))
	r := &cursor{data: data[head:]}
	if uint64(binary.LittleEndian.Uint32(data[12:])) != uint64(len(r.data)) {
		return nil, fmt.Errorf("parse %w: cut short or too long", ErrWeights)
	}
	if crc32.ChecksumIEEE(r.data) != binary.LittleEndian.Uint32(data[16:]) {
		return nil, fmt.Errorf("parse %w: checksum does not match", ErrWeights)
	}
	if n == 0 || n > maxNetworks {
		return nil, fmt.Errorf("parse %w: %d networks", ErrWeights, n)
	}
	m := &Model{}
	for i := range n {
		net, err := r.network()
		if err != nil {
			return nil, fmt.Errorf("parse %w: network %d: %w", ErrWeights, i, err)
		}
		for j := range net.layers {
			l := &net.layers[j]
			m.sizes[0] = max(m.sizes[0], l.inputSize())
			m.sizes[1] = max(m.sizes[1], l.rawSize())
		}
		m.nets = append(m.nets, net)
	}
	for i := range n {
		p, err := r.pool(i + 1)
		if err != nil {
			return nil, fmt.Errorf("parse %w: pool of %d networks: %w", ErrWeights, i+1, err)
		}
		m.pools = append(m.pools, p)
	}
	var err error
	if m.blank, err = r.blankTest(); err != nil {
		return nil, fmt.Errorf("parse %w: %w", ErrWeights, err)
	}
	if r.short || len(r.data) != 0 {
		return nil, fmt.Errorf("parse %w: cut short or too long", ErrWeights)
	}
	return m, nil
}

// cursor reads on, and remembers that it ran out instead of failing at each value.
type cursor struct {
	data  []byte
	short bool
}

func (r *cursor) take(n int) []byte {
	if n > len(r.data) {
		r.short, r.data = true, nil
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *cursor) uint8() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *cursor) uint16() uint16 {
	if b := r.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *cursor) float32() float32 {
	if b := r.take(4); b != nil {
		return math.Float32frombits(binary.LittleEndian.Uint32(b))
	}
	return 0
}

// sound is a number that no later sum makes infinite; others count as the data's end.
func (r *cursor) sound() float64 {
	v := r.float32()
	if !(v > -1e4 && v < 1e4) {
		r.short = true
		return 0
	}
	return float64(v)
}

func (r *cursor) network() (network, error) {
	net := network{view: r.uint8()}
	n := int(r.uint8())
	if net.view > viewCell || n == 0 || n > maxLayers {
		return net, errors.New("unknown view or number of layers")
	}
	side, channels := Side, 1
	for i := range n {
		kind, kernel, pool, relu := r.uint8(), int(r.uint8()), r.uint8(), r.uint8()
		l := layer{side: side, kernel: kernel, full: kind == 1, pool: pool == 1, relu: relu == 1, in: int(r.uint16()), out: int(r.uint16())}
		switch {
		case kind > 1 || pool > 1 || relu > 1,
			l.in != channels || l.out < 1 || l.out > maxChannels,
			l.full && (kernel != side || l.pool),
			!l.full && (kernel%2 == 0 || kernel > 9 || side < maxTileRows):
			return net, fmt.Errorf("layer %d does not fit the one before it", i)
		}
		if err := r.layer(&l); err != nil {
			return net, fmt.Errorf("layer %d: %w", i, err)
		}
		net.layers = append(net.layers, l)
		side, channels = l.outSide(), l.out
	}
	if side != 1 || channels != classes {
		return net, fmt.Errorf("ends in %d × %d × %d", side, side, channels)
	}
	return net, nil
}

func (r *cursor) layer(l *layer) error {
	k := l.kernel * l.kernel * l.in
	raw, bias := r.take(k*l.out*2), r.take(l.out*4)
	if r.short {
		return errors.New("cut short")
	}
	l.outWidth = (l.out + tileCols - 1) / tileCols * tileCols
	l.panels = make([]float32, k*l.outWidth)
	l.bias = make([]float32, l.outWidth)
	for i := range k {
		for j := range l.out {
			w := half(binary.LittleEndian.Uint16(raw[(i*l.out+j)*2:]))
			if w != w || w > 1e4 || w < -1e4 {
				return errors.New("weight is no ordinary number")
			}
			l.panels[(j/tileCols*k+i)*tileCols+j%tileCols] = w
		}
	}
	for j := range l.out {
		l.bias[j] = math.Float32frombits(binary.LittleEndian.Uint32(bias[j*4:]))
		if b := l.bias[j]; b != b || b > 1e4 || b < -1e4 {
			return errors.New("bias is no ordinary number")
		}
	}
	return nil
}

// half widens an IEEE 754 half float.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exp {
	case 0: // zero or subnormal: frac · 2^-24
		f := float32(frac) / (1 << 24)
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	default:
		return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
	}
}

// Digit reads a cell whose printed frame may still be there: crop at the cell's edges, give or
// take 0.3 mm. yScale repeats rows to make pixels square: 1 at 204 × 196 dpi, 2 at 204 × 98.
func (m *Model) Digit(cell *bilevel.Image, yScale int) Reading { return m.read(cell, yScale, true) }

// DigitClean reads a cell whose frame the caller has blanked, or that never had one: nothing at
// its sides is taken for a frame line.
func (m *Model) DigitClean(cell *bilevel.Image, yScale int) Reading {
	return m.read(cell, yScale, false)
}

// Cell is one of a batch.
type Cell struct {
	Image  *bilevel.Image
	YScale int  // see Digit
	Framed bool // the printed frame may still be there
}

// Digits reads cells into out, which must be as long, and allocates nothing.
func (m *Model) Digits(cells []Cell, out []Reading) {
	_ = out[:len(cells)]
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	for i, c := range cells {
		m.readInto(s, c.Image, c.YScale, c.Framed, &out[i])
	}
}

func (m *Model) read(cell *bilevel.Image, yScale int, framed bool) (r Reading) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	m.readInto(s, cell, yScale, framed, &r)
	return r
}

func (m *Model) readInto(s *scratch, cell *bilevel.Image, yScale int, framed bool, r *Reading) {
	*r = Reading{Ink: s.prepare(cell, yScale, framed)}
	if r.Ink.Ink == 0 {
		r.Reject = 1
		return
	}
	var p [classes]float64
	m.probs(s, &p)
	copy(r.Probs[:], p[:10])
	r.Reject = p[10]
}

// sure is the probability from which an answer stands and no further network is asked. Above it the
// next one's word changes little and costs twice as much.
const sure = 0.995

// probs asks the networks about the view in s, as many as it takes.
func (m *Model) probs(s *scratch, p *[classes]float64) {
	for i := range s.net {
		if cap(s.net[i]) < m.sizes[i] {
			s.net[i] = make([]float32, m.sizes[i])
		}
		s.net[i] = s.net[i][:m.sizes[i]]
	}
	var answers [maxNetworks][classes]float32
	for i := range m.nets {
		net := &m.nets[i]
		s.need(net.view)
		answers[i] = [classes]float32(net.logits(s))
		m.pools[i].probs(&answers, p)
		if slices.Max(p[:]) >= sure {
			return
		}
	}
}

// logits runs the network over its view; the slice lies in s.
func (n *network) logits(s *scratch) []float32 {
	view := &s.view.Box
	if n.view == viewCell {
		view = &s.view.Cell
	}
	in, raw := s.net[0], s.net[1]
	first := &n.layers[0]
	pad := first.pad()
	width := Side + 2*pad
	clear(in[:width*width])
	for y := range Side {
		for x, v := range view[y*Side:][:Side] {
			in[(y+pad)*width+pad+x] = float32(v) / 255
		}
	}
	for i := range n.layers {
		l := &n.layers[i]
		l.run(in, raw)
		if i+1 < len(n.layers) {
			l.pass(raw, in, n.layers[i+1].pad())
		}
	}
	return raw[:classes]
}
