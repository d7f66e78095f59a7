package rules_test

import (
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

func TestParseChanges(t *testing.T) {
	t.Parallel()
	head := strings.Join(rules.ChangeColumns, ",") + "\n"
	got, bad := rules.ParseChanges(head+"2026-12-01,,350,,,\n\n2027-01-04,3000,,,30,5\n", rules.Default())
	if len(bad) > 0 || len(got) != 2 || *got[0].FeeYen != 350 || got[0].FeeTaxRate != nil || *got[1].DesignatedLimitDays != 30 {
		t.Fatalf("%+v %v", got, bad)
	}
	s := rules.Default()
	s.Changes = got
	for day, want := range map[int]order.Yen{30: 300, 31: 350} { // of November
		if fee := rules.Fee(1000, s.On(order.D(2026, time.November, day))); fee != want {
			t.Errorf("on day %d the fee is %d, want %d", day, fee, want)
		}
	}
	for text, line := range map[string]int{
		"from,fee\n": 1, head + "2026-12-01,1,2\n": 2, head + "soon,,,,,\n": 2, head + "\n2026-12-01,,-1,,,\n": 3, head + "2026-12-01,,1.5,,,\n": 2,
		head + "2026-12-01,,1,,,\n2026-12-01,,2,,,\n": 3, head + "2026-12-01,,,,9999,\n": 2, head + "2026-12-01,,,200,,\n": 2,
	} {
		if got, bad := rules.ParseChanges(text, rules.Default()); len(bad) == 0 || bad[0].Line != line {
			t.Errorf("%q gives %+v %v, want a mistake in line %d", text, got, bad, line)
		}
	}
}

// TestCompareTables: an earlier cut-off moves what came after it by a day, and a new fee is told.
func TestCompareTables(t *testing.T) {
	t.Parallel()
	s := rules.Default()
	table := func(fax order.Clock) *rules.Regions {
		rows := rules.DefaultRegions(s)
		for i := range rows {
			rows[i].CutoffFax = fax
		}
		r, err := rules.NewRegions(rows)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	before := rules.Tables{Regions: table(order.Clock{Hour: 17}), Calendar: rules.DefaultCalendar(), Settings: s}
	after := before
	after.Regions = table(order.Clock{Hour: 16})
	after.Settings.FeeYen = 350
	came := func(number string, hour int, goods order.Yen) rules.PastOrder {
		return rules.PastOrder{
			Number: order.Number(number), Channel: order.ChannelFax, ReceivedAt: time.Date(2026, time.November, 24, hour, 30, 0, 0, order.JST), Prefecture: "東京都", PostalCode: "1000001",
			GoodsYen: goods, Shipments: []rules.PastShipment{{Class: order.ClassNormal}},
		}
	}
	orders := []rules.PastOrder{came("1", 15, 9000), came("2", 16, 9000), came("3", 17, 9000), came("4", 10, 500)}
	d := rules.CompareTables(orders, before, after, 1)
	if d.Orders != 4 || d.Changed != 2 || d.Later != 1 || d.Earlier != 0 || d.Fees != 1 || len(d.Examples) != 1 || d.Examples[0].Order.Number != "2" ||
		d.Examples[0].Before.ArrivalOn != order.D(2026, time.November, 25) || d.Examples[0].After.ArrivalOn != order.D(2026, time.November, 26) {
		t.Errorf("%+v", d)
	}
	if d := rules.CompareTables(orders, before, before, 1); d.Changed != 0 {
		t.Errorf("the same tables differ: %+v", d)
	}
}
