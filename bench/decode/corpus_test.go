package decode_test

import (
	"math"
	"strings"
	"testing"

	"todoke/bench/decode"
	"todoke/internal/bilevel"
	"todoke/internal/needs"
	"todoke/templates/form"
)

// page is the top of an order form, as a machine in standard resolution sends it.
func page(tb testing.TB, rows int) *bilevel.Image {
	tb.Helper()
	d, err := form.Order(form.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return form.Raster(d, 204, 98).Crop(0, 60, 1728, 60+rows)
}

// TestCorpus decodes every flavour to the pixels that went in, or says what is wrong.
func TestCorpus(t *testing.T) {
	t.Parallel()
	files := decode.Flavours(page(t, 300))
	exact, flagged := 0, 0
	for _, f := range files {
		got := decode.Ours(f.Data)
		switch {
		case got.Flagged != f.Flagged:
			var notes []string
			for _, p := range got.Pages {
				notes = append(notes, p.Note)
			}
			t.Errorf("%s: flagged %v, want %v: %d pages, %q", f.Name, got.Flagged, f.Flagged, len(got.Pages), notes)
		case got.Exact(f.Pages):
			exact++
		case !f.Flagged:
			t.Errorf("%s: other pixels than went in", f.Name)
		default:
			flagged++
		}
	}
	t.Logf("%d flavours: %d pixel for pixel, %d with bad rows, a note or an error", len(files), exact, flagged)
	if len(files) < 300 {
		t.Errorf("%d flavours only", len(files))
	}
}

// TestResolutionsAreUnderstood reads 204 × 98 dpi however wrongly it is stated.
func TestResolutionsAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, f := range decode.Flavours(page(t, 1146)) {
		if !strings.HasPrefix(f.Name, "resolution ") {
			continue
		}
		p := decode.Ours(f.Data).Pages[0]
		if math.Abs(p.XDPI-204) > 1.5 || math.Abs(p.YDPI-98) > 1.5 {
			t.Errorf("%s: %g × %g dpi", f.Name, p.XDPI, p.YDPI)
		}
	}
}

// TestCorpusAgainstLibtiff holds what the decoder promises beside libtiff: the same pixels, or
// more rows, or a report.
func TestCorpusAgainstLibtiff(t *testing.T) {
	t.Parallel()
	needs.Programs(t, "tiffcp")
	dir := t.TempDir()
	var sound, damaged decode.Tally
	for i, f := range decode.Flavours(page(t, 300)) {
		peer, err := decode.Libtiff(t.Context(), dir, f.Data)
		if err != nil {
			t.Fatal(err)
		}
		sound.Add(f.Name, f.Pages, decode.Ours(f.Data), peer)
		if !f.Plain {
			continue
		}
		kind := decode.Damages[i%len(decode.Damages)]
		data := decode.Damage(f, kind, uint64(i))
		if peer, err = decode.Libtiff(t.Context(), dir, data); err != nil {
			t.Fatal(err)
		}
		damaged.Add(f.Name+", "+kind, f.Pages, decode.Ours(data), peer)
	}
	t.Logf("whole: %+v", sound)
	t.Logf("damaged: %+v", damaged)
	for _, tally := range []decode.Tally{sound, damaged} {
		if tally.Unflagged > 0 || tally.Blank > 0 || tally.RightRows < tally.LibtiffRight {
			t.Errorf("silent differences: %q; %d silent blank pages; %d rows right, libtiff's %d", tally.UnflaggedSample, tally.Blank, tally.RightRows, tally.LibtiffRight)
		}
	}
}
