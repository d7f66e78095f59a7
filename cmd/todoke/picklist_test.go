package main

import (
	"encoding/json"
	"strings"
	"testing"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

func TestPickListCommands(t *testing.T) {
	t.Parallel()
	url := st.DSN(t)
	s, clock := st.Open(t, url)
	st.Shop(t, s)
	var p store.PickList
	err := s.InTx(t.Context(), func(tx *store.Tx) error {
		now := clock.Now()
		if _, err := tx.Accept(t.Context(), st.Request(order.ChannelFax, now, st.Tokyo, st.Pen, 7), now); err != nil {
			return err
		}
		if _, err := tx.AllocateBatch(t.Context(), 10, false, now); err != nil {
			return err
		}
		ids, err := tx.ReleaseWave(t.Context(), now)
		if err != nil {
			return err
		}
		p.ID = ids[0]
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if p, err = s.GetPickList(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	number := p.Number.Grouped()
	if status, _, stderr := run(t, url, "picklist", "shipped", number, "--by", "倉田"); status != exitFailure || !strings.Contains(stderr, "not issued yet") {
		t.Errorf("%d %s", status, stderr)
	}
	err = s.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.IssuePickList(t.Context(), p, []store.NewIssue{{Format: "pdf", FileName: "list.pdf", Key: strings.Repeat("0", 64), SizeBytes: 1}}, clock.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := run(t, url, "picklist", "show", string(p.Number), "--json")
	var v pickListView
	if err := json.Unmarshal([]byte(stdout), &v); status != exitOK || err != nil || len(v.Lines) != 1 || v.Lines[0].Qty != 7 ||
		len(v.Deliveries) != 1 || v.Deliveries[0].State != "waiting" {
		t.Errorf("%d %s%s %v", status, stdout, stderr, err)
	}
	if status, stdout, _ := run(t, url, "picklist", "show", number); status != exitOK || !strings.Contains(stdout, "list.pdf") || !strings.Contains(stdout, "not reported yet") {
		t.Errorf("%d %s", status, stdout)
	}
	for i, want := range []string{"have nothing more to come, quantity 7", "reported shipped before, 2026-11-24 12:00:00 by 倉田: nothing changed"} {
		if status, stdout, stderr := run(t, url, "picklist", "shipped", number, "--by", []string{"倉田", "棚橋"}[i]); status != exitOK || !strings.Contains(stdout, want) {
			t.Errorf("%d %s%s lacks %q", status, stdout, stderr, want)
		}
	}
	if _, stdout, _ := run(t, url, "picklist", "list", "--open", "--json"); stdout != "" {
		t.Errorf("open lists: %s", stdout)
	}
	if _, stdout, _ := run(t, url, "picklist", "list"); !strings.Contains(stdout, number) || !strings.Contains(stdout, "倉田") {
		t.Error(stdout)
	}
	// A number that is none stops all before any is taken; an unknown one does not stop the others.
	if status, stdout, _ := run(t, url, "picklist", "shipped", number, "123", "--by", "倉田"); status != exitFailure || stdout != "" {
		t.Errorf("%d %s", status, stdout)
	}
	unknown := order.NumberOf(599_999_999).Grouped()
	if status, stdout, stderr := run(t, url, "picklist", "shipped", unknown, number, "--by", "倉田", "--json"); status != exitFailure ||
		!strings.Contains(stdout, `"again":true`) || !strings.Contains(stderr, unknown) {
		t.Errorf("%d %s%s", status, stdout, stderr)
	}
}
