package worker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"todoke/ingest/form"
	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// slip is a cover sheet of lines of signs; words adds some that were not there before.
func slip(words bool) *bilevel.Image {
	m := bilevel.New(1728, 2200)
	put := func(x, y, n int) {
		for i := range n {
			for k := range 7 {
				dx, dy := (i*37+k*k*11)%22, (i*53+k*17)%24
				for j := range 14 {
					m.Set(x+30*i+dx, y+dy+j, true)
					m.Set(x+30*i+dx+j, y+dy, true)
				}
			}
		}
	}
	for i := range 8 {
		put(200, 300+90*i, 12+5*(i%3))
	}
	if words {
		put(300, 1500, 14)
	}
	return m
}

func TestACoverSheetThatAPersonCalledOneIsClosed(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	all := drafts()
	b.cfg.Read = func(p form.Page, _ form.Knowledge) order.Draft {
		if p.Image.W == 1728 {
			return all[wNoForm]
		}
		return all[p.Image.W]
	}
	days := 0
	send := func(name string, words bool, width int) int64 {
		days++
		b.clock.Set(b.clock.Now().Add(5 * time.Hour)) // the same goods again are no resend by then
		other := bilevel.New(width, 40)
		for x := range 3 + days {
			other.Set(x, 7, true)
		}
		return b.add(t, name, transmission(t, slip(words), other))
	}
	b.work(t)
	first := send("first", false, wOrder)
	b.idle(t)
	kinds, err := b.s.PageKinds(t.Context(), first)
	if err != nil || len(kinds) != 2 || kinds[0].Kind != order.PageCover || kinds[0].Sure || kinds[1].Kind != order.PageOrderForm {
		t.Fatal(kinds, err)
	}
	if p := b.pages(t, first); p[0].State != store.PageReview || p[1].State != store.PageOrdered {
		t.Fatalf("nobody has called it a cover sheet yet: %+v", p)
	}
	if r, err := b.s.JunkAs(t.Context(), first, 1, order.PageCover, "佐藤", b.clock.Now()); err != nil || r.State != store.ReviewJunk {
		t.Fatal(r, err)
	}
	tests := []struct {
		name  string
		words bool
		width int
		want  store.PageState
	}{
		{"the same again", false, wOrder, store.PageCover},
		{"with words on it", true, wOrder, store.PageReview},
		{"before a form in review", false, wReview, store.PageReview},
		{"once more", false, wOrder, store.PageCover},
	}
	for _, tt := range tests {
		id := send(tt.name, tt.words, tt.width)
		b.idle(t)
		p := b.pages(t, id)
		if p[0].State != tt.want {
			kinds, _ := b.s.PageKinds(t.Context(), id)
			t.Errorf("%s: %+v, %+v", tt.name, p, kinds)
		}
		if tt.want == store.PageReview && tt.width == wOrder {
			if r, err := b.s.Done(t.Context(), id, 1, "ordered on the cover sheet, keyed by hand", "鈴木", b.clock.Now()); err != nil || r.State != store.ReviewHandled {
				t.Error(r, err)
			}
		}
	}
	b.audit(t)
}

func TestTheEveningListLeavesOnceADay(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	waits := b.add(t, "letter.tif", page(t, 1, wNoForm))
	b.work(t)
	if _, err := b.s.Tick(t.Context(), b.clock.Now()); err != nil { // notes the time
		t.Fatal(err)
	}
	b.clock.Set(st.At(t, "2026-11-24 18:00:00"))
	for range 2 {
		if _, err := b.s.Tick(t.Context(), b.clock.Now()); err != nil {
			t.Fatal(err)
		}
		b.idle(t)
	}
	due, inserted, err := b.s.RunSchedule(t.Context(), "open_items", b.clock.Now())
	if err != nil || inserted || !due.Equal(b.clock.Now()) {
		t.Error("the same due time again:", due, inserted, err)
	}
	files, err := filepath.Glob(filepath.Join(b.out, "desk", "*.txt"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"未処理一覧　2026年11月24日 18時00分 現在", "確認待ちのページ（1件）", store.Review{DocumentID: waits, PageNo: 1}.Name() + "　当店の用紙以外？", "8時間"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing from\n%s", want, text)
		}
	}
	b.clock.Set(st.At(t, "2026-11-29 18:30:00")) // a Sunday
	if _, err := b.s.Tick(t.Context(), b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.idle(t)
	if files, _ = filepath.Glob(filepath.Join(b.out, "desk", "*.txt")); len(files) != 5 { // Tuesday to Saturday
		t.Error(files)
	}
	b.audit(t)
	t.Logf("\n%s", text)
}

// What failed is not said to be sent again by itself, and whom a person must tell stands by itself.
func TestTheEveningListTellsWhatAPersonMustDo(t *testing.T) {
	t.Parallel()
	o := withOutbox(t)
	o.exec(t, `UPDATE departments SET fax = '' WHERE code = $1`, st.Code(st.Tokyo))
	o.issue(t, "stockout_notice", "pdf", "fax", "0399999999")
	o.add(t, "order.tif", page(t, 1, wOrder))
	o.work(t)
	if _, err := o.s.Tick(t.Context(), o.clock.Now()); err != nil { // notes the time
		t.Fatal(err)
	}
	o.idle(t)
	o.clock.Set(st.At(t, "2026-11-24 18:00:00"))
	if _, err := o.s.Tick(t.Context(), o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	o.idle(t)
	files, err := filepath.Glob(filepath.Join(o.out, "desk", "*.txt"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"送信できなかった書類（1件）", "お客様へのご連絡が必要なもの（1件）"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing from\n%s", want, text)
		}
	}
}
