package rules_test

import (
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/templates/phrase"
)

func answered(state order.State, arrival order.Date, events ...order.Event) rules.AnswerOrder {
	return rules.AnswerOrder{
		Order: order.Order{
			ID: 1, Number: order.NumberOf(100000001), State: state, Channel: order.ChannelFax, GoodsYen: 1000, Stockout: order.StockoutBackorder,
			Lines:     []order.Line{{No: 1, ItemCode: "1", Name: "紙", Unit: "個", Class: order.ClassNormal, Qty: 10, ReservedQty: 10, UnitPrice: 100, TaxRate: 10}},
			Shipments: []order.Shipment{{No: 1, State: order.ShipmentPlanned, Class: order.ClassNormal, ReadyOn: arrival, ArrivalOn: arrival}},
			Source:    order.Source{DocumentID: 7, Page: 1},
		},
		Events: events, Parts: []rules.AnswerPart{{Line: 1, Shipment: 1, Qty: 10}},
	}
}

func TestTell(t *testing.T) {
	t.Parallel()
	wed, thu := order.D(2026, time.November, 25), order.D(2026, time.November, 26)
	facts := func(o ...rules.AnswerOrder) rules.AnswerFacts {
		return rules.AnswerFacts{DocumentID: 7, Orders: o, Now: order.D(2026, time.November, 24).At(order.Clock{Hour: 10})}
	}
	first, _, kind, ok := rules.Tell(facts(answered(order.StateAllocated, wed)))
	if !ok || kind != order.AnswerAcknowledgement || first.Short() || first.Orders[0].Lines[0].Arrivals[0].On != wed {
		t.Fatalf("%+v %s %t", first, kind, ok)
	}
	short := answered(order.StateShort, wed, order.Event{Kind: order.EventShort, Inputs: order.Inputs(map[string]any{"line": 1, "restock_on": "2026-12-07"})})
	short.Order.Lines[0].ReservedQty, short.Parts[0].Qty = 6, 6
	past := short
	past.Events = []order.Event{{Kind: order.EventShort, Inputs: order.Inputs(map[string]any{"line": 1, "restock_on": "2026-11-20"})}}
	moved := answered(order.StateAllocated, thu, order.Event{Kind: order.EventReplanned, Rule: "CUT-11", Inputs: order.Inputs(map[string]any{"shipment": 1, "was_arrival_on": "2026-11-25", "arrival_on": "2026-11-26"})})
	cancelled := answered(order.StateCancelled, wed)
	held := answered(order.StateHeld, wed, order.Event{Kind: order.EventHeld, Rule: "RDR-3"})
	cut := answered(order.StateAllocated, wed, order.Event{Kind: order.EventShort, Inputs: order.Inputs(map[string]any{"line": 1, "cancelled": 4, "why": rules.ShortPreference})})
	cut.Order.Lines[0].ReservedQty, cut.Order.Lines[0].CancelledQty, cut.Parts[0].Qty, cut.Order.GoodsYen = 6, 4, 6, 600
	gone := answered(order.StateCancelled, wed, order.Event{Kind: order.EventCancelled, Rule: "STK-2"})
	gone.Order.Lines[0].ReservedQty, gone.Parts = 0, nil
	farther := answered(order.StateAllocated, thu, order.Event{Kind: order.EventReplanned, Rule: "STK-1", Inputs: order.Inputs(map[string]any{"shipment": 1, "was_arrival_on": "2026-11-25", "arrival_on": "2026-11-26"})})
	shortToldBefore, _, _, _ := rules.Tell(facts(short))
	otherDay := short
	otherDay.Events = append([]order.Event{}, short.Events...)
	otherDay.Events = append(otherDay.Events, order.Event{Kind: order.EventShort, Inputs: order.Inputs(map[string]any{"line": 1, "restock_on": "2026-12-14"})})
	illegible := facts(answered(order.StateAllocated, wed))
	illegible.Illegible = []rules.AnswerPage{{Page: 2, Image: "k"}}
	checking := facts(answered(order.StateAllocated, wed))
	checking.Waiting = []rules.AnswerPage{{Page: 2}}
	waited := first
	waited.Checking = []order.ToldPage{{Page: 2, Repeats: true}}
	for _, tt := range []struct {
		name  string
		facts rules.AnswerFacts
		ok    bool
		kind  order.AnswerKind
		notes []order.NoteKind
	}{
		{"the same", facts(answered(order.StateAllocated, wed)), false, order.AnswerAcknowledgement, nil},
		{"released", facts(answered(order.StateReleased, wed)), false, order.AnswerAcknowledgement, nil},
		{"short", facts(short), true, order.AnswerStockout, []order.NoteKind{order.NoteShort}},
		{"cut", facts(cut), true, order.AnswerStockout, []order.NoteKind{order.NoteCut, order.NoteAmount}},
		{"cut after it waited", before(facts(cut), shortToldBefore), true, order.AnswerStockout, []order.NoteKind{order.NoteCut, order.NoteAmount}},
		{"sold out", facts(gone), true, order.AnswerStockout, []order.NoteKind{order.NoteCancelled}},
		{"comes in on another day", before(facts(otherDay), shortToldBefore), true, order.AnswerAcknowledgement, []order.NoteKind{order.NoteRestock}},
		{"from farther away", facts(farther), true, order.AnswerAcknowledgement, []order.NoteKind{order.NoteMoved}},
		{"moved", facts(moved), true, order.AnswerAcknowledgement, []order.NoteKind{order.NoteMoved}},
		{"short and moved", facts(short, second(moved)), true, order.AnswerAcknowledgement, []order.NoteKind{order.NoteShort, order.NoteAdded}},
		{"cancelled", facts(cancelled), true, order.AnswerAcknowledgement, []order.NoteKind{order.NoteCancelled}},
		{"held", facts(held), true, order.AnswerAcknowledgement, []order.NoteKind{order.NoteHeld}},
		{"a page that nobody can read", illegible, true, order.AnswerAcknowledgement, nil},
		{"a page that waits", checking, false, order.AnswerAcknowledgement, nil},
		{"a page that waited became nothing", before(facts(answered(order.StateAllocated, wed)), waited), true, order.AnswerAcknowledgement, nil},
		{"a page that waited became an order", before(facts(answered(order.StateAllocated, wed), onPage(second(answered(order.StateAllocated, wed)), 2)), waited), true, order.AnswerAcknowledgement, []order.NoteKind{order.NoteAdded}},
		{"a page that waited cannot be read", before(illegible, waited), true, order.AnswerAcknowledgement, nil},
		{"short, and a page that waited became nothing", before(facts(short), waited), true, order.AnswerAcknowledgement, []order.NoteKind{order.NoteShort}},
		{"the one page became nothing", before(facts(), order.Told{Checking: []order.ToldPage{{Page: 1}}}), true, order.AnswerAcknowledgement, nil},
	} {
		if tt.facts.Before == nil {
			tt.facts.Before = &first
		}
		told, notes, kind, ok := rules.Tell(tt.facts)
		if ok != tt.ok || ok && kind != tt.kind || len(notes) != len(tt.notes) {
			t.Errorf("%s: %t %s %+v", tt.name, ok, kind, notes)
			continue
		}
		for i, n := range notes {
			if n.Kind != tt.notes[i] {
				t.Errorf("%s: %+v", tt.name, n)
			}
		}
		tt.facts.Before = &told // told once, it is no news
		if _, _, _, again := rules.Tell(tt.facts); again {
			t.Errorf("%s would be told twice", tt.name)
		}
	}
	stopped, _, _, _ := rules.Tell(facts(held))
	freed := facts(answered(order.StateAllocated, wed))
	freed.Before = &stopped
	if _, notes, _, ok := rules.Tell(freed); !ok || len(notes) != 1 || notes[0].Kind != order.NoteFreed {
		t.Errorf("a customer who was told that the order waits is not told that it goes ahead: %t %+v", ok, notes)
	}
	if told, _, _, _ := rules.Tell(facts(past)); !told.Orders[0].Lines[0].RestockOn.IsZero() || told.Orders[0].Lines[0].ShortQty != 4 {
		t.Errorf("a restock day that has passed is told: %+v", told.Orders[0].Lines[0])
	}
	told, _, kind, ok := rules.Tell(facts(gone))
	if !ok || kind != order.AnswerStockout || !told.Lacks() || told.Orders[0].CancelledWhy != order.ReasonStock || told.Orders[0].Lines[0].CancelledQty != 10 {
		t.Errorf("sold out before anybody was told: %t %s %+v", ok, kind, told)
	}
	if _, _, _, ok := rules.Tell(facts(cancelled)); ok {
		t.Error("an order cancelled before anybody was told is told")
	}
	if _, _, kind, ok := rules.Tell(rules.AnswerFacts{DocumentID: 7, Illegible: illegible.Illegible}); !ok || kind != order.AnswerResend {
		t.Errorf("%s %t", kind, ok)
	}
}

