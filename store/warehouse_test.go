package store_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// WHS-1: a partner's profile is kept as it was imported; a warehouse without one has the default,
// and one bad row changes nothing.
func TestWarehouseProfiles(t *testing.T) {
	t.Parallel()
	s, _ := st.NewShop(t)
	ctx := t.Context()
	if got, err := s.WarehouseProfile(ctx, st.East); err != nil || !reflect.DeepEqual(got, order.DefaultProfile(st.East)) {
		t.Fatalf("%+v %v", got, err)
	}
	want := order.WarehouseProfile{
		WarehouseCode: st.East, Halves: order.HalvesTotal, Sort: order.SortItem, Encoding: order.EncodingCP932, Copies: 3, Slips: true,
		Columns: []order.PickColumn{{Key: "item_code", Heading: "コード"}, {Key: "quantity", Heading: "数"}}, Address: "pick@partner.example", ChaseMinutes: 20,
		HostKey: "SHA256:x", Fetch: "out", Contact: "c@partner.example", Senders: []string{"a@partner.example"},
		Results: []order.PickColumn{{Key: "shipped", Heading: "実績"}, {Key: "tracking", Heading: "送状"}},
		Carrier: "はやて便", TrackingURL: "https://hayate.example/track?no={number}",
	}
	bad := want
	bad.WarehouseCode = "Z9"
	err := s.Import(ctx, order.Masters{Profiles: []order.WarehouseProfile{want, bad}})
	if refused, ok := errors.AsType[*store.ImportError](err); !ok || refused.Master != "warehouse_profiles" || refused.Rows[0].Row != 1 {
		t.Fatal(err)
	}
	if got, err := s.WarehouseProfile(ctx, st.East); err != nil || got.Copies != 1 {
		t.Fatalf("a refused import changed something: %+v %v", got, err)
	}
	if err := s.Import(ctx, order.Masters{Profiles: []order.WarehouseProfile{want}}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.WarehouseProfile(ctx, st.East); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%+v %v", got, err)
	}
}

// Locations are replaced as a whole for each warehouse named, and stand on the list's lines.
func TestStorageLocations(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ctx := t.Context()
	at := func(rows ...order.StorageLocation) {
		t.Helper()
		if err := s.Import(ctx, order.Masters{Locations: rows}); err != nil {
			t.Fatal(err)
		}
	}
	east := func(item, place string) order.StorageLocation {
		return order.StorageLocation{WarehouseCode: st.East, ItemCode: st.Code(item), Location: place}
	}
	at(east(st.Paper, "A-1"), east(st.Pen, "B-2"))
	at(east(st.Paper, "C-3"))
	accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Paper, 5))
	accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 1))
	allocate(t, s, 100, false)
	ids := wave(t, s, clock.Now().Add(time.Hour))
	if len(ids) != 1 {
		t.Fatal(ids)
	}
	p, err := s.GetPickList(ctx, ids[0])
	if err != nil || len(p.Lines) != 2 || p.Lines[0].Location != "C-3" || p.Lines[1].Location != "" {
		t.Fatalf("%+v %v", p.Lines, err)
	}
}
