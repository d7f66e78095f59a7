package page_test

import (
	"testing"

	"todoke/templates/page"
)

// TestSubject: what the record keeps is told in people's words, in both languages.
func TestSubject(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string][2]string{
		"document 12.1":        {"受信文書 12.1", "document 12.1"},
		"list open 2026-11-22": {"未完了の一覧 2026/11/22（日）", "list of what is open Sun 22 Nov 2026"},
		"dealer requests":      {"販売店への依頼の一覧", "dealer requests"},
		"dealer request 3":     {"販売店への依頼 3", "dealer request 3"},
		"/desk/staff":          {"担当者", "staff"},
		"":                     {"", ""},
	} {
		if ja, en := page.Subject(page.Japanese, subject), page.Subject(page.English, subject); ja != want[0] || en != want[1] {
			t.Errorf("%q is %q and %q, want %q", subject, ja, en, want)
		}
	}
	if got := page.GatewayAbout(page.Japanese, "freepbx", "FreePBX and others"); got == "FreePBX and others" {
		t.Error("a shipped profile is told in English")
	}
	if got := page.GatewayAbout(page.Japanese, "our-own", "うちのFAX"); got != "うちのFAX" {
		t.Errorf("the shop's own profile is told as %q", got)
	}
}

func TestSubjectPath(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"order 1000000018": "/desk/orders/1000000018", "document 12.1": "/desk/archive/inbound/12", "issued document 7": "/desk/archive/issued/7", "customer 10000016": "/desk/customers/10000016",
		"customers": "/desk/customers", "table calendar": "/desk/rules/calendar", "gateway efax": "/desk/gateways/efax", "run wave_1830 2026-11-24 18:30": "/desk/runs", "staff yuki": "/desk/staff",
		"audit 3": "", "issued pick_list 12": "", "/desk/staff": "", "": "", "archive": "/desk/archive", "list open 2026-11-22": "",
	} {
		if got := page.SubjectPath(subject); got != want {
			t.Errorf("%q leads to %q, want %q", subject, got, want)
		}
	}
}
