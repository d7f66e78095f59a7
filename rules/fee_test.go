package rules_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

// sibling is an order of one department, accepted on Tue 2026-11-24 and arriving on the 25th.
func sibling(t *testing.T, id int64, channel order.Channel, received string, goods order.Yen, change ...func(*order.Order)) rules.FeeOrder {
	t.Helper()
	o := feeOrder(t, id, channel, received, goods, change...)
	return rules.FeeOrderOf(o, region(t, rules.RegionHonshu), false)
}

func feeOrder(t *testing.T, id int64, channel order.Channel, received string, goods order.Yen, change ...func(*order.Order)) order.Order {
	t.Helper()
	s := rules.Default()
	o := order.Order{
		ID: id, State: order.StateAccepted, Channel: channel, ReceivedAt: jst(t, received), ShipTo: order.Address{Code: "001"},
		Lines:    []order.Line{{No: 1, Qty: 1, UnitPrice: goods, TaxRate: 10}},
		GoodsYen: goods, FeeYen: rules.Fee(goods, s), Payment: order.PaymentInvoice,
		Shipments: []order.Shipment{{No: 1, State: order.ShipmentPlanned, Class: order.ClassNormal, AcceptanceOn: day(t, "2026-11-24"), ArrivalOn: day(t, "2026-11-25")}},
	}
	if id > 0 {
		o.Number = order.NumberOf(id)
	}
	o.Taxes = rules.Taxes(o.Lines, o.FeeYen, s)
	for _, c := range change {
		c(&o)
	}
	return o
}

// addOn makes an order the add-on to the one of an id, provisional until an instant ("" is final).
func addOn(t *testing.T, first int64, until string) func(*order.Order) {
	t.Helper()
	return func(o *order.Order) {
		o.FeeYen, o.FeeFirst = 0, order.NumberOf(first)
		o.Taxes = rules.Taxes(o.Lines, 0, rules.Default())
		if until != "" {
			o.FeeUntil = jst(t, until)
		}
	}
}

func cancelled(o *order.Order) { o.State = order.StateCancelled }

func card(yen order.Yen) func(*order.Order) {
	return func(o *order.Order) {
		o.Payment, o.Authorisation, o.AuthorisedYen = order.PaymentCard, "auth", yen
	}
}

