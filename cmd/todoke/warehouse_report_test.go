package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
	"todoke/worker"
)

// TestWarehouseReports: a result, an acknowledgement and a count by hand, wrong, right, twice, and
// what waits for a person settled (WHS-2).
func TestWarehouseReports(t *testing.T) {
	t.Parallel()
	url := st.DSN(t)
	s, clock := st.Open(t, url)
	st.Shop(t, s)
	var p store.PickList
	var o order.Order
	err := s.InTx(t.Context(), func(tx *store.Tx) (err error) {
		now := clock.Now()
		if o, err = tx.Accept(t.Context(), st.Request(order.ChannelFax, now, st.Tokyo, st.Pen, 7), now); err != nil {
			return err
		}
		if _, err := tx.AllocateBatch(t.Context(), 10, false, now); err != nil {
			return err
		}
		ids, err := tx.ReleaseWave(t.Context(), now)
		if err == nil {
			p.ID = ids[0]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if p, err = s.GetPickList(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.IssuePickList(t.Context(), p, []store.NewIssue{{Format: "pdf", FileName: "list.pdf", Key: strings.Repeat("0", 64), SizeBytes: 1}}, clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	type call struct {
		command, name, text string
		status              int
		says                string
	}
	row := func(qty string) string {
		return "注文番号,行,出荷数,送り状番号\n" + o.Number.Grouped() + ",1," + qty + ",4012-3456-7890\n"
	}
	for _, c := range []call{
		{"result", "ack.csv", "リスト番号\n" + p.Number.Grouped() + "\n", exitOK, "1 list(s) acknowledged, 1 of them for the first time"},
		{"result", "jisseki.csv", row("8"), exitFailure, "line 2, column 3 (出荷数): more than is on the list: 1 too many"},
		{"result", "jisseki.csv", row("8"), exitFailure, "1 too many"}, // read again, refused again
		{"result", "jisseki2.csv", row("7"), exitOK, "7 shipped, 0 short, of 1 order(s); 1 of them have nothing more to come, 1 list(s) are done"},
		{"result", "jisseki2.csv", row("7"), exitOK, "was applied before"},
		{"result", "jisseki3.csv", row("7") + "\n", exitOK, "1 row(s) were told before and change nothing"},
		{"count", "tana.csv", "商品コード,在庫数\n" + st.Code(st.Pen) + ",90\n", exitOK, "of 1 item(s) 1 set"},
		{"count", "tana2.csv", "商品コード,在庫数\nnone,90\n", exitFailure, "line 2, column 1 (商品コード): there is no item"},
	} {
		status, stdout, stderr := run(t, url, "warehouse", c.command, file(c.name, c.text), "--warehouse", st.East, "--by", "倉田")
		if status != c.status || !strings.Contains(stdout+stderr, c.says) {
			t.Errorf("%s %s: %d %s%s lacks %q", c.command, c.name, status, stdout, stderr, c.says)
		}
		if strings.Contains(stderr, "(WHS-2) (WHS-2)") {
			t.Errorf("%s %s: the rule stands twice: %s", c.command, c.name, stderr)
		}
	}
	for _, command := range []string{"show", "explain"} {
		want := "shipment 1 left " + st.East + " on 2026-11-24, tracking number 4012-3456-7890, not delivered yet"
		if status, stdout, stderr := run(t, url, "order", command, string(o.Number)); status != exitOK || !strings.Contains(stdout, want) {
			t.Errorf("order %s: %d %s%s lacks %q", command, status, stdout, stderr, want)
		}
	}
	if got, err := s.GetOrder(t.Context(), o.Number); err != nil || got.State != order.StateShipped {
		t.Error(got.State, err)
	}
	if levels, err := s.Stock(t.Context(), st.East, st.Code(st.Pen)); err != nil || levels[0].OnHandQty != 90 || levels[0].ReservedQty != 0 {
		t.Errorf("%+v %v", levels, err)
	}

	// Of a count below what is promised, a person decides.
	if err := s.InTx(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Accept(t.Context(), st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 20), clock.Now()); err != nil {
			return err
		}
		_, err := tx.AllocateBatch(t.Context(), 10, false, clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := run(t, url, "warehouse", "count", file("low.csv", "商品コード,在庫数\n"+st.Code(st.Pen)+",5\n"), "--warehouse", st.East, "--by", "倉田")
	if status != exitOK || !strings.Contains(stdout, "15 fewer than orders were promised: decide with todoke warehouse decide ") {
		t.Fatalf("%d %s%s", status, stdout, stderr)
	}
	waiting, err := s.PartnerFiles(t.Context(), st.East, store.PartnerFileAsks, 10)
	if err != nil || len(waiting) != 1 {
		t.Fatal(waiting, err)
	}
	if status, stdout, _ := run(t, url, "warehouse", "files", "--state", "asks"); status != exitOK || !strings.Contains(stdout, "low.csv") {
		t.Errorf("%d %s", status, stdout)
	}
	id := strings.TrimSpace(strings.Split(strings.Split(stdout, "warehouse decide ")[1], "\n")[0])
	if status, _, stderr := run(t, url, "warehouse", "decide", id, "--note", "電話で確認", "--by", "倉田"); status == exitOK || !strings.Contains(stderr, "--keep or --leave") {
		t.Errorf("%d %s", status, stderr)
	}
	if status, stdout, stderr := run(t, url, "warehouse", "decide", id, "--keep", "--note", "電話で確認", "--by", "倉田"); status != exitOK || !strings.Contains(stdout, "1 order(s) lost something") {
		t.Errorf("%d %s%s", status, stdout, stderr)
	}
	if status, _, stderr := run(t, url, "warehouse", "decide", id, "--keep", "--note", "もう一度", "--by", "倉田"); status != exitFailure {
		t.Errorf("decided twice: %d %s", status, stderr)
	}
	// Five stay where they were promised, the others are found elsewhere (STK-2).
	if levels, err := s.Stock(t.Context(), st.East, st.Code(st.Pen)); err != nil || levels[0].OnHandQty != 5 || levels[0].ReservedQty > 5 {
		t.Errorf("%+v %v", levels, err)
	}

	// A refused file that a person dealt with waits no more.
	refused, err := s.PartnerFiles(t.Context(), st.East, store.PartnerFileRefused, 10)
	if err != nil || len(refused) != 2 {
		t.Fatal(refused, err)
	}
	number := strconv.FormatInt(refused[1].ID, 10)
	if status, stdout, stderr := run(t, url, "ledger"); !strings.Contains(stdout, "todoke warehouse decide "+number+" --leave") {
		t.Errorf("%d %s%s", status, stdout, stderr)
	}
	if _, stdout, _ := run(t, url, "warehouse", "files", "--state", "refused"); strings.Contains(stdout, "settled") {
		t.Error(stdout)
	}
	for i := range 2 {
		status, stdout, _ = run(t, url, "warehouse", "decide", number, "--leave", "--note", "再送を依頼", "--by", "倉田")
		if said := "file " + number + " is settled"; i == 0 && !strings.Contains(stdout, said) {
			t.Errorf("%s lacks %q", stdout, said)
		}
		if got, err := s.GetPartnerFile(t.Context(), refused[1].ID); err != nil || got.Waits() || got.ClosedNote != "再送を依頼" {
			t.Errorf("%+v %v", got, err)
		}
	}
	if status != exitFailure {
		t.Error("settled twice")
	}
	if _, stdout, _ := run(t, url, "warehouse", "files", "--state", "refused"); strings.Count(stdout, "refused, settled") != 1 {
		t.Errorf("not told as settled:\n%s", stdout)
	}
}

// TestTheServiceReadsAReportFirst: where the service's job reads a file before the command that handed
// it in, the command tells all the same what came of it, and fails where it was refused (WHS-2).
func TestTheServiceReadsAReportFirst(t *testing.T) {
	t.Parallel()
	s, clock := st.Open(t, st.DSN(t))
	st.Shop(t, s)
	app, stdout, _ := testApp(t, nil)
	app.Log = slog.New(slog.DiscardHandler)
	for name, text := range map[string]string{
		"wrong.csv": "商品コード,在庫数\nnone,90\nneither,80\n",
		"right.csv": "商品コード,在庫数\n" + st.Code(st.Pen) + ",90\n",
	} {
		f, _, err := s.ReceivePartnerFile(t.Context(), store.NewPartnerFile{WarehouseCode: st.East, Channel: store.PartnerDesk, Name: name, Sender: "倉田", Bytes: []byte(text)}, clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (worker.Config{Store: s}).ApplyPartnerFile(t.Context(), f); err != nil { // as the job does
			t.Fatal(err)
		}
		v, err := app.settleReport(t.Context(), s, f, []byte(text))
		if err == nil {
			err = app.tellReport(false, f, v)
		}
		if name == "right.csv" {
			if err != nil || !strings.Contains(stdout.String(), "of 1 item(s) 1 set") {
				t.Error(stdout, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), `line 2, column 1 (商品コード): there is no item "none"`) || !strings.Contains(err.Error(), `line 3, column 1 (商品コード): there is no item "neither"`) {
			t.Errorf("%v, %s", err, stdout)
		}
	}
}
