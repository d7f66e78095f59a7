package rules_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

// Item codes of the test shop; the names say what is special about each.
const (
	pen        = "1000001" // 400 yen, contract 380, later 350
	paper      = "1000002" // 2,500 yen, in boxes of 5
	tea        = "1000003" // 1,000 yen, 8 % tax
	cabinet    = "1000004" // truck
	madeChair  = "1000005" // phone
	glass      = "1000006" // no_saturday
	oldPen     = "1000007" // succeeded by olderPen's successor
	olderPen   = "1000008" // succeeded by oldPen
	ringA      = "1000009" // ringA and ringB succeed each other
	ringB      = "1000010"
	gone       = "1000011" // discontinued, no successor
	freebie    = "1000012" // 0 yen
	dear       = "1000013" // at the price limit
	misTaxed   = "1000014"
	misPriced  = "1000015"
	misClassed = "1000016"
	crates     = "1000017" // in lots of 20,000: more than a line takes
)

func facts(tb testing.TB) rules.Facts {
	tb.Helper()
	s := rules.Default()
	s.CheckDigits = false
	regions, err := rules.DefaultRegionTable(s)
	if err != nil {
		tb.Fatal(err)
	}
	items := map[string]order.Item{}
	for _, it := range []order.Item{
		{Code: pen, Name: "ボールペン 黒", Unit: "本", OrderMultiple: 1, ListPrice: 400, TaxRate: 10, Class: order.ClassNormal},
		{Code: paper, Name: "コピー用紙 A4", Unit: "冊", OrderMultiple: 5, ListPrice: 500, TaxRate: 10, Class: order.ClassNormal},
		{Code: tea, Name: "緑茶 500ml", Unit: "箱", OrderMultiple: 1, ListPrice: 1000, TaxRate: 8, Class: order.ClassNormal},
		{Code: cabinet, Name: "書庫", Unit: "台", OrderMultiple: 1, ListPrice: 45800, TaxRate: 10, Class: order.ClassTruck},
		{Code: madeChair, Name: "役員椅子", Unit: "脚", OrderMultiple: 1, ListPrice: 198000, TaxRate: 10, Class: order.ClassPhone},
		{Code: glass, Name: "ホワイトボード", Unit: "枚", OrderMultiple: 1, ListPrice: 8900, TaxRate: 10, Class: order.ClassNormal, NoSaturday: true},
		{Code: oldPen, Name: "旧ボールペン", OrderMultiple: 1, ListPrice: 90, TaxRate: 10, Class: order.ClassNormal, SuccessorCode: pen},
		{Code: olderPen, Name: "旧旧ボールペン", OrderMultiple: 1, ListPrice: 80, TaxRate: 10, Class: order.ClassNormal, SuccessorCode: oldPen, Discontinued: true},
		{Code: ringA, ListPrice: 1, TaxRate: 10, SuccessorCode: ringB},
		{Code: ringB, ListPrice: 1, TaxRate: 10, SuccessorCode: ringA},
		{Code: gone, ListPrice: 1, TaxRate: 10, Discontinued: true},
		{Code: freebie, Name: "カタログ", ListPrice: 0, TaxRate: 10},
		{Code: dear, Name: "金庫", ListPrice: s.MaxUnitPriceYen, TaxRate: 10, Class: order.ClassNormal},
		{Code: misTaxed, ListPrice: 100, TaxRate: 7, Class: order.ClassNormal},
		{Code: misPriced, ListPrice: -1, TaxRate: 10, Class: order.ClassNormal},
		{Code: misClassed, ListPrice: 100, TaxRate: 10, Class: "pigeon"},
		{Code: crates, ListPrice: 100, TaxRate: 10, Class: order.ClassNormal, OrderMultiple: 20000},
	} {
		items[it.Code] = it
	}
	return rules.Facts{
		Users:    []string{"U7"},
		Settings: s, Calendar: rules.DefaultCalendar(), Regions: regions,
		Warehouses: []order.Warehouse{
			{Code: "W3", Regions: []string{rules.RegionKyushu, rules.RegionOkinawa}, FallbackOrder: 1},
			{Code: "W1", Regions: []string{rules.RegionHonshu, rules.RegionHokkaido}, FallbackOrder: 3},
			{Code: "W2", Regions: []string{rules.RegionShikoku}, FallbackOrder: 2},
		},
		Department: order.Department{
			Code: "10002345", Name: "総務部", CompanyCode: "C001", CompanyName: "株式会社あおば設計", DealerCode: "D1",
			PostalCode: "1500001", Prefecture: "東京都", Address: "渋谷区神宮前9-9-9",
			PriceList: "A", Stockout: order.StockoutCancel, Payment: order.PaymentInvoice,
		},
		ShipTos: map[string]order.ShipTo{
			"001": {Code: "001", CompanyCode: "C001", Name: "福岡支店", PostalCode: "8100001", Prefecture: "福岡県", Address: "福岡市中央区天神9-9-9"},
			"002": {Code: "002", CompanyCode: "C001", Name: "佐渡出張所", PostalCode: "952-0011", Prefecture: "新潟県", Address: "佐渡市梅津9999"},
		},
		Items: items,
		Prices: map[string][]order.ContractPrice{pen: {
			{PriceList: "A", ItemCode: pen, Price: 350, From: day(tb, "2026-12-01")},
			{PriceList: "A", ItemCode: pen, Price: 380, From: day(tb, "2026-04-01")},
			{PriceList: "B", ItemCode: pen, Price: 1, From: day(tb, "2026-04-01")},
		}},
	}
}

