package desk

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"todoke/order"
	"todoke/store"
	"todoke/templates/page"
)

// ownSessions are the places where the person is signed in.
func (d *Desk) ownSessions(ctx context.Context, p Person) ([]page.SessionRow, error) {
	now := d.Now()
	all, err := d.Store.SessionsOf(ctx, p.Login, now.Add(-time.Duration(d.Settings.IdleMinutes)*time.Minute), now.Add(-longestSession))
	if err != nil {
		return nil, err
	}
	rows := make([]page.SessionRow, 0, len(all))
	for _, s := range all {
		row := page.SessionRow{ID: s.ID, Device: deviceName(p.Lang, s.Agent), Address: s.Address, Since: s.Since, SeenAt: s.SeenAt, Here: s.ID == p.Session}
		if row.Here {
			row.SeenAt = now
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// deviceName is what a browser says of itself, as far as people know it by that.
func deviceName(lang page.Lang, agent string) string {
	first := func(names [][2]string) string {
		for _, n := range names {
			if strings.Contains(agent, n[0]) {
				return n[1]
			}
		}
		return ""
	}
	browser := first([][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"CriOS/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}})
	system := first([][2]string{{"Windows", "Windows"}, {"iPad", "iPad"}, {"iPhone", "iPhone"}, {"Android", "Android"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}})
	switch {
	case browser != "" && system != "":
		return browser + " / " + system
	case browser+system != "":
		return browser + system
	}
	return pick(lang, "不明な端末", "unknown device")
}

// endSessions ends one of the person's sessions, or all but this.
func (d *Desk) endSessions(w http.ResponseWriter, r *http.Request) {
	ctx, p, id := r.Context(), personOf(r.Context()), r.PostFormValue("session")
	var err error
	what := "one session ended"
	switch id {
	case "others":
		what = "all other sessions ended"
		err = d.Store.EndOtherSessions(ctx, p.Login, p.Session, d.Now())
	case p.Session:
		err = order.Invalid("ACC-2", "session", "sign out to end the session you are in")
	default:
		err = d.Store.EndSession(ctx, p.Login, id, d.Now())
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "staff "+p.Login, what)
	d.tell(ctx, pick(p.Lang, "ほかの端末のログインを終了しました。", "It is ended."))
	http.Redirect(w, r, "/desk/account", http.StatusSeeOther)
}

// Recovery codes: how many, each of groups of so many letters; 120 random bits.
const (
	recoveryCodes  = 8
	recoveryGroups = 6
	recoveryGroup  = 4
)

// newCodes gives a person other recovery codes.
func (d *Desk) newCodes(ctx context.Context, p Person) ([]string, error) {
	codes, shown := make([]string, recoveryCodes), make([]string, recoveryCodes)
	for i := range codes {
		codes[i] = rand.Text()[:recoveryGroups*recoveryGroup]
		groups := make([]string, recoveryGroups)
		for g := range groups {
			groups[g] = codes[i][g*recoveryGroup : (g+1)*recoveryGroup]
		}
		shown[i] = strings.Join(groups, "-")
	}
	return shown, d.Store.SetRecoveryCodes(ctx, p.Login, codes)
}

// secondFactor checks the code of a device, or a recovery code in its place.
func (d *Desk) secondFactor(ctx context.Context, a store.Attempt, code string) (right, recovered bool, err error) {
	if plain := strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code)); len(plain) == recoveryGroups*recoveryGroup {
		right, err = d.Store.UseRecoveryCode(ctx, a, plain, d.Now())
		return right, right, err
	}
	step, ok := codeStep(a.TOTPSecret, strings.TrimSpace(code), a.TOTPStep, d.Now())
	if !ok {
		return false, false, nil
	}
	right, err = d.Store.UseCode(ctx, a, step)
	return right, false, err
}
