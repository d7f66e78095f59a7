package store_test

import (
	"slices"
	"testing"

	"todoke/order"
	st "todoke/store/storetest"
)

// What a department ordered most often comes first; another's orders do not count.
func TestUsualItems(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	for _, o := range []struct {
		department, item string
		qty              int
	}{{st.Tokyo, st.Tea, 90}, {st.Tokyo, st.Paper, 10}, {st.Tokyo, st.Pen, 3}, {st.Tokyo, st.Paper, 5}, {st.Osaka, st.Desk, 1}} {
		accept(t, s, st.Request(order.ChannelWeb, clock.Now(), o.department, o.item, o.qty))
	}
	for _, tt := range []struct {
		department string
		most       int
		want       []string
	}{
		{st.Tokyo, 8, []string{st.Code(st.Paper), st.Code(st.Tea), st.Code(st.Pen)}},
		{st.Tokyo, 1, []string{st.Code(st.Paper)}},
		{st.Osaka, 8, []string{st.Code(st.Desk)}},
	} {
		got, err := s.UsualItems(t.Context(), st.Code(tt.department), tt.most)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s, %d: %v %v, want %v", tt.department, tt.most, got, err, tt.want)
		}
	}
}
