package store_test

import (
	"os"
	"path/filepath"
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
