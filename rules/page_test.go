package rules_test

import (
	"slices"
	"testing"

	"todoke/order"
	"todoke/rules"
)

func TestKindOfPage(t *testing.T) {
	t.Parallel()
	plain := order.PageLook{InkPermille: 12, Rows: 2}
	loud := order.PageLook{InkPermille: 170, HalftonePermille: 40, DarkPermille: 120, DisplayMM2: 80}
	list := order.PageLook{InkPermille: 30, Rows: 20, Columns: 5}
	tests := []struct {
		name  string
		f     rules.PageFacts
		kind  order.PageKind
		sure  bool
		close bool
	}{
		{"undecoded", rules.PageFacts{No: 1, Pages: 1}, order.PageUnreadable, true, false},
		{"all black", rules.PageFacts{Decision: order.DecisionUnreadable, No: 1, Pages: 1}, order.PageUnreadable, true, false},
		{"order form", rules.PageFacts{Decision: order.DecisionAccept, Form: "order", By: "qr", No: 1, Pages: 1}, order.PageOrderForm, true, false},
		{"order form by its marks", rules.PageFacts{Decision: order.DecisionReview, Form: "order", No: 1, Pages: 1}, order.PageOrderForm, false, false},
		{"torn order form", rules.PageFacts{Decision: order.DecisionReview, Form: "order", By: "qr", No: 1, Pages: 1}, order.PageOrderForm, true, false},
		{"return request", rules.PageFacts{Decision: order.DecisionNotAForm, Form: "return", By: "qr", No: 1, Pages: 1}, order.PageReturn, true, false},
		{"point inquiry", rules.PageFacts{Decision: order.DecisionNotAForm, Form: "points", By: "barcode", No: 1, Pages: 1}, order.PagePoints, true, false},
		{"prize application", rules.PageFacts{Decision: order.DecisionNotAForm, Form: "prize", By: "qr", No: 1, Pages: 1}, order.PagePrize, true, false},
		{"registration change", rules.PageFacts{Decision: order.DecisionNotAForm, Form: "registration", By: "number", No: 1, Pages: 1}, order.PageRegistration, true, false},
		{"blank beside a form", rules.PageFacts{Decision: order.DecisionBlank, No: 2, Pages: 2, Written: 1}, order.PageBlank, true, true},
		{"all blank", rules.PageFacts{Decision: order.DecisionBlank, No: 1, Pages: 2}, order.PageBlank, true, false},
		{"blank where rows are lost", rules.PageFacts{Decision: order.DecisionBlank, No: 2, Pages: 2, Written: 1, Damaged: true}, order.PageBlank, true, false},
		{"a note alone", rules.PageFacts{Decision: order.DecisionNotAForm, No: 1, Pages: 1, Look: plain}, order.PageUnknown, false, false},
		{"a note after a form", rules.PageFacts{Decision: order.DecisionNotAForm, No: 2, Pages: 2, Written: 1, Forms: 1, Ordered: 1, Look: plain}, order.PageUnknown, false, false},
		{"a plain page before a form", rules.PageFacts{Decision: order.DecisionNotAForm, No: 1, Pages: 2, Written: 1, Forms: 1, Ordered: 1, Look: plain}, order.PageCover, false, false},
		{"a list before a form", rules.PageFacts{Decision: order.DecisionNotAForm, No: 1, Pages: 2, Written: 1, Forms: 1, Ordered: 1, Look: list}, order.PageUnknown, false, false},
		{"an advert", rules.PageFacts{Decision: order.DecisionNotAForm, No: 1, Pages: 1, Look: loud}, order.PageAdvert, false, false},
		{"mostly black", rules.PageFacts{Decision: order.DecisionNotAForm, No: 1, Pages: 1, Look: order.PageLook{InkPermille: 900}}, order.PageUnreadable, false, false},
		{"an advert from a customer", rules.PageFacts{Decision: order.DecisionNotAForm, No: 1, Pages: 1, Look: loud, Customer: true}, order.PageUnknown, false, false},
	}
	for _, tt := range tests {
		v := rules.KindOfPage(tt.f, rules.Default())
		if v.Kind != tt.kind || v.Sure != tt.sure || v.Close != tt.close || v.Rule == "" || len(v.Evidence) == 0 && tt.f.Decision != order.DecisionUnreadable {
			t.Errorf("%s: %+v", tt.name, v)
		}
	}
}

