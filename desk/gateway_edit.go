package desk

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/store"
	"todoke/templates/page"
)

var gatewayName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// changesShown is how many mails that would be read differently a preview names.
const changesShown = 20

const gatewayVersions = 30

// newGateway is the text that a profile of one's own begins with.
const newGateway = `name: %NAME%
about: 
match:
  - {in: from, find: '@fax\.example\.jp'}
caller:
  - {in: subject, find: '{{number}}'}
received:
  - {in: body, find: '{{when}}'}
`

// gatewayEdit is the page of one profile as it stands, or as a person would have it.
func (d *Desk) gatewayEdit(ctx context.Context, r *http.Request, name string) (v page.GatewayEdit, err error) {
	p := personOf(ctx)
	v = page.GatewayEdit{Frame: d.frame(r, "rules", name), Name: name, MayEdit: p.At(operators)}
	if !gatewayName.MatchString(name) || d.Gateways.List == nil || d.Gateways.Preview == nil {
		return v, order.NotFound("profile", "there is no such profile")
	}
	list, err := d.Gateways.List(ctx)
	if err != nil {
		return v, err
	}
	if i := slices.IndexFunc(list, func(x GatewayProfile) bool { return x.Name == name }); i >= 0 {
		v.Text, v.Origin, v.File, v.Off, v.There = list[i].Text, list[i].Origin, list[i].File, list[i].Off, true
	} else {
		v.Text = strings.ReplaceAll(newGateway, "%NAME%", name)
	}
	v.Was = v.Text
	history, err := d.Store.GatewayHistory(ctx, name, gatewayVersions)
	if err != nil {
		return v, err
	}
	for i, h := range history {
		if i == 0 {
			v.After = h.ID
		}
		v.Versions = append(v.Versions, page.Version{ID: h.ID, At: h.At, By: h.By, Reason: h.Reason, None: h.Text == "", Now: i == 0})
		if strconv.FormatInt(h.ID, 10) == r.URL.Query().Get("version") && h.Text != "" {
			v.Text, v.Brought = h.Text, h.At
		}
	}
	return v, nil
}

func (d *Desk) showGateway(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if name == "new" { // a name was typed
		name = strings.TrimSpace(r.URL.Query().Get("name"))
		if !gatewayName.MatchString(name) {
			p := personOf(r.Context())
			d.gatewaysPage(w, r, http.StatusUnprocessableEntity, nil, "", pick(p.Lang, "名前は半角の小文字・数字・ハイフンで40字までです。", "A name has up to 40 small letters, digits and hyphens."))
			return
		}
		http.Redirect(w, r, "/desk/gateways/"+name, http.StatusSeeOther)
		return
	}
	v, err := d.gatewayEdit(r.Context(), r, name)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.show(w, r, v)
}

// editGateway shows what a changed profile would read differently, or puts it in force where that
// was seen before.
func (d *Desk) editGateway(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.gatewayEdit(ctx, r, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	do := r.PostFormValue("do")
	before := v.Was
	v.Text = strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n")
	v.Reason, v.GiveUp = strings.TrimSpace(r.PostFormValue("reason")), r.PostFormValue("giveup") != ""
	kept := v.Text
	if v.GiveUp {
		kept = ""
	} else if strings.TrimSpace(kept) == "" {
		v.Problems = append(v.Problems, pick(p.Lang, "内容が空です。", "It is empty."))
	}
	seen, err := strconv.ParseInt(r.PostFormValue("after"), 10, 64)
	if err != nil {
		seen = v.After
	}
	if seen != v.After {
		d.gatewayConflict(w, r, v)
		return
	}
	if v.Reason == "" {
		v.Problems = append(v.Problems, pick(p.Lang, "理由を入力してください。", "Say why."))
	}
	preview, err := d.Gateways.Preview(ctx, v.Name, kept)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	for _, x := range preview.Problems {
		v.Problems = append(v.Problems, page.Saying(p.Lang, x))
	}
	v.Gone, v.New = lineChanges(before, v.Text)
	if do == "save" && len(v.Problems) == 0 {
		err := d.Store.SaveGatewayProfile(ctx, store.GatewayVersion{Name: v.Name, Text: kept, Reason: v.Reason, By: p.By(), At: d.Now()}, seen)
		if order.KindOf(err) == order.KindConflict { // somebody was a moment quicker
			d.gatewayConflict(w, r, v)
			return
		}
		if err != nil {
			d.fail(w, r, err)
			return
		}
		d.log(r, p.Login, "change", "gateway "+v.Name, changeDetail(v.Reason, v.Gone, v.New))
		d.tell(ctx, pick(p.Lang, "保存しました。次に届くメールから適用されます。", "Saved: it is in force from the next mail on."))
		http.Redirect(w, r, "/desk/gateways/"+v.Name, http.StatusSeeOther)
		return
	}
	v.Previewed = len(v.Problems) == 0
	v.Mails, v.Before, v.AfterN, v.More = preview.Mails, preview.Before, preview.After, max(0, len(preview.Changes)-changesShown)
	for _, c := range preview.Changes[:min(len(preview.Changes), changesShown)] {
		row := page.GatewayChange{Document: c.Document, At: c.ReceivedAt, From: c.From, Subject: c.Subject}
		for _, f := range c.Facts {
			row.Facts = append(row.Facts, page.GatewayDiff{Fact: page.GatewayFact(p.Lang, f.Fact), Before: page.GatewayValue(p.Lang, f.Fact, f.Before), After: page.GatewayValue(p.Lang, f.Fact, f.After)})
		}
		v.Changes = append(v.Changes, row)
	}
	status := http.StatusOK
	if len(v.Problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	d.showAs(w, r, status, v)
}

// gatewayConflict tells a person what somebody else saved while they edited, and keeps what they
// typed.
func (d *Desk) gatewayConflict(w http.ResponseWriter, r *http.Request, v page.GatewayEdit) {
	p := personOf(r.Context())
	now, err := d.gatewayEdit(r.Context(), r, v.Name)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	seen := now.Was
	if was := strings.ReplaceAll(r.PostFormValue("was"), "\r\n", "\n"); was != "" {
		seen = was
	}
	v.Was, v.After, v.Versions, v.Origin, v.File, v.Off, v.There = now.Was, now.After, now.Versions, now.Origin, now.File, now.Off, now.There
	v.Gone, v.New = nil, nil
	v.Problems = []string{pick(p.Lang, "編集中に他の人がこの内容を変更しました。下の変更を確かめ、必要なら取り入れてから、もう一度確認してください。まだ何も保存していません。",
		"Somebody changed this while you edited it. Look at their change below, take over what you need and try again: nothing of yours is saved yet.")}
	v.Newer = &page.NewerTable{}
	v.Newer.Gone, v.Newer.New = lineChanges(seen, now.Was)
	if len(now.Versions) > 0 {
		v.Newer.By, v.Newer.At, v.Newer.Reason = now.Versions[0].By, now.Versions[0].At, now.Versions[0].Reason
	}
	d.showAs(w, r, http.StatusConflict, v)
}

// changeDetail is a change as the log keeps it.
func changeDetail(reason string, gone, fresh []string) string {
	out := []string{reason}
	for _, l := range gone {
		out = append(out, "- "+l)
	}
	for _, l := range fresh {
		out = append(out, "+ "+l)
	}
	return strings.Join(out, "\n")
}