func lines(qtyOf ...any) []order.RequestLine {
	var ls []order.RequestLine
	for i := 0; i < len(qtyOf); i += 2 {
		ls = append(ls, order.RequestLine{Field: fmt.Sprintf("lines[%d]", i/2+1), ItemCode: qtyOf[i].(string), Qty: qtyOf[i+1].(int)})
	}
	return ls
}

func request(tb testing.TB, channel order.Channel, received string, ls []order.RequestLine) order.Request {
	tb.Helper()
	return order.Request{Channel: channel, ReceivedAt: jst(tb, received), DepartmentCode: "10002345", Lines: ls}
}

func mustAccept(t *testing.T, req order.Request, f rules.Facts, now time.Time) (order.Order, []order.Event) {
	t.Helper()
	o, events, errs := rules.Accept(req, f, now)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return o, events
}

func TestAcceptMakesTheOrder(t *testing.T) {
	t.Parallel()
	req := request(t, order.ChannelWeb, "2026-11-24 10:00", lines(pen, 3, tea, 1))
	req.Lines[0].Comment = "企画課 佐藤"
	req.UserCode, req.Source = "U7", order.Source{ShopFront: "front", Key: "k"}
	req.Terms = &order.Terms{Version: "2026-04", AgreedAt: jst(t, "2026-11-24 09:59")}
	now := jst(t, "2026-11-24 10:00:03")
	o, events := mustAccept(t, req, facts(t), now)
	want := order.Order{
		State: order.StateAccepted, Channel: order.ChannelWeb,
		ReceivedAt: req.ReceivedAt, AcceptedAt: now, AcceptanceOn: day(t, "2026-11-24"), CancelUntil: jst(t, "2026-11-24 10:10"),
		DepartmentCode: "10002345", UserCode: "U7",
		ShipTo:     order.Address{Name: "株式会社あおば設計 総務部", PostalCode: "1500001", Prefecture: "東京都", Address: "渋谷区神宮前9-9-9"},
		RegionCode: rules.RegionHonshu, Stockout: order.StockoutCancel, Payment: order.PaymentInvoice,
		Lines: []order.Line{
			{No: 1, ItemCode: pen, Name: "ボールペン 黒", Unit: "本", Class: order.ClassNormal, Qty: 3, UnitPrice: 380, PriceList: "A", TaxRate: 10, Comment: "企画課 佐藤"},
			{No: 2, ItemCode: tea, Name: "緑茶 500ml", Unit: "箱", Class: order.ClassNormal, Qty: 1, UnitPrice: 1000, TaxRate: 8},
		},
		Shipments: []order.Shipment{{
			No: 1, State: order.ShipmentPlanned, Class: order.ClassNormal, WarehouseCode: "W1",
			AcceptanceOn: day(t, "2026-11-24"), ReadyOn: day(t, "2026-11-25"), ShipOn: day(t, "2026-11-24"), ArrivalOn: day(t, "2026-11-25"),
			Rules: []string{"CUT-4", "CUT-5"},
		}},
		GoodsYen: 2140, FeeYen: 300,
		Taxes:  []order.Tax{{Rate: 10, NetYen: 1440, TaxYen: 144}, {Rate: 8, NetYen: 1000, TaxYen: 80}},
		Source: order.Source{ShopFront: "front", Key: "k"},
	}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("got  %+v\nwant %+v", o, want)
	}
	for _, rule := range []string{"CUT-3", "ACC-5", "ACC-1", "CUT-2", "ITM-2", "FEE-1", "TAX-1", "CUT-5", "CAN-1"} {
		i := slices.IndexFunc(events, func(e order.Event) bool { return e.Rule == rule })
		if i < 0 {
			t.Errorf("no event of %s", rule)
			continue
		}
		var inputs map[string]any
		if err := json.Unmarshal(events[i].Inputs, &inputs); err != nil || len(inputs) == 0 {
			t.Errorf("%s: inputs %s, %v", rule, events[i].Inputs, err)
		}
		if events[i].Text == "" || !events[i].At.Equal(now) {
			t.Errorf("%s: %+v", rule, events[i])
		}
	}
	if events[0].Kind != order.EventAccepted {
		t.Errorf("first event %s", events[0].Kind)
	}
}

