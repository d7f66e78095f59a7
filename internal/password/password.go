// Package password hashes passwords with argon2id and checks them.
//
// In: passwords and PHC strings. Out: PHC strings and yes or no. It stores nothing and limits
// how many hashes are made at once, for each takes 19 MiB.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Parameters of new hashes: OWASP's first choice for argon2id (19 MiB, 2 passes, 1 lane).
const (
	memoryKiB = 19 << 10
	passes    = 2
	lanes     = 1
	saltBytes = 16
	keyBytes  = 32
)

// Limits of a password, in characters (OWASP ASVS 2.1.1, 2.1.2).
const (
	Shortest = 12
	Longest  = 128
)

// ErrLength says that a password is too short or too long.
var ErrLength = fmt.Errorf("a password has %d to %d characters", Shortest, Longest)

// turns bounds the memory that strangers at the login page can make us use.
var turns = make(chan struct{}, 4)

// Hash is the PHC string of a password, with a salt of its own.
func Hash(ctx context.Context, password string) (string, error) {
	if n := utf8.RuneCountInString(password); n < Shortest || n > Longest {
		return "", ErrLength
	}
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	key, err := derive(ctx, password, salt, passes, memoryKiB, lanes, keyBytes)
	if err != nil {
		return "", err
	}
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memoryKiB, passes, lanes,
		enc.EncodeToString(salt), enc.EncodeToString(key)), nil
}

// Check tells whether password is the one that hash was made of. An empty hash is nobody's:
// it takes the same time and is never right.
func Check(ctx context.Context, hash, password string) (bool, error) {
	if utf8.RuneCountInString(password) > Longest {
		return false, nil
	}
	if hash == "" {
		_, err := derive(ctx, password, make([]byte, saltBytes), passes, memoryKiB, lanes, keyBytes)
		return false, err
	}
	var version, memory, time, parallel uint32
	parts := strings.Split(hash, "$")
	const fields = 6
	if len(parts) != fields || parts[1] != "argon2id" {
		return false, errors.New("check password: the stored hash is no argon2id string")
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time, &parallel); err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	const most = 1 << 20 // KiB
	if version != argon2.Version || memory > most || time == 0 || time > 16 || parallel == 0 || parallel > 16 {
		return false, errors.New("check password: the stored hash has parameters that are not ours")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	if len(want) != keyBytes {
		return false, errors.New("check password: the stored hash has another length")
	}
	got, err := derive(ctx, password, salt, time, memory, uint8(parallel), keyBytes)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

func derive(ctx context.Context, password string, salt []byte, time, memory uint32, threads uint8, length uint32) ([]byte, error) {
	select {
	case turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-turns }()
	return argon2.IDKey([]byte(password), salt, time, memory, threads, length), nil
}
