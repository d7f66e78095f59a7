package overlay

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	"todoke/order"
	"todoke/templates/typeset"
)

// Type sizes of the margin, in pixels.
const (
	large, normal, little = 30.0, 21.0, 17.0
	inset                 = 36.0
)

// panel writes the margin: the decision and its reasons, how the page lies, every field with
// something in it, the doubted ones first.
func (d *drawing) panel() {
	t := &column{d: d, x: float64(d.w) + inset, y: inset + large, wide: panelWidth - 2*inset}
	t.heading()
	t.geometry()
	var doubts, sure []*order.DraftField
	for i := range d.p.Draft.Fields {
		f := &d.p.Draft.Fields[i]
		switch f.Decision {
		case order.DecisionBlank:
		case order.DecisionAccept:
			sure = append(sure, f)
		default:
			doubts = append(doubts, f)
		}
	}
	t.fields("For a person", doubts, doubted)
	t.fields("Accepted", sure, accepted)
	d.legend()
}

// column sets text from top to bottom.
type column struct {
	d          *drawing
	x, y, wide float64
}

func (t *column) bottom() float64 { return float64(t.d.m.Rect.Dy()) - 210 }

func (t *column) say(ink color.Color, s string, size float64, w typeset.Weight) {
	for _, line := range wrap(s, t.wide, size, w) {
		t.d.text(ink, t.x, t.y, line, size, w)
		t.y += size * 1.45
	}
}

func (t *column) heading() {
	p, d := &t.d.p, &t.d.p.Draft
	if p.Title != "" {
		t.say(muted, p.Title, little, typeset.Regular)
		t.y += 12
	}
	tone := doubted
	if d.Decision == order.DecisionAccept {
		tone = accepted
	}
	word := map[order.Decision]string{
		order.DecisionAccept: "Accepted", order.DecisionReview: "For a person", order.DecisionUnreadable: "Unreadable",
		order.DecisionBlank: "Blank", order.DecisionNotAForm: "Not a form",
	}[d.Decision]
	wide := width(word, large, typeset.Bold) + 40
	t.d.rect(tone, t.x, t.y-large-2, wide, large*1.7)
	t.d.text(paper, t.x+20, t.y+4, word, large, typeset.Bold)
	if d.Form != "" {
		form := fmt.Sprintf("%s form, version %d", d.Form, d.FormVersion)
		if of := d.SheetOf(); of != "" {
			form += ", " + of
		}
		t.d.text(inked, t.x+wide+20, t.y+2, form, normal, typeset.Regular)
	}
	t.y += large * 1.9
	for _, r := range d.Reasons {
		t.say(doubted, "– "+r, normal, typeset.Regular)
	}
	t.y += 10
}

func (t *column) geometry() {
	g := t.d.p.Draft.Geometry
	if g == nil {
		return
	}
	t.say(muted, fmt.Sprintf("%.0f × %.0f dpi · turned by %d° · marks within %.2f mm", g.XDPI, g.YDPI, g.Rotation, g.ResidualMM), little, typeset.Regular)
	found := 0
	for _, m := range t.d.p.Marks {
		if m.Found {
			found++
		}
	}
	if n := len(t.d.p.Marks); n > 0 {
		t.say(muted, fmt.Sprintf("%d of %d marks found", found, n), little, typeset.Regular)
	}
	t.y += 16
}

// fields lists fields with their text, confidence, evidence and reasons.
func (t *column) fields(title string, fields []*order.DraftField, tone color.RGBA) {
	if len(fields) == 0 {
		return
	}
	t.y += 14
	t.say(tone, fmt.Sprintf("%s: %d", title, len(fields)), normal*1.1, typeset.Bold)
	t.d.line(faint(tone, 140), point{t.x, t.y - normal}, point{t.x + t.wide, t.y - normal}, 2)
	t.y += 8
	const textAt, sureAt = 262.0, 440.0
	for i, f := range fields {
		if t.y > t.bottom() {
			t.say(muted, fmt.Sprintf("… and %d more", len(fields)-i), little, typeset.Regular)
			return
		}
		t.d.text(inked, t.x, t.y, f.Name, little, typeset.Regular)
		text := f.Text
		if text == "" && f.Decision == order.DecisionAccept {
			text = "(writing)"
		}
		t.d.text(tone, t.x+textAt, t.y, text, normal, typeset.Bold)
		t.d.text(muted, t.x+sureAt, t.y, percent(f.Confidence), little, typeset.Regular)
		bar := 90.0
		t.d.rect(faint(quiet, 150), t.x+t.wide-bar, t.y-11, bar, 10)
		t.d.rect(tone, t.x+t.wide-bar, t.y-11, bar*sureness(f.Confidence), 10)
		t.y += little * 1.35
		if s := strings.Join(f.Evidence, ", "); s != "" {
			t.say(muted, s, little*.88, typeset.Regular)
		}
		for _, r := range f.Reasons {
			t.say(doubted, r, little*.95, typeset.Regular)
		}
		t.y += 9
	}
}

// percent shows what lies near certainty without rounding it up to it.
func percent(p float64) string {
	if p >= 1 {
		return "100 %"
	}
	return fmt.Sprintf("%.2f %%", math.Floor(1e4*p)/100)
}

// legend explains the drawing at the foot of the margin.
func (d *drawing) legend() {
	x, y := float64(d.w)+inset, float64(d.m.Rect.Dy())-150
	d.line(quiet, point{x, y - 26}, point{x + panelWidth - 2*inset, y - 26}, 1.5)
	row := func(words string, sample func(cx, cy float64)) {
		sample(x+20, y-6)
		d.text(muted, x+56, y, words, little, typeset.Regular)
		y += 29
	}
	box := func(cx, cy float64) []point {
		return []point{{cx - 14, cy - 9}, {cx + 14, cy - 9}, {cx + 14, cy + 9}, {cx - 14, cy + 9}}
	}
	row("accepted: reading above, sureness below", func(cx, cy float64) {
		d.fill(faint(accepted, 26), box(cx, cy)...)
		d.outline(accepted, 3, 0, box(cx, cy)...)
	})
	row("for a person", func(cx, cy float64) {
		d.fill(faint(doubted, 26), box(cx, cy)...)
		d.outline(doubted, 4, 6, box(cx, cy)...)
	})
	row("mark found, its misfit ten times as long", func(cx, cy float64) { d.outline(seen, 3, 0, box(cx, cy)...) })
	row("mark not found", func(cx, cy float64) {
		q := box(cx, cy)
		d.outline(missed, 3.5, 6, q...)
		d.line(missed, q[0], q[2], 3)
		d.line(missed, q[1], q[3], 3)
	})
	row("bar: ¼ at 90 %, ½ at 99 %, ¾ at 99.9 %, full at 99.99 %", func(cx, cy float64) {
		d.rect(quiet, cx-16, cy-4, 32, 9)
		d.rect(accepted, cx-16, cy-4, 24, 9)
	})
}