// TestFEE1AcceptFeeBoundary is FEE-1 at the threshold, and once per order however many shipments.
func TestFEE1AcceptFeeBoundary(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lines []order.RequestLine
		goods order.Yen
		fee   order.Yen
	}{
		{lines(paper, 5), 2500, 0},
		{lines(tea, 2, pen, 1), 2380, 300},
		{lines(tea, 2, freebie, 1), 2000, 300},
		{lines(freebie, 1), 0, 300},
		{lines(cabinet, 1, tea, 1), 46800, 0},
	} {
		o, _ := mustAccept(t, request(t, order.ChannelFax, "2026-11-24 10:00", tt.lines), facts(t), time.Time{})
		if o.GoodsYen != tt.goods || o.FeeYen != tt.fee {
			t.Errorf("goods %d, fee %d; want %d, %d", o.GoodsYen, o.FeeYen, tt.goods, tt.fee)
		}
		var net order.Yen
		for _, x := range o.Taxes {
			net += x.NetYen
		}
		if net != tt.goods+tt.fee {
			t.Errorf("taxed %d of %d", net, tt.goods+tt.fee)
		}
	}
	f := facts(t)
	f.Items[tea] = order.Item{Code: tea, ListPrice: 2499, TaxRate: 8, Class: order.ClassNormal}
	o, _ := mustAccept(t, request(t, order.ChannelFax, "2026-11-24 10:00", lines(tea, 1)), f, time.Time{})
	if o.FeeYen != 300 || !reflect.DeepEqual(o.Taxes, []order.Tax{{Rate: 10, NetYen: 300, TaxYen: 30}, {Rate: 8, NetYen: 2499, TaxYen: 199}}) {
		t.Errorf("fee %d, taxes %v", o.FeeYen, o.Taxes)
	}
}

// TestITM2PricesByDayOfReceipt is ITM-2.
func TestITM2PricesByDayOfReceipt(t *testing.T) {
	t.Parallel()
	for received, want := range map[string]order.Yen{
		"2026-03-31 23:59:59": 400, // before the contract
		"2026-04-01 00:00:00": 380,
		"2026-11-30 18:00:00": 380, // accepted on 12-01, received on 11-30
		"2026-12-01 00:00:00": 350,
	} {
		o, _ := mustAccept(t, request(t, order.ChannelWeb, received, lines(pen, 1)), facts(t), time.Time{})
		if o.Lines[0].UnitPrice != want || (o.Lines[0].PriceList == "A") != (want != 400) {
			t.Errorf("%s: %d yen by list %q, want %d", received, o.Lines[0].UnitPrice, o.Lines[0].PriceList, want)
		}
	}
	f := facts(t)
	f.Department.PriceList = ""
	if o, _ := mustAccept(t, request(t, order.ChannelWeb, "2026-11-24 10:00", lines(pen, 1)), f, time.Time{}); o.Lines[0].UnitPrice != 400 {
		t.Errorf("no price list: %d yen", o.Lines[0].UnitPrice)
	}
}

// TestCUT8AcceptSplitsByClass is CUT-8: each class its own shipment and date.
func TestCUT8AcceptSplitsByClass(t *testing.T) {
	t.Parallel()
	req := request(t, order.ChannelFax, "2026-11-24 14:00", lines(madeChair, 1, cabinet, 2, paper, 5, pen, 1))
	o, events := mustAccept(t, req, facts(t), time.Time{})
	var got []string
	for _, s := range o.Shipments {
		got = append(got, fmt.Sprintf("%d %s %s %s %s", s.No, s.Class, s.AcceptanceOn, s.ArrivalOn, s.ShipOn))
	}
	want := []string{
		"1 normal 2026-11-24 2026-11-25 2026-11-24",
		"2 truck 2026-11-25 2026-11-27 2026-11-25", // after 13:00
		"3 phone 2026-11-24  ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("shipments %q, want %q", got, want)
	}
	if o.State != order.StateAccepted || o.AcceptanceOn != day(t, "2026-11-24") {
		t.Errorf("state %s, accepted %s", o.State, o.AcceptanceOn)
	}
	if !slices.ContainsFunc(events, func(e order.Event) bool { return e.Rule == "CUT-6" && strings.Contains(e.Text, "wait for a date") }) {
		t.Error("nothing says that the phone-mark line waits")
	}
	if !o.CancelUntil.IsZero() {
		t.Error("a fax can be cancelled (CAN-1)")
	}
}