// TestSTK2MadeToOrderNotPicked: what was made to order and could not be picked comes on a day that follows.
func TestSTK2MadeToOrderNotPicked(t *testing.T) {
	t.Parallel()
	o := order.Order{
		ID: 1, Number: "1000000018", Channel: order.ChannelWeb, State: order.StateReleased, Source: order.Source{ShopFront: "shop"},
		Lines:     []order.Line{{No: 1, Qty: 3, ReservedQty: 3, Class: order.ClassPhone}},
		Shipments: []order.Shipment{{No: 1, Class: order.ClassPhone, State: order.ShipmentReleased, ArrivalOn: day(t, "2026-12-03")}},
	}
	now := jst(t, "2026-12-02 18:00")
	first, _, _, _ := rules.Tell(rules.AnswerFacts{Orders: []rules.AnswerOrder{{Order: o, Parts: []rules.AnswerPart{{Line: 1, Shipment: 1, Qty: 3}}}}, Now: now})
	o.Lines = []order.Line{{No: 1, Qty: 3, ReservedQty: 1, Class: order.ClassPhone}}
	o.Shipments = append(o.Shipments, order.Shipment{No: 2, Class: order.ClassPhone, State: order.ShipmentPlanned})
	_, _, events := rules.ApplyShort(o, rules.SettleShort(o, []rules.Shortage{{LineNo: 1, Missing: 2}}, now), rules.Default(), now)
	told, notes, _, ok := rules.Tell(rules.AnswerFacts{
		Orders: []rules.AnswerOrder{{Order: o, Events: events, Parts: []rules.AnswerPart{{Line: 1, Shipment: 1, Qty: 1}}}}, Before: &first, Now: now,
	})
	if !ok || len(notes) != 1 || notes[0].Kind != order.NoteMoved || notes[0].Was != "2026-12-03" || notes[0].Now != "" {
		t.Fatalf("%t %+v", ok, notes)
	}
	if l := told.Orders[0].Lines[0]; l.ShortQty != 0 || len(l.Arrivals) != 2 || l.Arrivals[1].Qty != 2 || !l.Arrivals[1].On.IsZero() {
		t.Errorf("%+v", l)
	}
}

