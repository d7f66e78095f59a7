package form

import "math"

const mmPerInch = 25.4

// reducedBy is the middle of what machines make of a sheet that is too wide: the search reaches
// a tenth to both sides.
const reducedBy = 0.77

// resolution is dots per inch. Reduced means of a sheet that was made smaller on its way, and
// dots per inch of the sheet as it was.
type resolution struct {
	x, y    float64
	reduced bool
}

// faxWidths are the line lengths fax machines send, in pixels, and the resolution each means
// (ITU-T T.4 and T.30: A4, B4 and A3 lines of 204 dpi and of the inch-based modes).
var faxWidths = []struct {
	px  int
	dpi float64
}{{1728, 204}, {2048, 204}, {2432, 204}, {2592, 300}, {3456, 408}}

// resolutions lists what the page's pixels may mean, most likely first: its tags where they
// are plausible, then what its width says, with the rows that make the page as high as paper.
func resolutions(w, h int, tagX, tagY float64) []resolution {
	var out []resolution
	add := func(x, y float64) {
		if !(x >= 60 && x <= 1300 && y >= 60 && y <= 1300) { // nor where it is no number
			return
		}
		for _, r := range out {
			if math.Abs(r.x-x) < 0.03*x && math.Abs(r.y-y) < 0.03*y {
				return
			}
		}
		// The sheet, lying either way, must be near the size of paper: a feed that ran long or
		// a page cut short is let through, a resolution that is wrong by two is not.
		mmW, mmH := float64(w)/x*mmPerInch, float64(h)/y*mmPerInch
		if mmW < 120 || mmH < 120 || mmW > 500 || mmH > 700 {
			return
		}
		out = append(out, resolution{x: x, y: y})
	}
	add(tagX, tagY)
	var xs []float64
	for _, f := range faxWidths {
		if w == f.px {
			xs = append(xs, f.dpi)
		}
	}
	for _, dpi := range []float64{200, 300, 204, 100, 150, 400, 600} {
		if mm := float64(w) / dpi * mmPerInch; mm > 195 && mm < 225 {
			xs = append(xs, dpi)
		}
	}
	for _, x := range xs {
		ys := []float64{x}
		if x == 204 {
			ys = []float64{196, 98, 391}
		}
		if x == 200 {
			ys = []float64{200, 100}
		}
		for _, y := range ys {
			if mm := float64(h) / y * mmPerInch; mm > 200 && mm < 420 {
				add(x, y)
			}
		}
		for _, y := range ys {
			add(x, y)
		}
	}
	// Tags that swap or repeat one axis are common.
	add(tagX, tagY/2)
	add(tagX, tagY*2)
	add(204, 196)
	add(204, 98)
	add(200, 200)
	add(300, 300)
	// Whatever the machine: an A4 sheet, upright or lying.
	add(float64(w)/210*mmPerInch, float64(h)/297*mmPerInch)
	add(float64(w)/297*mmPerInch, float64(h)/210*mmPerInch)
	const most = 7
	if len(out) > most {
		out = out[:most]
	}
	// Machines reduce what is too wide for the other side: B4 to A4 (82 %), A3 to A4 (71 %).
	for _, r := range out[:min(2, len(out))] {
		out = append(out, resolution{r.x * reducedBy, r.y * reducedBy, true})
	}
	return out
}
