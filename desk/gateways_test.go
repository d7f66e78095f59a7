package desk_test

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"todoke/desk"
	"todoke/store"
)

// shelfOf is a desk's gateways with one shipped profile, overridden by what the store has.
func shelfOf(o **office) desk.Gateways {
	return desk.Gateways{
		List: func(ctx context.Context) ([]desk.GatewayProfile, error) {
			out := desk.GatewayProfile{Name: "efax", File: "shipped efax.yaml", Text: "name: efax\nabout: shipped\n", Origin: desk.FromShipped}
			kept, err := (*o).st.GatewayProfiles(ctx)
			if len(kept) > 0 {
				out.Text, out.Origin = kept[0].Text, desk.FromDesk
			}
			return []desk.GatewayProfile{out}, err
		},
		Preview: func(_ context.Context, name, text string) (desk.GatewayPreview, error) {
			if strings.Contains(text, "colour") {
				return desk.GatewayPreview{Problems: []string{"[3:1] unknown field \"colour\""}}, nil
			}
			return desk.GatewayPreview{Mails: 12, Before: 3, After: 4, Changes: []desk.GatewayChange{
				{Document: 7, Subject: "<b>FAX</b>", Facts: []desk.GatewayDiff{{Fact: "profile", After: name}, {Fact: "caller", Before: "03-1111-2222", After: "03-3333-4444"}}},
			}}, nil
		},
	}
}

// TestEditGateway: a profile is changed after a preview, with a reason; earlier versions come back,
// and what is shipped holds again where the change is given up. Leads look on.
func TestEditGateway(t *testing.T) {
	t.Parallel()
	var o *office
	o = newOfficeOf(t, desk.Config{Gateways: shelfOf(&o)})
	o.hire(t, "lead", store.RoleLead)
	o.hire(t, "op", store.RoleOperator)
	lead, b := o.browser(t), o.browser(t)
	lead.signIn("lead", secret)
	b.signIn("op", secret)
	now := func() string {
		t.Helper()
		kept, err := o.st.GatewayProfiles(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(kept) == 0 {
			return ""
		}
		return kept[0].Text
	}
	const path, first = "/desk/gateways/efax", "name: efax\nabout: ours\n"
	edit := url.Values{"text": {strings.ReplaceAll(first, "\n", "\r\n")}, "reason": {"業者の書式変更"}, "do": {"preview"}, "after": {"0"}}
	if a := lead.get(path); a.status != http.StatusOK || strings.Contains(a.body, "<textarea") || !strings.Contains(a.body, "about: shipped") {
		t.Errorf("a lead sees %d", a.status)
	}
	a := b.post(path, edit)
	if a.status != http.StatusOK || now() != "" {
		t.Fatalf("the preview: %d %q", a.status, now())
	}
	for _, want := range []string{"発信番号", "03-3333-4444", "&lt;b&gt;FAX", `value="save"`, "about: ours", "なし"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the preview lacks %s", want)
		}
	}
	wrong := url.Values{"text": {"name: efax\ncolour: red\n"}, "reason": {"x"}, "do": {"save"}, "after": {"0"}}
	if a := b.post(path, wrong); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "3行目") || now() != "" {
		t.Errorf("a mistake gives %d", a.status)
	}
	none := url.Values{"text": edit["text"], "do": {"save"}, "after": {"0"}}
	if a := b.post(path, none); a.status != http.StatusUnprocessableEntity || now() != "" {
		t.Errorf("without a reason: %d", a.status)
	}
	edit.Set("do", "save")
	if a := b.post(path, edit); a.status != http.StatusSeeOther || now() != first {
		t.Fatalf("saving: %d %q", a.status, now())
	}
	// Over another's change: what that was is told, what was typed is kept, nothing is saved.
	edit.Set("text", "name: efax\nabout: again\n")
	edit.Set("was", "name: efax\nabout: shipped\n")
	a = b.post(path, edit)
	_, newer, _ := strings.Cut(a.body, `id="newer"`)
	newer, rest, _ := strings.Cut(newer, "</section>")
	if a.status != http.StatusConflict || now() != first {
		t.Errorf("over another's change: %d %q", a.status, now())
	}
	for _, want := range []string{"業者の書式変更", `<span class="mono">about: shipped</span>`, `<span class="mono">about: ours</span>`} {
		if !strings.Contains(newer, want) {
			t.Errorf("the other's change lacks %s: %s", want, newer)
		}
	}
	if !strings.Contains(rest, "about: again</textarea>") && !strings.Contains(rest, "about: again\n</textarea>") || strings.Contains(rest, `value="save"`) {
		t.Errorf("what was typed is lost, or can be saved unseen: %s", rest)
	}
	history, err := o.st.GatewayHistory(t.Context(), "efax", 5)
	if err != nil || len(history) != 1 {
		t.Fatalf("%v %v", history, err)
	}
	id := func(i int) string { return strconv.FormatInt(history[i].ID, 10) }
	if !strings.Contains(rest, `name="after" value="`+id(0)+`"`) {
		t.Error("seen, the other's change still stands in the way")
	}
	edit.Set("after", id(0))
	if a := b.post(path, edit); a.status != http.StatusSeeOther || !strings.Contains(now(), "again") {
		t.Fatalf("a second change: %d %q", a.status, now())
	}
	if a := b.get(path + "?version=" + id(0)); !strings.Contains(a.body, "about: ours") || !strings.Contains(a.body, "読み込みました") {
		t.Error("the first version does not come back")
	}
	if history, err = o.st.GatewayHistory(t.Context(), "efax", 5); err != nil {
		t.Fatal(err)
	}
	back := url.Values{"text": {"x"}, "giveup": {"1"}, "reason": {"不要"}, "do": {"save"}, "after": {id(0)}}
	if a := b.post(path, back); a.status != http.StatusSeeOther || now() != "" {
		t.Errorf("giving it up: %d %q", a.status, now())
	}
	log, err := o.st.Accesses(t.Context(), o.clock.Now().Add(-1e9), o.clock.Now().Add(1e9), "op", "gateway efax", 9)
	if err != nil || len(log) != 3 || !strings.Contains(log[2].Detail, "業者の書式変更") || !strings.Contains(log[2].Detail, "+ about: ours") {
		t.Errorf("the log: %+v (%v)", log, err)
	}
	if a := b.get("/desk/gateways/new?name=Bad+Name"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a bad name gives %d", a.status)
	}
	if a := b.get("/desk/gateways/new?name=kaisen-2"); a.location() != "/desk/gateways/kaisen-2" {
		t.Errorf("a new one: %d %s", a.status, a.location())
	}
}
