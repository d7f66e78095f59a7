package main

import (
	"bytes"
	"encoding/json"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/fax"
	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/templates/form"
)

// faxedOrder writes a TIFF of a filled form and an empty sheet.
func faxedOrder(t *testing.T, customer string) string {
	t.Helper()
	d, err := form.Order(form.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(4, 99))
	p := &lab.Paper{Image: form.Raster(d, lab.PaperDPI, lab.PaperDPI)}
	lab.Fill(p, &d.Layout, lab.Sheet{Customer: customer, Lines: []lab.SheetLine{{Code: order.WithCheckDigit("123456"), Quantity: "12"}}}, lab.NewWriter(r), lab.Mess{}, r)
	line := lab.Line{XDPI: 204, YDPI: 196, WidthPx: 1728}
	var b bytes.Buffer
	if err := fax.EncodeTIFF(&b, []*bilevel.Image{line.Send(p, r), bilevel.New(1728, 2292)}, fax.Options{XDPI: 204, YDPI: 196}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "a.tif")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestReadJSON holds `todoke read --json` to the shape that others script against.
func TestReadJSON(t *testing.T) {
	t.Parallel()
	customer := order.WithCheckDigit("1000234")
	name := faxedOrder(t, customer)
	app, stdout, stderr := testApp(t, nil)
	if status := app.Main(t.Context(), []string{"read", name, "--json"}); status != exitOK {
		t.Fatalf("status %d: %s", status, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines for two pages", len(lines))
	}
	var page struct {
		File        *string   `json:"file"`
		Page        int       `json:"page"`
		Form        string    `json:"form"`
		FormVersion int       `json:"form_version"`
		Decision    string    `json:"decision"`
		Reasons     *[]string `json:"reasons"`
		Geometry    *struct {
			XDPI     float64 `json:"x_dpi"`
			YDPI     float64 `json:"y_dpi"`
			Rotation *int    `json:"rotation"`
			Residual float64 `json:"residual_mm"`
		} `json:"geometry"`
		CPU    *float64 `json:"cpu_ms"`
		Fields []struct {
			Name       string   `json:"name"`
			Text       *string  `json:"text"`
			Confidence float64  `json:"confidence"`
			Decision   string   `json:"decision"`
			Evidence   []string `json:"evidence"`
			Cells      []struct {
				Text          *string `json:"text"`
				Confidence, X float64
				Y, W, H       float64
			} `json:"cells"`
		} `json:"fields"`
	}
	if err := json.Unmarshal([]byte(lines[0]), &page); err != nil {
		t.Fatal(err)
	}
	if page.File == nil || *page.File != name || page.Page != 1 || page.Form != "order" || page.FormVersion != 1 || page.Reasons == nil || page.CPU == nil {
		t.Errorf("page: %s", lines[0][:200])
	}
	if g := page.Geometry; g == nil || g.XDPI != 204 || g.YDPI != 196 || g.Rotation == nil || *g.Rotation != 0 || g.Residual > .2 {
		t.Errorf("geometry: %+v", g)
	}
	f := page.Fields[0]
	if f.Name != "customer_code" || *f.Text != customer || f.Decision != "accept" || f.Confidence < .99 || len(f.Evidence) == 0 ||
		len(f.Cells) != 8 || *f.Cells[0].Text != "1" || f.Cells[0].W != 5 || f.Cells[0].H != 7 || f.Cells[0].X == 0 {
		t.Errorf("customer code: %+v", f)
	}
	if !strings.Contains(lines[1], `"decision":"blank"`) || !strings.Contains(lines[1], `"page":2`) {
		t.Errorf("empty page: %s", lines[1])
	}

	// What the reader saw, a picture a page.
	saw := filepath.Join(t.TempDir(), "saw.png")
	app, _, stderr = testApp(t, nil)
	if status := app.Main(t.Context(), []string{"read", name, "--overlay", saw}); status != exitOK {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for i, want := range []string{"saw-1.png", "saw-2.png"} {
		f, err := os.Open(filepath.Join(filepath.Dir(saw), want))
		if err != nil {
			t.Fatal(err)
		}
		if c, err := png.DecodeConfig(f); err != nil || c.Width < 2000 || c.Height < 2000 {
			t.Errorf("picture %d: %+v, %v", i+1, c, err)
		}
		_ = f.Close()
	}
	if _, err := os.Stat(saw); err == nil {
		t.Error("two pages share one picture")
	}

	// For a person, and against masters in which the codes do not stand.
	dir := t.TempDir()
	app, _, stderr = testApp(t, nil)
	if status := app.Main(t.Context(), []string{"sample", dir}); status != exitOK {
		t.Fatalf("sample: %s", stderr)
	}
	app, stdout, stderr = testApp(t, nil)
	if status := app.Main(t.Context(), []string{"read", name, "--items", filepath.Join(dir, "items.csv"), "--customers", filepath.Join(dir, "customers.csv")}); status != exitOK {
		t.Fatalf("status %d: %s", status, stderr)
	}
	if !strings.Contains(stdout.String(), "page 1: for a person") || !strings.Contains(stdout.String(), "no such code in the master") {
		t.Errorf("against masters: %s", stdout)
	}
}

func TestReadWhatIsNoFax(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "note.txt")
	if err := os.WriteFile(name, []byte("これはファクスではありません"), 0o600); err != nil {
		t.Fatal(err)
	}
	app, _, stderr := testApp(t, nil)
	if status := app.Main(t.Context(), []string{"read", name, "--json"}); status != exitFailure || stderr.Len() == 0 {
		t.Errorf("status %d, %q", status, stderr)
	}
}

func TestBenchFaxPrintsItsSampleSizes(t *testing.T) {
	t.Parallel()
	app, stdout, stderr := testApp(t, nil)
	if status := app.Main(t.Context(), []string{"bench", "fax", "-n", "1", "--condition", "fine", "--condition", "standard"}); status != exitOK {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, want := range []string{"fine", "standard", "all", "item_code", "pages a second", "drawn ", "reliability"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in %s", want, stdout)
		}
	}
}
