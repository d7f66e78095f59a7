package desk

import (
	"context"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"

	"todoke/internal/password"
	"todoke/order"
	"todoke/store"
	"todoke/templates/barcode"
	"todoke/templates/page"
)

// showAccount is what people change about their own way in. A secret that was not confirmed yet
// is shown once more only by asking for another.
func (d *Desk) showAccount(w http.ResponseWriter, r *http.Request) {
	d.account(w, r, http.StatusOK, "")
}

func (d *Desk) account(w http.ResponseWriter, r *http.Request, status int, problem string) {
	p := personOf(r.Context())
	d.accountWith(w, r, status, page.Account{Problem: problem, SecondFactor: p.SecondFactor})
}

func (d *Desk) accountWith(w http.ResponseWriter, r *http.Request, status int, v page.Account) {
	ctx, p := r.Context(), personOf(r.Context())
	v.Frame = d.frame(r, "account", pick(p.Lang, "自分の設定", "Your account"))
	v.Secret, v.Shortest, v.Longest, v.Needed = d.sessions.GetString(ctx, "factor"), password.Shortest, password.Longest, p.At(d.FactorRoles)
	v.Given = p.PasswordGiven
	var err error
	if v.SecondFactor {
		if v.CodesLeft, err = d.Store.RecoveryCodesLeft(ctx, p.Login); err != nil {
			d.fail(w, r, err)
			return
		}
	}
	if v.Sessions, err = d.ownSessions(ctx, p); err != nil {
		d.fail(w, r, err)
		return
	}
	d.showAs(w, r, status, v)
}

// factorImage is the secret for a telephone's camera, while it is not confirmed.
func (d *Desk) factorImage(w http.ResponseWriter, r *http.Request) {
	secret := d.sessions.GetString(r.Context(), "factor")
	if secret == "" {
		d.fail(w, r, order.NotFound("page", "there is no such page"))
		return
	}
	const mostVersion = 16
	code, err := barcode.QR(factorURI(d.ShopName, personOf(r.Context()).Login, secret), mostVersion)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_ = png.Encode(w, drawn(code))
}

// drawn is a code as a picture, with the white round it that readers need.
func drawn(code [][]bool) image.Image {
	const module, quiet = 4, 4
	side := (len(code) + 2*quiet) * module
	m := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			if i, j := y/module-quiet, x/module-quiet; i >= 0 && j >= 0 && i < len(code) && j < len(code) && code[i][j] {
				m.SetColorIndex(x, y, 1)
			}
		}
	}
	return m
}

// known tells whether the password is the person's. A wrong one counts as at the doors (ACC-2).
func (d *Desk) known(ctx context.Context, p Person, given string) (bool, error) {
	a, err := d.Store.CountAttempt(ctx, p.Login)
	if err != nil {
		return false, err
	}
	right, err := password.Check(ctx, a.Hash, given)
	if err != nil {
		return false, err
	}
	_, err = d.Store.EndAttempt(ctx, a, right, d.Now())
	return right, err
}

// setFactor takes one step of setting the second factor: a secret is made, confirmed by a code, or
// taken away; beginning and taking away need the password.
func (d *Desk) setFactor(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	as := r.PostFormValue("as")
	if as != "confirm" {
		right, err := d.known(ctx, p, r.PostFormValue("password"))
		if err != nil {
			d.fail(w, r, err)
			return
		}
		if !right {
			d.log(r, p.Login, "password_wrong", "staff "+p.Login, "second factor")
			d.account(w, r, http.StatusUnprocessableEntity, pick(p.Lang, "パスワードが違います。", "The password is wrong."))
			return
		}
	}
	var err error
	var codes []string
	switch secret := d.sessions.GetString(ctx, "factor"); {
	case as == "begin":
		d.sessions.Put(ctx, "factor", newFactor())
		http.Redirect(w, r, "/desk/account", http.StatusSeeOther)
		return
	case as == "confirm" && secret != "":
		step, ok := codeStep(secret, strings.TrimSpace(r.PostFormValue("code")), 0, d.Now())
		if !ok {
			d.account(w, r, http.StatusUnprocessableEntity, pick(p.Lang, "確認コードが違います。端末の時刻を確かめて、もう一度入力してください。", "The code is wrong. Check the clock of your device and enter it again."))
			return
		}
		if err = d.Store.SetStaffTOTP(ctx, p.Login, secret, step); err == nil {
			codes, err = d.newCodes(ctx, p)
		}
		d.tell(ctx, pick(p.Lang, "二段階認証を設定しました。次回から確認コードが必要です。", "The second factor is set. From now on you sign in with a code."))
	case as == "codes" && p.SecondFactor:
		codes, err = d.newCodes(ctx, p)
	case as == "remove" && p.At(d.FactorRoles):
		d.account(w, r, http.StatusUnprocessableEntity, pick(p.Lang, "この役割では二段階認証を解除できません。", "Your role cannot do without a second factor."))
		return
	case as == "remove":
		if err = d.Store.SetStaffTOTP(ctx, p.Login, "", 0); err == nil {
			err = d.Store.SetRecoveryCodes(ctx, p.Login, nil)
		}
		d.tell(ctx, pick(p.Lang, "二段階認証を解除しました。", "The second factor is taken away."))
	default:
		err = order.Invalid("", "", "there is no such action")
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.sessions.Remove(ctx, "factor")
	d.log(r, p.Login, "change", "staff "+p.Login, "second factor: "+as)
	if codes != nil {
		d.accountWith(w, r, http.StatusOK, page.Account{SecondFactor: true, Codes: codes})
		return
	}
	http.Redirect(w, r, "/desk/account", http.StatusSeeOther)
}

// changePassword gives oneself another password; all other sessions end.
func (d *Desk) changePassword(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	right, err := d.known(ctx, p, r.PostFormValue("old"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	given, problem := r.PostFormValue("new"), ""
	switch {
	case !right:
		d.log(r, p.Login, "password_wrong", "staff "+p.Login, "password")
		problem = pick(p.Lang, "今のパスワードが違います。", "The old password is wrong.")
	case given == r.PostFormValue("old"):
		problem = pick(p.Lang, "今のパスワードとは別のものを入力してください。", "Choose another password than the old one.")
	case given != r.PostFormValue("again"):
		problem = pick(p.Lang, "新しいパスワードが2回とも同じではありません。", "The new password was not typed the same twice.")
	}
	var hash string
	if problem == "" {
		if hash, err = password.Hash(ctx, given); err != nil {
			problem = pick(p.Lang, "新しいパスワードは12〜128文字で入力してください。", "A password has 12 to 128 characters.")
		}
	}
	if problem != "" {
		d.account(w, r, http.StatusUnprocessableEntity, problem)
		return
	}
	if err = d.Store.SetStaffPassword(ctx, p.Login, hash, false); err == nil {
		err = d.sessions.RenewToken(ctx)
	}
	if err == nil {
		err = d.admit(r, p.Login)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "staff "+p.Login, "password")
	d.tell(ctx, pick(p.Lang, "パスワードを変更しました。ほかの端末からはログアウトされます。", "The password is changed. You are signed out everywhere else."))
	to := "/desk/account"
	if p.PasswordGiven && (p.SecondFactor || !p.At(d.FactorRoles)) {
		to = "/desk" // nothing more stands between them and their work
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// mayUnlock tells who unlocks whom: leads the desk, operators everybody.
func mayUnlock(p Person, s store.Staff) bool {
	return p.Role == store.RoleOperator || p.Role == store.RoleLead && s.Role == store.RoleDesk
}
