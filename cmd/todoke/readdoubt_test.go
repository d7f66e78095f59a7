package main

import (
	"bytes"
	le "encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/fax"
	"todoke/internal/bilevel"
	"todoke/order"
	printed "todoke/templates/form"
)

// TestReadGoesOnWithoutItsOverlay: a picture that cannot be written costs no page.
func TestReadGoesOnWithoutItsOverlay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "blank.png")
	var b bytes.Buffer
	if err := bilevel.New(1728, 2292).EncodePNG(&b, 204, 196); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	app, stdout, stderr := testApp(t, nil)
	status := app.Main(t.Context(), []string{"read", file, file, file, "--json", "--overlay", filepath.Join(dir, "nowhere", "o.png")})
	if lines := strings.Count(stdout.String(), "\n"); status == exitOK || lines != 3 || !strings.Contains(stderr.String(), "write overlay") {
		t.Errorf("status %d, %d pages: %s", status, lines, stderr)
	}
}

// TestReadTellsWhatWasLeftOut: a file that was cut off before its directory may have had more
// pages. The page that is left reads well, and is still not accepted.
func TestReadTellsWhatWasLeftOut(t *testing.T) {
	t.Parallel()
	d, err := printed.Order(printed.Options{CustomerCode: order.WithCheckDigit("1000234"), Items: []printed.Item{{Code: order.WithCheckDigit("100001"), Name: "コピー用紙 A4"}}})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(4, 99))
	p := (&lab.Paper{Image: printed.Raster(d, lab.PaperDPI, lab.PaperDPI)}).Clone()
	lab.Fill(p, &d.Layout, lab.Sheet{Lines: []lab.SheetLine{{Row: 1, Quantity: "3"}}, Total: "3"}, lab.NewWriter(r), lab.Mess{}, r)
	page := lab.Line{XDPI: 204, YDPI: 196, WidthPx: 1728, BlurMM: .02, Noise: .05}.Send(p, r)
	var whole bytes.Buffer
	if err := fax.EncodeTIFF(&whole, []*bilevel.Image{page}, fax.Options{XDPI: 204, YDPI: 196}); err != nil {
		t.Fatal(err)
	}
	directory := le.LittleEndian.Uint32(whole.Bytes()[4:])
	for name, c := range map[string]struct {
		data []byte
		want order.Decision
	}{
		"whole":   {whole.Bytes(), order.DecisionAccept},
		"cut off": {whole.Bytes()[:directory], order.DecisionReview},
	} {
		file := filepath.Join(t.TempDir(), "page.tif")
		if err := os.WriteFile(file, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		app, stdout, stderr := testApp(t, nil)
		if status := app.Main(t.Context(), []string{"read", file, "--json"}); status != exitOK {
			t.Fatalf("%s: status %d: %s", name, status, stderr)
		}
		var line order.Draft
		if err := json.Unmarshal(stdout.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.Decision != c.want || (c.want == order.DecisionReview) != strings.Contains(strings.Join(line.Reasons, "; "), "directory") {
			t.Errorf("%s: %s %v", name, line.Decision, line.Reasons)
		}
	}
}
