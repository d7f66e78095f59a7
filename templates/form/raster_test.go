package form_test

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"

	"todoke/internal/bilevel"
	"todoke/internal/needs"
	"todoke/order"
	"todoke/templates/form"
)

const mmPerInch = 25.4

// resolutions are those faxes and fax gateways come in.
var resolutions = [][2]float64{{204, 98}, {204, 196}, {200, 200}, {300, 300}}

// pdfBitmap renders the form's PDF, without anti-aliasing of lines, at the given dpi.
func pdfBitmap(tb testing.TB, d *form.Drawing, dpi int) *bilevel.Image {
	tb.Helper()
	needs.Programs(tb, "pdftoppm")
	dir := tb.TempDir()
	var b bytes.Buffer
	if err := form.RenderPDF(&b, at, d); err != nil {
		tb.Fatal(err)
	}
	pdf := filepath.Join(dir, "form.pdf")
	if err := os.WriteFile(pdf, b.Bytes(), 0o600); err != nil {
		tb.Fatal(err)
	}
	cmd := exec.CommandContext(tb.Context(), "pdftoppm", "-r", strconv.Itoa(dpi), "-gray", "-singlefile", pdf, filepath.Join(dir, "form"))
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("pdftoppm: %v %s", err, out)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "form.pgm"))
	if err != nil {
		tb.Fatal(err)
	}
	var w, h, most int
	if _, err := fmt.Fscanf(bytes.NewReader(raw), "P5\n%d %d\n%d", &w, &h, &most); err != nil || len(raw) < w*h {
		tb.Fatalf("pdftoppm wrote no PGM: %v", err)
	}
	pix := raw[len(raw)-w*h:]
	m := bilevel.New(w, h)
	for i, v := range pix {
		if v < 128 {
			m.Set(i%w, i/w, true)
		}
	}
	return m
}

// extent measures where ink lies round a box: the outermost columns and rows in its
// neighbourhood that are black over most of the box's length. It is in mm.
func extent(m *bilevel.Image, b form.Box, kx, ky float64) (x0, y0, x1, y1 float64) {
	const around, inner = 0.9, 0.25 // mm looked at outside; share of the side left out at the corners
	px := func(v, k float64) int { return int(math.Round(v * k)) }
	cols := func(from, to float64) (first, last int) {
		ya, yb := px(b.Y+b.H*inner, ky), px(b.Y+b.H*(1-inner), ky)
		first, last = -1, -1
		for x := px(from, kx); x < px(to, kx); x++ {
			if 10*m.Count(x, ya, x+1, yb) >= 7*(yb-ya) {
				if first < 0 {
					first = x
				}
				last = x
			}
		}
		return first, last
	}
	rows := func(from, to float64) (first, last int) {
		xa, xb := px(b.X+b.W*inner, kx), px(b.X+b.W*(1-inner), kx)
		first, last = -1, -1
		for y := px(from, ky); y < px(to, ky); y++ {
			if 10*m.Count(xa, y, xb, y+1) >= 7*(xb-xa) {
				if first < 0 {
					first = y
				}
				last = y
			}
		}
		return first, last
	}
	l, _ := cols(b.X-around, b.X+around)
	_, r := cols(b.X+b.W-around, b.X+b.W+around)
	u, _ := rows(b.Y-around, b.Y+around)
	_, d := rows(b.Y+b.H-around, b.Y+b.H+around)
	if l < 0 || r < 0 || u < 0 || d < 0 {
		return math.NaN(), math.NaN(), math.NaN(), math.NaN()
	}
	return float64(l) / kx, float64(u) / ky, float64(r+1) / kx, float64(d+1) / ky
}

// boxes are all marks and cells of a layout with the line they are drawn with.
func boxes(l *form.Layout) map[string]form.Box {
	out := map[string]form.Box{}
	for i, m := range l.Marks {
		out["mark "+strconv.Itoa(i)] = m.Box
	}
	for _, f := range l.Fields {
		if f.Kind == form.FieldPrinted {
			continue
		}
		for i, c := range f.Cells {
			h := l.FrameMM / 2
			out[f.Name+" "+strconv.Itoa(i)] = form.Box{X: c.X - h, Y: c.Y - h, W: c.W + 2*h, H: c.H + 2*h}
		}
	}
	return out
}