// TestCUT6AcceptHoldsPhoneOrders is CUT-6: nothing but made-to-order goods waits for the desk.
func TestCUT6AcceptHoldsPhoneOrders(t *testing.T) {
	t.Parallel()
	req := request(t, order.ChannelWeb, "2026-11-24 14:00", lines(madeChair, 1))
	req.DesignatedOn = day(t, "2026-11-29") // a Sunday: the desk's to settle
	o, events := mustAccept(t, req, facts(t), time.Time{})
	if o.State != order.StateHeld || !strings.HasPrefix(o.HoldReason, "CUT-6") || !o.Shipments[0].ArrivalOn.IsZero() {
		t.Errorf("%s %q %+v", o.State, o.HoldReason, o.Shipments)
	}
	if events[len(events)-1].Kind != order.EventHeld {
		t.Errorf("last event %+v", events[len(events)-1])
	}
}

func TestAcceptShipTo(t *testing.T) {
	t.Parallel()
	full := order.Address{Code: "999", PostalCode: "〒900-0015", Prefecture: "沖縄", Address: "那覇市久茂地9-9-9"}
	for name, tt := range map[string]struct {
		code      string
		full      *order.Address
		region    string
		warehouse string
		place     order.Address
		field     string
	}{
		"own address":     {region: rules.RegionHonshu, warehouse: "W1", place: order.Address{Name: "株式会社あおば設計 総務部", PostalCode: "1500001", Prefecture: "東京都", Address: "渋谷区神宮前9-9-9"}},
		"registered":      {code: "001", region: rules.RegionKyushu, warehouse: "W3", place: order.Address{Code: "001", Name: "福岡支店", PostalCode: "8100001", Prefecture: "福岡県", Address: "福岡市中央区天神9-9-9"}},
		"leading zeros":   {code: "1", region: rules.RegionKyushu, warehouse: "W3", place: order.Address{Code: "001", Name: "福岡支店", PostalCode: "8100001", Prefecture: "福岡県", Address: "福岡市中央区天神9-9-9"}},
		"island":          {code: "002", region: rules.RegionIslands, warehouse: "W3", place: order.Address{Code: "002", Name: "佐渡出張所", PostalCode: "952-0011", Prefecture: "新潟県", Address: "佐渡市梅津9999"}},
		"full address":    {full: &full, region: rules.RegionOkinawa, warehouse: "W3", place: order.Address{Name: "株式会社あおば設計 総務部", PostalCode: "9000015", Prefecture: "沖縄県", Address: "那覇市久茂地9-9-9"}},
		"unknown code":    {code: "003", field: "ship_to"},
		"both":            {code: "001", full: &full, field: "ship_to"},
		"no address":      {full: &order.Address{PostalCode: "9000015", Prefecture: "沖縄県", Address: " "}, field: "ship_to.address"},
		"bad postal code": {full: &order.Address{PostalCode: "900", Prefecture: "沖縄県", Address: "那覇市"}, field: "ship_to.postal_code"},
		"no prefecture":   {full: &order.Address{PostalCode: "9000015", Address: "那覇市"}, field: "ship_to.prefecture"},
	} {
		req := request(t, order.ChannelWeb, "2026-11-24 10:00", lines(pen, 1))
		req.ShipToCode, req.ShipTo = tt.code, tt.full
		o, _, errs := rules.Accept(req, facts(t), time.Time{})
		if tt.field != "" {
			if len(errs) != 1 || errs[0].Field != tt.field {
				t.Errorf("%s: errors %v, want one of %s", name, errs, tt.field)
			}
			continue
		}
		if len(errs) > 0 {
			t.Errorf("%s: %v", name, errs)
			continue
		}
		if o.RegionCode != tt.region || o.Shipments[0].WarehouseCode != tt.warehouse || o.ShipTo != tt.place {
			t.Errorf("%s: region %s, warehouse %s, place %+v", name, o.RegionCode, o.Shipments[0].WarehouseCode, o.ShipTo)
		}
	}
}

