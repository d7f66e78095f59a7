// Package folder delivers documents into folders that partners fetch from: a folder for each
// recipient below one root.
//
// In: bytes, and names for recipient and file. Out: the file, whole or not at all. It never
// reads, lists or deletes what lies there, and knows nothing of what it delivers.
package folder

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrName tells that a delivery can never be made because of its names. Other errors may pass.
var ErrName = errors.New("the names of a delivery must be plain names of a folder and a file")

// Deliver writes a file whole or not at all: under a name of its own ending in .part first,
// synced, then renamed, for partners fetch whatever has its final name. Delivered again it
// replaces the file by the same bytes. It returns the file's path.
func Deliver(root, recipient, name string, data []byte) (string, error) {
	if root == "" || !plain(recipient) || !plain(name) {
		return "", fmt.Errorf("deliver %q to %q in %q: %w", name, recipient, root, ErrName)
	}
	const passable fs.FileMode = 0o750
	dir := filepath.Join(root, recipient)
	if err := os.MkdirAll(dir, passable); err != nil {
		return "", fmt.Errorf("make the recipient's folder: %w", err)
	}
	path := filepath.Join(dir, name)
	part := path + "." + rand.Text()[:8] + ".part"
	if err := write(part, data); err != nil {
		return "", fmt.Errorf("write delivery: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return "", errors.Join(fmt.Errorf("finish delivery: %w", err), os.Remove(part))
	}
	// The file's name lies in dir, dir's own in root, and root's in the folder above.
	for _, d := range []string{dir, root, filepath.Dir(root)} {
		// Who may write into a folder may still not read it, or the one above.
		if err := syncDir(d); err != nil && !errors.Is(err, fs.ErrPermission) {
			return "", fmt.Errorf("sync the recipient's folder: %w", err)
		}
	}
	return path, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func plain(name string) bool {
	return name != "." && filepath.IsLocal(name) && filepath.Base(name) == name
}

func write(path string, data []byte) error {
	const readable fs.FileMode = 0o640
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, readable)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
