package rules_test

import (
	"fmt"
	"time"

	"todoke/order"
	"todoke/rules"
)

// A web order on a Friday may designate the Saturday; of its own accord it arrives on Monday.
func ExamplePromise() {
	settings := rules.Default()
	regions, err := rules.DefaultRegionTable(settings)
	if err != nil {
		fmt.Println(err)
		return
	}
	region, _ := regions.Find("大阪府", "530-0001")
	wish := rules.Wish{
		Channel: order.ChannelWeb, Class: order.ClassNormal, Region: region,
		ReceivedAt: time.Date(2026, time.November, 27, 16, 0, 0, 0, order.JST),
	}
	d, _ := rules.Promise(wish, settings, rules.DefaultCalendar())
	fmt.Println(d.AcceptanceOn, d.ArrivalOn, d.Rules)

	wish.DesignatedOn = order.D(2026, time.November, 28)
	d, _ = rules.Promise(wish, settings, rules.DefaultCalendar())
	fmt.Println(d.AcceptanceOn, d.ArrivalOn, d.Rules)

	wish.DesignatedOn = order.D(2026, time.November, 29)
	_, refused := rules.Promise(wish, settings, rules.DefaultCalendar())
	fmt.Println(refused.Suggest, refused)
	// Output:
	// 2026-11-27 2026-11-30 [CUT-4 CUT-5]
	// 2026-11-27 2026-11-28 [CUT-4 CUT-5 CUT-7]
	// 2026-11-28 designated_on: no deliveries are made on 2026-11-29, a Sunday: designate a business day; the earliest possible date is 2026-11-28 (CUT-7)
}
