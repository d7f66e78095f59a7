package fax

// cleanCell removes what is left of the printed frame from a cell cut from a real fax: lines,
// whole or dotted, along its sides. It keeps the largest piece and what belongs to it. ok is
// false where much of the digit is cut off, or nothing is left.
func cleanCell(s scan) (scan, bool) {
	s.pix = append([]byte(nil), s.pix...)
	for side := range 4 {
		s.dropRule(side)
	}
	pieces := s.pieces()
	largest := piece{}
	for _, p := range pieces {
		if p.area > largest.area {
			largest = p
		}
	}
	if max(largest.x1-largest.x0, largest.y1-largest.y0) < max(s.w, s.h)/8 {
		return s, false
	}
	const edge = 5
	for _, p := range pieces {
		outer := p.x1 <= edge || p.y1 <= edge || p.x0 >= s.w-edge || p.y0 >= s.h-edge
		if p.area == largest.area && p.first == largest.first {
			continue
		}
		if outer || p.area < max(5, largest.area/25) {
			for _, i := range p.pixels {
				s.pix[i] = 0
			}
		}
	}
	// Strokes that end at the picture's edge are mostly whole; one that runs along it is not.
	return s, s.onEdge() <= max(s.w, s.h)/5
}

// dropRule erases a line along a side: columns (or rows) of the outer eighth whose ink, with
// their neighbours', covers two fifths of the side and reaches along nearly all of it. What is
// longer across than the line is thick is a stroke and stays.
func (s *scan) dropRule(side int) {
	along, depth, base, length, width := s.w, 1, 0, s.h, s.w
	switch side {
	case 1:
		depth, base = -1, s.w-1
	case 2:
		along, depth, length, width = 1, s.w, s.w, s.h
	case 3:
		along, depth, base, length, width = 1, -s.w, (s.h-1)*s.w, s.w, s.h
	}
	at := func(d, a int) *byte { return &s.pix[base+d*depth+a*along] }
	rule := -1
	for d := range max(width/8, 4) {
		n, first, last := 0, length, -1
		for a := range length {
			if *at(d, a) > 0 || d > 0 && *at(d-1, a) > 0 || d+1 < width && *at(d+1, a) > 0 {
				n, first, last = n+1, min(first, a), a
			}
		}
		if n*5 >= length*2 && (last-first)*10 >= length*9 {
			rule = d
		}
	}
	if rule < 0 {
		return
	}
	limit := rule + 3
	for a := range length {
		run := 0
		for d := 0; d < width; d++ {
			if *at(d, a) > 0 {
				run++
				continue
			}
			if d > rule {
				break
			}
			run = 0
		}
		if run > limit { // a stroke runs into the line here
			continue
		}
		for d := range min(limit+1, width) {
			*at(d, a) = 0
		}
	}
}

// piece is connected ink.
type piece struct {
	x0, y0, x1, y1 int
	area, first    int
	pixels         []int
}

func (s *scan) pieces() []piece {
	seen := make([]bool, len(s.pix))
	var out []piece
	for i, v := range s.pix {
		if v == 0 || seen[i] {
			continue
		}
		p := piece{x0: s.w, y0: s.h, first: i}
		stack := []int{i}
		seen[i] = true
		for len(stack) > 0 {
			q := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			p.pixels = append(p.pixels, q)
			x, y := q%s.w, q/s.w
			p.x0, p.y0, p.x1, p.y1 = min(p.x0, x), min(p.y0, y), max(p.x1, x+1), max(p.y1, y+1)
			for v := max(y-1, 0); v <= min(y+1, s.h-1); v++ {
				for u := max(x-1, 0); u <= min(x+1, s.w-1); u++ {
					if k := v*s.w + u; s.pix[k] > 0 && !seen[k] {
						seen[k] = true
						stack = append(stack, k)
					}
				}
			}
		}
		p.area = len(p.pixels)
		out = append(out, p)
	}
	return out
}

func (s *scan) onEdge() int {
	n := 0
	for i, v := range s.pix {
		if x, y := i%s.w, i/s.w; v > 0 && (x == 0 || y == 0 || x == s.w-1 || y == s.h-1) {
			n++
		}
	}
	return n
}
