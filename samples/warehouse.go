package samples

import (
	"fmt"

	"todoke/order"
)

// makeProfiles are three partners that work differently: one walks by shelves and reads paper, one
// feeds a system of its own, one has an old system that knows Shift_JIS alone.
func makeProfiles() []order.WarehouseProfile {
	east, west, north := order.DefaultProfile(WarehouseEast), order.DefaultProfile(WarehouseWest), order.DefaultProfile(WarehouseNorth)
	east.ChaseMinutes = 30
	east.Carrier, east.TrackingURL = "はやぶさ急送", "https://hayabusa-kyuso.example/track?no={number}"
	west.Carrier, west.TrackingURL = "なにわ運輸", "https://naniwa-unyu.example/parcels/{number}"
	west.Results = []order.PickColumn{{Key: "shipped", Heading: "出荷実績"}, {Key: "short", Heading: "欠品"}, {Key: "tracking", Heading: "送り状NO"}}
	north.Carrier = "北雪配送"
	north.Results = []order.PickColumn{{Key: "list_number", Heading: "指示番号"}, {Key: "shipped", Heading: "実数"}, {Key: "tracking", Heading: "問番"}}
	west.Sort, west.ChaseMinutes = order.SortItem, 20
	west.Columns = []order.PickColumn{
		{Key: "item_code", Heading: "商品コード"},
		{Key: "item_name", Heading: "商品名"},
		{Key: "quantity", Heading: "数量"},
		{Key: "unit", Heading: "単位"},
		{Key: "location", Heading: "ロケーション"},
		{Key: "order_number", Heading: "注文番号"},
		{Key: "shipment", Heading: "出荷"},
		{Key: "line", Heading: "行"},
		{Key: "ship_to", Heading: "納品先"},
		{Key: "postal_code", Heading: "郵便番号"},
		{Key: "address", Heading: "納品先住所"},
		{Key: "arrival_on", Heading: "納品日"},
		{Key: "comment", Heading: "備考"},
	}
	north.Halves, north.Sort, north.Encoding, north.Copies, north.ChaseMinutes = order.HalvesOrders, order.SortOrder, order.EncodingCP932, 2, 45
	north.Columns = []order.PickColumn{
		{Key: "list_number", Heading: "指示番号"},
		{Key: "order_number", Heading: "注文番号"},
		{Key: "line", Heading: "行"},
		{Key: "item_code", Heading: "商品コード"},
		{Key: "item_name", Heading: "品名"},
		{Key: "quantity", Heading: "数量"},
		{Key: "unit", Heading: "単位"},
		{Key: "customer", Heading: "得意先"},
		{Key: "ship_to", Heading: "届け先"},
		{Key: "comment", Heading: "摘要"},
	}
	return []order.WarehouseProfile{east, west, north}
}

// makeLocations puts every item that is kept on a shelf; the north counts no shelves.
func makeLocations(r *random, stock []order.StockLevel) []order.StorageLocation {
	var out []order.StorageLocation
	for _, l := range stock {
		if l.WarehouseCode == WarehouseNorth {
			continue
		}
		out = append(out, order.StorageLocation{
			WarehouseCode: l.WarehouseCode, ItemCode: l.ItemCode,
			Location: fmt.Sprintf("%c-%02d-%d", 'A'+rune(r.below(8)), r.between(1, 24), r.between(1, 5)),
		})
	}
	return out
}