func TestFEE2(t *testing.T) {
	t.Parallel()
	const fax, web = order.ChannelFax, order.ChannelWeb
	elsewhere := func(o *order.Order) { o.ShipTo.Code = "002" }
	arrives := func(on string) func(*order.Order) {
		return func(o *order.Order) { o.Shipments[0].ArrivalOn = day(t, on) }
	}
	accepted := func(on string) func(*order.Order) {
		return func(o *order.Order) { o.Shipments[0].AcceptanceOn = day(t, on) }
	}
	for name, tt := range map[string]struct {
		others []rules.FeeOrder
		new    rules.FeeOrder
		now    string
		fee    order.Yen
		rule   string
		first  int64
		until  string
	}{
		"alone":                         {nil, sibling(t, 0, web, "2026-11-24 11:00", 800), "2026-11-24 11:00", 300, "FEE-1", 0, ""},
		"enough by itself":              {nil, sibling(t, 0, web, "2026-11-24 11:00", 2500), "2026-11-24 11:00", 0, "FEE-1", 0, ""},
		"to an earlier order":           {[]rules.FeeOrder{sibling(t, 1, web, "2026-11-24 10:00", 2500)}, sibling(t, 0, web, "2026-11-24 11:00", 1), "2026-11-24 11:00", 0, "FEE-2", 1, "2026-11-24 17:30"},
		"by fax to a web order":         {[]rules.FeeOrder{sibling(t, 1, web, "2026-11-24 10:00", 3000)}, sibling(t, 0, fax, "2026-11-24 17:00", 800), "2026-11-24 17:00", 0, "FEE-2", 1, "2026-11-24 17:00"},
		"a fax keyed after its cut-off": {[]rules.FeeOrder{sibling(t, 1, web, "2026-11-24 10:00", 3000)}, sibling(t, 0, fax, "2026-11-24 16:59", 800), "2026-11-24 17:40", 0, "FEE-2", 1, ""},
		"after the cut-off":             {[]rules.FeeOrder{sibling(t, 1, web, "2026-11-24 10:00", 3000)}, sibling(t, 0, fax, "2026-11-24 17:00:01", 800, accepted("2026-11-25"), arrives("2026-11-26")), "2026-11-24 17:01", 300, "FEE-1", 0, ""},
		"another acceptance day":        {[]rules.FeeOrder{sibling(t, 1, web, "2026-11-24 10:00", 3000, arrives("2026-12-10"))}, sibling(t, 0, web, "2026-11-25 10:00", 800, accepted("2026-11-25"), arrives("2026-12-10")), "2026-11-25 10:00", 300, "FEE-1", 0, ""},
		"another arrival":               {[]rules.FeeOrder{sibling(t, 1, web, "2026-11-24 10:00", 3000, arrives("2026-11-26"))}, sibling(t, 0, web, "2026-11-24 11:00", 800), "2026-11-24 11:00", 300, "FEE-1", 0, ""},
		"another place":                 {[]rules.FeeOrder{sibling(t, 1, web, "2026-11-24 10:00", 3000, elsewhere)}, sibling(t, 0, web, "2026-11-24 11:00", 800), "2026-11-24 11:00", 300, "FEE-1", 0, ""},
		"to one below the threshold":    {[]rules.FeeOrder{sibling(t, 1, web, "2026-11-24 10:00", 2499)}, sibling(t, 0, web, "2026-11-24 11:00", 2499), "2026-11-24 11:00", 300, "FEE-1", 0, ""},
		"to one cancelled":              {[]rules.FeeOrder{sibling(t, 1, web, "2026-11-24 10:00", 3000, cancelled)}, sibling(t, 0, web, "2026-11-24 10:05", 800), "2026-11-24 10:05", 300, "FEE-1", 0, ""},
		"to a later one":                {[]rules.FeeOrder{sibling(t, 1, web, "2026-11-24 11:00:01", 3000)}, sibling(t, 0, fax, "2026-11-24 11:00", 800), "2026-11-24 11:05", 300, "FEE-1", 0, ""},
		"at the same instant":           {[]rules.FeeOrder{sibling(t, 1, web, "2026-11-24 11:00", 3000)}, sibling(t, 0, web, "2026-11-24 11:00", 800), "2026-11-24 11:00", 0, "FEE-2", 1, "2026-11-24 17:30"},
		"the third of a day":            {[]rules.FeeOrder{sibling(t, 1, web, "2026-11-24 10:00", 3000), sibling(t, 2, web, "2026-11-24 10:30", 100, addOn(t, 1, "2026-11-24 17:30"))}, sibling(t, 0, web, "2026-11-24 11:00", 800), "2026-11-24 11:00", 0, "FEE-2", 1, "2026-11-24 17:30"},
		"to an add-on of enough":        {[]rules.FeeOrder{sibling(t, 1, web, "2026-11-24 10:00", 3000, cancelled), sibling(t, 2, web, "2026-11-24 10:30", 2500)}, sibling(t, 0, web, "2026-11-24 11:00", 800), "2026-11-24 11:00", 0, "FEE-2", 2, "2026-11-24 17:30"},
		"no date is promised":           {[]rules.FeeOrder{sibling(t, 1, web, "2026-11-24 10:00", 3000, func(o *order.Order) { o.Shipments[0].ArrivalOn = order.Date{} })}, sibling(t, 0, web, "2026-11-24 11:00", 800, func(o *order.Order) { o.Shipments[0].ArrivalOn = order.Date{} }), "2026-11-24 11:00", 300, "FEE-1", 0, ""},
	} {
		d := decisionOf(t, rules.Fees(append(tt.others, tt.new), rules.Default(), jst(t, tt.now)), 0)
		if d.FeeYen != tt.fee || d.Rule != tt.rule || !d.Changed || d.Text == "" || d.Event(jst(t, tt.now)).Inputs == nil {
			t.Errorf("%s: %+v", name, d)
		}
		if tt.first != 0 && d.First != order.NumberOf(tt.first) || tt.first == 0 && d.First != "" {
			t.Errorf("%s: first %q", name, d.First)
		}
		if tt.until == "" && !d.Until.IsZero() || tt.until != "" && !d.Until.Equal(jst(t, tt.until)) {
			t.Errorf("%s: provisional until %s, want %s", name, d.Until, tt.until)
		}
	}
}

