package web_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"todoke/ingest/web"
	"todoke/order"
)

const full = `{"ordered_at":"2026-11-24T16:59:30+09:00","customer_code":"10000016","user_code":"U00001","ship_to":"001",
 "designated_on":"2026-11-27","stockout":"cancel","payment":{"method":"card","authorisation":"auth-1","authorised_yen":12345,"authorised_until":"2027-01-20T00:00:00+09:00"},
 "terms":{"version":"2026-04","agreed_at":"2026-11-24T16:58:00+09:00"},
 "lines":[{"item_code":"1010013","quantity":5,"comment":"3階 総務 宛"},{"item_code":"1010045","quantity":1}]}`

func TestParse(t *testing.T) {
	t.Parallel()
	got, problems := web.Parse([]byte(full), web.DefaultLimits())
	if problems != nil {
		t.Fatal(problems)
	}
	if !got.OrderedAt.Equal(time.Date(2026, 11, 24, 7, 59, 30, 0, time.UTC)) {
		t.Error(got.OrderedAt)
	}
	if got.Request.Terms == nil || got.Request.Terms.Version != "2026-04" {
		t.Error(got.Request.Terms)
	}
	if !got.Request.AuthorisedTill.Equal(time.Date(2027, 1, 20, 0, 0, 0, 0, order.JST)) {
		t.Error(got.Request.AuthorisedTill)
	}
	got.Request.Terms, got.Request.AuthorisedTill = nil, time.Time{}
	want := order.Request{
		Channel: order.ChannelWeb, DepartmentCode: "10000016", UserCode: "U00001", ShipToCode: "001",
		DesignatedOn: order.D(2026, 11, 27), Stockout: order.StockoutCancel, Payment: order.PaymentCard, Authorisation: "auth-1", AuthorisedYen: 12345,
		Lines: []order.RequestLine{
			{Field: "lines[0]", ItemCode: "1010013", Qty: 5, Comment: "3階 総務 宛"},
			{Field: "lines[1]", ItemCode: "1010045", Qty: 1},
		},
	}
	if !reflect.DeepEqual(got.Request, want) {
		t.Errorf("got  %+v\nwant %+v", got.Request, want)
	}
}

