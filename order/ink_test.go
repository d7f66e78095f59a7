package order_test

import (
	"reflect"
	"testing"

	"todoke/order"
)

func TestInkIsKept(t *testing.T) {
	t.Parallel()
	in := order.Ink{Form: "order", Version: 1, Sheet: 2, Fields: []order.InkField{
		{Name: "lines[1].quantity", Boxes: []order.InkBox{{}, {State: order.InkUnsure, Rows: [order.InkSide]uint16{1, 2}}, {State: order.InkWritten, Rows: [order.InkSide]uint16{15: 0xffff}}}},
		{Name: "note", Boxes: []order.InkBox{{State: order.InkWritten}}},
	}}
	b, err := in.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var out order.Ink
	if err := out.UnmarshalBinary(b); err != nil || !reflect.DeepEqual(in, out) || out.Written() != 2 {
		t.Fatalf("%+v %v", out, err)
	}
	for n := range b {
		if err := out.UnmarshalBinary(b[:n]); err == nil {
			t.Errorf("%d of %d bytes are taken for ink", n, len(b))
		}
	}
}

func FuzzInk(f *testing.F) {
	b, _ := (&order.Ink{Form: "order", Fields: []order.InkField{{Name: "note", Boxes: []order.InkBox{{State: order.InkWritten}}}}}).MarshalBinary()
	f.Add(b)
	f.Add([]byte{1, 0, 0, 0, 255, 255, 255, 255, 15})
	f.Fuzz(func(t *testing.T, b []byte) {
		var k order.Ink
		if k.UnmarshalBinary(b) != nil {
			return
		}
		again, err := k.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var l order.Ink
		if err := l.UnmarshalBinary(again); err != nil || !reflect.DeepEqual(k, l) {
			t.Fatalf("%+v became %+v: %v", k, l, err)
		}
	})
}
