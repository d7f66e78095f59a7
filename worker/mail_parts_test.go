package worker_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"todoke/ingest/gateway"
	"todoke/rules"
	"todoke/store"
	"todoke/worker"
)

// realMails makes the bundle read mails as the product does.
func (b *bundle) realMails(t *testing.T) {
	t.Helper()
	book, err := gateway.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	b.cfg.Mail = worker.ReadMail(func() *gateway.Book { return book })
	b.cfg.Answerer = rules.Answerer{Address: "order@shop.example.jp", Domains: []string{"shop.example.jp"}}
	b.cfg.ShopFax = "03-1234-5678"
}

// part is a MIME part of a mail, in base64.
func part(head string, data []byte) string {
	return head + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(data) + "\r\n"
}

// letterOf is a person's mail of those parts.
func letterOf(from string, parts ...string) []byte {
	return []byte("From: " + from + "\r\nTo: order@shop.example.jp\r\nSubject: test\r\nMessage-ID: <" + from + ">\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n" +
		strings.Join(parts, "\r\n--B\r\n") + "\r\n--B--\r\n")
}

func pngOf(tb testing.TB, w, h int) []byte {
	tb.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	m.Set(1, 1, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// winmail is an Outlook envelope with files of those names and bytes.
func winmail(files map[string][]byte) []byte {
	b := []byte{0x78, 0x9f, 0x3e, 0x22, 1, 0}
	attribute := func(id uint32, data []byte) {
		b = append(b, 2)
		b = binary.LittleEndian.AppendUint32(b, id)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
		b = append(b, data...)
		b = append(b, 0, 0)
	}
	attribute(0x00089006, []byte{0, 0, 1, 0})
	for name, data := range files {
		attribute(0x00069002, make([]byte, 14))
		attribute(0x00018010, []byte("SHORT~1.TIF\x00"))
		attribute(0x0006800f, data)
		var props []byte
		props = binary.LittleEndian.AppendUint32(props, 2)
		props = binary.LittleEndian.AppendUint32(props, 0x37050003)
		props = binary.LittleEndian.AppendUint32(props, 1)
		props = binary.LittleEndian.AppendUint32(props, 0x3707001f)
		props = binary.LittleEndian.AppendUint32(props, 1)
		var wide []byte
		for _, r := range name + "\x00" {
			wide = binary.LittleEndian.AppendUint16(wide, uint16(r))
		}
		props = binary.LittleEndian.AppendUint32(props, uint32(len(wide)))
		props = append(append(props, wide...), make([]byte, (4-len(wide)%4)%4)...)
		attribute(0x00069005, props)
	}
	return b
}

// TestWhatIsAttachedIsSeen hands in mails with every kind of thing attached: each becomes a document
// that is read or that a person sees, or is decoration, and why is kept.
func TestWhatIsAttachedIsSeen(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	b.realMails(t)
	html := "Content-Type: text/html; charset=utf-8\r\n\r\n<p>x</p><img src=\"cid:logo@x\">\r\n"
	tif := func(n int) string { return part("Content-Type: image/tiff; name=fax.tif", page(t, n, wNoForm)) }
	deep := "Subject: x\r\n\r\ninnermost\r\n"
	for range 14 {
		deep = "Subject: x\r\nContent-Type: message/rfc822\r\n\r\n" + deep
	}
	cases := []struct {
		name  string
		parts []string
		state store.DocumentState // of the mail
		want  []string            // of each thing attached: "N" of a document's state, or why it is decoration
	}{
		{
			"a fax beside a logo, a card and a signature",
			[]string{
				html, tif(1), part("Content-Type: image/png; name=logo.png\r\nContent-ID: <logo@x>", pngOf(t, 200, 60)),
				part("Content-Type: text/vcard; name=a.vcf", []byte("BEGIN:VCARD")), part("Content-Type: application/pkcs7-signature; name=smime.p7s", []byte("x")),
			},
			store.DocumentReview,
			[]string{"read", "a small picture", "a business card", "an electronic signature"},
		},
		{"a page as an inline picture", []string{html, part("Content-Type: image/png; name=image001.png\r\nContent-ID: <logo@x>", pngOf(t, wNoForm, 4000))}, store.DocumentReview, []string{"read"}},
		{"a workbook", []string{"Content-Type: text/plain\r\n\r\norder\r\n", part("Content-Type: application/octet-stream; name=order.xlsx", []byte("PK\x03\x04....xl/workbook.xml"))}, store.DocumentReview, []string{"review an Excel workbook"}},
		{
			"a Zip archive, a photo, a text beside a fax",
			[]string{
				tif(2), part("Content-Type: application/zip; name=a.zip", []byte("PK\x03\x04\x14\x00\x00\x00")),
				part("Content-Type: image/heic; name=IMG_1.HEIC", []byte("\x00\x00\x00\x18ftypheic\x00")), part("Content-Type: text/plain; name=readme.txt\r\nContent-Disposition: attachment", []byte("hello")),
			},
			store.DocumentSplit,
			[]string{"read", "review a Zip archive", "review a photo as iPhones", "review a text"},
		},
		{"an empty fax and one that is damaged", []string{"Content-Type: image/tiff; name=empty.tif\r\n\r\n", part("Content-Type: image/tiff; name=bad.tif", []byte("II*\x00garbage"))}, store.DocumentSplit, []string{"read", "read"}},
		{"an empty file", []string{"Content-Type: text/plain\r\n\r\nsee attached\r\n", "Content-Type: application/octet-stream; name=x.dat\r\n\r\n"}, store.DocumentReview, []string{"review it is empty"}},
		{"a winmail.dat with a fax in it", []string{part("Content-Type: application/ms-tnef; name=winmail.dat", winmail(map[string][]byte{"注文書.tif": page(t, 3, wNoForm)}))}, store.DocumentSplit, []string{"unpacked", "read"}},
		{"a winmail.dat with nothing in it", []string{part("Content-Type: application/ms-tnef; name=winmail.dat", winmail(nil))}, store.DocumentReview, []string{"review an Outlook envelope"}},
		{"a fax within a forwarded mail", []string{"Content-Type: message/rfc822\r\n\r\nFrom: b@x.jp\r\nSubject: fwd\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\n" + tif(4) + "--C--\r\n"}, store.DocumentSplit, []string{"read"}},
		{"mails nested too deeply", []string{tif(5), "Content-Type: message/rfc822\r\n\r\n" + deep}, store.DocumentReview, []string{"read", "review it is nested too deeply"}},
		{"S/MIME, encrypted", []string{part("Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", []byte{0x30, 0x80, 1})}, store.DocumentReview, []string{"review it is encrypted"}},
		{
			"PGP, encrypted",
			[]string{"Content-Type: multipart/encrypted; boundary=P\r\n\r\n--P\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--P\r\nContent-Type: application/octet-stream; name=encrypted.asc\r\n\r\n-----BEGIN PGP MESSAGE-----\r\nx\r\n--P--\r\n"},
			store.DocumentReview,
			[]string{"review a text", "review an encrypted message"},
		},
		{"a fax that is called a text", []string{part("Content-Type: text/plain", page(t, 6, wNoForm))}, store.DocumentSplit, []string{"read"}},
		{"a fax in uuencode within a text", []string{"Content-Type: text/plain\r\n\r\nbegin 644 fax.tif\r\n$24DJ``\r\nend\r\n"}, store.DocumentReview, []string{"read"}},
		{"a fax within a person's words", []string{"Content-Type: text/plain\r\n\r\nby Friday please\r\n", tif(7)}, store.DocumentReview, []string{"read"}},
	}
	ids := make([]int64, len(cases))
	for i, c := range cases {
		ids[i] = b.add(t, fmt.Sprintf("%d.eml", i), letterOf(fmt.Sprintf("p%d@x.jp", i), c.parts...))
	}
	b.work(t)
	ctx := t.Context()
	for i, c := range cases {
		d, err := b.s.GetDocument(ctx, ids[i])
		if err != nil || d.State != c.state {
			t.Errorf("%s: %s (%s), want %s, %v", c.name, d.State, d.Detail, c.state, err)
		}
		parts, err := b.s.MailParts(ctx, ids[i])
		if err != nil || len(parts) != len(c.want) {
			t.Errorf("%s: %+v, %v", c.name, parts, err)
			continue
		}
		for j, want := range c.want {
			p := parts[j]
			switch {
			case want == "read":
				if p.Document == 0 || p.Why != "read as a fax" {
					t.Errorf("%s: %+v, want a fax", c.name, p)
					continue
				}
				if d, err := b.s.GetDocument(ctx, p.Document); err != nil || d.ParentID != ids[i] || d.State == store.DocumentReceived {
					t.Errorf("%s: %+v, %v", c.name, d, err)
				}
			case strings.HasPrefix(want, "review "):
				d, err := b.s.GetDocument(ctx, p.Document)
				if err != nil || d.State != store.DocumentReview || !strings.HasPrefix(p.Why, strings.TrimPrefix(want, "review ")) {
					t.Errorf("%s: %+v is %+v, %v, want %q", c.name, p, d, err, want)
				}
			default:
				if p.Document != 0 || !strings.HasPrefix(p.Why, want) {
					t.Errorf("%s: %+v, want %q", c.name, p, want)
				}
			}
		}
	}
	// Of all these nobody is answered: each has something that may be a form, or that was not read.
	if deliveries, err := b.s.Deliveries(ctx); err != nil || len(deliveries) != 0 {
		t.Errorf("%+v, %v", deliveries, err)
	}
	if parts, err := b.s.MailParts(ctx, ids[6]); err != nil || parts[1].FileName != "注文書.tif" {
		t.Errorf("%+v, %v", parts, err)
	}
	// A mail of one person with a logo and a signature is answered all the same.
	plain := b.add(t, "plain.eml", letterOf("q@x.jp", html, part("Content-Type: image/png; name=logo.png\r\nContent-ID: <logo@x>", pngOf(t, 200, 60)),
		part("Content-Type: application/pgp-signature", []byte("x"))))
	b.idle(t)
	if got := b.eventOf(t, plain, "FAX-1"); !strings.HasPrefix(got, "answered by mail to q@x.jp") {
		t.Errorf("%q", got)
	}
	b.audit(t)
}
