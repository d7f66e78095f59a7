package desk

import (
	"crypto/rand"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"todoke/internal/password"
	"todoke/order"
	"todoke/store"
	"todoke/templates/page"
)

func (d *Desk) showStaff(w http.ResponseWriter, r *http.Request) {
	d.staff(w, r, http.StatusOK, "", "", "")
}

// staff is everybody who may sign in; a password that was just made is shown this once.
func (d *Desk) staff(w http.ResponseWriter, r *http.Request, status int, problem, login, secret string) {
	p := personOf(r.Context())
	all, err := d.Store.ListStaff(r.Context())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v := page.Staff{Frame: d.frame(r, "staff", pick(p.Lang, "担当者", "Staff")), Problem: problem, NewLogin: login, NewPassword: secret, May: p.Role == store.RoleOperator}
	for _, s := range all {
		v.Rows = append(v.Rows, page.StaffRow{
			Login: s.Login, Name: s.Name, Role: string(s.Role), Warehouse: s.WarehouseCode, SecondFactor: s.SecondFactor,
			Locked: !s.LockedAt.IsZero(), Disabled: !s.DisabledAt.IsZero(), Self: s.Login == p.Login, MayUnlock: mayUnlock(p, s),
		})
	}
	d.showAs(w, r, status, v)
}

var (
	staffLogin = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,39}$`)
	staffRoles = map[store.Role]bool{store.RoleAuditor: true, store.RoleWarehouse: true, store.RoleDesk: true, store.RoleLead: true, store.RoleOperator: true}
)

// addStaff adds a person with a password of our making.
func (d *Desk) addStaff(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	s := store.Staff{
		Login: r.PostFormValue("login"), Name: strings.TrimSpace(r.PostFormValue("name")), Role: store.Role(r.PostFormValue("role")),
		WarehouseCode: strings.TrimSpace(r.PostFormValue("warehouse")), Lang: "ja", PasswordGiven: true,
	}
	if !staffLogin.MatchString(s.Login) || s.Name == "" || !staffRoles[s.Role] || (s.Role == store.RoleWarehouse) != (s.WarehouseCode != "") {
		d.staff(w, r, http.StatusUnprocessableEntity, pick(p.Lang, "ログインID（半角小文字・数字）、名前、役割を入力してください。倉庫の方だけ倉庫コードも必要です。",
			"Give a login of small letters and digits, a name and a role; a warehouse's person needs its code, too."), "", "")
		return
	}
	secret := rand.Text()
	hash, err := password.Hash(ctx, secret)
	if err == nil {
		err = d.Store.AddStaff(ctx, s, hash, d.Now())
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "staff "+s.Login, "added as "+string(s.Role))
	d.staff(w, r, http.StatusOK, "", s.Login, secret)
}

// changeStaff does one thing to one person. Nobody shuts themselves out.
func (d *Desk) changeStaff(w http.ResponseWriter, r *http.Request) {
	ctx, p, login, as := r.Context(), personOf(r.Context()), r.PathValue("login"), r.PostFormValue("as")
	s, err := d.Store.GetStaff(ctx, login)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if may := as == "unlock" && mayUnlock(p, s) || p.Role == store.RoleOperator && login != p.Login; !may {
		d.log(r, p.Login, "refused", "staff "+login, as)
		d.staff(w, r, http.StatusForbidden, pick(p.Lang, "この方への操作は権限がありません。", "You may not do this to this person."), "", "")
		return
	}
	secret := ""
	switch as {
	case "unlock":
		err = d.Store.UnlockStaff(ctx, login)
	case "lock":
		err = d.Store.LockStaff(ctx, login, d.Now())
	case "sessions":
		err = d.Store.EndSessions(ctx, login)
	case "disable":
		err = d.Store.DisableStaff(ctx, login, d.Now())
	case "factor":
		if err = d.Store.SetStaffTOTP(ctx, login, "", 0); err == nil {
			err = errors.Join(d.Store.SetRecoveryCodes(ctx, login, nil), d.Store.EndSessions(ctx, login))
		}
	case "role":
		role := store.Role(r.PostFormValue("role"))
		if !staffRoles[role] || role == store.RoleWarehouse || s.Role == store.RoleWarehouse {
			err = order.Invalid("", "role", "there is no such action")
			break
		}
		err = d.Store.SetStaffRole(ctx, login, role, "")
	case "password":
		secret = rand.Text()
		var hash string
		if hash, err = password.Hash(ctx, secret); err == nil {
			err = d.Store.SetStaffPassword(ctx, login, hash, true)
		}
	default:
		err = order.Invalid("", "", "there is no such action")
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "staff "+login, as)
	if secret != "" {
		d.staff(w, r, http.StatusOK, "", login, secret)
		return
	}
	d.tell(ctx, staffChanged(p.Lang, as, s.Name, r.PostFormValue("role")))
	http.Redirect(w, r, "/desk/staff", http.StatusSeeOther)
}

// staffChanged names what was done to whom.
func staffChanged(lang page.Lang, as, name, role string) string {
	switch as {
	case "unlock":
		return pick(lang, name+"さんのロックを解除しました。", name+" is unlocked.")
	case "lock":
		return pick(lang, name+"さんをロックしました。", name+" is locked.")
	case "sessions":
		return pick(lang, name+"さんを全端末からログアウトしました。", name+" is signed out everywhere.")
	case "disable":
		return pick(lang, name+"さんを停止しました。今後ログインできません。", name+" is disabled for good.")
	case "factor":
		return pick(lang, name+"さんの二段階認証を解除しました。", "The second factor of "+name+" is cleared.")
	case "role":
		return pick(lang, name+"さんの役割を「"+page.RoleName(lang, role)+"」に変更しました。", name+" is now "+page.RoleName(lang, role)+".")
	}
	return pick(lang, name+"さんの設定を変更しました。", name+" is changed.")
}
