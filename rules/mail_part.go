package rules

import "slices"

// AttachedPart is a thing attached to a mail, as far as it decides whether anybody looks at it.
type AttachedPart struct {
	MediaType string
	SizeBytes int
	Fax       bool // its bytes are a file of a kind in which faxes come
	Picture   bool // it is one picture, such as a photo or a logo
	WidthPX   int  // of a picture; 0 where unknown
	HeightPX  int
	Shown     bool // the mail's text shows it within itself, as signatures show logos
	Beside    bool // another part of the mail is a TIFF or PDF
}

// Bounds of decoration: a fax page of 204 × 98 dpi has 1.9 million pixels, and one of fewer than
// 360,000 cannot be read.
const (
	maxLogoPX       = 360_000
	maxLogoBesidePX = 1_500_000
	maxStamp        = 256 << 10 // bytes of a signature, or of a card with a portrait
)

// Decoration tells why a part of a mail is decoration, which stays in the mail and is looked at by
// nobody; "" for what the reader or a person must see. What is not surely decoration is not.
func Decoration(p AttachedPart) string {
	if p.Picture && p.Shown && p.WidthPX > 0 && p.HeightPX > 0 {
		most := maxLogoPX
		if p.Beside {
			most = maxLogoBesidePX
		}
		if p.HeightPX <= most/p.WidthPX {
			return "a small picture within the mail's text"
		}
	}
	if p.Fax || p.SizeBytes == 0 || p.SizeBytes > maxStamp {
		return ""
	}
	for _, d := range []struct {
		why   string
		types []string
	}{
		{"an electronic signature", []string{"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-keys"}},
		{"a business card", []string{"text/vcard", "text/x-vcard", "text/directory"}},
		{"a Macintosh file's own data", []string{"application/applefile"}},
		{"a calendar entry", []string{"text/calendar", "application/ics"}},
		{"a mail server's report", []string{"message/delivery-status", "message/global-delivery-status", "text/rfc822-headers", "message/disposition-notification"}},
	} {
		if slices.Contains(d.types, p.MediaType) {
			return d.why
		}
	}
	return ""
}
