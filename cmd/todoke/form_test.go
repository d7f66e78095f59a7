package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"todoke/internal/needs"
	"todoke/order"
	"todoke/store/storetest"
	"todoke/templates/form"
)

func TestFormLayoutAsJSON(t *testing.T) {
	t.Parallel()
	app, stdout, stderr := testApp(t, nil)
	if got := app.Main(t.Context(), []string{"form", "layout", "order", "--json"}); got != exitOK {
		t.Fatalf("status %d: %s", got, stderr)
	}
	var l form.Layout
	if err := json.Unmarshal(stdout.Bytes(), &l); err != nil {
		t.Fatal(err)
	}
	if l.Form != form.KindOrder || l.Version != 1 || l.Page.WidthMM != 210 {
		t.Errorf("layout of %q version %d, %g mm wide", l.Form, l.Version, l.Page.WidthMM)
	}
	for name, cells := range map[string]int{
		"customer_code": 8, "ship_to": 3, "delivery_month": 2, "delivery_day": 2, "lines[1].item_code": 7, "lines[12].quantity": 4, "lines[12].comment": 1,
		"total_quantity": 5, "stockout.backorder": 1, "stockout.cancel": 1,
	} {
		if f := l.Field(name); f == nil || len(f.Cells) != cells {
			t.Errorf("field %s: %+v, want %d cells", name, f, cells)
		}
	}
	if l.Field("lines[13].item_code") != nil {
		t.Error("there is a line 13")
	}
}

func TestFormPrintWritesPDF(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "form.pdf")
	app, _, stderr := testApp(t, nil)
	if got := app.Main(t.Context(), []string{"form", "print", "order", "-o", path}); got != exitOK {
		t.Fatalf("status %d: %s", got, stderr)
	}
	b, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(b, []byte("%PDF-")) {
		t.Errorf("no PDF: %v %.20q", err, b)
	}
}

// A personal form carries what the masters know of the customer.
func TestFormPrintOfACustomer(t *testing.T) {
	t.Parallel()
	dsn := storetest.DSN(t)
	st, _ := storetest.Open(t, dsn)
	storetest.Shop(t, st)
	dir := t.TempDir()
	path := filepath.Join(dir, "form.pdf")
	app, _, stderr := testApp(t, nil)
	if got := app.Main(t.Context(), []string{"--data", dir, "--database-url", dsn, "form", "print", "order", "--customer", storetest.Code(storetest.Tokyo), "-o", path}); got != exitOK {
		t.Fatalf("status %d: %s", got, stderr)
	}
	needs.Programs(t, "pdftotext")
	text, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"あおば商事株式会社", "総務部", "03-1234-5678", "101 " + storetest.Code(storetest.Tokyo), "ご登録のご住所へは、17:00 までに届いた"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the form does not say %q", want)
		}
	}
	if strings.Contains(string(text), "品名") {
		t.Error("items are named although nothing was ordered yet")
	}
	app, _, stderr = testApp(t, nil)
	if got := app.Main(t.Context(), []string{"--data", dir, "--database-url", dsn, "form", "print", "order", "--customer", "99999999", "-o", path}); got == exitOK || !strings.Contains(stderr.String(), "no customer") {
		t.Errorf("an unknown customer: status %d, %s", got, stderr)
	}
}

// A personal form names the items that were asked for, or those that the department ordered.
func TestFormNamesUsualItems(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	app, _, stderr := testApp(t, nil)
	if got := app.Main(t.Context(), []string{"sample", dir}); got != exitOK {
		t.Fatalf("status %d: %s", got, stderr)
	}
	names := filepath.Join(dir, "items.csv")
	text := formText(t, "--customer", "10002345", "--company", "株式会社みなと設計事務所", "--names", names, "--items", "1010013,1010045")
	for _, want := range []string{"油性ボールペン エコノミー 0.38mm 黒 5本組（組）", "101 10002345 02", "数量だけをご記入ください"} {
		if !strings.Contains(text, want) {
			t.Errorf("the form does not say %q", want)
		}
	}
	for _, args := range [][]string{{"--items", "1010013"}, {"--customer", "10002345", "--company", "みなと", "--items", "9999999"}} {
		app, _, stderr := testApp(t, nil)
		args = append([]string{"form", "print", "order", "-o", "-", "--names", names}, args...)
		if got := app.Main(t.Context(), args); got == exitOK || !strings.Contains(stderr.String(), "item") {
			t.Errorf("%v: status %d, %s", args, got, stderr)
		}
	}
}

