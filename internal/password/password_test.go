package password_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"todoke/internal/password"
)

func TestHash(t *testing.T) {
	t.Parallel()
	const right = "事務用品の注文は正午まで" // 12 characters
	h, err := password.Hash(t.Context(), right)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(h, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %q has other parameters", h)
	}
	again, err := password.Hash(t.Context(), right)
	if err != nil || again == h {
		t.Errorf("two hashes of one password are the same (%v)", err)
	}
	for guess, want := range map[string]bool{right: true, right + " ": false, "": false, strings.Repeat("a", 1<<20): false} {
		if got, err := password.Check(t.Context(), h, guess); got != want || err != nil {
			t.Errorf("Check(%.20q…) = %v, %v, want %v", guess, got, err, want)
		}
	}
	if ok, err := password.Check(t.Context(), "", ""); ok || err != nil {
		t.Errorf("nobody's password is right: %v, %v", ok, err)
	}
}

func TestHashRefuses(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"", "short", strings.Repeat("長", password.Shortest-1), strings.Repeat("x", password.Longest+1)} {
		if _, err := password.Hash(t.Context(), p); !errors.Is(err, password.ErrLength) {
			t.Errorf("Hash of %d bytes: %v", len(p), err)
		}
	}
}

func TestCheckStops(t *testing.T) {
	t.Parallel()
	h, err := password.Hash(t.Context(), "twelve chars")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"x", "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA", "$argon2id$v=19$m=9999999,t=2,p=1$AAAA$AAAA",
		"$argon2id$v=19$m=19456,t=0,p=1$AAAA$AAAA", "$argon2id$v=19$m=19456,t=2,p=1$*$AAAA", h[:len(h)-4],
	} {
		if ok, err := password.Check(t.Context(), bad, "twelve chars"); ok || err == nil {
			t.Errorf("Check with hash %.40q = %v, %v", bad, ok, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if ok, _ := password.Check(ctx, h, "wrong and late"); ok {
		t.Error("a request that is gone was let in")
	}
}
