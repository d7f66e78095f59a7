package main

import (
	"encoding/json"
	"path/filepath"
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
