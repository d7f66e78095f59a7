package main

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"todoke/internal/needs"
	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
	"todoke/templates/form"
)

// RET-3: the return request forms of an order are printed again with the lines that they came with,
// and their layout told as it was printed, whatever became of the order; without an order a blank one.
func TestReturnFormCommands(t *testing.T) {
	t.Parallel()
	needs.Programs(t, "pdftotext")
	url := st.DSN(t)
	s, clock := st.Open(t, url)
	st.Shop(t, s)
	var o order.Order
	var id int64
	if err := s.InTx(t.Context(), func(tx *store.Tx) error {
		accepted, err := tx.Accept(t.Context(), st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 7), clock.Now())
		if err != nil {
			return err
		}
		o = accepted
		if _, err := tx.AllocateBatch(t.Context(), 10, false, clock.Now()); err != nil {
			return err
		}
		ids, err := tx.ReleaseWave(t.Context(), clock.Now())
		if err != nil {
			return err
		}
		id = ids[0]
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	list, err := s.GetPickList(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.IssuePickList(t.Context(), list, []store.NewIssue{{Format: "pdf", FileName: "slips.pdf", Key: strings.Repeat("0", 64), SizeBytes: 1, Forms: returnForms(t, o)}}, clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	number := o.Number.Grouped()
	text := func(args ...string) string {
		path := filepath.Join(t.TempDir(), "form.pdf")
		if status, _, stderr := run(t, url, append([]string{"form", "print", "return", "-o", path}, args...)...); status != exitOK {
			t.Fatalf("%d %s", status, stderr)
		}
		out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", path, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	pages := strings.Split(strings.TrimSuffix(text("--order", number), "\f"), "\f")
	if len(pages) != 2 {
		t.Fatalf("%d pages", len(pages))
	}
	for i, want := range []string{"1／2枚目", "2／2枚目"} {
		for _, want := range []string{want, number, "あおば商事株式会社 総務部", "返品依頼書"} {
			if !strings.Contains(pages[i], want) {
				t.Errorf("page %d does not say %q", i+1, want)
			}
		}
	}
	if !strings.Contains(pages[1], "ボールペン 14号") || strings.Contains(pages[1], "ボールペン 12号") {
		t.Error(pages[1])
	}
	if blank := text(); strings.Contains(blank, number) || !strings.Contains(blank, "返品依頼書") {
		t.Error(blank)
	}
	status, stdout, stderr := run(t, url, "form", "layout", "return", "--order", number, "--json")
	layouts := strings.Split(strings.TrimSpace(stdout), "\n")
	var l form.Layout
	if status != exitOK || len(layouts) != 2 || json.Unmarshal([]byte(layouts[0]), &l) != nil || l.Form != form.KindReturn || l.Field("lines[12].reason.defective") == nil {
		t.Errorf("%d %s%.300s", status, stderr, stdout)
	}
	if status, stdout, _ := run(t, url, "form", "layout", "return"); status != exitOK || !strings.Contains(stdout, "wish.replacement") {
		t.Errorf("%d %s", status, stdout)
	}
	for arg, want := range map[string]string{"123": "order number", order.NumberOf(199_999_999).Grouped(): "no order"} {
		if status, _, stderr := run(t, url, "form", "print", "return", "--order", arg, "-o", "-"); status == exitOK || !strings.Contains(stderr, want) {
			t.Errorf("%s: %d %s", arg, status, stderr)
		}
	}
}

// returnForms are those of a shipment of 14 lines, as kept.
func returnForms(t *testing.T, o order.Order) (out []store.PrintedForm) {
	t.Helper()
	var lines []form.ReturnLine
	for i := range 14 {
		lines = append(lines, form.ReturnLine{LineNo: i + 1, ItemCode: st.Code(st.Pen), Name: "ボールペン " + string(rune('0'+(i+1)/10)) + string(rune('0'+(i+1)%10)) + "号", Unit: "箱", Qty: 7, Returnable: true})
	}
	sheets, err := form.ReturnSheets(form.ReturnOptions{Order: o.Number, Shipment: 1, Lines: lines})
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range sheets {
		layout, err := json.Marshal(d.Layout)
		if err != nil {
			t.Fatal(err)
		}
		on, err := json.Marshal(lines[:d.Identity.Rows])
		if err != nil {
			t.Fatal(err)
		}
		lines = lines[d.Identity.Rows:]
		out = append(out, store.PrintedForm{Kind: string(form.KindReturn), Version: 1, OrderID: o.ID, ShipmentNo: 1, Sheet: i + 1, Sheets: len(sheets), Lines: on, Layout: string(layout), Page: i + 1})
	}
	return out
}
