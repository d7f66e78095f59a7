package rules_test

import (
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

func TestWHS2ReadCount(t *testing.T) {
	t.Parallel()
	now := jst(t, "2026-11-24 20:00")
	at := jst(t, "2026-11-24 19:00")
	s := rules.Default()
	for name, tt := range map[string]struct {
		level   rules.CountLevel
		counted int
		at      time.Time
		want    rules.CountVerdict
		onHand  int
		lacking int
	}{
		"as known":               {rules.CountLevel{OnHand: 80, Reserved: 20}, 80, at, rules.CountSame, 80, 0},
		"fewer":                  {rules.CountLevel{OnHand: 80, Reserved: 20}, 75, at, rules.CountSet, 75, 0},
		"more":                   {rules.CountLevel{OnHand: 80, Reserved: 20}, 90, at, rules.CountSet, 90, 0},
		"ten left since":         {rules.CountLevel{OnHand: 70, Moved: -10}, 80, at, rules.CountSame, 70, 0},
		"ten left, two missing":  {rules.CountLevel{OnHand: 70, Moved: -10}, 78, at, rules.CountSet, 68, 0},
		"promised":               {rules.CountLevel{OnHand: 80, Reserved: 20}, 15, at, rules.CountPromised, 15, 5},
		"under way":              {rules.CountLevel{OnHand: 80, Reserved: 20, Ambiguous: 20}, 70, at, rules.CountOpen, 80, 0},
		"under way, not picked":  {rules.CountLevel{OnHand: 80, Reserved: 20, Ambiguous: 20}, 80, at, rules.CountSame, 80, 0},
		"under way, all picked":  {rules.CountLevel{OnHand: 80, Reserved: 20, Ambiguous: 20}, 60, at, rules.CountSame, 80, 0},
		"a later one stands":     {rules.CountLevel{OnHand: 80, CountedAt: now}, 70, at, rules.CountOlder, 80, 0},
		"more left than counted": {rules.CountLevel{OnHand: 5, Reserved: 2, Moved: -10}, 8, at, rules.CountPromised, 0, 2},
	} {
		got, errs := rules.ReadCount([]rules.CountRow{{Field: "line 2", ItemCode: pen, OnHand: tt.counted, At: tt.at}}, map[string]rules.CountLevel{pen: tt.level}, s, now)
		if len(errs) > 0 || got[0].Verdict != tt.want || got[0].OnHand != tt.onHand || got[0].Lacking != tt.lacking {
			t.Errorf("%s: %+v %v", name, got, errs)
		}
	}
	levels := map[string]rules.CountLevel{pen: {OnHand: 10}, tea: {}}
	sum, errs := rules.ReadCount([]rules.CountRow{{Field: "line 2", ItemCode: pen, OnHand: 4, Location: "A-1"}, {Field: "line 3", ItemCode: pen, OnHand: 5, Location: "B-1"}}, levels, s, now)
	if len(errs) > 0 || len(sum) != 1 || sum[0].OnHand != 9 {
		t.Errorf("two places: %+v %v", sum, errs)
	}
	good := rules.CountRow{Field: "line 2", ItemCode: tea, OnHand: 4}
	for field, row := range map[string]rules.CountRow{
		"line 3.item_code":  {Field: "line 3", ItemCode: "9", OnHand: 1},
		"line 3.on_hand":    {Field: "line 3", ItemCode: pen, OnHand: -1},
		"line 3.counted_at": {Field: "line 3", ItemCode: pen, OnHand: 1, At: now.Add(time.Minute)},
	} {
		if got, errs := rules.ReadCount([]rules.CountRow{good, row}, levels, s, now); got != nil || len(errs) != 1 || errs[0].Field != field {
			t.Errorf("%s: %+v %v", field, got, errs)
		}
	}
	for name, rows := range map[string][]rules.CountRow{
		"none": nil, "twice": {good, good}, "too old": {{Field: "line 2", ItemCode: pen, OnHand: 1, At: now.AddDate(0, 0, -8)}},
		"two times": {{Field: "a", ItemCode: pen, OnHand: 1, Location: "A", At: at}, {Field: "b", ItemCode: pen, OnHand: 1, Location: "B", At: now}},
	} {
		if got, errs := rules.ReadCount(rows, levels, s, now); got != nil || len(errs) != 1 {
			t.Errorf("%s: %+v %v", name, got, errs)
		}
	}
}

func TestSTK4TakeBack(t *testing.T) {
	t.Parallel()
	early, late := jst(t, "2026-11-24 09:00"), jst(t, "2026-11-24 11:00")
	ps := []rules.Promised{{ID: 1, OrderID: 1, LineNo: 1, AcceptedAt: early, Qty: 10}, {ID: 2, OrderID: 3, LineNo: 1, AcceptedAt: late, Qty: 4}, {ID: 3, OrderID: 2, LineNo: 1, AcceptedAt: late, Qty: 3}}
	taken, rest := rules.TakeBack(ps, 6)
	if rest != 0 || len(taken) != 2 || taken[0].OrderID != 3 || taken[0].Qty != 4 || taken[1].OrderID != 2 || taken[1].Qty != 2 {
		t.Errorf("%+v %d", taken, rest)
	}
	if taken, rest := rules.TakeBack(ps, 20); rest != 3 || len(taken) != 3 {
		t.Errorf("%+v %d", taken, rest)
	}
}

// FuzzReadCount: no count brings on hand below what is reserved unless a person is asked.
func FuzzReadCount(f *testing.F) {
	f.Add(80, 20, -10, 0, 75)
	now := time.Date(2026, 11, 24, 20, 0, 0, 0, order.JST)
	f.Fuzz(func(t *testing.T, onHand, reserved, moved, open, counted int) {
		const most = 1 << 30
		for _, v := range []int{onHand, reserved, moved, open, counted} {
			if v > most || v < -most {
				return
			}
		}
		if reserved < 0 || onHand < reserved || open < 0 {
			return
		}
		got, errs := rules.ReadCount([]rules.CountRow{{Field: "a", ItemCode: pen, OnHand: counted}}, map[string]rules.CountLevel{pen: {OnHand: onHand, Reserved: reserved, Moved: moved, Ambiguous: open}}, rules.Default(), now)
		if (len(got) > 0) == (len(errs) > 0) {
			t.Fatal(got, errs)
		}
		for _, d := range got {
			if d.OnHand < 0 || d.Verdict != rules.CountPromised && d.OnHand < reserved || d.Verdict == rules.CountPromised && d.Lacking != reserved-d.OnHand {
				t.Fatalf("%+v", d)
			}
		}
	})
}
