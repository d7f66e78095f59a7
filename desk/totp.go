package desk

import (
	"crypto/rand"
	"crypto/subtle"
	"net/url"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// codeLasts is how long a code of the second factor is the one (RFC 6238).
const codeLasts = 30

// codeStep is the step of a code that is right by the secret and later than the last one used: no
// code is good twice. Without such a step ok is false.
func codeStep(secret, code string, last int64, now time.Time) (step int64, ok bool) {
	for s := now.Unix()/codeLasts - 1; s <= now.Unix()/codeLasts+1; s++ {
		want, err := totp.GenerateCodeCustom(secret, time.Unix(s*codeLasts, 0), totp.ValidateOpts{Period: codeLasts, Digits: otp.DigitsSix})
		if err == nil && s > last && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// newFactor is a secret of 160 random bits in base 32.
func newFactor() string {
	const letters = 32
	return (rand.Text() + rand.Text())[:letters]
}

// factorURI is what an authenticator takes in.
func factorURI(shop, login, secret string) string {
	q := url.Values{"secret": {secret}, "issuer": {shop}, "digits": {"6"}, "period": {"30"}}
	return "otpauth://totp/" + url.PathEscape(shop+":"+login) + "?" + q.Encode()
}