func before(f rules.AnswerFacts, told order.Told) rules.AnswerFacts {
	f.Before = &told
	return f
}

func onPage(o rules.AnswerOrder, page int) rules.AnswerOrder {
	o.Order.Source.Page = page
	return o
}

func second(o rules.AnswerOrder) rules.AnswerOrder {
	o.Order.Number = order.NumberOf(100000002)
	return o
}

// What a person mended because it was misread is no change; what was surely read and is another
// now, is.
func TestTellWhatTheDeskChanged(t *testing.T) {
	t.Parallel()
	f := func(name, text string, d order.Decision) order.DraftField {
		return order.DraftField{Name: name, Text: text, Decision: d}
	}
	o := answered(order.StateAllocated, order.D(2026, time.November, 25))
	o.Read = &order.Draft{Fields: []order.DraftField{
		f("lines[1].item_code", "1", order.DecisionAccept), f("lines[1].quantity", "12", order.DecisionAccept),
		f("lines[2].item_code", "2", order.DecisionAccept), f("lines[2].quantity", "1?", order.DecisionReview),
		f("lines[3].item_code", "3", order.DecisionAccept), f("lines[3].quantity", "5", order.DecisionAccept),
	}}
	o.Settled = &order.Draft{Fields: []order.DraftField{
		f("lines[1].item_code", "1", order.DecisionAccept), f("lines[1].quantity", "10", order.DecisionAccept),
		f("lines[2].item_code", "4", order.DecisionAccept), f("lines[2].quantity", "17", order.DecisionAccept),
		f("lines[3].item_code", "3", order.DecisionAccept), f("lines[3].quantity", "5", order.DecisionAccept),
	}, Dropped: []order.DroppedLine{{Line: 3, Reason: "internal", By: "田中"}}}
	items := map[string]order.Item{
		"1": {Code: "1", Name: "紙", OrderMultiple: 10}, "2": {Code: "2", Name: "旧", SuccessorCode: "4", Discontinued: true},
		"3": {Code: "3", Name: "廃", Discontinued: true, SuccessorCode: "2"}, "4": {Code: "4", Name: "新"},
	}
	told, _, _, _ := rules.Tell(rules.AnswerFacts{DocumentID: 7, Orders: []rules.AnswerOrder{o}, Items: items})
	got := told.Orders[0].Notes
	if len(got) != 3 || got[0].Kind != order.NoteDropped || got[0].Successor != "4" ||
		got[1].Kind != order.NoteQuantity || got[1].Why != order.ReasonMultiple || got[1].Multiple != 10 ||
		got[2].Kind != order.NoteItem || got[2].Why != order.ReasonDiscontinued || got[2].NewName != "新" {
		t.Errorf("%+v", got)
	}
}

