package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"todoke/order"
)

// TestReadOurOwnPDF reads the form as it is printed, which a customer may type into and send back.
func TestReadOurOwnPDF(t *testing.T) {
	t.Parallel()
	customer := order.WithCheckDigit("1000234")
	name := filepath.Join(t.TempDir(), "form.pdf")
	app, _, stderr := testApp(t, nil)
	if status := app.Main(t.Context(), []string{"form", "print", "order", "--customer", customer, "--company", "株式会社みどり文具", "-o", name}); status != exitOK {
		t.Fatalf("status %d: %s", status, stderr)
	}
	app, stdout, stderr := testApp(t, nil)
	if status := app.Main(t.Context(), []string{"read", name, "--json"}); status != exitOK {
		t.Fatalf("status %d: %s", status, stderr)
	}
	var page struct {
		Form     string   `json:"form"`
		Reasons  []string `json:"reasons"`
		Geometry struct {
			Residual float64 `json:"residual_mm"`
		} `json:"geometry"`
		Fields []struct {
			Name  string `json:"name"`
			Text  string `json:"text"`
			Cells []struct {
				Text string `json:"text"`
			} `json:"cells"`
		} `json:"fields"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &page); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if page.Form != "order" || page.Geometry.Residual > 0.05 || !strings.Contains(strings.Join(page.Reasons, "; "), "nothing is filled in") {
		t.Errorf("form %q, residual %g mm, reasons %v", page.Form, page.Geometry.Residual, page.Reasons)
	}
	for _, f := range page.Fields {
		if f.Name == "customer_code" {
			if f.Text != customer {
				t.Errorf("customer %q, want %q", f.Text, customer)
			}
			continue
		}
		for _, c := range f.Cells {
			if c.Text != "" {
				t.Errorf("%s: %q is read in an empty box", f.Name, c.Text)
			}
		}
	}
}

// TestReadSaysWhatIsMissing reads a page that shows nothing, because the file lacks a part of it.
func TestReadSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "page.pdf")
	file := "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Count 1/Kids[3 0 R]>>\nendobj\n" +
		"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>>>\nendobj\n" +
		"4 0 obj\n<</Length 9>>\nstream\n/Order Do\nendstream\nendobj\ntrailer\n<</Root 1 0 R/Size 5>>\n"
	if err := os.WriteFile(name, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	app, stdout, stderr := testApp(t, nil)
	if status := app.Main(t.Context(), []string{"read", name, "--json"}); status != exitOK {
		t.Fatalf("status %d: %s", status, stderr)
	}
	var page struct {
		Decision order.Decision `json:"decision"`
		Reasons  []string       `json:"reasons"`
		Note     string         `json:"note"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &page); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if page.Decision != order.DecisionUnreadable || !strings.Contains(page.Note, "missing") || !slices.Contains(page.Reasons, page.Note) {
		t.Errorf("%s, reasons %q, note %q", page.Decision, page.Reasons, page.Note)
	}
}
