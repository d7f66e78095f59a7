package glyph

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
)

// Fingerprint names the weights of Default: the first 12 hexadecimal digits of their SHA-256.
// What was read is kept with it, so that errors are charged to the model that made them.
var Fingerprint = sync.OnceValue(func() string {
	sum := sha256.Sum256(weights)
	return hex.EncodeToString(sum[:6])
})