func TestEveryProblemNamesItsField(t *testing.T) {
	t.Parallel()
	line := `{"item_code":"1","quantity":1}`
	card := func(reference, more string) string {
		return `{"customer_code":"1","lines":[` + line + `],"terms":{"version":"1","agreed_at":"2026-11-24T16:58:00+09:00"},"payment":{"method":"card","authorisation":` + reference + more + `}}`
	}
	for body, want := range map[string]string{
		``:                          "|",
		`{`:                         "|",
		`[]`:                        "|",
		"{\"a\":\"\xff\"}":          "|",
		`{"lines":[` + line + `]}x`: "|",
		`{"customer_code":"1","lines":[` + line + `]} {}`:                                                 "|",
		`{"customer_code":"1","lines":[` + line + `],"lines":[]}`:                                         "lines|",
		`{"customer_code":"1","lines":[` + line + `],"price":1}`:                                          "price|",
		`{"customer_code":"1","lines":[{"item_code":"1","quantity":1,"price":1}]}`:                        "lines[0].price|",
		`{"lines":[` + line + `]}`:                                                                        "customer_code|ACC-1",
		`{"customer_code":null,"lines":[` + line + `]}`:                                                   "customer_code|ACC-1",
		`{"customer_code":10000016,"lines":[` + line + `]}`:                                               "customer_code|ACC-1",
		`{"customer_code":"1"}`:                                                                           "lines|ITM-1",
		`{"customer_code":"1","lines":[]}`:                                                                "lines|ITM-1",
		`{"customer_code":"1","lines":{}}`:                                                                "lines|ITM-1",
		`{"customer_code":"1","lines":[1]}`:                                                               "lines[0]|",
		`{"customer_code":"1","lines":[` + line + `,{"item_code":"1","quantity":0}]}`:                     "lines[1].quantity|ITM-1",
		`{"customer_code":"1","lines":[{"item_code":"1","quantity":1.5}]}`:                                "lines[0].quantity|ITM-1",
		`{"customer_code":"1","lines":[{"item_code":"1","quantity":99999999999}]}`:                        "lines[0].quantity|ITM-1",
		`{"customer_code":"1","lines":[{"item_code":"1","quantity":"1"}]}`:                                "lines[0].quantity|ITM-1",
		`{"customer_code":"1","lines":[{"item_code":"1","quantity":1,"comment":"a\nb"}]}`:                 "lines[0].comment|FAX-4",
		`{"customer_code":"1","lines":[` + line + `],"designated_on":"2026-02-30"}`:                       "designated_on|CUT-7",
		`{"customer_code":"1","lines":[` + line + `],"ordered_at":"2026-11-24 17:00"}`:                    "ordered_at|CUT-3",
		`{"customer_code":"1","lines":[` + line + `],"stockout":"wait"}`:                                  "stockout|STK-2",
		`{"customer_code":"1","lines":[` + line + `],"payment":{"method":"cash"}}`:                        "payment.method|PAY-1",
		`{"customer_code":"1","lines":[` + line + `],"payment":{"method":"invoice","authorisation":"x"}}`: "payment.authorisation|PAY-1",
		`{"customer_code":"1","lines":[` + line + `],"payment":{"method":"card"}}`:                        "payment.authorised_yen|PAY-1 payment.authorisation|PAY-1 terms|ACC-5",
		card(`"a"`, ``):                                                        "payment.authorised_yen|PAY-1",
		card(`"a"`, `,"authorised_yen":0`):                                     "payment.authorised_yen|PAY-1",
		card(`"a"`, `,"authorised_yen":1.5`):                                   "payment.authorised_yen|PAY-1",
		card(`"a"`, `,"authorised_yen":"1"`):                                   "payment.authorised_yen|PAY-1",
		card(`"4111 1111 1111 1111"`, `,"authorised_yen":1`):                   "payment.authorisation|PAY-1",
		card(`"a"`, `,"authorised_yen":1,"authorised_until":"tomorrow"`):       "payment.authorised_until|PAY-1",
		`{"customer_code":"1","lines":[` + line + `],"terms":{"version":"1"}}`: "terms.agreed_at|ACC-5",
		`{"customer_code":"1","lines":[` + line + `],"address":{"name":"a","postal_code":"1","prefecture":"東京","address":"b"}}`:                         "address.postal_code|ACC-1 address.prefecture|ACC-1",
		`{"customer_code":"1","ship_to":"001","lines":[` + line + `],"address":{"name":"a","postal_code":"100-0001","prefecture":"東京都","address":"b"}}`: "address|ACC-1",
		`{"a":[[[[[[]]]]]]}`: "a[0][0][0]|",
	} {
		_, problems := web.Parse([]byte(body), web.DefaultLimits())
		var got []string
		for _, p := range problems {
			if order.LooksLikeCard(p.Error()) {
				t.Errorf("a card's number in %q", p.Error())
			}
			if p.Kind != order.KindInvalid || p.Message == "" {
				t.Errorf("%s: %+v", body, p)
			}
			got = append(got, p.Field+"|"+p.Rule)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s:\n got %v\nwant %s", body, problems, want)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	lim := web.DefaultLimits()
	lim.Bytes, lim.Lines = 2000, 3
	line := `{"item_code":"1","quantity":1}`
	if _, p := web.Parse([]byte(`{"customer_code":"1","lines":[`+line+strings.Repeat(","+line, 3)+`]}`), lim); len(p) != 1 || p[0].Field != "lines" {
		t.Error(p)
	}
	if _, p := web.Parse([]byte(`{"customer_code":"1","lines":[`+strings.Repeat(" ", 2000)+line+`]}`), lim); len(p) != 1 {
		t.Error(p)
	}
	// Each line is wrong: the problems are capped.
	many := `{"customer_code":"1","lines":[{}` + strings.Repeat(",{}", 400) + `]}`
	if _, p := web.Parse([]byte(many), web.DefaultLimits()); len(p) != 100 {
		t.Error(len(p))
	}
}

func ExampleParse() {
	_, problems := web.Parse([]byte(`{"customer_code":"10000016","lines":[{"item_code":"1010013","quantity":0}]}`), web.DefaultLimits())
	for _, p := range problems {
		fmt.Println(p)
	}
	// Output: lines[0].quantity: the quantity must be a whole number of at least 1, in the item's order unit (ITM-1)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(`{"customer_code":"1","lines":[{"item_code":"1","quantity":1}],"address":{"name":"a","postal_code":"100-0001","prefecture":"東京都","address":"b"}}`))
	f.Add([]byte(`{"a":[[[[`))
	lim := web.DefaultLimits()
	lim.Bytes = 8 << 10
	f.Fuzz(func(t *testing.T, data []byte) {
		o, problems := web.Parse(data, lim)
		if len(problems) > 0 {
			return
		}
		r := o.Request
		if r.DepartmentCode == "" || len(r.Lines) == 0 || len(r.Lines) > lim.Lines {
			t.Fatalf("%q was accepted: %+v", data, r)
		}
		for _, l := range r.Lines {
			if l.ItemCode == "" || l.Qty < 1 || l.Field == "" {
				t.Fatalf("%q: %+v", data, l)
			}
		}
	})
}
