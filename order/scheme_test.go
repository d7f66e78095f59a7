package order_test

import (
	"testing"

	"todoke/order"
)

func TestSchemeFault(t *testing.T) {
	t.Parallel()
	s := order.DefaultScheme().Item
	good := order.WithCheckDigit("123456")
	if f := s.Fault(good); f != "" {
		t.Errorf("%s: %s", good, f)
	}
	for _, bad := range []string{"", "12", "12345678", "12a4567", good[:6] + string('0'+(good[6]-'0'+1)%10), "１２３４５６７"} {
		if s.Valid(bad) {
			t.Errorf("%q accepted", bad)
		}
	}
	free := order.CodeScheme{}
	if !free.Valid("1") || free.Valid("123456789012345678901") {
		t.Error("a scheme without length takes up to 20 digits")
	}
}

func TestCorporateRegistration(t *testing.T) {
	t.Parallel()
	// The ministry's own worked example: base 700110005901 has check digit 8.
	if d, ok := order.CorporateCheckDigit("700110005901"); !ok || d != '8' {
		t.Fatalf("check digit %c, %v", d, ok)
	}
	if !order.CorporateRegistration("T8700110005901") || order.CorporateRegistration("T7700110005901") {
		t.Error("check digit is not checked")
	}
	for _, bad := range []string{"", "T", "8700110005901", "T870011000590", "t8700110005901", "T87001100059011", "T870011000590x"} {
		if order.ValidRegistrationNumber(bad) {
			t.Errorf("%q accepted", bad)
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	if n := len(order.Prefectures()); n != 47 {
		t.Fatal(n)
	}
	for _, p := range order.Prefectures() {
		fits := 0
		for _, postal := range []int{0, 1, 2, 3, 4, 9, 10, 20, 21, 25, 26, 30, 32, 33, 37, 38, 39, 40, 41, 44, 50, 51, 52, 53, 60, 63, 64, 65, 68, 69, 70, 72, 74, 76, 77, 78, 79, 80, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 96, 98, 99} {
			code := string([]byte{'0' + byte(postal/10), '0' + byte(postal%10)}) + "00001"
			if order.PostalFits(code, p) {
				fits++
			}
		}
		if fits == 0 {
			t.Errorf("no postal code fits %s", p)
		}
	}
	if !order.PostalFits("1000001", "東京都") || order.PostalFits("1000001", "大阪府") || order.PostalFits("100-0001", "東京都") {
		t.Error("postal codes")
	}
}
