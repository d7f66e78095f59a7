package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"todoke/desk"
	"todoke/ingest/gateway"
	"todoke/store"
	"todoke/store/storetest"
)

// TestGatewayPreview: stored mails tell what a changed profile would read differently, and once it is
// saved the next mail is read by it.
func TestGatewayPreview(t *testing.T) {
	t.Parallel()
	st, clock := storetest.New(t)
	a := &App{}
	a.Config.Gateways.Profiles = t.TempDir()
	files, err := filepath.Glob("../../ingest/gateway/testdata/*.eml")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := st.AddDocument(t.Context(), store.NewDocument{Source: "mail", ExternalID: f, ReceivedAt: clock.Now(), FileName: "mail.eml", MediaType: "message/rfc822", Bytes: data}); err != nil {
			t.Fatal(err)
		}
	}
	g := a.deskGateways(st)
	list, err := g.List(t.Context())
	if err != nil || list[0].Name != "efax" || list[0].Origin != desk.FromShipped {
		t.Fatal(list, err)
	}
	same, err := g.Preview(t.Context(), "efax", list[0].Text)
	if err != nil || len(same.Changes) != 0 || same.Mails < 10 || same.Before == 0 || same.After != same.Before {
		t.Fatalf("%+v %v", same, err)
	}
	off, err := g.Preview(t.Context(), "efax", "name: efax\noff: true\n")
	if err != nil || off.After != 0 || len(off.Changes) != same.Before || off.Changes[0].Facts[0].Before != "efax" {
		t.Fatalf("%+v %v", off, err)
	}
	for text, want := range map[string]string{"name: other\nmatch: [{in: from, find: '@'}]\n": "calls itself other", "name: efax\nmatch: [{in: from, find: '('}]\n": "match[1]: find:", "name: [": ":"} {
		bad, err := g.Preview(t.Context(), "efax", text)
		if err != nil || len(bad.Problems) == 0 || !strings.Contains(bad.Problems[0], want) || strings.Contains(bad.Problems[0], "tried") {
			t.Errorf("%q gives %+v %v", text, bad, err)
		}
	}
	shelf, err := gateway.OpenShelf("", func() ([]gateway.Stored, error) { return storedProfiles(t.Context(), st) }, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := len(shelf.Book().Profiles())
	if err := st.SaveGatewayProfile(t.Context(), store.GatewayVersion{Name: "efax", Text: "name: efax\noff: true\n", Reason: "解約", By: "佐藤 花", At: clock.Now()}, 0); err != nil {
		t.Fatal(err)
	}
	if got := len(shelf.Book().Profiles()); got != before-1 {
		t.Errorf("%d profiles, had %d", got, before)
	}
	if list, err = g.List(t.Context()); err != nil || list[0].Origin != desk.FromDesk || !list[0].Off || !strings.Contains(list[0].File, "佐藤 花") {
		t.Errorf("%+v %v", list[0], err)
	}
}