// TestACC5Terms takes no card order from a shop front whose customer agreed to no terms, nor one
// without its authorisation, whoever says that it is paid by card; all that is missing is told at once. A
// fax has no shop front to be asked: it is held.
func TestACC5Terms(t *testing.T) {
	t.Parallel()
	const all = "payment.authorised_yen PAY-1 payment.authorisation PAY-1 terms ACC-5"
	always := func(_ *order.Request, f *rules.Facts) { f.Department.Payment = order.PaymentCard }
	for name, tt := range map[string]struct {
		change func(*order.Request, *rules.Facts)
		want   string
	}{
		"card, as the customer always pays": {always, all},
		"card, as this order says":          {func(r *order.Request, _ *rules.Facts) { r.Payment = order.PaymentCard }, all},
		"with terms alone": {func(r *order.Request, f *rules.Facts) {
			always(r, f)
			r.Terms = &order.Terms{Version: "2026-04", AgreedAt: r.ReceivedAt}
		}, "payment.authorised_yen PAY-1 payment.authorisation PAY-1"},
		"without terms": {func(r *order.Request, f *rules.Facts) {
			always(r, f)
			r.Authorisation, r.AuthorisedYen = "auth-17", 5000
		}, "terms ACC-5"},
		"with all": {func(r *order.Request, f *rules.Facts) {
			always(r, f)
			r.Authorisation, r.AuthorisedYen, r.Terms = "auth-17", 5000, &order.Terms{Version: "2026-04", AgreedAt: r.ReceivedAt}
		}, ""},
		"invoice": {func(*order.Request, *rules.Facts) {}, ""},
		"invoice, as this order says": {func(r *order.Request, f *rules.Facts) {
			always(r, f)
			r.Payment = order.PaymentInvoice
		}, ""},
		"fax, held": {func(r *order.Request, f *rules.Facts) {
			always(r, f)
			r.Channel, r.Source.ShopFront = order.ChannelFax, ""
		}, ""},
	} {
		f, req := facts(t), request(t, order.ChannelWeb, "2026-11-24 10:00", lines(pen, 1))
		req.Source.ShopFront = "shop"
		tt.change(&req, &f)
		o, _, errs := rules.Accept(req, f, req.ReceivedAt)
		var got []string
		for _, e := range errs {
			got = append(got, e.Field, e.Rule)
		}
		if strings.Join(got, " ") != tt.want || rules.HeldBy(o, "PAY-1") != (name == "fax, held") {
			t.Errorf("%s: %v %s", name, errs, o.HoldReason)
		}
	}
}

// TestACC1User refuses a user that the customer does not have: nothing of theirs would bind it. An order
// that was taken is changed though its user left.
func TestACC1User(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		user    string
		changed bool
		refused bool
	}{
		"known": {"U7", false, false}, "none": {"", false, false}, "unknown": {"U8", false, true}, "left since": {"U8", true, false},
	} {
		req := request(t, order.ChannelWeb, "2026-11-24 10:00", lines(pen, 1))
		req.UserCode, req.Changed = tt.user, tt.changed
		_, _, errs := rules.Accept(req, facts(t), req.ReceivedAt)
		if got := len(errs) == 1 && errs[0].Rule == "ACC-1" && errs[0].Field == "user_code"; got != tt.refused || len(errs) > 1 {
			t.Errorf("%s: %v", name, errs)
		}
	}
}

