package pdf_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"todoke/internal/bilevel"
	"todoke/internal/needs"
	"todoke/order"
	"todoke/templates/pdf"
	"todoke/templates/typeset"
)

var at = time.Date(2026, 11, 21, 9, 0, 0, 0, order.JST)

// page writes a PDF of one page into a file.
func page(t *testing.T, draw func(d *pdf.Doc)) (path string, raw []byte) {
	t.Helper()
	d := pdf.New(pdf.A4Width, pdf.A4Height, pdf.Info{Title: "試験", At: at})
	d.AddPage()
	draw(d)
	var b bytes.Buffer
	if err := d.Output(&b); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "page.pdf")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, b.Bytes()
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	needs.Programs(t, name)
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v %s", name, err, out)
	}
	return string(out)
}

// Every kanji that goes in comes out: the library's own wrapping would lose some.
func TestTextComesOutWhole(t *testing.T) {
	t.Parallel()
	const long = "長い商品名は折り返しても一字も欠けてはならない。髙橋（﨑）㈱①②㎏ﾊﾝｶｸ ABC 0123456789 ～・ー「引用」"
	path, _ := page(t, func(d *pdf.Doc) {
		for i, s := range typeset.Wrap(long, 40, 10, typeset.Regular) {
			d.Text(20, 20+float64(i)*5, s, typeset.Style{Size: 10})
		}
		d.Text(20, 100, "𠮷田\U0001f4e6", typeset.Style{Size: 10, Weight: typeset.Bold})
		d.Check(20, 110, 4, true)
		d.Check(30, 110, 4, false)
	})
	got := strings.Join(strings.Fields(run(t, "pdftotext", "-raw", path, "-")), "")
	if want := strings.ReplaceAll(long, " ", ""); !strings.Contains(got, want) {
		t.Errorf("pdftotext gives %q, want %q", got, want)
	}
	if !strings.Contains(got, "吉田〓") {
		t.Errorf("runes beyond the basic plane: %q", got)
	}
	if out := run(t, "qpdf", "--check", path); !strings.Contains(out, "No syntax or stream encoding errors") {
		t.Error(out)
	}
	info := run(t, "pdfinfo", "-isodates", path)
	if !strings.Contains(info, "試験") || !strings.Contains(info, "2026-11-21") {
		t.Errorf("pdfinfo says:\n%s", info)
	}
}

// Right and centre alignment hold against the measured width.
func TestTextStandsWhereItIsPut(t *testing.T) {
	t.Parallel()
	path, _ := page(t, func(d *pdf.Doc) {
		d.Text(100, 50, "右揃え", typeset.Style{Size: 20, Align: typeset.Right})
		d.Text(20, 80, "縮小する長い文字列です", typeset.Style{Size: 20, Fit: 60})
	})
	box := run(t, "pdftotext", "-bbox", path, "-")
	const point = 25.4 / 72
	var right, wide float64
	for line := range strings.SplitSeq(box, "\n") {
		x0, x1 := attr(line, "xMin"), attr(line, "xMax")
		switch {
		case strings.Contains(line, "右揃え"):
			right = x1 * point
		case strings.Contains(line, "縮小"):
			wide = (x1 - x0) * point
		}
	}
	if right < 99 || right > 101 {
		t.Errorf("right end at %.2f mm, want 100", right)
	}
	if wide < 58 || wide > 60.5 {
		t.Errorf("shrunk to %.2f mm, want 60", wide)
	}
}

func attr(line, name string) (v float64) {
	_, rest, ok := strings.Cut(line, name+`="`)
	if !ok {
		return 0
	}
	for i, scale, frac := 0, 1.0, false; i < len(rest) && rest[i] != '"'; i++ {
		if rest[i] == '.' {
			frac = true
			continue
		}
		if frac {
			scale /= 10
			v += float64(rest[i]-'0') * scale
		} else {
			v = v*10 + float64(rest[i]-'0')
		}
	}
	return v
}

// A picture used on many pages is stored once.
func TestEqualPicturesAreStoredOnce(t *testing.T) {
	t.Parallel()
	m := bilevel.New(200, 40)
	for y := range 40 {
		m.Fill(y, 100+y, y)
	}
	path, _ := page(t, func(d *pdf.Doc) {
		for i := range 5 {
			d.Image(20, 20+float64(i)*20, 40, 8, m)
			if i > 2 {
				d.AddPage()
			}
		}
		d.Image(20, 200, 40, 8, m.Rotate(180))
		d.Image(20, 200, 40, 8, bilevel.New(0, 0))
	})
	listed := run(t, "pdfimages", "-list", path)
	ids := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSpace(listed), "\n") {
		if f := strings.Fields(line); i > 1 && len(f) > 10 {
			ids[f[10]] = true
		}
	}
	if len(ids) != 2 {
		t.Errorf("%d pictures stored, want 2:\n%s", len(ids), listed)
	}
}
