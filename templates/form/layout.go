// Package form defines the fax forms. One definition per form prints it (PDF for people,
// pixels for the fax laboratory) and tells the reader where its fields are: Layout.
//
// In: a form kind and, for personal forms, whose it is. Out: a drawing, and plain geometry in
// millimetres from the top left of the page. It never reads a page.
package form

// Kind names a form.
type Kind string

// The forms (FAX-2). Those without a published layout are told by what they say of themselves
// (Identity), and read by people.
const (
	KindOrder        Kind = "order"        // FAX注文書
	KindReturn       Kind = "return"       // 返品依頼書
	KindPoints       Kind = "points"       // FAX専用ポイント確認依頼用紙
	KindPrize        Kind = "prize"        // FAX専用賞品申込み用紙
	KindRegistration Kind = "registration" // お客様登録内容変更用紙
)

// FieldKind says what stands in a field's boxes.
type FieldKind string

// The kinds of field.
const (
	FieldDigits  FieldKind = "digits"  // one handwritten digit a cell
	FieldMark    FieldKind = "mark"    // one box to be ticked
	FieldImage   FieldKind = "image"   // free handwriting, kept as a picture
	FieldPrinted FieldKind = "printed" // printed by us: QR, number, code
)

// Box is a rectangle in millimetres from the top left of the upright page.
type Box struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
	W float64 `json:"w"`
	H float64 `json:"h"`
}

// Field is one field of a form; Cells run from left to right.
type Field struct {
	Name  string    `json:"name"`
	Kind  FieldKind `json:"kind"`
	Cells []Box     `json:"cells"`
}

// MarkKind tells a corner square from a timing mark.
type MarkKind string

// The kinds of registration mark.
const (
	MarkCorner MarkKind = "corner" // solid squares in the four corners, one of them different in size
	MarkTiming MarkKind = "timing" // solid bars down both sides, one per row of fields
)

// Mark is a solid black registration mark.
type Mark struct {
	Kind MarkKind `json:"kind"`
	Box
}

// Page is the size of the paper in millimetres.
type Page struct {
	WidthMM  float64 `json:"width_mm"`
	HeightMM float64 `json:"height_mm"`
}

// Layout is a form's geometry: plain data, stored with each printed instance, so that an old
// version of a form stays readable for good. Frames tells how thick the printed frame lines of
// the cells are, for the reader removes them.
type Layout struct {
	Form    Kind    `json:"form"`
	Version int     `json:"version"`
	Page    Page    `json:"page"`
	FrameMM float64 `json:"frame_mm"` // width of the cells' frame lines, centred on the cell's edge
	Marks   []Mark  `json:"marks"`
	QR      Box     `json:"qr"`
	Fields  []Field `json:"fields"`
}

// Field finds a field by name; nil where the form has none of it.
func (l *Layout) Field(name string) *Field {
	for i := range l.Fields {
		if l.Fields[i].Name == name {
			return &l.Fields[i]
		}
	}
	return nil
}