// TestAcceptRefusals: each fault alone, by rule, field and what is offered.
func TestAcceptRefusals(t *testing.T) {
	t.Parallel()
	const item, qty = "lines[1].item_code", "lines[1].quantity"
	for name, tt := range map[string]struct {
		change               func(*order.Request, *rules.Facts)
		rule, field, suggest string
	}{
		"no customer":      {func(r *order.Request, _ *rules.Facts) { r.DepartmentCode = "" }, "ACC-1", "customer_code", ""},
		"another customer": {func(r *order.Request, _ *rules.Facts) { r.DepartmentCode = "10002346" }, "ACC-1", "customer_code", ""},
		"unknown customer": {func(_ *order.Request, f *rules.Facts) {
			f.Department = order.Department{}
			f.Department.PriceList = "A"
		}, "ACC-1", "customer_code", ""},
		"channel":              {func(r *order.Request, _ *rules.Facts) { r.Channel = "mail" }, "FAX-1", "channel", ""},
		"no time":              {func(r *order.Request, _ *rules.Facts) { r.ReceivedAt = time.Time{} }, "CUT-3", "received_at", ""},
		"far future":           {func(r *order.Request, _ *rules.Facts) { r.ReceivedAt = time.Unix(1<<40, 0) }, "CUT-3", "received_at", ""},
		"stockout":             {func(r *order.Request, _ *rules.Facts) { r.Stockout = "hope" }, "STK-2", "stockout", ""},
		"payment":              {func(r *order.Request, _ *rules.Facts) { r.Payment = "cash" }, "PAY-1", "payment", ""},
		"no lines":             {func(r *order.Request, _ *rules.Facts) { r.Lines = nil }, "ITM-1", "lines", ""},
		"too many lines":       {func(r *order.Request, _ *rules.Facts) { r.Lines = make([]order.RequestLine, 501) }, "ITM-1", "lines", ""},
		"no warehouses":        {func(_ *order.Request, f *rules.Facts) { f.Warehouses = nil }, "STK-1", "", ""},
		"no item code":         {func(r *order.Request, _ *rules.Facts) { r.Lines = lines("", 1) }, "ITM-1", item, ""},
		"unknown item":         {func(r *order.Request, _ *rules.Facts) { r.Lines = lines("7654321", 1) }, "ITM-1", item, ""},
		"discontinued":         {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(oldPen, 1) }, "ITM-1", item, pen},
		"chain of successors":  {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(olderPen, 1) }, "ITM-1", item, pen},
		"ring of successors":   {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(ringA, 1) }, "ITM-1", item, ""},
		"gone for good":        {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(gone, 1) }, "ITM-1", item, ""},
		"multiple, lower":      {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(paper, 7) }, "ITM-1", qty, "5"},
		"multiple, upper":      {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(paper, 8) }, "ITM-1", qty, "10"},
		"below a multiple":     {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(paper, 1) }, "ITM-1", qty, "5"},
		"zero":                 {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(pen, 0) }, "ITM-1", qty, "1"},
		"negative":             {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(paper, -5) }, "ITM-1", qty, "5"},
		"lowest":               {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(paper, math.MinInt) }, "ITM-1", qty, "5"},
		"a digit too many":     {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(pen, 10000) }, "ITM-1", qty, "9999"},
		"highest":              {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(paper, math.MaxInt) }, "ITM-1", qty, "9995"},
		"lot beyond the limit": {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(crates, 20000) }, "ITM-1", qty, ""},
		"tax rate":             {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(misTaxed, 1) }, "TAX-1", item, ""},
		"price":                {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(misPriced, 1) }, "ITM-2", item, ""},
		"class":                {func(r *order.Request, _ *rules.Facts) { r.Lines = lines(misClassed, 1) }, "CUT-6", item, ""},
		"web date":             {func(r *order.Request, _ *rules.Facts) { r.DesignatedOn = day(t, "2026-11-24") }, "CUT-7", "designated_on", "2026-11-25"},
		"fax date beyond":      {func(r *order.Request, _ *rules.Facts) { r.Channel, r.DesignatedOn = "fax", day(t, "2027-03-01") }, "CUT-7", "delivery_day", "2026-11-25"},
		"a date for all classes": {func(r *order.Request, _ *rules.Facts) {
			r.Lines, r.DesignatedOn = lines(pen, 1, cabinet, 1), day(t, "2026-11-25")
		}, "CUT-7", "designated_on", "2026-11-26"},
		"Saturday with one heavy line": {func(r *order.Request, _ *rules.Facts) {
			r.Lines, r.DesignatedOn = lines(pen, 1, cabinet, 1), day(t, "2026-12-05")
		}, "CUT-7", "designated_on", "2026-11-26"},
		"Saturday with one fragile line": {func(r *order.Request, _ *rules.Facts) {
			r.Lines, r.DesignatedOn = lines(pen, 1, glass, 1), day(t, "2026-11-28")
		}, "CUT-7", "designated_on", "2026-11-25"},
	} {
		req, f := request(t, order.ChannelWeb, "2026-11-24 10:00", lines(pen, 1)), facts(t)
		tt.change(&req, &f)
		o, events, errs := rules.Accept(req, f, time.Time{})
		if len(errs) != 1 {
			t.Errorf("%s: %d errors: %v", name, len(errs), errs)
			continue
		}
		e := errs[0]
		if e.Rule != tt.rule || e.Field != tt.field || e.Suggest != tt.suggest {
			t.Errorf("%s: %s by %q at %q offering %q; want %s, %q, %q", name, e.Message, e.Rule, e.Field, e.Suggest, tt.rule, tt.field, tt.suggest)
		}
		if len(events) > 0 || !reflect.DeepEqual(o, order.Order{}) {
			t.Errorf("%s: a refused order came out", name)
		}
	}
}

// TestAcceptJudgesTheDateOfUnknownItems: a Sunday is told even where no item is known.
func TestAcceptJudgesTheDateOfUnknownItems(t *testing.T) {
	t.Parallel()
	req := request(t, order.ChannelWeb, "2026-11-24 10:00", lines("0000000", 1))
	req.DesignatedOn = day(t, "2026-11-29")
	_, _, errs := rules.Accept(req, facts(t), req.ReceivedAt)
	var told []string
	for _, e := range errs {
		told = append(told, e.Rule)
	}
	if !slices.Contains(told, "ITM-1") || !slices.Contains(told, "CUT-7") {
		t.Errorf("told %v", errs)
	}
}

