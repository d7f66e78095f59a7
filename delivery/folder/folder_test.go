package folder_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"todoke/delivery/folder"
)

func TestDeliverIsWholeAndRepeatable(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "out")
	for range 2 {
		path, err := folder.Deliver(root, "E1", "list.pdf", []byte("%PDF"))
		if err != nil || path != filepath.Join(root, "E1", "list.pdf") {
			t.Fatal(path, err)
		}
	}
	entries, err := os.ReadDir(filepath.Join(root, "E1"))
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v: one file and no remnants", entries, err)
	}
	if b, err := os.ReadFile(filepath.Join(root, "E1", "list.pdf")); err != nil || string(b) != "%PDF" {
		t.Fatal(string(b), err)
	}
}

func TestDeliverStaysInItsFolder(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, names := range [][2]string{{"..", "a"}, {"E1", "../a"}, {"E1/x", "a"}, {"", "a"}, {"E1", ""}, {"/", "a"}, {".", "a"}, {"E1", "."}} {
		if _, err := folder.Deliver(root, names[0], names[1], nil); !errors.Is(err, folder.ErrName) {
			t.Errorf("%q to %q: %v", names[1], names[0], err)
		}
	}
	if _, err := folder.Deliver("", "E1", "a", nil); !errors.Is(err, folder.ErrName) {
		t.Error(err)
	}
	if entries, err := os.ReadDir(root); err != nil || len(entries) != 0 {
		t.Error(entries, err)
	}
}

func TestDeliverTellsWhatTheFolderRefuses(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(root, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Deliver(root, "E1", "a", nil); err == nil || errors.Is(err, folder.ErrName) {
		t.Error(err)
	}
}