func TestKindOfPageLearns(t *testing.T) {
	t.Parallel()
	cover := rules.PageLike{Kind: order.PageCover, Name: "7.1", By: "佐藤", SameSender: true, Permille: 980, AddedMM2: 8, ChangedMM2: 60}
	base := rules.PageFacts{Decision: order.DecisionNotAForm, No: 1, Pages: 2, Written: 1, Forms: 1, Ordered: 1, Look: order.PageLook{InkPermille: 12}}
	advert := cover
	advert.Kind, advert.SameSender = order.PageAdvert, false
	alone := rules.PageFacts{Decision: order.DecisionNotAForm, No: 1, Pages: 1, Look: order.PageLook{InkPermille: 12}}
	adverts := []rules.PageLike{advert, advert, advert}
	for i, name := range []string{"1.1", "2.1", "3.1"} {
		adverts[i].Name = name
	}
	tests := []struct {
		name   string
		base   rules.PageFacts
		like   []rules.PageLike
		change func(f *rules.PageFacts, s *rules.Settings)
		kind   order.PageKind
		close  bool
	}{
		{"the same cover sheet", base, []rules.PageLike{cover}, nil, order.PageCover, true},
		{"of another sender", base, []rules.PageLike{cover}, func(f *rules.PageFacts, _ *rules.Settings) { f.Like[0].SameSender = false }, order.PageCover, false},
		{"hardly alike", base, []rules.PageLike{cover}, func(f *rules.PageFacts, _ *rules.Settings) { f.Like[0].Permille = 899 }, order.PageCover, false},
		{"with a word added", base, []rules.PageLike{cover}, func(f *rules.PageFacts, _ *rules.Settings) { f.Like[0].AddedMM2 = 26 }, order.PageCover, false},
		{"with other words", base, []rules.PageLike{cover}, func(f *rules.PageFacts, _ *rules.Settings) { f.Like[0].ChangedMM2 = 151 }, order.PageCover, false},
		{"not looked at closely", base, []rules.PageLike{cover}, func(f *rules.PageFacts, _ *rules.Settings) { f.Like[0].ChangedMM2 = -1 }, order.PageCover, false},
		{"with lost rows", base, []rules.PageLike{cover}, func(f *rules.PageFacts, _ *rules.Settings) { f.Damaged = true }, order.PageCover, false},
		{"as the last page", base, []rules.PageLike{cover}, func(f *rules.PageFacts, _ *rules.Settings) { f.No = 2 }, order.PageCover, false},
		{"alone", base, []rules.PageLike{cover}, func(f *rules.PageFacts, _ *rules.Settings) { f.Pages, f.Written, f.Forms, f.Ordered = 1, 0, 0, 0 }, order.PageCover, false},
		{"before a form in review", base, []rules.PageLike{cover}, func(f *rules.PageFacts, _ *rules.Settings) { f.Ordered = 0 }, order.PageCover, false},
		{"where people differ", base, []rules.PageLike{cover, {Kind: order.PageUnknown, Name: "8.1", By: "鈴木", Permille: 950}}, nil, order.PageUnknown, false},
		{"where another had something else on it", base, []rules.PageLike{cover, {Kind: order.PageUnknown, Name: "8.1", By: "鈴木", Permille: 990, ChangedMM2: 400}}, nil, order.PageCover, true},
		{"one that says it is ours", base, []rules.PageLike{cover}, func(f *rules.PageFacts, _ *rules.Settings) { f.Form, f.By = "return", "qr" }, order.PageReturn, false},
		{"the same advert", alone, adverts, nil, order.PageAdvert, false},
		{"the same advert where the shop closes them", alone, adverts, func(_ *rules.PageFacts, s *rules.Settings) { s.PageAdvertMarks = 3 }, order.PageAdvert, true},
		{"… and from a customer", alone, adverts, func(f *rules.PageFacts, s *rules.Settings) { s.PageAdvertMarks, f.Customer = 3, true }, order.PageAdvert, false},
		{"… and too few of them", alone, adverts[:2], func(_ *rules.PageFacts, s *rules.Settings) { s.PageAdvertMarks = 3 }, order.PageAdvert, false},
		{"… and one of them written on", alone, adverts, func(f *rules.PageFacts, s *rules.Settings) { s.PageAdvertMarks, f.Like[1].AddedMM2 = 3, 90 }, order.PageAdvert, false},
		{"… and one page marked thrice", alone, []rules.PageLike{advert, advert, advert}, func(_ *rules.PageFacts, s *rules.Settings) { s.PageAdvertMarks = 3 }, order.PageAdvert, false},
	}
	for _, tt := range tests {
		f, s := tt.base, rules.Default()
		f.Like = slices.Clone(tt.like)
		if tt.change != nil {
			tt.change(&f, &s)
		}
		if v := rules.KindOfPage(f, s); v.Kind != tt.kind || v.Close != tt.close {
			t.Errorf("%s: %+v", tt.name, v)
		}
	}
}

// FuzzKindOfPage: whatever is known of a page that is none of our forms, it is closed only where a
// person called the same page so.
func FuzzKindOfPage(f *testing.F) {
	f.Add(1, 2, 1, 1, 980, 5, 40, true, true, 20, 0)
	f.Add(2, 2, 1, 0, 0, 0, 0, false, false, 200, 100)
	f.Fuzz(func(t *testing.T, no, pages, forms, ordered, permille, added, changed int, sender, cover bool, ink, dark int) {
		like := rules.PageLike{Kind: order.PageAdvert, Name: "1.1", Permille: permille, AddedMM2: added, ChangedMM2: changed, SameSender: sender}
		if cover {
			like.Kind = order.PageCover
		}
		facts := rules.PageFacts{Decision: order.DecisionNotAForm, No: no, Pages: pages, Forms: forms, Ordered: ordered, Look: order.PageLook{InkPermille: ink, DarkPermille: dark}}
		if v := rules.KindOfPage(facts, rules.Default()); v.Close {
			t.Fatalf("closed by nobody's word: %+v", v)
		}
		facts.Like = []rules.PageLike{like}
		v := rules.KindOfPage(facts, rules.Default())
		if v.Close && (!cover || !sender || permille < 900 || added > 25 || changed > 150 || changed < 0 || no != 1 || ordered < 1) {
			t.Fatalf("closed: %+v of %+v", v, facts)
		}
	})
}
