package day

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"todoke/order"
	"todoke/rules"
)

// WebOrder is one request to POST /v1/orders.
type WebOrder struct {
	At   time.Time // when the customer ordered, and when the shop front sends it
	Key  string    // Idempotency-Key
	Body []byte
	Note string
}

type webLine struct {
	ItemCode string `json:"item_code"`
	Quantity int    `json:"quantity"`
	Comment  string `json:"comment,omitempty"`
}

type webPayment struct {
	Method        string `json:"method"`
	Authorisation string `json:"authorisation,omitempty"`
	AuthorisedYen int64  `json:"authorised_yen,omitempty"`
}

// webTerms are what card customers agreed to (ACC-5).
type webTerms struct {
	Version  string `json:"version"`
	AgreedAt string `json:"agreed_at"`
}

type webOrder struct {
	OrderedAt    string      `json:"ordered_at"`
	CustomerCode string      `json:"customer_code"`
	ShipTo       string      `json:"ship_to,omitempty"`
	DesignatedOn string      `json:"designated_on,omitempty"`
	Payment      *webPayment `json:"payment,omitempty"`
	Terms        *webTerms   `json:"terms,omitempty"`
	Lines        []webLine   `json:"lines"`
}

// firstDay is the Tuesday on which the sample's business begins.
var firstDay = order.D(2026, time.November, 24)

// Days is how many days of business the sample has.
const Days = 3

// WebOrders makes n orders or more: four round every cut-off of every region and class, the
// rest over the three days, a quarter with a designated date, a few that a rule refuses. They
// come in the order of their time. The simulated card gateway is not there when the first order of
// each day that is paid by card is captured; the second time it is (package payment/simulate).
func WebOrders(shop *Shop, n int, seed uint64) ([]WebOrder, error) {
	r := rand.New(rand.NewPCG(seed, 0))
	type made struct {
		WebOrder
		body webOrder
	}
	var all []made
	add := func(at time.Time, class order.Class, deps []order.Department, note string, change func(*webOrder)) {
		b := shop.web(at, class, deps[r.IntN(len(deps))], r)
		if change != nil {
			change(&b)
		}
		all = append(all, made{WebOrder{At: at, Key: fmt.Sprintf("sample-%04d", len(all)+1), Note: note}, b})
	}
	for i, region := range shop.regionList {
		deps := shop.byRegion[region.Code]
		if len(deps) == 0 {
			continue
		}
		on := firstDay.Add(i % Days)
		for _, class := range []order.Class{order.ClassNormal, order.ClassTruck} {
			cutoff := rules.Cutoff(region, order.ChannelWeb, class)
			for _, off := range []time.Duration{-time.Minute, 0, time.Second, time.Minute} {
				note := fmt.Sprintf("%s %s %+d s from the cut-off", region.Code, class, int(off.Seconds()))
				add(on.At(cutoff).Add(off), class, deps, note, nil)
			}
		}
	}
	for len(all) < n {
		at := firstDay.Add(r.IntN(Days)).At(order.Clock{Hour: 8, Minute: 30}).Add(time.Duration(r.IntN(10*3600)) * time.Second)
		class := order.ClassNormal
		switch v := r.IntN(20); {
		case v == 0 && len(shop.byClass[order.ClassPhone]) > 0:
			class = order.ClassPhone
		case v < 4:
			class = order.ClassTruck
		}
		var change func(*webOrder)
		note := ""
		switch v := r.IntN(40); {
		case v < 10:
			on := workday(order.DateOf(at).Add(5 + r.IntN(8)))
			change = func(b *webOrder) { b.DesignatedOn = on.String() }
		case v == 10:
			note = "refused: a designated Sunday"
			change = func(b *webOrder) { b.DesignatedOn = order.D(2026, time.December, 6).String() }
		case v == 11 && len(shop.discontinued) > 0:
			note = "refused: a discontinued item"
			gone := shop.discontinued[r.IntN(len(shop.discontinued))].Code
			change = func(b *webOrder) { b.Lines[0].ItemCode = gone }
		case v == 12:
			note = "refused: an item that does not exist"
			change = func(b *webOrder) { b.Lines[0].ItemCode = shop.unknownItem }
		}
		add(at, class, shop.departments, note, change)
	}
	// The keys above follow the order of making; customers order in the order of time.
	slices.SortStableFunc(all, func(a, b made) int { return a.At.Compare(b.At) })
	out := make([]WebOrder, len(all))
	var stumbled order.Date
	for i, o := range all {
		if on := order.DateOf(o.At); o.body.Payment != nil && o.body.DesignatedOn == "" && o.Note == "" && on != stumbled {
			o.body.Payment.Authorisation += "-unavailable"
			stumbled = on
		}
		var err error
		if o.Body, err = json.Marshal(o.body); err != nil {
			return nil, fmt.Errorf("encode web order: %w", err)
		}
		out[i] = o.WebOrder
	}
	return out, nil
}

func workday(d order.Date) order.Date {
	for d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
		d = d.Add(1)
	}
	return d
}

var comments = []string{"", "", "", "", "総務 佐野", "3F会議室", "経理課 共用", "営業二課 森田様分", "受付カウンターへ"}

func (s *Shop) web(at time.Time, class order.Class, dep order.Department, r *rand.Rand) webOrder {
	b := webOrder{OrderedAt: at.In(order.JST).Format(time.RFC3339), CustomerCode: dep.Code}
	if dep.Payment == order.PaymentCard {
		b.Payment = &webPayment{Method: string(order.PaymentCard), Authorisation: fmt.Sprintf("auth-%08x", r.Uint32())}
		b.Terms = &webTerms{Version: "2026-04", AgreedAt: b.OrderedAt}
	}
	lines := 1 + r.IntN(5)
	if class != order.ClassNormal {
		lines = 1 + r.IntN(2)
	}
	seen := map[string]bool{}
	var yen order.Yen
	for range lines {
		pool := s.byClass[class]
		if class != order.ClassNormal && len(b.Lines) > 0 && r.IntN(3) == 0 {
			pool = s.byClass[order.ClassNormal] // one order of two classes: two shipments (CUT-8)
		}
		it := pool[r.IntN(len(pool))]
		if seen[it.Code] {
			continue
		}
		seen[it.Code] = true
		q := it.OrderMultiple * (1 + r.IntN(8))
		if class == order.ClassTruck {
			q = it.OrderMultiple * (1 + r.IntN(2))
		}
		yen += it.ListPrice * order.Yen(q)
		b.Lines = append(b.Lines, webLine{ItemCode: it.Code, Quantity: q, Comment: comments[r.IntN(len(comments))]})
	}
	if b.Payment != nil { // the catalogue's prices with tax and a fee are the most that it can come to
		const tenth, most = 10, 1_000
		b.Payment.AuthorisedYen = int64(yen + yen/tenth + most)
	}
	return b
}
