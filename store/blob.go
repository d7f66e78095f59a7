package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"todoke/order"
)

// Blobs is a folder of immutable byte strings under the hex SHA-256 of their content. What
// Put has returned for survives a power cut: the file and the directories above it are synced.
type Blobs struct{ dir string }

// readOnly keeps programs that run as the same user from writing into a blob by mistake.
const readOnly fs.FileMode = 0o400

// OpenBlobs makes the folder where it is missing.
func OpenBlobs(dir string) (*Blobs, error) {
	if dir == "" {
		return nil, errors.New("open blobs: no folder given")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open blobs: %w", err)
	}
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return nil, fmt.Errorf("open blobs: %w", err)
	}
	return &Blobs{dir: dir}, nil
}

// Dir is the folder.
func (b *Blobs) Dir() string { return b.dir }

// Key is the key under which data lies.
func Key(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func (b *Blobs) path(key string) string { return filepath.Join(b.dir, key[:2], key) }

// Put stores data and returns its key. Bytes already there are not written again, and a
// damaged file is replaced.
func (b *Blobs) Put(data []byte) (string, error) {
	keys, err := b.PutAll([][]byte{data})
	if err != nil {
		return "", err
	}
	return keys[0], nil
}

// putting is how many blobs are written at once: disks sync several files in little more time
// than one.
const putting = 8

// PutAll is Put for several blobs at once. Where it fails, any of them may be stored or not.
func (b *Blobs) PutAll(data [][]byte) ([]string, error) {
	keys := make([]string, len(data))
	errs := make([]error, len(data))
	var next atomic.Int64
	var writing sync.WaitGroup
	for range min(putting, len(data)) {
		writing.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(data)); i = next.Add(1) - 1 {
				keys[i], errs[i] = b.write(data[i])
			}
		})
	}
	writing.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("put blob: %w", err)
	}
	// What is there already may have been written by a process that died before syncing.
	dirs := map[string]bool{b.dir: true}
	for _, key := range keys {
		dirs[filepath.Dir(b.path(key))] = true
	}
	for dir := range dirs {
		if err := syncDir(dir); err != nil {
			return nil, fmt.Errorf("put blob: %w", err)
		}
	}
	return keys, nil
}

// write writes one blob and syncs it, but not the directories above it.
func (b *Blobs) write(data []byte) (string, error) {
	key := Key(data)
	if b.whole(key) {
		return key, nil
	}
	path := b.path(key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	// Beside its place: rename is atomic within one file system only.
	part := path + ".part-" + rand.Text()
	if err := writeSynced(part, data, readOnly); err != nil {
		return "", err
	}
	if err := os.Rename(part, path); err != nil {
		_ = os.Remove(part)
		return "", err
	}
	return key, nil
}

// whole tells whether a blob is there undamaged.
func (b *Blobs) whole(key string) bool {
	f, err := os.Open(b.path(key))
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return err == nil && hex.EncodeToString(sum.Sum(nil)) == key
}

// Get reads a blob and checks that it is what its key says. A missing or damaged blob is a
// permanent error: a person must bring it back from a backup.
func (b *Blobs) Get(key string) ([]byte, error) {
	if len(key) != hex.EncodedLen(sha256.Size) {
		return nil, order.Permanent("stored bytes have no valid key", fmt.Errorf("blob key %q", key))
	}
	if _, err := hex.DecodeString(key); err != nil {
		return nil, order.Permanent("stored bytes have no valid key", err)
	}
	data, err := os.ReadFile(b.path(key))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, order.Permanent("stored bytes are missing: bring blob "+key+" back from a backup", err)
	case err != nil:
		return nil, fmt.Errorf("get blob: %w", err)
	case Key(data) != key:
		return nil, order.Permanent("stored bytes are damaged: bring blob "+key+" back from a backup", nil)
	}
	return data, nil
}

// errBlobChanged tells that a blob is not what its key says.
var errBlobChanged = errors.New("stored bytes are damaged")

// Check reads a blob, a piece at a time, and compares it with its key and size in bytes. The error
// is fs.ErrNotExist where there is none.
func (b *Blobs) Check(ctx context.Context, key string, size int64) error {
	if len(key) != hex.EncodedLen(sha256.Size) {
		return errBlobChanged
	}
	f, err := os.Open(b.path(key))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	buf := make([]byte, 64<<10)
	var n int64
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		k, err := f.Read(buf)
		h.Write(buf[:k])
		n += int64(k)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if n != size || hex.EncodeToString(h.Sum(nil)) != key {
		return errBlobChanged
	}
	return nil
}

// setAside takes a blob out of its place until it is known that nothing needs it: done removes it
// for good, and back brings it back. ok is false where there is none.
func (b *Blobs) setAside(key string) (done, back func() error, ok bool, err error) {
	path := b.path(key)
	aside := path + ".aside-" + rand.Text()
	if err := os.Rename(path, aside); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, false, nil
	} else if err != nil {
		return nil, nil, false, fmt.Errorf("take blob away: %w", err)
	}
	done = func() error { return errors.Join(os.Remove(aside), syncDir(filepath.Dir(path))) }
	back = func() error { return errors.Join(os.Rename(aside, path), syncDir(filepath.Dir(path))) }
	return done, back, true, nil
}

// writeSynced writes a new file and syncs it; on failure nothing is left behind.
func writeSynced(path string, data []byte, mode fs.FileMode) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(path)
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := d.Sync(); err != nil {
		_ = d.Close()
		return err
	}
	return d.Close()
}
