package browsertest

import (
	_ "embed"
	"encoding/json"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axe is axe-core 4.14.1 by Deque Systems, under the Mozilla Public License 2.0 (axe.LICENSE).
//
//go:embed axe.min.js
var axe string

//go:embed look.js
var look string

// Finding is something about a page that some people could not use.
type Finding struct {
	Rule   string
	Impact string // minor, moderate, serious or critical
	Help   string
	Where  []string // selectors
}

// Accessibility is what axe-core finds on the page, of WCAG 2.2 A and AA and its best practices.
func (b *Browser) Accessibility() (found []Finding) {
	b.tb.Helper()
	const check = `(async () => {
		const r = await axe.run(document, { resultTypes: ["violations"] });
		return JSON.stringify(r.violations.map((v) => ({ Rule: v.id, Impact: v.impact, Help: v.help, Where: v.nodes.map((n) => n.target.join(" ") + ": " + (n.any[0]?.message || "")) })));
	})()`
	var answer string
	wait := func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
	b.Do("look with axe-core", chromedp.Evaluate(axe+";0", nil), chromedp.Evaluate(check, &answer, wait))
	if err := json.Unmarshal([]byte(answer), &found); err != nil {
		b.tb.Fatalf("axe-core: %v", err)
	}
	return found
}

// Overflows names what of the page is cut off, overlaps the window's edge or needs scrolling
// sideways. What is marked data-pan is meant to be moved about.
func (b *Browser) Overflows() []string {
	b.tb.Helper()
	return Eval[[]string](b, look)
}

// Resize gives the window another size.
func (b *Browser) Resize(width, height int) {
	b.tb.Helper()
	b.Do("resize", emulation.SetDeviceMetricsOverride(int64(width), int64(height), 1, false))
}
