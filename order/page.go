package order

import "slices"

// PageKind is what a page is (FAX-2, PGE-1).
type PageKind string

// The kinds of page. Each page is one of them; what cannot be told is unknown, which is never
// thrown away.
const (
	PageOrderForm    PageKind = "order_form"          // FAX注文書
	PageReturn       PageKind = "return_request"      // 返品依頼書
	PagePoints       PageKind = "point_inquiry"       // FAX専用ポイント確認依頼用紙
	PagePrize        PageKind = "prize_application"   // FAX専用賞品申込み用紙
	PageRegistration PageKind = "registration_change" // お客様登録内容変更用紙
	PageCover        PageKind = "cover"               // 送付状, FAX送信票
	PageBlank        PageKind = "blank"               // nothing on it
	PageUnknown      PageKind = "unknown"             // a letter, an order on the customer's own paper, whatever
	PageAdvert       PageKind = "advert"              // FAX DM, 広告
	PageUnreadable   PageKind = "unreadable"          // could not be decoded, all black, full of noise
)

// PageKinds lists them in the order in which they are told.
func PageKinds() []PageKind {
	return []PageKind{
		PageOrderForm, PageReturn, PagePoints, PagePrize, PageRegistration, PageCover, PageBlank, PageUnknown, PageAdvert, PageUnreadable,
	}
}

// Form tells whether it is one of our forms.
func (k PageKind) Form() bool {
	return slices.Contains([]PageKind{PageOrderForm, PageReturn, PagePoints, PagePrize, PageRegistration}, k)
}

// Words name the kind in English and, where our customers know it by one, by its Japanese name.
func (k PageKind) Words() string {
	switch k {
	case PageOrderForm:
		return "order form (FAX注文書)"
	case PageReturn:
		return "return request (返品依頼書)"
	case PagePoints:
		return "point inquiry (ポイント確認依頼用紙)"
	case PagePrize:
		return "prize application (賞品申込み用紙)"
	case PageRegistration:
		return "registration change (お客様登録内容変更用紙)"
	case PageCover:
		return "cover sheet (送付状)"
	case PageBlank:
		return "blank page"
	case PageUnknown:
		return "none of our forms"
	case PageAdvert:
		return "advert (広告)"
	case PageUnreadable:
		return "unreadable page"
	}
	return string(k)
}

// PageLook is how a page looks that is none of our forms, in whole thousandths and millimetres:
// what can be said of a one-bit page without reading it.
type PageLook struct {
	InkPermille      int `json:"ink_permille"`      // of the page is black
	HalftonePermille int `json:"halftone_permille"` // of the page is screened pictures or tints
	DarkPermille     int `json:"dark_permille"`     // of the page is black areas, with or without white type in them
	DisplayMM2       int `json:"display_mm2"`       // strokes too thick for writing and text
	Rows             int `json:"rows"`              // long level lines
	Columns          int `json:"columns"`           // long upright lines
	WrittenPermille  int `json:"written_permille"`  // of the page has something on it
}
