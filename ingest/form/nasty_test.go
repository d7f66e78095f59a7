package form_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"todoke/ingest/fax"
	"todoke/ingest/form"
	"todoke/order"
	printed "todoke/templates/form"
)

// readNasty reads a page of testdata/nasty.
func readNasty(t *testing.T, b *bench, name string) order.Draft {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(nastyDir, name+".tif"))
	if err != nil {
		t.Fatal(err)
	}
	for p, err := range fax.Pages(data, fax.Limits{}) {
		if err != nil {
			t.Fatal(err)
		}
		return form.Read(form.Page{Image: p.Image, XDPI: p.XDPI, YDPI: p.YDPI, BadRows: p.BadRows}, b.know)
	}
	t.Fatal("no page")
	return order.Draft{}
}

// TestNastyPages: what people do on forms is read right where that is certain, and is a person's
// with a plain reason where it is not; nothing wrong is ever taken.
func TestNastyPages(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	truths, err := filepath.Glob(filepath.Join(nastyDir, "*.json"))
	if err != nil || len(truths) < 15 {
		t.Fatalf("%d nasty cases: %v", len(truths), err)
	}
	for _, file := range truths {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var truth nastyTruth
		if err := json.Unmarshal(data, &truth); err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"fine", "standard"} {
			name := strings.TrimSuffix(filepath.Base(file), ".json") + "-" + line
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				d := readNasty(t, b, name)
				for _, f := range d.Fields {
					want := truth.Text[f.Name]
					def := b.form.Layout.Field(f.Name)
					if def.Kind == printed.FieldImage {
						continue
					}
					switch {
					case f.Decision == order.DecisionAccept && f.Text != want:
						t.Errorf("%s accepted as %q, written %q (%.5f %v)", f.Name, f.Text, want, f.Confidence, f.Evidence)
					case f.Decision == order.DecisionBlank && want != "":
						t.Errorf("%s taken for blank, written %q", f.Name, want)
					case f.Decision == order.DecisionReview && len(f.Reasons) == 0:
						t.Errorf("%s is in review without a reason", f.Name)
					}
				}
				for _, name := range truth.Accept {
					if f := d.Field(name); f == nil || f.Decision != order.DecisionAccept {
						t.Errorf("%s is not accepted: %+v", name, f)
					}
				}
				for name, reason := range truth.Review {
					f := d.Field(name)
					if f == nil || f.Decision != order.DecisionReview || !slices.ContainsFunc(f.Reasons, func(s string) bool { return strings.Contains(s, reason) }) {
						t.Errorf("%s is not in review for %q: %+v", name, reason, f)
					}
				}
				for name, text := range truth.Offer {
					if f := d.Field(name); f == nil || f.Text != text {
						t.Errorf("%s does not offer %q: %+v", name, text, f)
					}
				}
				if len(truth.Review) > 0 && d.Decision != order.DecisionReview {
					t.Errorf("the page is %s", d.Decision)
				}
			})
		}
	}
}

// TestSameOrderWithOneQuantityChanged: a resend and a correction are told apart by what is read
// (FAX-5), so that changed quantity must be read, and nothing else may differ.
func TestSameOrderWithOneQuantityChanged(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	for _, line := range []string{"fine", "standard"} {
		once, again := readNasty(t, b, "order-once-"+line), readNasty(t, b, "order-again-"+line)
		var differ []string
		for i, f := range once.Fields {
			if g := again.Fields[i]; f.Text != g.Text || f.Decision != g.Decision {
				differ = append(differ, f.Name)
			}
		}
		if !slices.Equal(differ, []string{"lines[2].quantity", "total_quantity"}) {
			t.Errorf("%s: %v differ", line, differ)
		}
		if f, g := once.Field("lines[2].quantity"), again.Field("lines[2].quantity"); f.Text != "4" || g.Text != "6" {
			t.Errorf("%s: quantities %q and %q, want 4 and 6", line, f.Text, g.Text)
		}
	}
}
