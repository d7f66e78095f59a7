package desk_test

import (
	"bytes"
	"encoding/base64"
	"html"
	"mime/quotedprintable"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"todoke/desk"
	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

// APR-1: whoever reads approvers' mails at the desk or in the archive, or a mail that quotes one,
// finds no link to decide by; once the link has expired, the original is whole again.
func TestLinksAreMasked(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, desk.Config{Mails: func(data []byte) (desk.Mail, error) { return desk.Mail{Text: string(data)}, nil }})
	storetest.Shop(t, o.st)
	tokyo := storetest.Code(storetest.Tokyo)
	if err := o.st.Import(t.Context(), order.Masters{
		Users:         []order.User{{Code: "AP1", DepartmentCode: tokyo, Name: "課長 太郎", Email: "ap1@c1.example.jp", Role: "approver"}, {Code: "ORD", DepartmentCode: tokyo, Name: "発注 花子", Email: "ord@c1.example.jp", Role: "orderer"}},
		ApprovalFlows: []order.ApprovalRow{{DepartmentCode: tokyo, From: order.D(2026, 4, 1), TotalYen: 5_000, Level1: []string{"AP1"}}},
	}); err != nil {
		t.Fatal(err)
	}
	req := storetest.Request(order.ChannelWeb, o.clock.Now(), storetest.Tokyo, storetest.Pen, 50)
	req.UserCode = "ORD"
	waits := o.accept(t, req)
	c, _, err := o.st.ApprovalOf(t.Context(), waits.ID, o.st.Now())
	if err != nil {
		t.Fatal(err)
	}
	token := store.NewApprovalToken()
	link := "https://order.example.jp" + desk.ApprovalPath + token
	sent := "承認をお願いいたします。\n" + link + "\n"
	key, err := o.st.Blobs().Put([]byte(sent))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.st.AskApproval(t.Context(), c, []store.ApprovalMail{{User: "AP1", To: "ap1@c1.example.jp", Token: token, Issue: store.NewIssue{
		Kind: "approval_request", Number: "1", Format: "txt", FileName: "1.txt", Key: key, SizeBytes: len(sent), OrderID: waits.ID,
	}}}, o.st.Now()); err != nil {
		t.Fatal(err)
	}
	var quoted bytes.Buffer
	q := quotedprintable.NewWriter(&quoted)
	if _, err := q.Write([]byte("> " + sent)); err != nil {
		t.Fatal(err)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for b := base64.StdEncoding.EncodeToString([]byte(sent)); b != ""; {
		n := min(len(b), 76)
		lines.WriteString(b[:n] + "\r\n")
		b = b[n:]
	}
	raw := "From: ap1@c1.example.jp\r\nContent-Transfer-Encoding: base64\r\n\r\n" + lines.String() + "\r\n--x\r\n\r\n" + quoted.String() + "\r\n" + sent
	id, _, err := o.st.AddDocument(t.Context(), store.NewDocument{Source: "mailbox", ExternalID: "1", ReceivedAt: o.clock.Now(), FileName: "1.eml", MediaType: "message/rfc822", Bytes: []byte(raw)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.st.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	hits, err := o.st.SearchArchivePage(t.Context(), store.ArchiveQuery{Kind: "approval_request"}, store.ArchiveCursor{}, 1)
	if err != nil || len(hits) != 1 {
		t.Fatal(hits, err)
	}
	waiting, err := o.st.DeliveriesOfIssued(t.Context(), hits[0].IssuedID)
	if err != nil || len(waiting) != 1 {
		t.Fatal(waiting, err)
	}
	o.hire(t, "kansa", store.RoleAuditor)
	o.hire(t, "tanaka", store.RoleDesk)
	auditor, clerk := o.browser(t), o.browser(t)
	auditor.signIn("kansa", secret)
	clerk.signIn("tanaka", secret)
	doc, issued := strconv.FormatInt(id, 10), strconv.FormatInt(hits[0].IssuedID, 10)
	stars := strings.Repeat("*", len(token))
	plain := func(body string) string { // without what mails are wrapped in
		body = strings.ReplaceAll(html.UnescapeString(body), "=\r\n", "")
		if head, rest, ok := strings.Cut(body, "base64\r\n\r\n"); ok {
			coded, tail, _ := strings.Cut(rest, "\r\n\r\n")
			text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(coded, "\r\n", ""))
			if err != nil {
				t.Error(err)
			}
			return head + string(text) + tail
		}
		return body
	}
	for _, x := range []struct {
		b     *browser
		path  string
		links int
	}{
		{auditor, "/desk/archive/issued/" + issued + "/bytes", 1},
		{auditor, "/desk/archive/inbound/" + doc + "/bytes", 3},
		{clerk, "/desk/issued/" + issued, 1},
		{clerk, "/desk/deliveries/" + strconv.FormatInt(waiting[0].ID, 10), 1},
		{clerk, "/desk/documents/" + doc + "/bytes", 3},
		{clerk, "/desk/mails/" + doc, 2},
	} {
		a := x.b.get(x.path)
		if got := plain(a.body); a.status != http.StatusOK || strings.Contains(got, token) || strings.Count(got, stars) < x.links {
			t.Errorf("%s: %d, the link shows %d times, masked %d, want %d", x.path, a.status, strings.Count(got, token), strings.Count(got, stars), x.links)
		}
	}
	// A token that is nobody's stays, and so does one that expired: it opens nothing.
	other := "https://order.example.jp" + desk.ApprovalPath + store.NewApprovalToken()
	if got, err := desk.MaskLinks(t.Context(), o.st, []byte(other), o.st.Now()); err != nil || string(got) != other {
		t.Error(string(got), err)
	}
	if got, err := desk.MaskLinks(t.Context(), o.st, []byte(raw), o.st.Now().AddDate(1, 0, 0)); err != nil || string(got) != raw {
		t.Error("an expired link is masked", err)
	}
}
