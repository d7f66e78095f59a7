package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// counted has a count of one item applied, as of an instant, that comes at another.
func counted(tb testing.TB, s *store.Store, item string, qty int, as, comes time.Time) (store.PartnerFile, store.CountApplied) {
	tb.Helper()
	f, out, problems := file(tb, s, st.East, "tana_"+as.Format("1504")+".csv", store.PartnerRows{Kind: store.PartnerCount, Counts: []rules.CountRow{{Field: "line 2", ItemCode: st.Code(item), OnHand: qty, At: as}}}, comes)
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	return f, *out.Count
}

// TestWHS2AgreedCountStands: a count that agreed with the books is a count all the same; one of before
// it that comes late leaves its items alone.
func TestWHS2AgreedCountStands(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	at := func(hour string) time.Time { return st.At(t, "2026-11-24 "+hour+":00") }
	if _, got := counted(t, s, st.Pen, 100, at("11:00"), at("11:05")); got.Same != 1 {
		t.Fatalf("%+v", got)
	}
	clock.Set(at("12:00"))
	if _, got := counted(t, s, st.Pen, 60, at("10:30"), at("12:00")); got.Older != 1 {
		t.Errorf("%+v", got)
	}
	if onHand, _ := stockOf(t, s, st.East, st.Pen); onHand != 100 {
		t.Errorf("%d on hand by a count older than the one that agreed", onHand)
	}
	if _, got := counted(t, s, st.Pen, 97, at("11:30"), at("12:01")); got.Set != 1 {
		t.Errorf("%+v", got)
	}
	audit(t, s)
}

// TestWHS2KeptCountIsJudgedAnew: what a person keeps of a count that asked is held against what was
// counted and imported since.
func TestWHS2KeptCountIsJudgedAnew(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	shop := func(t *testing.T) (*store.Store, order.Order) {
		t.Helper()
		s, clock := st.NewShop(t)
		o := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 90))
		allocate(t, s, 10, false)
		clock.Set(st.At(t, "2026-11-24 11:30:00"))
		return s, o
	}
	at := func(hour string) time.Time { return st.At(t, "2026-11-24 "+hour+":00") }
	asks := func(t *testing.T, s *store.Store, qty int, hour string) store.PartnerFile {
		t.Helper()
		f, got := counted(t, s, st.Pen, qty, at(hour), at(hour))
		if len(got.Promised) != 1 || f.State != store.PartnerFileAsks {
			t.Fatalf("%s %+v", f.State, got)
		}
		return f
	}
	stands := func(t *testing.T, s *store.Store, onHand, reserved int) {
		t.Helper()
		if a, b := stockOf(t, s, st.East, st.Pen); a != onHand || b != reserved {
			t.Errorf("%d on hand, %d reserved: want %d and %d", a, b, onHand, reserved)
		}
		audit(t, s)
	}
	closed := func(t *testing.T, s *store.Store, id int64) {
		t.Helper()
		f, err := s.GetPartnerFile(ctx, id)
		if err != nil || f.Waits() || f.ClosedNote == "" {
			t.Errorf("still asked: %+v %v", f, err)
		}
	}

	t.Run("a recount was kept", func(t *testing.T) {
		t.Parallel()
		s, _ := shop(t)
		first, second := asks(t, s, 80, "10:10"), asks(t, s, 80, "11:00")
		if _, err := s.DecideCount(ctx, second.ID, true, "現物80", "倉田", at("11:30")); err != nil {
			t.Fatal(err)
		}
		stands(t, s, 80, 80)
		closed(t, s, first.ID)
		if _, err := s.DecideCount(ctx, first.ID, true, "現物80", "倉田", at("11:31")); order.KindOf(err) != order.KindConflict {
			t.Errorf("kept after all: %v", err)
		}
		stands(t, s, 80, 80)
	})
	t.Run("a recount was set", func(t *testing.T) {
		t.Parallel()
		s, _ := shop(t)
		first := asks(t, s, 80, "10:10")
		if _, got := counted(t, s, st.Pen, 95, at("11:00"), at("11:00")); got.Set != 1 {
			t.Fatalf("%+v", got)
		}
		closed(t, s, first.ID)
		stands(t, s, 95, 90)
	})
	t.Run("stock was imported", func(t *testing.T) {
		t.Parallel()
		s, _ := shop(t)
		first := asks(t, s, 80, "10:10")
		if err := s.ImportStock(ctx, []order.StockLevel{{WarehouseCode: st.East, ItemCode: st.Code(st.Pen), OnHand: 120}}); err != nil {
			t.Fatal(err)
		}
		closed(t, s, first.ID)
		stands(t, s, 120, 90)
	})
	t.Run("one item of two", func(t *testing.T) {
		t.Parallel()
		s, _ := shop(t)
		accept(t, s, st.Request(order.ChannelFax, at("10:00"), st.Tokyo, st.Tea, 100))
		allocate(t, s, 10, false)
		first, out, problems := file(t, s, st.East, "tana.csv", store.PartnerRows{Kind: store.PartnerCount, Counts: []rules.CountRow{
			{Field: "line 2", ItemCode: st.Code(st.Pen), OnHand: 80, At: at("10:10")}, {Field: "line 3", ItemCode: st.Code(st.Tea), OnHand: 70, At: at("10:10")},
		}}, at("10:10"))
		if len(problems) > 0 || len(out.Count.Promised) != 2 {
			t.Fatal(problems, out)
		}
		if _, got := counted(t, s, st.Pen, 95, at("11:00"), at("11:00")); got.Set != 1 {
			t.Fatalf("%+v", got)
		}
		if f, err := s.GetPartnerFile(ctx, first.ID); err != nil || !f.Waits() {
			t.Fatalf("%+v %v", f, err)
		}
		got, err := s.DecideCount(ctx, first.ID, true, "現物70", "倉田", at("11:30"))
		if err != nil || got.Orders != 1 || got.Older != 1 || got.Set != 1 {
			t.Fatalf("%+v %v", got, err)
		}
		stands(t, s, 95, 90)
		if a, b := stockOf(t, s, st.East, st.Tea); a != 70 || b != 70 {
			t.Errorf("tea: %d on hand, %d reserved", a, b)
		}
		f, err := s.GetPartnerFile(ctx, first.ID)
		if err != nil {
			t.Fatal(err)
		}
		if kept := outcome(t, f).Count.Decided; len(kept) != 2 || kept[0].ItemCode != st.Code(st.Pen) || kept[0].Verdict != rules.CountOlder || kept[0].Message == "" || kept[1].Verdict != rules.CountPromised || kept[1].OnHand != 70 {
			t.Errorf("%+v", kept)
		}
	})
	t.Run("an older one is kept first", func(t *testing.T) {
		t.Parallel()
		s, _ := shop(t)
		first, second := asks(t, s, 80, "10:10"), asks(t, s, 80, "11:00")
		for i, f := range []store.PartnerFile{first, second} {
			got, err := s.DecideCount(ctx, f.ID, true, "現物80", "倉田", at("11:30"))
			if err != nil || got.Orders != 1-i {
				t.Fatalf("%+v %v", got, err)
			}
			stands(t, s, 80, 80)
		}
	})
}

func outcome(tb testing.TB, f store.PartnerFile) (out store.PartnerOutcome) {
	tb.Helper()
	if err := json.Unmarshal(f.Outcome, &out); err != nil {
		tb.Fatal(err)
	}
	return out
}
