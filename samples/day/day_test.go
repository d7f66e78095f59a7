package day_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"todoke/ingest/fax"
	"todoke/order"
	"todoke/samples"
	"todoke/samples/day"
)

func shop(t *testing.T) *day.Shop {
	t.Helper()
	s, err := day.NewShop(samples.Shop())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFaxesAreWhatTheDemoPromises(t *testing.T) {
	t.Parallel()
	docs, err := day.Faxes(shop(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	codings := map[string]int{}
	pages, mails := 0, 0
	for i, d := range docs {
		if i > 0 && d.At.Before(docs[i-1].At) {
			t.Errorf("%s comes before the one that stands above it", d.Name)
		}
		if strings.HasSuffix(d.Name, ".eml") {
			mails++
			pages += strings.Count(string(d.Bytes), "Content-Disposition: attachment")
			continue
		}
		for p, err := range fax.Pages(d.Bytes, fax.Limits{}) {
			if err != nil {
				t.Errorf("%s: %v", d.Name, err)
				continue
			}
			pages++
			codings[p.Coding]++
			if len(p.BadRows) > 0 {
				t.Errorf("%s: %d bad rows", d.Name, len(p.BadRows))
			}
		}
	}
	if pages < 40 || mails < 5 {
		t.Errorf("%d pages, %d mails: the sample has at least 40 and 5", pages, mails)
	}
	for _, c := range []string{fax.CodingG3, fax.CodingG3TwoD, fax.CodingG4} {
		if codings[c] < 5 {
			t.Errorf("%d pages in %s", codings[c], c)
		}
	}
	again, err := day.Faxes(shop(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range docs {
		if !bytes.Equal(docs[i].Bytes, again[i].Bytes) {
			t.Errorf("%s differs from one run to the next", docs[i].Name)
		}
	}
}

func TestWebOrdersStandOnBothSidesOfEveryCutoff(t *testing.T) {
	t.Parallel()
	orders, err := day.WebOrders(shop(t), 320, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(orders) < 320 || !slices.IsSortedFunc(orders, func(a, b day.WebOrder) int { return a.At.Compare(b.At) }) {
		t.Fatalf("%d orders, in the order of their time", len(orders))
	}
	keys := map[string]bool{}
	at := map[time.Time]bool{}
	dated := 0
	for _, o := range orders {
		if keys[o.Key] {
			t.Errorf("key %s stands twice", o.Key)
		}
		keys[o.Key] = true
		at[o.At] = true
		var b struct {
			OrderedAt    time.Time  `json:"ordered_at"`
			DesignatedOn order.Date `json:"designated_on"`
		}
		if err := json.Unmarshal(o.Body, &b); err != nil {
			t.Fatal(err)
		}
		if !b.OrderedAt.Equal(o.At) {
			t.Errorf("%s is ordered at %s and sent at %s", o.Key, b.OrderedAt, o.At)
		}
		if !b.DesignatedOn.IsZero() {
			dated++
		}
	}
	if dated < 40 {
		t.Errorf("%d designated dates", dated)
	}
	for _, r := range samples.Shop().Regions {
		for _, c := range []order.Clock{r.CutoffWeb, r.CutoffTruck} {
			n := 0
			for i := range day.Days {
				on := samples.Today.Add(i).At(c)
				if at[on] && at[on.Add(time.Second)] {
					n++
				}
			}
			if n == 0 {
				t.Errorf("no orders on both sides of %s's cut-off %s", r.Code, c)
			}
		}
	}
}
