package document_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"todoke/internal/golden"
	"todoke/order"
	"todoke/templates/document"
)

// slips are those of a list with an order of many lines, one of several shipments and one with
// handwriting.
func slips() document.Slips {
	p := sample(4)
	p.DeskName, p.ShopFax = "お客様サービスデスク", "03-0000-2417"
	for i := range p.Orders {
		o := &p.Orders[i]
		o.CustomerCode, o.CustomerFax, o.ReceivedAt = "10002345", "0300005512", time.Date(2026, 11, 24, 16, 59, 0, 0, order.JST)
		for j := range o.Lines {
			o.Lines[j].OrderedQty, o.Lines[j].Returnable = o.Lines[j].Qty, j%3 != 1
		}
	}
	first := &p.Orders[0]
	first.Shipments, first.FeeYen = 2, 300
	first.Lines[0].OrderedQty += 5
	first.Lines[0].CommentImage, first.Lines[0].CommentXDPI, first.Lines[0].CommentYDPI = handwriting("4Fリフレッシュコーナーへ"), 204, 196
	for i := range 30 {
		l := p.Orders[1].Lines[0]
		l.LineNo, l.Comment = 10+i, comments[i%len(comments)]
		p.Orders[1].Lines = append(p.Orders[1].Lines, l)
	}
	return document.Slips{List: p, Returns: true, ReturnDays: 90}
}

func renderSlips(tb testing.TB, s document.Slips) ([]byte, []document.PrintedForm) {
	tb.Helper()
	var b bytes.Buffer
	forms, err := s.RenderPDF(&b)
	if err != nil {
		tb.Fatal(err)
	}
	return b.Bytes(), forms
}

// RET-3, FAX-4: a slip for each shipment with every line, its comments beside it, and behind it the
// form to return it by.
func TestDeliverySlips(t *testing.T) {
	t.Parallel()
	s := slips()
	pdf, forms := renderSlips(t, s)
	if again, _ := renderSlips(t, s); !bytes.Equal(pdf, again) {
		t.Error("two prints of one list differ")
	}
	if dir := os.Getenv("SLIPS_DIR"); dir != "" { // to look at
		if err := os.WriteFile(dir+"/slips.pdf", pdf, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out := tool(t, "qpdf", pdf, "--check", "FILE"); !strings.Contains(out, "No syntax or stream encoding errors") {
		t.Error(out)
	}
	text := tool(t, "pdftotext", pdf, "-layout", "FILE", "-")
	golden.Equal(t, "delivery-slips.txt", []byte(text))
	pages := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
	place := 0
	for _, o := range s.List.Orders {
		shown, printed := map[int]bool{}, 0
		for ; place < len(pages) && strings.Contains(pages[place], "納品案内書") && strings.Contains(pages[place], o.Number.Grouped()); place++ {
			for _, l := range o.Lines {
				shown[l.LineNo] = shown[l.LineNo] || strings.Contains(pages[place], l.ItemCode)
			}
		}
		for place < len(pages) && strings.Contains(pages[place], "返品依頼書　") || place < len(pages) && strings.Contains(pages[place], "返品受付FAX番号") {
			f := forms[0]
			forms = forms[1:]
			if f.Page != place+1 || f.Identity.Order != string(o.Number) || f.Identity.Rows != len(f.Lines) {
				t.Errorf("page %d is told as page %d of order %s", place+1, f.Page, f.Identity.Order)
			}
			for _, l := range f.Lines {
				if l.Qty != o.Lines[printed].Qty || l.LineNo != o.Lines[printed].LineNo || !strings.Contains(pages[place], l.ItemCode) {
					t.Errorf("line %d is not on page %d", l.LineNo, place+1)
				}
				printed++
			}
			place++
		}
		if len(shown) != len(o.Lines) || printed != len(o.Lines) {
			t.Errorf("order %s: %d lines on the slip and %d on the form, of %d", o.Number, len(shown), printed, len(o.Lines))
		}
	}
	if place != len(pages) || len(forms) > 0 {
		t.Errorf("%d pages and %d forms are left over", len(pages)-place, len(forms))
	}
	for _, want := range []string{"お荷物 1/2", "送料 300円（税抜）", "至急", "今回数量がご注文数より少ない", "請求書・領収書ではありません"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not printed", want)
		}
	}
	s.Returns = false
	if _, forms := renderSlips(t, s); len(forms) > 0 {
		t.Error("forms nobody wants")
	}
}

// A quantity that was reserved in parts is one line to whom it is delivered.
func TestSlipAddsUpPartsOfALine(t *testing.T) {
	t.Parallel()
	s := slips()
	o := &s.List.Orders[0]
	o.Lines = []document.PickLine{o.Lines[0], o.Lines[0]}
	o.Lines[0].Qty, o.Lines[1].Qty = 3, 4
	s.List.Orders = s.List.Orders[:1]
	pdf, forms := renderSlips(t, s)
	if len(forms) != 1 || len(forms[0].Lines) != 1 || forms[0].Lines[0].Qty != 7 {
		t.Errorf("%+v", forms)
	}
	if text := tool(t, "pdftotext", pdf, "-layout", "FILE", "-"); !strings.Contains(strings.ReplaceAll(text, " ", ""), "合計1行") && !strings.Contains(text, "合計　1 行") {
		t.Error(text)
	}
}

// A big list: 2,000 lines of 500 orders in every form.
func BenchmarkBigList(b *testing.B) {
	p := sample(700)
	n, lines := 0, 0
	for ; n < len(p.Orders) && lines+len(p.Orders[n].Lines) <= 2000; n++ {
		lines += len(p.Orders[n].Lines)
	}
	p.Orders = p.Orders[:n]
	b.Logf("%d orders, %d lines", len(p.Orders), p.Totals().Lines)
	for name, render := range map[string]func() int{
		"xlsx": func() int { return len(renderXLSX(b, p)) },
		"pdf":  func() int { return len(renderPDF(b, p)) },
		"csv":  func() int { out, _ := renderCSV(b, p, false); return len(out) },
		"slips": func() int {
			out, _ := renderSlips(b, document.Slips{List: p, Returns: true, ReturnDays: 90})
			return len(out)
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(float64(render()), "B/file")
			}
		})
	}
}

// Nothing that goods are found or counted by is cut off, however long it is; nor are names of usual
// length.
func TestPapersCutOffNoCode(t *testing.T) {
	t.Parallel()
	s := slips()
	o := &s.List.Orders[0]
	s.List.Orders = s.List.Orders[:1]
	o.Customer = "独立行政法人国立高度先端医療研究開発機構 附属中央病院 医療安全管理統括部門 物品管理グループ"
	l := &o.Lines[0]
	l.Location, l.ItemCode, l.Unit, l.Qty, l.OrderedQty = "2F-東-第3倉庫-A-01-2-上段", "ABCDEFGH-JKLMNOPQ-1234567890", "パック（10個入）", 120_000, 120_001
	l.CommentImage = nil
	pdf, _ := renderSlips(t, document.Slips{List: s.List})
	for name, b := range map[string][]byte{"list": renderPDF(t, s.List), "slip": pdf} {
		text := tool(t, "pdftotext", b, "FILE", "-")
		joined := strings.Join(strings.Fields(text), "")
		text = strings.ReplaceAll(text, "医療安全管…", "") // of the customer two lines stand among what to fetch
		if strings.Contains(text, "…") || !strings.Contains(joined, "ABCDEFGH-") || !strings.Contains(joined, "120,000") {
			t.Errorf("%s: %s", name, text)
		}
	}
}
