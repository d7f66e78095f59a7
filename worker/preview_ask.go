package worker

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"todoke/order"
	"todoke/store"
	"todoke/templates/document"
	"todoke/templates/form"
	"todoke/templates/pdf"
)

// Ask is the fax that asks a customer to send a page again, as it would leave now.
type Ask struct {
	Number  string
	Title   string
	Channel string   // fax or mail; "" where there is no way, and Why says so
	To      string   // fax number or address
	Why     string   // why it goes to nobody by itself
	Pages   [][]byte // 1-bit PNGs, as fine as a fax
}

// The fineness of a fax.
const (
	faxXDPI = 204
	faxYDPI = 196
)

// dots is a page of a fax.
type dots struct{ *form.RasterCanvas }

// Check implements document.Canvas.
func (d dots) Check(x, y, side float64, ticked bool) { //nolint:forbidigo // millimetres
	const line = 0.25
	d.Frame(x, y, side, side, line)
	if ticked {
		d.Line(x, y, x+side, y+side, line)
		d.Line(x, y+side, x+side, y, line)
	}
}

// PreviewAsk makes the fax that a customer would get if a review were closed as one that nobody can
// read, without closing it; nil where there would be none.
func (c Config) PreviewAsk(ctx context.Context, r store.Review, customer string, now time.Time) (*Ask, error) {
	f, err := c.Store.FactsIfIllegible(ctx, r, customer, now)
	if err != nil {
		return nil, err
	}
	before, err := c.Store.AnswersOf(ctx, r.DocumentID, 0)
	if err != nil {
		return nil, err
	}
	d := c.draftOf(f, r.DocumentID, customer, before, now)
	if d == nil {
		return nil, nil
	}
	fax := c.answerFax(d)
	out := &Ask{Number: d.answer.Number, Title: fax.Title(), Channel: "fax", To: d.ways.Fax, Why: d.ways.Desk + d.ways.Needless}
	switch {
	case out.Why != "":
		out.Channel, out.To = "", ""
	case d.ways.Fax == "":
		out.Channel, out.To = "mail", d.ways.Mail
	}
	var pages []*form.RasterCanvas
	if err := draw(fax, func() document.Canvas {
		p := form.NewRasterCanvas(pdf.A4Width, pdf.A4Height, faxXDPI, faxYDPI)
		pages = append(pages, p)
		return dots{p}
	}); err != nil {
		return nil, err
	}
	for _, p := range pages {
		var b bytes.Buffer
		if err := p.Bitmap().EncodePNG(&b, faxXDPI, faxYDPI); err != nil {
			return nil, fmt.Errorf("encode page: %w", err)
		}
		out.Pages = append(out.Pages, b.Bytes())
	}
	return out, nil
}

func draw(a *document.Answer, page func() document.Canvas) (err error) {
	defer func() {
		if r := recover(); r != nil { // a defect of ours, and the same for the same answer
			err = order.Permanent("it could not be set because of a defect", fmt.Errorf("panic: %v", r))
		}
	}()
	a.Draw(page)
	return nil
}
