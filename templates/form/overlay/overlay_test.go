package overlay_test

import (
	"math"
	"testing"

	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/templates/form/overlay"
)

// TestDrawTakesAnything holds drawing to never failing: it is what one looks at when all else
// has gone wrong.
func TestDrawTakesAnything(t *testing.T) {
	t.Parallel()
	wild := order.Draft{Decision: order.DecisionReview, Reasons: []string{"日本語の理由", ""}, Geometry: &order.Geometry{}, Fields: []order.DraftField{
		{Name: "a", Decision: order.DecisionReview, Confidence: math.NaN(), Cells: []order.DraftCell{{Text: "1", Box: order.Box{X: -1e9, W: 2e9, H: 1}}}},
		{Name: "b", Text: "𠮷?", Decision: order.DecisionAccept, Confidence: 2, Cells: []order.DraftCell{{Text: "?"}, {}}},
		{Name: "c", Decision: order.DecisionBlank, Cells: []order.DraftCell{{}}},
		{Name: "d", Decision: order.DecisionAccept},
	}}
	for name, p := range map[string]overlay.Page{
		"nothing":         {},
		"no form":         {Image: bilevel.New(1728, 2200), XDPI: 204, YDPI: 196, Draft: order.Draft{Decision: order.DecisionNotAForm}},
		"no resolution":   {Image: bilevel.New(100, 3000), Draft: wild},
		"absurd":          {Image: bilevel.New(30, 30), XDPI: math.NaN(), YDPI: -4, Draft: wild},
		"long and narrow": {Image: bilevel.New(8, 40_000), XDPI: 204, YDPI: 98},
		"a map gone wild": {
			Image: bilevel.New(1000, 1000), XDPI: 204, YDPI: 196, Draft: wild, QR: order.Box{W: 3, H: 3},
			At:    func(x, y float64) (float64, float64) { return 1e12 * x, math.Inf(1) * y },
			Marks: []overlay.Mark{{Found: true, X: math.Inf(1), DX: 1e300}, {Y: -1e18}},
		},
		"a map far out": {
			Image: bilevel.New(1000, 1000), XDPI: 204, YDPI: 196, Draft: wild, QR: order.Box{W: 3, H: 3},
			At:    func(x, y float64) (float64, float64) { return 1e12 * x, y },
			Marks: []overlay.Mark{{Box: order.Box{W: 3, H: 3}}},
		},
		"many fields": {Image: bilevel.New(1000, 1000), XDPI: 204, YDPI: 196, Draft: order.Draft{Fields: make([]order.DraftField, 4000)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := overlay.Draw(p)
			if m.Rect.Dx() < 700 || m.Rect.Dy() < 900 || m.Rect.Dx()*m.Rect.Dy() > 60e6 {
				t.Errorf("%v", m.Rect)
			}
		})
	}
}