// TestAcceptTellsEverythingAtOnce: one call names all that stands against an order.
func TestAcceptTellsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	req := request(t, order.ChannelWeb, "2026-11-24 10:00", lines(oldPen, 0, "7654321", 1, paper, 7, pen, 1))
	req.DepartmentCode, req.ShipToCode, req.Stockout, req.Payment = "1", "", "hope", "cash"
	req.DesignatedOn = day(t, "2026-11-24")
	_, _, errs := rules.Accept(req, facts(t), time.Time{})
	var got []string
	for _, e := range errs {
		got = append(got, e.Rule+" "+e.Field)
		if e.Kind != order.KindInvalid || e.Message == "" {
			t.Errorf("%+v", e)
		}
	}
	want := []string{
		"ACC-1 customer_code", "STK-2 stockout", "PAY-1 payment",
		"ITM-1 lines[1].item_code", "ITM-1 lines[1].quantity", "ITM-1 lines[2].item_code", "ITM-1 lines[3].quantity",
		"CUT-7 designated_on",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestCUT7AcceptMovesAFaxDate is CUT-7 on fax, for each shipment by itself.
func TestCUT7AcceptMovesAFaxDate(t *testing.T) {
	t.Parallel()
	req := request(t, order.ChannelFax, "2026-11-24 10:00", lines(pen, 1, cabinet, 1))
	req.DesignatedOn = day(t, "2026-11-25")
	o, events := mustAccept(t, req, facts(t), time.Time{})
	if o.Shipments[0].ArrivalOn != day(t, "2026-11-25") || o.Shipments[1].ArrivalOn != day(t, "2026-11-26") || o.DesignatedOn != req.DesignatedOn {
		t.Errorf("%+v", o.Shipments)
	}
	i := slices.IndexFunc(events, func(e order.Event) bool {
		return e.Kind == order.EventPromised && strings.Contains(e.Text, "could not be kept")
	})
	if i < 0 || events[i].Rule != "CUT-7" || !strings.Contains(string(events[i].Inputs), `"moved":true`) {
		t.Errorf("no event tells of the move: %+v", events)
	}
}

// TestAcceptKeepsDuplicateLines: the same item twice stays twice, and is told.
func TestAcceptKeepsDuplicateLines(t *testing.T) {
	t.Parallel()
	req := request(t, order.ChannelFax, "2026-11-24 10:00", lines(paper, 5, pen, 1, paper, 10))
	o, events := mustAccept(t, req, facts(t), time.Time{})
	if len(o.Lines) != 3 || o.Lines[0].Qty != 5 || o.Lines[2].Qty != 10 || o.GoodsYen != 7880 {
		t.Errorf("%+v", o.Lines)
	}
	if !slices.ContainsFunc(events, func(e order.Event) bool { return e.Rule == "ITM-1" && strings.Contains(e.Text, paper) }) {
		t.Error("no event tells of the duplicate")
	}
}

// TestAcceptLargestOrder: the most that settings allow is summed without overflow.
func TestAcceptLargestOrder(t *testing.T) {
	t.Parallel()
	f := facts(t)
	f.Settings.MaxLines, f.Settings.MaxLineQuantity, f.Settings.MaxUnitPriceYen = 10_000, 1_000_000, 100_000_000
	if err := f.Settings.Validate(); err != nil {
		t.Fatal(err)
	}
	f.Items[dear] = order.Item{Code: dear, ListPrice: 100_000_000, TaxRate: 10, Class: order.ClassNormal}
	var ls []order.RequestLine
	for range 10_000 {
		ls = append(ls, order.RequestLine{ItemCode: dear, Qty: 1_000_000})
	}
	o, _ := mustAccept(t, request(t, order.ChannelWeb, "2026-11-24 10:00", ls), f, time.Time{})
	if o.GoodsYen != 1_000_000_000_000_000_000 || o.Taxes[0].TaxYen != 100_000_000_000_000_000 {
		t.Errorf("goods %d, taxes %v", o.GoodsYen, o.Taxes)
	}
}

func TestITM1FitQuantity(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		qty, multiple, limit, nearest int
		fits                          bool
	}{
		{1, 1, 9999, 1, true},
		{10, 5, 9999, 10, true},
		{9999, 1, 9999, 9999, true},
		{12, 5, 9999, 10, false},
		{13, 5, 9999, 15, false},
		{15, 10, 9999, 20, false},
		{14, 10, 9999, 10, false},
		{0, 5, 9999, 5, false},
		{-3, 1, 9999, 1, false},
		{9999, 10, 9999, 9990, false},
		{10, 0, 9999, 10, true},
		{10, 20000, 9999, 0, false},
		{math.MaxInt, 7, math.MaxInt, math.MaxInt / 7 * 7, math.MaxInt%7 == 0},
		{math.MinInt, 7, 100, 7, false},
	} {
		if nearest, fits := rules.FitQuantity(tt.qty, tt.multiple, tt.limit); nearest != tt.nearest || fits != tt.fits {
			t.Errorf("FitQuantity(%d, %d, %d) = %d, %v", tt.qty, tt.multiple, tt.limit, nearest, fits)
		}
	}
}

func TestTaxOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		net      order.Yen
		rate     order.Percent
		rounding rules.Rounding
		want     order.Yen
	}{
		{1, 10, rules.RoundDown, 0},
		{9, 10, rules.RoundDown, 0},
		{10, 10, rules.RoundDown, 1},
		{1999, 8, rules.RoundDown, 159},
		{1, 10, rules.RoundUp, 1},
		{10, 10, rules.RoundUp, 1},
		{5, 10, rules.RoundHalfUp, 1},
		{4, 10, rules.RoundHalfUp, 0},
		{-1999, 8, rules.RoundDown, -159},
		{-5, 10, rules.RoundHalfUp, -1},
		{0, 10, rules.RoundUp, 0},
		{1_000_000_000_000_000_001, 10, rules.RoundDown, 100_000_000_000_000_000},
	} {
		if got := rules.TaxOf(tt.net, tt.rate, tt.rounding); got != tt.want {
			t.Errorf("TaxOf(%d, %d, %s) = %d, want %d", tt.net, tt.rate, tt.rounding, got, tt.want)
		}
	}
}

// FuzzAccept: whatever is asked, an order is whole or refused with a rule, a field and words.
func FuzzAccept(f *testing.F) {
	f.Add(uint8(0), int64(0), "001", "1000001", 3, "1000004", 1, int16(3), "")
	f.Add(uint8(1), int64(86400), "", "1000002", -7, "1000005", 1<<62, int16(-400), "東京都")
	fc := facts(f)
	from := order.D(2026, time.November, 24).Start()
	f.Fuzz(func(t *testing.T, channel uint8, second int64, shipTo, item1 string, qty1 int, item2 string, qty2 int, designated int16, prefecture string) {
		req := order.Request{
			Channel:        []order.Channel{order.ChannelFax, order.ChannelWeb}[channel%2],
			ReceivedAt:     from.Add(time.Duration(second%(5*365*86400)) * time.Second),
			DepartmentCode: fc.Department.Code, ShipToCode: shipTo,
			Lines: lines(item1, qty1, item2, qty2),
		}
		if designated != 0 {
			req.DesignatedOn = order.DateOf(req.ReceivedAt).Add(int(designated))
		}
		if prefecture != "" {
			req.ShipTo = &order.Address{Prefecture: prefecture, PostalCode: shipTo, Address: item1}
		}
		o, events, errs := rules.Accept(req, fc, req.ReceivedAt.Add(time.Minute))
		for _, e := range errs {
			if e.Rule == "" || e.Field == "" || e.Message == "" || e.Kind != order.KindInvalid {
				t.Fatalf("%+v", e)
			}
		}
		if len(errs) > 0 {
			return
		}
		var goods, net order.Yen
		for _, l := range o.Lines {
			if l.Qty < 1 || l.UnitPrice < 0 || l.ReservedQty != 0 {
				t.Fatalf("%+v", l)
			}
			goods += l.UnitPrice * order.Yen(l.Qty)
			if !slices.ContainsFunc(o.Shipments, func(s order.Shipment) bool { return s.Class == l.Class }) {
				t.Fatalf("no shipment takes line %d", l.No)
			}
		}
		for _, x := range o.Taxes {
			net += x.NetYen
		}
		if goods != o.GoodsYen || net != goods+o.FeeYen || (o.FeeYen == 0) != (goods >= 2500) {
			t.Fatalf("goods %d of %d, fee %d, taxed %d", o.GoodsYen, goods, o.FeeYen, net)
		}
		if len(events) == 0 || o.AcceptanceOn.IsZero() || o.RegionCode == "" || len(o.Lines) != len(req.Lines) {
			t.Fatalf("%+v", o)
		}
		for _, e := range events {
			if e.Rule == "" || e.Text == "" || !json.Valid(e.Inputs) {
				t.Fatalf("%+v", e)
			}
		}
	})
}
