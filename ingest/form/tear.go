package form

import (
	"cmp"
	"math"
	"slices"

	printed "todoke/templates/form"
)

// tear is a jump of the feed, or rows that were lost or came twice: from a row of the page on
// everything lies further down (by > 0) or up.
type tear struct {
	row  float64 // of the page as it were without this tear and those below, pixels
	by   float64 // pixels
	from float64 // the rows between which it may lie: those of the marks beside it
	to   float64
}

// Limits of tears, millimetres and counts.
const (
	leastTear  = 0.45 // smaller ones the marks' deviations carry
	mostTears  = 8
	usualTears = 4   // more are a map that follows its own errors, or a page beyond trust
	tornWhole  = 6.0 // from this on a whole row of writing may be gone
	tornWide   = 0.6 // from this on the boxes in it are not whole
)

// jumped is by how much what smooth puts at row y was carried on by the tears above it.
func (g *registration) jumped(y float64) float64 {
	sum := 0.0
	for _, t := range g.tears {
		if y >= t.row {
			sum += t.by
		}
	}
	return sum
}

// untorn is the row at which a row of the page would lie without the tears. Between the marks
// beside a tear, where rows may be missing or come twice, it is the nearer one.
func (g *registration) untorn(y float64) float64 {
	sum := 0.0
	for _, t := range g.tears {
		if y < (t.from+t.to+t.by)/2+sum {
			break
		}
		sum += t.by
	}
	return y - sum
}

// findTears looks for places where all marks below lie otherwise than those above say, and
// fits anew without each.
func (g *registration) findTears() {
	for len(g.tears) < mostTears {
		t, ok := g.worstTear()
		if !ok {
			return
		}
		for i := range g.tears { // those below now lie where they would without this one too
			if u := &g.tears[i]; u.row > t.row {
				u.row, u.from, u.to = u.row-t.by, u.from-t.by, u.to-t.by
			}
		}
		g.tears = append(g.tears, t)
		slices.SortFunc(g.tears, func(a, b tear) int { return cmp.Compare(a.row, b.row) })
		if !g.refit() {
			return
		}
	}
}

// worstTear is the split of the marks, from the top down, at which their deviations jump most.
func (g *registration) worstTear() (tear, bool) {
	type row struct{ y, d, trust float64 } // without the tears found so far
	rows := make([]row, len(g.marks))
	for i, f := range g.marks {
		y := g.untorn(f.page.y)
		rows[i] = row{y, y - g.fit.at(f.form).y, f.trust}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.y, b.y) })
	const window = 5 // marks each way
	middle := func(s []row) (m, spread float64) {
		d := make([]float64, len(s))
		for i, r := range s {
			d[i] = r.d
		}
		slices.Sort(d)
		m = (d[(len(d)-1)/2] + d[len(d)/2]) / 2
		for _, v := range d {
			spread += math.Abs(v-m) / float64(len(d))
		}
		return m, spread
	}
	best := 0.0
	var out tear
	for i := 2; i <= len(rows)-2; i++ {
		above, below := rows[max(i-window, 0):i], rows[i:min(i+window, len(rows))]
		if below[0].y-above[len(above)-1].y < 1.5*g.ky {
			continue // two marks of one row
		}
		a, sa := middle(above)
		b, sb := middle(below)
		step := b - a
		size := math.Abs(step) / g.ky
		score := size - 1.5*(sa+sb)/g.ky
		if size < leastTear || score < 0.25 || score <= best {
			continue
		}
		best = score
		from, to := above[len(above)-1].y, below[0].y-step
		out = tear{row: (from + max(to, from)) / 2, by: step, from: from, to: max(to, from)}
	}
	return out, best > 0
}

// placeTears finds where between the marks each tear lies: frame lines above it lie where
// those above say, the rest where those below do.
func (g *registration) placeTears() {
	for i := range g.tears {
		t := &g.tears[i]
		if math.Abs(t.by)/g.ky < leastTear {
			continue
		}
		type edge struct{ y, gain float64 }
		var edges []edge
		before := 0.0
		for _, u := range g.tears[:i] {
			before += u.by
		}
		for f := range g.horizontals() {
			p := g.smooth(xy{(f.x0 + f.x1) / 2, f.y})
			if p.y <= t.from || p.y >= t.to {
				continue
			}
			as, _ := g.lineSeen(xy{f.x0, f.y}, xy{f.x1, f.y}, before)
			bs, _ := g.lineSeen(xy{f.x0, f.y}, xy{f.x1, f.y}, before+t.by)
			edges = append(edges, edge{p.y, as - bs})
		}
		if len(edges) == 0 {
			continue
		}
		slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.y, b.y) })
		// The split that has most of the evidence above on the side of "above".
		sum, best, at := 0.0, 0.0, 0
		for k, e := range edges {
			if sum += e.gain; sum > best+1e-9 {
				best, at = sum, k+1
			}
		}
		lo, hi := t.from, t.to
		if at > 0 {
			lo = edges[at-1].y
		}
		if at < len(edges) {
			hi = edges[at].y
		}
		t.row = (lo + hi) / 2
	}
}

// lostMM is how much of the form the largest tear may have taken, in millimetres.
func (g *registration) lostMM() float64 {
	most := 0.0
	for _, t := range g.tears {
		most = max(most, math.Abs(t.by)/g.ky)
	}
	return most
}

// torn tells whether the feed jumped within the box: it is not whole. Two jumps between one row
// of marks and the next show only by the lines there.
func (g *registration) torn(b printed.Box) bool {
	const whole = 0.85
	if part, ok := g.frames.rows[b.Y]; ok && len(g.tears) > 0 && part < whole {
		return true
	}
	for _, t := range g.tears {
		if math.Abs(t.by)/g.ky < tornWide {
			continue
		}
		top, bottom := g.smooth(xy{b.X + b.W/2, b.Y}), g.smooth(xy{b.X + b.W/2, b.Y + b.H})
		if top.y < t.row && bottom.y > t.row {
			return true
		}
	}
	return false
}
