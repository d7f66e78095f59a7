package day_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"todoke/ingest/fax"
	"todoke/ingest/form"
	"todoke/order"
	"todoke/rules"
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

// TestNoFaxIsReadWrongly: whatever the reader accepts of the sample's pages is what was written.
func TestNoFaxIsReadWrongly(t *testing.T) {
	t.Parallel()
	docs, err := day.Faxes(shop(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	set := samples.Shop()
	k := form.Knowledge{Items: map[string]order.Item{}, Customers: map[string]order.Department{}, ShipTos: map[string][]order.ShipTo{}, Scheme: rules.Default().Scheme()}
	for _, it := range set.Items {
		k.Items[it.Code] = it
	}
	for _, c := range set.Customers {
		k.Customers[c.Code] = c
	}
	for _, s := range set.ShipTos {
		k.ShipTos[s.CompanyCode] = append(k.ShipTos[s.CompanyCode], s)
	}
	fields, accepted, pages := 0, 0, 0
	for _, d := range docs {
		k.ReceivedOn = order.DateOf(d.At)
		for p, err := range fax.Pages(d.Bytes, fax.Limits{}) {
			if err != nil {
				break // a mail: its parts are read in the tests of the worker
			}
			draft := form.Read(form.Page{Image: p.Image, XDPI: p.XDPI, YDPI: p.YDPI, BadRows: p.BadRows, BadColumns: p.BadColumns}, k)
			written := d.Written[p.Index].Text
			if written == nil && draft.Decision == order.DecisionAccept {
				t.Errorf("%s page %d was accepted though nothing was written", d.Name, p.Index+1)
			}
			pages++
			if draft.Decision == order.DecisionAccept {
				accepted++
			}
			for name, text := range written {
				f := draft.Field(name)
				if f == nil || f.Decision != order.DecisionAccept || text == "ink" || text == "x" {
					continue
				}
				fields++
				if strings.TrimLeft(f.Text, "0") != strings.TrimLeft(text, "0") {
					t.Errorf("%s page %d: %s is %q and was read as %q with confidence %.6f", d.Name, p.Index+1, name, text, f.Text, f.Confidence)
				}
			}
		}
	}
	t.Logf("%d pages, %d accepted whole, %d fields accepted", pages, accepted, fields)
	if accepted < pages/2 {
		t.Errorf("%d of %d pages were accepted", accepted, pages)
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

// TestFaxesFitTheClock: what is made to be handed in now has all come, one after the other, in the last hours.
func TestFaxesFitTheClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 30, 0, 0, order.JST)
	const n = 45
	last := now.Add(-5 * time.Hour)
	for i := range n {
		at := day.Arrives(i, n, now)
		if !at.Before(now) || !at.After(last) {
			t.Errorf("%d of %d is received at %s", i, n, at)
		}
		last = at
	}
}