// More items than a sheet names make several sheets in one PDF, and reading tells which each is.
func TestFormOfSeveralSheets(t *testing.T) {
	t.Parallel()
	needs.Programs(t, "pdftotext")
	dir := t.TempDir()
	path := filepath.Join(dir, "form.pdf")
	var items strings.Builder
	items.WriteString("code,name,name_kana,unit,order_multiple,list_price_yen,tax_rate,class,category,returnable,no_saturday,eco_marks,successor_code\n")
	var codes []string
	for i := range 20 {
		codes = append(codes, order.WithCheckDigit(fmt.Sprintf("10%04d", i)))
		fmt.Fprintf(&items, "%s,クリップ %d号,クリップ,箱,1,100,10,normal,文具,yes,no,,\n", codes[i], i+1)
	}
	names := filepath.Join(dir, "items.csv")
	if err := os.WriteFile(names, []byte(items.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		app, stdout, stderr := testApp(t, nil)
		if got := app.Main(t.Context(), args); got != exitOK {
			t.Fatalf("%v: status %d: %s", args, got, stderr)
		}
		return stdout.String()
	}
	run("form", "print", "order", "--customer", order.WithCheckDigit("1000234"), "--company", "株式会社みなと", "--names", names, "--items", strings.Join(codes, ","), "-o", path)
	text, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	pages := strings.Split(strings.TrimSuffix(string(text), "\f"), "\f")
	if len(pages) != 3 {
		t.Fatalf("%d pages", len(pages))
	}
	for i, p := range pages {
		for _, want := range []string{fmt.Sprintf("%d／3枚目", i+1), "この用紙の合計数量", fmt.Sprintf("クリップ %d号", 9*i+1)} {
			if !strings.Contains(p, want) {
				t.Errorf("page %d does not say %q", i+1, want)
			}
		}
	}
	if lines := strings.Split(strings.TrimSpace(run("read", "--json", path)), "\n"); len(lines) != 3 || !strings.Contains(lines[1], `"sheet":2,"sheets":3`) {
		t.Errorf("read as %.300s", lines)
	}
	if text := run("read", path); !strings.Contains(text, "(order form, version 1, sheet 3 of 3)") {
		t.Errorf("read as %s", text)
	}
}

// formText prints an order form with the arguments and reads what it says.
func formText(t *testing.T, args ...string) string {
	t.Helper()
	needs.Programs(t, "pdftotext")
	path := filepath.Join(t.TempDir(), "form.pdf")
	app, _, stderr := testApp(t, nil)
	if got := app.Main(t.Context(), append([]string{"form", "print", "order", "-o", path}, args...)); got != exitOK {
		t.Fatalf("status %d: %s", got, stderr)
	}
	text, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The shop that the settings name receives the form, not the sample's.
func TestFormIsTheShopsOwn(t *testing.T) {
	t.Parallel()
	text := formText(t, "--set", "shop_name=みなと文具通販", "--set", "desk_name=受注係", "--set", "shop_fax=0450123456")
	for _, want := range []string{"みなと文具通販", "受注係 行", "045-012-3456", "本州へは、17:00 までに届いた"} {
		if !strings.Contains(text, want) {
			t.Errorf("the form does not say %q", want)
		}
	}
	for _, sample := range []string{form.SampleShop.Name, form.SampleShop.Desk, form.SampleShop.Fax} {
		if strings.Contains(text, sample) {
			t.Errorf("the form says %q", sample)
		}
	}
}

// A personal form promises what the shop's region table says of where the customer is.
func TestFormPromisesTheCustomersRegion(t *testing.T) {
	t.Parallel()
	dsn := storetest.DSN(t)
	st, _ := storetest.Open(t, dsn)
	storetest.Shop(t, st)
	const north = "20000018"
	if err := st.Import(t.Context(), order.Masters{
		Customers: []order.Department{{
			Code: north, Name: "札幌支店", CompanyCode: "C1", CompanyName: "あおば商事株式会社", DealerCode: "D1", Fax: "0110574501",
			PostalCode: "0600001", Prefecture: "北海道", Address: "札幌市中央区", Stockout: order.StockoutCancel, Payment: order.PaymentInvoice,
		}},
		Regions: []order.Region{
			{Code: "north", Prefectures: []string{"北海道"}, CutoffFax: order.Clock{Hour: 14, Minute: 30}, CutoffWeb: order.Clock{Hour: 15}, CutoffTruck: order.Clock{Hour: 11}, LeadDays: 1},
			{Code: "rest", Prefectures: order.Prefectures()[1:], CutoffFax: order.Clock{Hour: 16}, CutoffWeb: order.Clock{Hour: 17}, CutoffTruck: order.Clock{Hour: 13}},
		},
	}); err != nil {
		t.Fatal(err)
	}
	text := formText(t, "--data", t.TempDir(), "--database-url", dsn, "--customer", north)
	for _, want := range []string{"14:30 までに届いたご注文は当日受付、翌々営業日に", "11:00 までの受付で3営業日後のお届けです。", "（011-057-4501）"} {
		if !strings.Contains(text, want) {
			t.Errorf("the form does not say %q", want)
		}
	}
	if strings.Contains(text, "17:00") || strings.Contains(text, "本州") {
		t.Error("the form promises what holds elsewhere")
	}
}

func TestFormRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		err  string
	}{
		{[]string{"form", "layout", "menu", "--json"}, `there is no form "menu"`},
		{[]string{"form", "layout", "order", "--form-version", "9"}, "in version 9"},
		{[]string{"form", "print", "menu", "-o", "-"}, `there is no form "menu"`},
		{[]string{"form", "print", "order", "--customer", "12", "--company", "株式会社みなと", "-o", "-"}, "must be 8 digits"},
	} {
		app, stdout, stderr := testApp(t, nil)
		if got := app.Main(t.Context(), tt.args); got == exitOK {
			t.Errorf("%v succeeds", tt.args)
		}
		if !strings.Contains(stderr.String(), tt.err) || stdout.Len() > 0 {
			t.Errorf("%v: stderr %q, want %q; stdout %d bytes", tt.args, stderr, tt.err, stdout.Len())
		}
	}
}
