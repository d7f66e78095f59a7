package document_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"todoke/internal/needs"
	"todoke/order"
)

// Another spreadsheet program opens the workbook, and finds in it what the list says: what needs
// repair it would not convert, or convert to less.
func TestWorkbookOpensElsewhere(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("soffice"); err != nil && os.Getenv("NEEDS_ALL") == "" {
		t.Skip("LibreOffice is not installed")
	}
	needs.Programs(t, "soffice")
	p := sample(6)
	p.Profile = partner(order.EncodingUTF8)
	dir := t.TempDir()
	path := filepath.Join(dir, "list.xlsx")
	if err := os.WriteFile(path, renderXLSX(t, p), 0o600); err != nil {
		t.Fatal(err)
	}
	// 44, 34, 76, 1: comma, double quote, UTF-8, from the first row; -1: every sheet a file.
	cmd := exec.CommandContext(t.Context(), "soffice", "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--norestore",
		"--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", "--outdir", dir, path)
	cmd.Env = append(os.Environ(), "HOME="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "list-ピッキング.csv"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, o := range p.Orders {
		if n := strings.Count(text, o.Number.Grouped()); n != len(o.Lines) {
			t.Errorf("order %s stands %d times, has %d lines", o.Number, n, len(o.Lines))
		}
		for _, l := range o.Lines {
			if !strings.Contains(text, l.ItemCode) {
				t.Errorf("item %s lost its zeros", l.ItemCode)
			}
		}
	}
	if !strings.Contains(text, "指示番号,注文番号,出荷,行,商品コード") || !strings.Contains(text, "'=HYPERLINK") {
		t.Errorf("not the partner's sheet, or a formula:\n%s", text)
	}
	if _, err := os.Stat(filepath.Join(dir, "list-注文別.csv")); err != nil {
		t.Error(err)
	}
}