// What the laboratory draws, what a printer prints and what the layout says are one geometry.
func TestRasterAndPDFLieWhereTheLayoutSays(t *testing.T) {
	t.Parallel()
	d := must(t, form.Options{Terms: terms})
	const pdfDPI = 400
	fromPDF := pdfBitmap(t, d, pdfDPI)
	k := pdfDPI / mmPerInch
	const allowed = 0.15 // mm
	for _, res := range resolutions {
		m := form.Raster(d, res[0], res[1])
		kx, ky := res[0]/mmPerInch, res[1]/mmPerInch
		worst, where, n := 0.0, "", 0
		for name, b := range boxes(&d.Layout) {
			ax0, ay0, ax1, ay1 := extent(m, b, kx, ky)
			bx0, by0, bx1, by1 := extent(fromPDF, b, k, k)
			// Centres: what registration and cutting out stand on.
			for _, e := range []float64{
				(ax0+ax1)/2 - (bx0+bx1)/2, (ay0+ay1)/2 - (by0+by1)/2,
				(ax0+ax1)/2 - (b.X + b.W/2), (ay0+ay1)/2 - (b.Y + b.H/2),
				(bx0+bx1)/2 - (b.X + b.W/2), (by0+by1)/2 - (b.Y + b.H/2),
			} {
				if math.IsNaN(e) {
					t.Fatalf("%v: %s not found", res, name)
				}
				if math.Abs(e) > worst {
					worst, where = math.Abs(e), name
				}
			}
			n++
		}
		t.Logf("%g × %g dpi: %d boxes, worst %.3f mm (%s)", res[0], res[1], n, worst, where)
		if worst > allowed {
			t.Errorf("%g × %g dpi: %s lies %.3f mm off, allowed %.2f", res[0], res[1], where, worst, allowed)
		}
	}
}

// Inside of every cell must be empty: a speck there would be read as ink.
func TestBlankFormHasEmptyCells(t *testing.T) {
	t.Parallel()
	d := must(t, form.Options{Terms: terms})
	for _, res := range resolutions {
		m := form.Raster(d, res[0], res[1])
		kx, ky := res[0]/mmPerInch, res[1]/mmPerInch
		for _, f := range d.Layout.Fields {
			if f.Kind == form.FieldPrinted {
				continue
			}
			for i, c := range f.Cells {
				// A pixel of grace: an edge may round inwards.
				h := d.Layout.FrameMM / 2
				x0, x1 := int(math.Ceil((c.X+h)*kx))+1, int(math.Floor((c.X+c.W-h)*kx))-1
				y0, y1 := int(math.Ceil((c.Y+h)*ky))+1, int(math.Floor((c.Y+c.H-h)*ky))-1
				if n := m.Count(x0, y0, x1, y1); n != 0 {
					t.Errorf("%v: %s[%d] holds %d black pixels", res, f.Name, i, n)
				}
				// White outside of it too, between the boxes of a field.
				if g := int(0.6 * kx); m.Count(int((c.X-h)*kx)-g, y0, int((c.X-h)*kx)-1, y1) != 0 {
					t.Errorf("%v: something touches %s[%d] from the left", res, f.Name, i)
				}
			}
		}
	}
}

// grey makes a picture with square pixels of a bilevel one: rows repeated, then blurred 3 × 3,
// the way the reader prepares a QR code.
func grey(m *bilevel.Image, repeat int, blur bool) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, m.W, m.H*repeat))
	for y := range m.H * repeat {
		for x := range m.W {
			sum, n := 0, 0
			r := 0
			if blur {
				r = 1
			}
			for dy := -r; dy <= r; dy++ {
				for dx := -r; dx <= r; dx++ {
					n++
					if m.At(x+dx, (y+dy+repeat)/repeat-1) {
						sum++
					}
				}
			}
			g.Pix[y*g.Stride+x] = uint8(255 - 255*sum/n)
		}
	}
	return g
}

func decode(tb testing.TB, r gozxing.Reader, img image.Image) string {
	tb.Helper()
	bmp, err := gozxing.NewBinaryBitmap(gozxing.NewHybridBinarizer(gozxing.NewLuminanceSourceFromImage(img)))
	if err != nil {
		tb.Fatal(err)
	}
	res, err := r.Decode(bmp, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return "error: " + err.Error()
	}
	return res.GetText()
}

// crop cuts a box with some mm around it.
func crop(m *bilevel.Image, b form.Box, around, kx, ky float64) *bilevel.Image {
	return m.Crop(int((b.X-around)*kx), int((b.Y-around)*ky), int((b.X+b.W+around)*kx), int((b.Y+b.H+around)*ky))
}

// Both identities read at every resolution, on blank and personal forms, scaled down by a
// copier to 94 % too.
func TestIdentityReadsFromPixels(t *testing.T) {
	t.Parallel()
	usual := personal()
	usual.Items = []form.Item{{Code: "1010013", Name: "油性ボールペン", Unit: "本"}, {Code: "1010045", Name: "クリップ"}}
	for _, o := range []form.Options{{}, personal(), usual} {
		d := must(t, o)
		bars := d.Layout.Field("form_number").Cells[0]
		if len(o.Items) > 0 { // two digits more
			bars.W += 5
		}
		for _, res := range resolutions {
			for _, scale := range []float64{1, 0.94} {
				m := form.Raster(d, res[0]*scale, res[1]*scale)
				kx, ky := res[0]*scale/mmPerInch, res[1]*scale/mmPerInch
				repeat := int(math.Round(res[0] / res[1]))
				if got, want := decode(t, qrcode.NewQRCodeReader(), grey(crop(m, d.Layout.QR, 4, kx, ky), repeat, true)), d.Identity.Payload(); got != want {
					t.Errorf("%g × %g × %g: QR code reads %q, want %q", res[0], res[1], scale, got, want)
				}
				if got, want := decode(t, oned.NewCode128Reader(), grey(crop(m, bars, 3.7, kx, ky), repeat, false)), d.Identity.Number(); got != want {
					t.Errorf("%g × %g × %g: bar code reads %q, want %q", res[0], res[1], scale, got, want)
				}
			}
		}
	}
}

