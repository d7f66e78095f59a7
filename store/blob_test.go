package store_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"todoke/order"
	"todoke/store"
)

func TestBlobs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b, err := store.OpenBlobs(dir)
	if err != nil {
		t.Fatal(err)
	}
	key, err := b.Put([]byte("page"))
	if err != nil || key != store.Key([]byte("page")) {
		t.Fatal(key, err)
	}
	if again, err := b.Put([]byte("page")); err != nil || again != key {
		t.Fatal(again, err)
	}
	path := filepath.Join(dir, key[:2], key)
	if err := os.WriteFile(path, []byte("pagE"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(key); order.KindOf(err) != order.KindPermanent {
		t.Errorf("damaged bytes were read: %v", err)
	}
	if _, err := b.Put([]byte("page")); err != nil {
		t.Fatal(err)
	}
	if data, err := b.Get(key); err != nil || string(data) != "page" {
		t.Errorf("not mended: %q %v", data, err)
	}
	for _, bad := range []string{"", "..", "../../etc/passwd", store.Key(nil)} {
		if _, err := b.Get(bad); order.KindOf(err) != order.KindPermanent {
			t.Errorf("key %q: %v", bad, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*", "*.part-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestBlobsAreReadOnly: no program of this user writes into one by mistake; damage is found a piece at a time.
func TestBlobsAreReadOnly(t *testing.T) {
	t.Parallel()
	b, err := store.OpenBlobs(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat([]byte("fax"), 100_000)
	key, err := b.Put(data)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(b.Dir(), key[:2], key)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o400 {
		t.Fatal(info, err)
	}
	if err := b.Check(t.Context(), key, int64(len(data))); err != nil {
		t.Error(err)
	}
	if err := b.Check(t.Context(), key, int64(len(data))-1); err == nil {
		t.Error("another size is found right")
	}
	data[150_000] ^= 1
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, data, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := b.Check(t.Context(), key, int64(len(data))); err == nil {
		t.Error("a changed bit is found right")
	}
	if err := b.Check(t.Context(), strings.Repeat("0", 64), 0); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