func TestAnswerWays(t *testing.T) {
	t.Parallel()
	own := func(n string) bool { return n == "0300002417" }
	short := order.Told{Orders: []order.ToldOrder{{Lines: []order.ToldLine{{ShortQty: 1}}}}}
	fax := order.Told{DocumentID: 1}
	for _, tt := range []struct {
		name        string
		kind        order.AnswerKind
		told        order.Told
		number      string
		card        bool
		email       string
		toFax, mail string
		desk, none  bool
	}{
		{"a fax", order.AnswerAcknowledgement, fax, "03-1234-5678", false, "a@b.example", "0312345678", "", false, false},
		{"a fax without a number", order.AnswerAcknowledgement, fax, "", false, "a@b.example", "", "", true, false},
		{"our own number", order.AnswerAcknowledgement, fax, "0300002417", false, "", "", "", true, false},
		{"a fax of a card customer", order.AnswerAcknowledgement, fax, "0312345678", true, "a@b.example", "", "a@b.example", false, false},
		{"a card customer without a mail", order.AnswerOrderMail, short, "0312345678", true, "", "", "", true, false},
		{"web", order.AnswerOrderMail, order.Told{}, "0312345678", false, "a@b.example", "", "a@b.example", false, false},
		{"web, short", order.AnswerOrderMail, short, "0312345678", false, "a@b.example", "0312345678", "a@b.example", false, false},
		{"web, short, card", order.AnswerStockout, short, "0312345678", true, "a@b.example", "", "a@b.example", false, false},
		{"web without a mail", order.AnswerOrderMail, order.Told{}, "0312345678", false, "", "", "", false, true},
		{"web without a mail, short", order.AnswerOrderMail, short, "0312345678", false, "", "0312345678", "", false, false},
		{"web without anything, short", order.AnswerOrderMail, short, "", false, "", "", "", true, false},
	} {
		w := rules.AnswerWays(order.Answer{Kind: tt.kind, Told: tt.told, Customer: order.Department{Fax: tt.number}}, tt.card, tt.email, own)
		if w.Fax != tt.toFax || w.Mail != tt.mail || (w.Desk != "") != tt.desk || (w.Needless != "") != tt.none {
			t.Errorf("%s: %+v", tt.name, w)
		}
	}
}

