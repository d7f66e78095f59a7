package order_test

import (
	"testing"

	"todoke/order"
)

func TestLooksLikeCard(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"": false, "auth-1": false, "4111111111111111": true, "4111 1111 1111 1111": true, "ref 4111-1111-1111-1111.": true,
		"4111111111111112": false, "378282246310005": true, "6304000000000000": true, "123456789012": false,
		"41111111111111110000000": false, "4111  1111 1111 1111": false, "pi_3MtwBwLkdIwHu7ix28a3tqPa": false,
	} {
		if got := order.LooksLikeCard(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
	if got := order.MaskCards("declined 4111 1111 1111 1111, call 03-1234-5678"); got != "declined [card number], call 03-1234-5678" {
		t.Error(got)
	}
}
