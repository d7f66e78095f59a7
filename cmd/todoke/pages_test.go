package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"todoke/ingest/fax"
	"todoke/internal/bilevel"
)

func TestPagesWritesEveryPage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := bilevel.New(1728, 1146)
	for y := range m.H {
		m.Fill(100+y, 300+y, y)
	}
	write := func(name string, b bytes.Buffer, err error) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err == nil {
			err = os.WriteFile(path, b.Bytes(), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	var tiff, pdf, cut bytes.Buffer
	err := fax.EncodeTIFF(&tiff, []*bilevel.Image{m, m}, fax.Options{Coding: fax.CodingG3TwoD, XDPI: 204, YDPI: 98})
	a := write("fax.tif", tiff, err)
	err = fax.EncodePDF(&pdf, []*bilevel.Image{m}, fax.Options{XDPI: 204, YDPI: 98})
	b := write("fax.pdf", pdf, err)
	cut.WriteString("%PDF-1.4\nnothing more")
	c := write("cut.pdf", cut, nil)

	out := filepath.Join(dir, "pages")
	app, stdout, stderr := testApp(t, nil)
	if got := app.Main(t.Context(), []string{"pages", a, b, "-o", out}); got != exitOK {
		t.Fatalf("status %d: %s", got, stderr)
	}
	want := []pageLine{
		{File: a, Page: 1, PNG: "fax-001.png", Coding: "g3-2d"},
		{File: a, Page: 2, PNG: "fax-002.png", Coding: "g3-2d"},
		{File: b, Page: 1, PNG: "fax.pdf-001.png", Coding: "g4"},
	}
	dec := json.NewDecoder(stdout)
	for _, w := range want {
		var got pageLine
		if err := dec.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if got.File != w.File || got.Page != w.Page || got.Coding != w.Coding || got.PNG != filepath.Join(out, w.PNG) ||
			got.Width != 1728 || got.Height != 1146 || got.XDPI != 204 || got.YDPI != 98 || got.BadRows == nil || len(got.BadRows) > 0 {
			t.Errorf("line %+v, want %+v", got, w)
		}
		data, err := os.ReadFile(got.PNG)
		if err != nil {
			t.Fatal(err)
		}
		for p, err := range fax.Pages(data, fax.Limits{}) {
			if err != nil || !bytes.Equal(p.Image.Pix, m.Pix) {
				t.Errorf("%s does not hold the page (%v)", got.PNG, err)
			}
		}
	}
	if dec.More() {
		t.Error("more lines than pages")
	}

	app, stdout, _ = testApp(t, nil)
	if got := app.Main(t.Context(), []string{"pages", c, b, "-o", out}); got != exitFailure {
		t.Errorf("status %d for a file that cannot be decoded", got)
	}
	var first, second pageLine
	dec = json.NewDecoder(stdout)
	if err := dec.Decode(&first); err != nil || first.Error == "" || first.PNG != "" {
		t.Errorf("line %+v (%v), want an error", first, err)
	}
	if err := dec.Decode(&second); err != nil || second.Error != "" || second.Height != 1146 {
		t.Errorf("the file after a damaged one: %+v (%v)", second, err)
	}
}
