package desk

import (
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// secondFactor tells whether code is right by the secret (RFC 6238); without a secret none is
// asked for.
func secondFactor(secret, code string, now time.Time) bool {
	if secret == "" {
		return true
	}
	ok, err := totp.ValidateCustom(code, secret, now, totp.ValidateOpts{Period: 30, Skew: 1, Digits: otp.DigitsSix})
	return err == nil && ok
}
