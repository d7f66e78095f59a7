package fax

import "math"

// view is how the scanner's window looks upon the paper, lengths in millimetres.
type view struct {
	paperW, paperH float64
	sheetW, sheetH float64 // as it lies in the scanner
	cos, sin       float64
	scaleX, scaleY float64
	gx, gy         float64 // perspective, a millimetre
	rotate         int
	mirrored       bool
}

func (l Line) view(paperW, paperH float64) view {
	v := view{paperW: paperW, paperH: paperH, sheetW: paperW, sheetH: paperH, scaleX: l.Scale, rotate: l.Rotate, mirrored: l.Mirrored}
	if l.Scale == 0 {
		v.scaleX = 1
	}
	v.scaleY = v.scaleX
	v.scaleX *= 1 + l.Wide
	if l.Rotate == 90 || l.Rotate == 270 {
		v.sheetW, v.sheetH = paperH, paperW
	}
	v.sin, v.cos = math.Sincos(l.Skew * math.Pi / 180)
	v.gx, v.gy = -l.Keystone[0]/v.sheetW, -l.Keystone[1]/v.sheetH
	return v
}

// back tells where a point of the window lies on the upright paper.
func (w view) back(u, v float64) (x, y float64) {
	u -= w.sheetW / 2
	v -= w.sheetH / 2
	depth := 1 + w.gx*u + w.gy*v
	u, v = (w.cos*u+w.sin*v)/w.scaleX/depth, (-w.sin*u+w.cos*v)/w.scaleY/depth
	switch w.rotate {
	case 90:
		u, v = v, -u
	case 180:
		u, v = -u, -v
	case 270:
		u, v = -v, u
	}
	if w.mirrored {
		u = -u
	}
	return u + w.paperW/2, v + w.paperH/2
}

// forth is the inverse of back.
func (w view) forth(x, y float64) (u, v float64) {
	u, v = x-w.paperW/2, y-w.paperH/2
	if w.mirrored {
		u = -u
	}
	switch w.rotate {
	case 90:
		u, v = -v, u
	case 180:
		u, v = -u, -v
	case 270:
		u, v = v, -u
	}
	// (A − q·g)·(u, v) = q, with A the turn and scale of back and q the point on paper.
	a, b := w.cos/w.scaleX-u*w.gx, w.sin/w.scaleX-u*w.gy
	c, d := -w.sin/w.scaleY-v*w.gx, w.cos/w.scaleY-v*w.gy
	det := a*d - b*c
	return (d*u-b*v)/det + w.sheetW/2, (a*v-c*u)/det + w.sheetH/2
}

// Where tells where a point of the paper, in millimetres, comes to lie on the page that Send
// makes, in pixels of it as sent. Rows lost or doubled at random are not followed.
func (l Line) Where(paperW, paperH float64) func(x, y float64) (px, py float64) {
	view := l.view(paperW, paperH)
	kx, ky := l.XDPI/mmPerInch, l.YDPI/mmPerInch
	width := float64(l.WidthPx) / kx
	if l.WidthPx == 0 {
		width = view.sheetW
	}
	return func(x, y float64) (px, py float64) {
		u, v := view.forth(x, y)
		for i := len(l.Slips) - 1; i >= 0; i-- {
			switch s := l.Slips[i]; {
			case v-s.ByMM > s.AtMM:
				v -= s.ByMM
			case v > s.AtMM: // never seen
				v = s.AtMM
			}
		}
		px = (u + l.OffsetX + (width-view.sheetW)/2) * kx
		py = (v*(1+l.Stretch) + l.OffsetY) * ky
		lost := 0.0
		for _, d := range l.Drops {
			if from := math.Trunc(d.AtMM * ky); py > from {
				lost += min(py-from, float64(d.Rows))
			}
		}
		return px, py - lost
	}
}
