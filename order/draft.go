package order

import (
	"fmt"
	"slices"
)

// Decision is what a reader makes of a page or a field.
type Decision string

// The decisions. A field is accept, review or blank; a page is accept, review, unreadable,
// blank or not_a_form.
const (
	DecisionAccept     Decision = "accept"
	DecisionReview     Decision = "review"
	DecisionBlank      Decision = "blank"
	DecisionUnreadable Decision = "unreadable"
	DecisionNotAForm   Decision = "not_a_form"
)

// Box is a rectangle on a page in millimetres from the top left of the upright form.
type Box struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
	W float64 `json:"w"`
	H float64 `json:"h"`
}

// Area is a rectangle of a page's own pixels, once the page is turned upright: from the first
// column and row to those after the last.
type Area struct {
	X0 int `json:"x0"`
	Y0 int `json:"y0"`
	X1 int `json:"x1"`
	Y1 int `json:"y1"`
}

// DraftCell is one box of a field as read.
type DraftCell struct {
	Text       string  `json:"text"`       // "" where blank, "?" where no digit is believed
	Confidence float64 `json:"confidence"` // probability that Text is right
	Box
}

// EvidencePrinted marks a field whose text the form came with: nobody wrote it.
const EvidencePrinted = "printed"

// DraftField is one field of a form as read: value, confidence, evidence and where it stands.
type DraftField struct {
	Name       string  `json:"name"` // as `todoke form layout` names it, such as "lines[1].item_code"
	Text       string  `json:"text"`
	Confidence float64 `json:"confidence"` // probability that the whole Text is right
	// ImageConfidence is how probable the boxes alone make Text, before any master, check digit,
	// sum or calendar is asked; 0 where the boxes do not say Text one digit each.
	ImageConfidence float64     `json:"image_confidence,omitempty"`
	Decision        Decision    `json:"decision"`
	Evidence        []string    `json:"evidence,omitempty"` // what besides the image supports it: check_digit, master, qr, sum, printed, person:NAME …
	Reasons         []string    `json:"reasons,omitempty"`  // why it is in review
	Cells           []DraftCell `json:"cells,omitempty"`
	Area            *Area       `json:"area,omitempty"`  // where its boxes are on the page, with a margin; nil where they lie beside it
	Page            string      `json:"page,omitempty"`  // where it stands on a page that was joined to this one: its name, such as 12.2
	Image           string      `json:"image,omitempty"` // blob key of Picture, once it is stored
	Picture         []byte      `json:"-"`               // of a free field with ink: its snippet of the page, upright, as PNG (FAX-4)
}

// Geometry is how a page lay against its form.
type Geometry struct {
	XDPI       float64 `json:"x_dpi"`
	YDPI       float64 `json:"y_dpi"`
	Rotation   int     `json:"rotation"`    // 0, 90, 180 or 270 degrees clockwise that the page was turned
	ResidualMM float64 `json:"residual_mm"` // root mean square misfit of the marks
}

// Draft is what a reader believes one page says. It becomes an Order only through rules, and
// never where a field it needs is in review.
type Draft struct {
	Form        string `json:"form"` // "" where none was recognised
	FormVersion int    `json:"form_version"`
	// IdentifiedBy is what the form said who it is by: qr, barcode, number, or "" where its marks alone did.
	IdentifiedBy string       `json:"identified_by,omitempty"`
	FormCustomer string       `json:"form_customer,omitempty"` // whose form it says it is; "" on a blank one
	FormOrder    Number       `json:"form_order,omitempty"`    // of a return request form: the order it came with
	FormShipment int          `json:"form_shipment,omitempty"` // … and which of its shipments
	Sheet        int          `json:"sheet,omitempty"`         // 1 to Sheets where the customer's form has several, each an order of its own; else 0
	Sheets       int          `json:"sheets,omitempty"`        // how many sheets the form has; 0 where it has one or none was recognised
	Decision     Decision     `json:"decision"`
	Reasons      []string     `json:"reasons"`
	Geometry     *Geometry    `json:"geometry,omitempty"`
	Fields       []DraftField `json:"fields"`
	Ink          *Ink         `json:"-"` // what is written on it, to know the sheet again; nil where no form was recognised

	Keyed []string `json:"keyed,omitempty"` // fields that persons keyed one by one, in that order: the last is taken back first

	// What a person decided about the page beside the values of its fields.
	Related *Related      `json:"related,omitempty"` // what it is to another page or order (FAX-5)
	Dropped []DroppedLine `json:"dropped,omitempty"` // lines left out of the order on purpose
}

// Related is what a person says that a page is to another one, or to an order (FAX-5).
type Related struct {
	As       string `json:"as"`                 // addon, correction or own
	Document int64  `json:"document,omitempty"` // the other one's; 0 for a web order
	Page     int    `json:"page,omitempty"`
	Order    Number `json:"order,omitempty"` // the other one's, where it has one
	By       string `json:"by"`
	Reason   string `json:"reason,omitempty"`
}

// DroppedLine is a line of a form that a person leaves out of the order on purpose: no longer
// sold, struck out on the telephone. It still counts in the form's total.
type DroppedLine struct {
	Line   int    `json:"line"` // 1-based, as printed on the form
	Reason string `json:"reason"`
	By     string `json:"by"`
	To     string `json:"to,omitempty"` // the page that it was split to, which orders it instead
}

// Drops tells whether a line is left out on purpose.
func (d *Draft) Drops(line int) bool {
	return slices.ContainsFunc(d.Dropped, func(l DroppedLine) bool { return l.Line == line })
}

// SheetOf says which sheet of how many the page is, such as "sheet 2 of 3"; "" where the form has one.
func (d *Draft) SheetOf() string {
	if d.Sheets == 0 {
		return ""
	}
	return fmt.Sprintf("sheet %d of %d", d.Sheet, d.Sheets)
}

// Field finds a field by name; nil where the draft has none of it.
func (d *Draft) Field(name string) *DraftField {
	for i := range d.Fields {
		if d.Fields[i].Name == name {
			return &d.Fields[i]
		}
	}
	return nil
}