func decisionOf(t *testing.T, ds []rules.FeeDecision, id int64) rules.FeeDecision {
	t.Helper()
	for _, d := range ds {
		if d.ID == id {
			return d
		}
	}
	t.Fatalf("no decision of %d in %+v", id, ds)
	return rules.FeeDecision{}
}

// TestFEE2FirstCancelled: what becomes of an add-on when its first order is cancelled.
func TestFEE2FirstCancelled(t *testing.T) {
	t.Parallel()
	const web = order.ChannelWeb
	provisional := addOn(t, 1, "2026-11-24 17:30")
	gone := sibling(t, 1, web, "2026-11-24 10:00", 3000, cancelled)
	shipped := func(o *order.Order) { o.Shipments[0].State = order.ShipmentShipped }
	for name, tt := range map[string]struct {
		orders  []rules.FeeOrder
		now     string
		fee     order.Yen
		first   order.Number
		changed bool
		says    string
	}{
		"charged after all":                     {[]rules.FeeOrder{gone, sibling(t, 2, web, "2026-11-24 10:05", 800, provisional)}, "2026-11-24 10:10", 300, "", true, "after all"},
		"at the cut-off":                        {[]rules.FeeOrder{gone, sibling(t, 2, web, "2026-11-24 10:05", 800, provisional)}, "2026-11-24 17:30", 300, "", true, "after all"},
		"past the cut-off":                      {[]rules.FeeOrder{gone, sibling(t, 2, web, "2026-11-24 10:05", 800, provisional)}, "2026-11-24 17:30:01", 0, order.NumberOf(1), true, "final"},
		"final":                                 {[]rules.FeeOrder{gone, sibling(t, 2, web, "2026-11-24 10:05", 800, addOn(t, 1, ""))}, "2026-11-24 17:35", 0, order.NumberOf(1), false, ""},
		"a card without room":                   {[]rules.FeeOrder{gone, sibling(t, 2, web, "2026-11-24 10:05", 800, card(880), provisional)}, "2026-11-24 10:10", 0, order.NumberOf(1), true, "not authorised for more"},
		"a card one yen short":                  {[]rules.FeeOrder{gone, sibling(t, 2, web, "2026-11-24 10:05", 800, card(1209), provisional)}, "2026-11-24 10:10", 0, order.NumberOf(1), true, "not authorised for more"},
		"a card with room":                      {[]rules.FeeOrder{gone, sibling(t, 2, web, "2026-11-24 10:05", 800, card(1210), provisional)}, "2026-11-24 10:10", 300, "", true, "after all"},
		"a card of which nobody said how much":  {[]rules.FeeOrder{gone, sibling(t, 2, web, "2026-11-24 10:05", 800, card(0), provisional)}, "2026-11-24 10:10", 0, order.NumberOf(1), true, "not authorised for more"},
		"it left already":                       {[]rules.FeeOrder{gone, sibling(t, 2, web, "2026-11-24 10:05", 800, shipped, provisional)}, "2026-11-24 10:10", 0, order.NumberOf(1), true, "left"},
		"another first order":                   {[]rules.FeeOrder{gone, sibling(t, 3, web, "2026-11-24 10:02", 5000), sibling(t, 2, web, "2026-11-24 10:05", 800, provisional)}, "2026-11-24 10:10", 0, order.NumberOf(3), true, "add-on"},
		"the first one is short of stock alone": {[]rules.FeeOrder{rules.FeeOrderOf(feeOrder(t, 1, web, "2026-11-24 10:00", 3000, cancelled), region(t, rules.RegionHonshu), true), sibling(t, 2, web, "2026-11-24 10:05", 800, provisional)}, "2026-11-24 10:10", 0, order.NumberOf(1), false, "add-on"},
		"the first one moved":                   {[]rules.FeeOrder{sibling(t, 1, web, "2026-11-24 10:00", 3000, func(o *order.Order) { o.Shipments[0].ArrivalOn = day(t, "2026-11-27") }), sibling(t, 2, web, "2026-11-24 10:05", 800, provisional)}, "2026-11-24 10:10", 0, order.NumberOf(1), false, "add-on"},
		"a fax read late is the first":          {[]rules.FeeOrder{sibling(t, 3, order.ChannelFax, "2026-11-24 10:00", 3000), sibling(t, 2, web, "2026-11-24 10:05", 800)}, "2026-11-24 18:00", 0, order.NumberOf(3), true, "add-on"},
		"charged, and nothing new":              {[]rules.FeeOrder{sibling(t, 2, web, "2026-11-24 10:05", 800)}, "2026-11-24 18:00", 300, "", false, ""},
	} {
		now := jst(t, tt.now)
		d := decisionOf(t, rules.Fees(tt.orders, rules.Default(), now), 2)
		if d.FeeYen != tt.fee || d.First != tt.first || d.Changed != tt.changed || !strings.Contains(d.Text, tt.says) {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// TestFEE2Races: however orders of one department come in and are judged, each fee is the one that
// the whole set gives, and without an order that is free by itself nobody's is.
func TestFEE2Races(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(6, 2))
	s, now := rules.Default(), jst(t, "2026-11-24 12:00")
	for range 2000 {
		n := 2 + rnd.IntN(5)
		set := make([]rules.FeeOrder, n)
		enough := false
		for i := range set {
			goods := order.Yen(1 + rnd.IntN(3500))
			set[i] = sibling(t, int64(i+1), order.ChannelWeb, "2026-11-24 10:00", goods)
			enough = enough || goods >= s.FeeFreeFromYen
		}
		whole := rules.Fees(set, s, now)
		rnd.Shuffle(n, func(i, j int) { set[i], set[j] = set[j], set[i] })
		free := false
		for _, d := range rules.Fees(set, s, now) {
			if w := decisionOf(t, whole, d.ID); w.FeeYen != d.FeeYen || w.First != d.First {
				t.Fatalf("%+v by another order is %+v", w, d)
			}
			free = free || d.FeeYen == 0
		}
		if free != enough {
			t.Fatalf("free %v, enough %v", free, enough)
		}
	}
}

func TestFEE2Accept(t *testing.T) {
	t.Parallel()
	f := facts(t)
	first, _ := mustAccept(t, request(t, order.ChannelWeb, "2026-11-24 10:00", lines(tea, 3)), f, jst(t, "2026-11-24 10:00"))
	first.ID, first.Number = 7, order.NumberOf(7)
	f.Siblings = []rules.FeeOrder{rules.FeeOrderOf(first, region(t, rules.RegionHonshu), false)}
	o, events := mustAccept(t, request(t, order.ChannelFax, "2026-11-24 16:00", lines(pen, 1)), f, jst(t, "2026-11-24 16:20"))
	if o.FeeYen != 0 || o.FeeFirst != first.Number || !o.FeeUntil.Equal(jst(t, "2026-11-24 17:00")) || len(o.Taxes) != 1 || o.Taxes[0].NetYen != 380 {
		t.Errorf("add-on %+v", o)
	}
	told := false
	for _, e := range events {
		told = told || e.Kind == order.EventFeeSet && e.Rule == "FEE-2" && strings.Contains(string(e.Inputs), `"first"`)
	}
	if !told {
		t.Error("no event of FEE-2")
	}
	// The first order is cancelled: the add-on's fee is charged, with its tax.
	o.ID, o.Number = 8, order.NumberOf(8)
	first.State = order.StateCancelled
	ds := rules.Fees([]rules.FeeOrder{rules.FeeOrderOf(first, region(t, rules.RegionHonshu), false), rules.FeeOrderOf(o, region(t, rules.RegionHonshu), false)}, f.Settings, jst(t, "2026-11-24 16:30"))
	charged, told2 := rules.ApplyFee(o, decisionOf(t, ds, 8), f.Settings, jst(t, "2026-11-24 16:30"))
	if charged.FeeYen != 300 || charged.FeeFirst != "" || !charged.FeeUntil.IsZero() || charged.Taxes[0].NetYen != 680 || charged.Taxes[0].TaxYen != 68 || len(told2) != 1 {
		t.Errorf("charged %+v", charged)
	}
	if _, _, due := rules.SettleFee(o, jst(t, "2026-11-24 17:00")); due {
		t.Error("settled at the cut-off itself")
	}
	settled, told3, due := rules.SettleFee(o, jst(t, "2026-11-24 17:00:01"))
	if !due || !settled.FeeUntil.IsZero() || settled.FeeYen != 0 || len(told3) != 1 {
		t.Errorf("settled %+v", settled)
	}
}

// TestFEE2Day plays days of a department: orders come by both channels, are cancelled and settled
// at random; whatever happens, no fee is raised after its cut-off, no add-on stays free without an
// order that stood for it when its fee became final, and no card is charged beyond its authorisation.
func TestFEE2Day(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(24, 11))
	s, honshu := rules.Default(), region(t, rules.RegionHonshu)
	for range 300 {
		var book []order.Order
		facts := func() []rules.FeeOrder {
			out := make([]rules.FeeOrder, len(book))
			for i, o := range book {
				out[i] = rules.FeeOrderOf(o, honshu, false)
			}
			return out
		}
		now := jst(t, "2026-11-24 09:00")
		judge := func(all []rules.FeeOrder) {
			for _, d := range rules.Fees(all, s, now) {
				for i, o := range book {
					if o.ID != d.ID {
						continue
					}
					got, _ := rules.ApplyFee(o, d, s, now)
					cutoff := order.DateOf(now).At(rules.Cutoff(honshu, o.Channel, order.ClassNormal))
					if got.FeeYen > o.FeeYen && now.After(cutoff) {
						t.Fatalf("raised at %s: %+v", now, d)
					}
					var total order.Yen
					for _, x := range got.Taxes {
						total += x.NetYen + x.TaxYen
					}
					if got.FeeYen > o.FeeYen && o.Payment == order.PaymentCard && total > o.AuthorisedYen {
						t.Fatalf("%d yen on a card for %d", total, o.AuthorisedYen)
					}
					book[i] = got
				}
			}
		}
		for now.Before(jst(t, "2026-11-24 19:00")) {
			now = now.Add(time.Duration(1+rnd.IntN(40)) * time.Minute)
			switch rnd.IntN(3) {
			case 0:
				if len(book) > 0 {
					i := rnd.IntN(len(book))
					book[i].State = order.StateCancelled
				}
				judge(facts())
			case 1:
				for i := range book {
					book[i], _, _ = rules.SettleFee(book[i], now)
				}
			default:
				channel := []order.Channel{order.ChannelFax, order.ChannelWeb}[rnd.IntN(2)]
				if now.After(order.DateOf(now).At(rules.Cutoff(honshu, channel, order.ClassNormal))) {
					continue
				}
				goods := order.Yen(1 + rnd.IntN(4000))
				o := feeOrder(t, 0, channel, "2026-11-24 09:00", goods)
				if rnd.IntN(2) == 0 {
					card(goods + goods/10 + order.Yen(rnd.IntN(400)))(&o)
				}
				o.ReceivedAt = now
				d := decisionOf(t, rules.Fees(append(facts(), rules.FeeOrderOf(o, honshu, false)), s, now), 0)
				o, _ = rules.ApplyFee(o, d, s, now)
				o.ID = int64(len(book) + 1)
				o.Number = order.NumberOf(o.ID)
				book = append(book, o)
			}
			for _, o := range book {
				if o.State == order.StateCancelled || o.FeeYen > 0 || o.OrderedYen() >= s.FeeFreeFromYen {
					continue
				}
				if o.FeeFirst == "" {
					t.Fatalf("free for nothing: %+v", o)
				}
				if first := book[firstIndex(book, o.FeeFirst)]; first.State == order.StateCancelled && !o.FeeUntil.IsZero() && !now.After(o.FeeUntil) {
					t.Fatalf("provisional to a cancelled order: %+v", o)
				}
			}
		}
	}
}

func firstIndex(book []order.Order, n order.Number) int {
	return slices.IndexFunc(book, func(o order.Order) bool { return o.Number == n })
}

// TestFEE2ApprovedLater: an add-on that an approver let go for another day is judged anew (CUT-9).
func TestFEE2ApprovedLater(t *testing.T) {
	t.Parallel()
	now := jst(t, "2026-11-25 09:00")
	first := sibling(t, 1, order.ChannelWeb, "2026-11-24 10:00", 3000)
	late := func(o *order.Order) {
		o.ApprovedAt = now
		o.Shipments[0].AcceptanceOn, o.Shipments[0].ArrivalOn = day(t, "2026-11-25"), day(t, "2026-11-26")
	}
	for name, tt := range map[string]struct {
		change func(*order.Order)
		fee    order.Yen
	}{
		"charged":          {func(*order.Order) {}, 300},
		"a card with room": {card(1210), 300},
		"a card without":   {card(1209), 0},
		"with another first order": {func(o *order.Order) {
			o.Shipments[0] = feeOrder(t, 1, order.ChannelWeb, "2026-11-24 10:00", 1).Shipments[0]
		}, 300},
	} {
		x := sibling(t, 2, order.ChannelWeb, "2026-11-24 11:00", 800, addOn(t, 1, "2026-11-24 17:30"), late, tt.change)
		x.Anew = true
		d := decisionOf(t, rules.Fees([]rules.FeeOrder{first, x}, rules.Default(), now), 2)
		if d.FeeYen != tt.fee || !d.Changed {
			t.Errorf("%s: %+v", name, d)
		}
	}
	small := sibling(t, 2, order.ChannelWeb, "2026-11-24 11:00", 800, late)
	small.Anew = true
	if d := decisionOf(t, rules.Fees([]rules.FeeOrder{first, small}, rules.Default(), now), 2); d.Changed || d.FeeYen != 300 {
		t.Errorf("charged as before: %+v", d)
	}
}

func TestPAY1AcceptWithinTheAuthorisation(t *testing.T) {
	t.Parallel()
	req := request(t, order.ChannelWeb, "2026-11-24 10:00", lines(tea, 3)) // 3,240 yen
	req.Payment, req.Authorisation = order.PaymentCard, "a"
	for yen, held := range map[order.Yen]bool{0: false, 3239: true, 3240: false} {
		req.AuthorisedYen = yen
		o, _, errs := rules.Accept(req, facts(t), jst(t, "2026-11-24 10:00"))
		if held != rules.HeldBy(o, "PAY-1") || len(errs) > 0 || o.AuthorisedYen != yen {
			t.Errorf("%d: %s %v", yen, o.HoldReason, errs)
		}
	}
	req.AuthorisedYen = 5000
	for till, held := range map[string]bool{"2026-11-24 12:00": false, "2026-11-23 12:00": true} {
		req.AuthorisedTill = jst(t, till)
		if o, _, errs := rules.Accept(req, facts(t), jst(t, "2026-11-24 10:00")); held != rules.HeldBy(o, "PAY-1") || len(errs) > 0 {
			t.Errorf("until %s: %s %v", till, o.HoldReason, errs)
		}
	}
	req.AuthorisedTill, req.Authorisation = time.Time{}, ""
	if o, _, errs := rules.Accept(req, facts(t), jst(t, "2026-11-24 10:00")); !rules.HeldBy(o, "PAY-1") || len(errs) > 0 {
		t.Error("a card order without authorisation goes on")
	}
}