func TestIdentityReadsFromPDF(t *testing.T) {
	t.Parallel()
	needs.Programs(t, "zbarimg")
	d := must(t, personal())
	path := filepath.Join(t.TempDir(), "form.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := pdfBitmap(t, d, 200).EncodePNG(f, 200, 200); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "zbarimg", "-q", "--raw", path).Output()
	if err != nil {
		t.Fatalf("zbarimg: %v", err)
	}
	for _, want := range []string{d.Identity.Payload(), d.Identity.Number()} {
		if !strings.Contains(string(out), want) {
			t.Errorf("zbarimg read %q, want %q among it", out, want)
		}
	}
}

func TestPDFIsSoundAndSaysWhatItShould(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := form.RenderPDF(&b, at, must(t, personal())); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "form.pdf")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) string {
		needs.Programs(t, name)
		out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v %s", name, err, out)
		}
		return string(out)
	}
	if out := run("qpdf", "--check", path); !strings.Contains(out, "No syntax or stream encoding errors") {
		t.Error(out)
	}
	text := run("pdftotext", "-layout", path, "-")
	for _, want := range []string{
		"FAX注文書", "とどけオフィス通販", "03-0000-2417", "17:00 までに届いたご注文は当日受付", "お客様コード", "お届け先", "お届け希望日", "商品コード", "数量",
		"行コメント", "合計数量", "品切れの場合", "入荷次第配送", "キャンセル", "2,500円", "送料 300円", "13:00", "60日以内", "株式会社みなと設計事務所", "総務部 管理課",
		"03-0000-5512", "101 10002345", "第1版",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the form does not say %q", want)
		}
	}
	if fonts := run("pdffonts", path); strings.Count(fonts, "Identity-H       yes ") != 2 {
		t.Errorf("fonts are not both embedded:\n%s", fonts)
	}
}

// What the form promises holds where the customer is: in Hokkaido the lines close earlier and
// the goods travel longer than the blank form's Honshu.
func TestFormPromisesByRegion(t *testing.T) {
	t.Parallel()
	needs.Programs(t, "pdftotext")
	north, far := personal(), personal()
	north.Terms.OwnRegion, north.Terms.CutoffFax, north.Terms.LeadDays, north.Terms.TruckLeadDays = true, order.Clock{Hour: 15}, 2, 3
	north.Fax = "0110574501"
	far.Terms = form.Terms{OwnRegion: true, CutoffFax: order.Clock{Hour: 14}, LeadDays: 4, CutoffTruck: order.Clock{Hour: 11, Minute: 30}, TruckLeadDays: 5}
	for _, tt := range []struct {
		name       string
		o          form.Options
		want, lack []string
	}{
		{
			"blank",
			form.Options{Terms: terms},
			[]string{"本州へは、17:00 までに届いたご注文は当日受付、翌営業日に", "四国・九州・北海道・沖縄・離島は", "13:00 までの受付で翌々営業日のお届けです（本州）"},
			[]string{"ご登録のご住所へは"},
		},
		{
			"hokkaido", north,
			[]string{"ご登録のご住所へは、15:00 までに届いたご注文は当日受付、翌々営業日に", "ほかの地域へ", "13:00 までの受付で3営業日後のお届けです。", "（011-057-4501）"},
			[]string{"17:00", "本州", "0110574501"},
		},
		{"islands", far, []string{"14:00 までに", "4営業日後に", "11:30 までの受付で5営業日後の"}, []string{"本州"}},
	} {
		var b bytes.Buffer
		if err := form.RenderPDF(&b, at, must(t, tt.o)); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "pdftotext", "-layout", "-", "-")
		cmd.Stdin = &b
		text, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range tt.want {
			if !strings.Contains(string(text), s) {
				t.Errorf("%s: the form does not say %q", tt.name, s)
			}
		}
		for _, s := range tt.lack {
			if strings.Contains(string(text), s) {
				t.Errorf("%s: the form says %q", tt.name, s)
			}
		}
	}
}

func BenchmarkRaster(b *testing.B) {
	d := must(b, personal())
	for b.Loop() {
		form.Raster(d, 204, 196)
	}
}
