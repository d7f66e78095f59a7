package form

import (
	"todoke/internal/bilevel"
	printed "todoke/templates/form"
)

// Strokes run over into the next box. A piece of ink belongs, whole, to the box in which most of
// it lies; but where it has a digit's height and breadth in both, two digits touch and are cut in
// the gap between their boxes.

// neighbours are the boxes beside one, nil where there is none.
type neighbours struct{ left, right *printed.Box }

// beyondMM is how far ink reaches beyond the frame before the neighbour is looked at.
const beyondMM = 0.35

// besides are the boxes beside box i of a row.
func besides(cells []printed.Box, i int) (n neighbours) {
	if i > 0 {
		n.left = &cells[i-1]
	}
	if i+1 < len(cells) {
		n.right = &cells[i+1]
	}
	return n
}

// sharing is where a box's own ground ends on both sides, in the middle of the gaps.
type sharing struct {
	left, right       *side
	gapLeft, gapRight float64 // pixels from the frame's line
	width, height     float64 // of the box, pixels
}

func (c *cellReader) sharing(b printed.Box, near neighbours, left, right *side) *sharing {
	s := &sharing{left: left, right: right, gapLeft: 1e9, gapRight: 1e9, width: b.W * c.g.kx, height: b.H * c.g.ky}
	if near.left != nil {
		s.gapLeft = (b.X - near.left.X - near.left.W) / 2 * c.g.kx
	}
	if near.right != nil {
		s.gapRight = (near.right.X - b.X - b.W) / 2 * c.g.kx
	}
	return s
}

// at is the own ground's bounds in row y of the crop.
func (s *sharing) at(y float64) (l, r float64) {
	return max(s.left.centre(y)-s.gapLeft, 0), s.right.centre(y) + s.gapRight
}

// piece is how much of a component lies on the own ground and beyond it.
type piece struct {
	area   [3]int // left of it, on it, right of it
	y0, y1 [3]int
	reach  [3]float64 // how far into the boxes, pixels from the frame's line
	cut    bool
}

// apportion decides about pieces that lie in several boxes: it clears keep of those that are a
// neighbour's, and tells the ones to be cut.
func (c *cellReader) apportion(keep []bool, s *sharing) map[int32]*piece {
	parts := map[int32]*piece{}
	for _, run := range c.s.runs {
		id := c.s.find(run.of)
		if !keep[id] {
			continue
		}
		p := parts[id]
		if p == nil {
			p = &piece{}
			parts[id] = p
		}
		y := float64(run.y)
		l, r := s.at(y)
		lf, rf := s.left.centre(y), s.right.centre(y)
		a, z := float64(run.x0), float64(run.x1)
		add := func(k int, from, to, reach float64) {
			if to <= from {
				return
			}
			if p.area[k] == 0 {
				p.y0[k] = int(run.y)
			}
			p.y1[k] = int(run.y) + 1
			p.area[k] += int(to - from + .5)
			p.reach[k] = max(p.reach[k], reach)
		}
		add(0, a, min(z, l), l-s.gapLeft-a)
		add(1, max(a, l), min(z, r), min(z, rf)-max(a, lf))
		add(2, max(a, r), z, z-r-s.gapRight)
	}
	const tall, deep = 0.4, 0.3 // parts of a box that a digit of its own has at least
	for id, p := range parts {
		own := func(k int) bool {
			return float64(p.y1[k]-p.y0[k]) >= tall*s.height && p.reach[k] >= deep*s.width
		}
		other := 0
		if p.area[2] > p.area[0] {
			other = 2
		}
		switch {
		case p.area[other] == 0:
		case own(1) && own(other):
			p.cut = true
		case p.area[other] > p.area[1]:
			keep[id] = false
		}
	}
	return parts
}

// eraseUprights takes the neighbours' upright lines off a wide crop; their level lines are those
// of the box's own row.
func (c *cellReader) eraseUprights(m *bilevel.Image, near neighbours, at func(x, y float64) xy, lineMM float64) {
	for _, n := range []*printed.Box{near.left, near.right} {
		if n == nil {
			continue
		}
		for i, x := range []float64{n.X, n.X + n.W} {
			s := findSide(m, at(x, n.Y), at(x, n.Y+n.H), false, c.g.kx, lineMM)
			s.inward = 1 - 2*i
			s.inset = cornerMM * c.g.ky
			eraseSide(m, &s, c.frames.wideV)
		}
	}
}