// TestAnswerWishes: a department's wish moves what goes well, and never what is short.
func TestAnswerWishes(t *testing.T) {
	t.Parallel()
	well := order.Told{DocumentID: 1, Orders: []order.ToldOrder{{}}}
	short := order.Told{DocumentID: 1, Orders: []order.ToldOrder{{Lines: []order.ToldLine{{ShortQty: 1}}}}}
	unread := order.Told{DocumentID: 1, Illegible: []order.ToldPage{{}}}
	const email = "a@b.example"
	for _, tt := range []struct {
		wish      order.AnswerWish
		told      order.Told
		email     string
		changes   []order.Note
		fax, mail string
		none      bool
	}{
		{"", well, email, nil, "0312345678", "", false},
		{order.AnswersByMail, well, email, nil, "", email, false},
		{order.AnswersByMail, well, "", nil, "0312345678", "", false},
		{order.AnswersByMail, unread, email, nil, "", email, false},
		{order.AnswersByMail, short, email, nil, "0312345678", "", false},
		{order.AnswersBadNews, well, email, nil, "", "", true},
		{order.AnswersBadNews, well, email, []order.Note{{}}, "0312345678", "", false},
		{order.AnswersBadNews, unread, email, nil, "0312345678", "", false},
		{order.AnswersBadNews, short, email, nil, "0312345678", "", false},
	} {
		w := rules.AnswerWays(order.Answer{Kind: order.AnswerAcknowledgement, Told: tt.told, Changes: tt.changes, Customer: order.Department{Fax: "0312345678", Answers: tt.wish}}, false, tt.email, nil)
		if w.Fax != tt.fax || w.Mail != tt.mail || (w.Needless != "") != tt.none || w.Desk != "" {
			t.Errorf("%q: %+v", tt.wish, w)
		}
	}
	// A web order and a card are told as ever.
	if w := rules.AnswerWays(order.Answer{Kind: order.AnswerOrderMail, Customer: order.Department{Fax: "0312345678", Answers: order.AnswersBadNews}}, false, email, nil); w.Mail != email {
		t.Errorf("web: %+v", w)
	}
}

// TestTellWhatWasChanged: an order that the desk changed is told as changed, not as cancelled; what
// was cancelled and told once is not told again.
func TestTellWhatWasChanged(t *testing.T) {
	t.Parallel()
	wed, fri := order.D(2026, time.November, 25), order.D(2026, time.November, 27)
	note := func(which string, n order.Number) order.Event {
		return order.Event{Kind: order.EventNoted, Rule: "KEP-2", Inputs: order.Inputs(map[string]any{which: n.Grouped()})}
	}
	number := func(o rules.AnswerOrder, id int64) rules.AnswerOrder {
		o.Order.ID, o.Order.Number = id, order.NumberOf(id)
		return o
	}
	one, two, three := order.NumberOf(100000001), order.NumberOf(100000002), order.NumberOf(100000003)
	facts := rules.AnswerFacts{DocumentID: 7, Orders: []rules.AnswerOrder{number(answered(order.StateAllocated, wed), 100000001)}}
	first, _, _, _ := rules.Tell(facts)
	old := number(answered(order.StateCancelled, wed, note("replaced_by", two)), 100000001)
	between := number(answered(order.StateCancelled, wed, note("replaces", one), note("replaced_by", three)), 100000002)
	last := number(answered(order.StateAllocated, fri, note("replaces", two)), 100000003)
	last.Order.DesignatedOn = fri
	facts.Orders, facts.Before = []rules.AnswerOrder{old, between, last}, &first
	told, changes, _, ok := rules.Tell(facts)
	if !ok || len(told.Orders) != 1 || told.Orders[0].Number != three || len(changes) != 1 {
		t.Fatalf("%v %+v %+v", ok, told.Orders, changes)
	}
	if got := phrase.Note(changes[0]); got != "ご注文 "+one.Grouped()+" のお届けご希望日を11月27日（金）に変更し、新しいご注文番号 "+three.Grouped()+" で承りました。" {
		t.Error(got)
	}
	facts.Before = &told
	if _, changes, _, ok := rules.Tell(facts); ok {
		t.Errorf("told again: %+v", changes)
	}
	facts.Orders = []rules.AnswerOrder{number(answered(order.StateCancelled, wed), 100000001)}
	facts.Before = &first
	gone, changes, _, ok := rules.Tell(facts)
	if !ok || len(changes) != 1 || phrase.Note(changes[0]) != "ご注文を取り消しました。" {
		t.Fatalf("%+v", changes)
	}
	facts.Before = &gone
	if told, _, _, ok := rules.Tell(facts); ok || len(told.Orders) != 0 {
		t.Errorf("a cancellation is told twice: %+v", told)
	}
	quiet := answered(order.StateHeld, wed, order.Event{Kind: order.EventHeld, Rule: "KEP-2", Inputs: order.Inputs(map[string]any{"quiet": true})})
	facts.Orders, facts.Before = []rules.AnswerOrder{number(quiet, 100000001)}, &first
	if _, changes, _, ok := rules.Tell(facts); ok {
		t.Errorf("a quiet hold is told: %+v", changes)
	}
}
