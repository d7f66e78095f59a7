package worker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/order"
	"todoke/store"
)

// DeliverDocument works jobs.DeliverDocument: it puts an issued document's bytes into the
// partner's folder.
type DeliverDocument struct {
	river.WorkerDefaults[jobs.DeliverDocument]
	cfg Config
}

// Work implements river.Worker: claim, write with no transaction open, record. Killed between
// writing and recording, the next attempt writes the same bytes under the same name: the
// partner sees one file.
func (w *DeliverDocument) Work(ctx context.Context, job *river.Job[jobs.DeliverDocument]) error {
	s := w.cfg.Store
	d, err := s.GetDelivery(ctx, job.Args.DeliveryID)
	if err != nil {
		return verdict(err)
	}
	if d.Sent() {
		return verdict(done(ctx, s, job))
	}
	if _, err := s.ClaimDelivery(ctx, d.ID, s.Now()); err != nil {
		return verdict(err)
	}
	data, err := s.Blobs().Get(d.BlobKey)
	if err != nil {
		return verdict(err)
	}
	path, err := drop(w.cfg.Deliver, d.Recipient, d.FileName, data)
	if err != nil {
		return verdict(err)
	}
	return verdict(s.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.DeliverySent(ctx, d.ID, path, s.Now()); err != nil {
			return err
		}
		return store.Complete(ctx, tx, job)
	}))
}

// drop writes a file whole or not at all: partners fetch whatever has its final name.
func drop(dir, recipient, name string, data []byte) (string, error) {
	if dir == "" {
		return "", order.Permanent("set the folder for deliveries", nil)
	}
	if !filepath.IsLocal(recipient) || filepath.Base(recipient) != recipient || filepath.Base(name) != name {
		return "", order.Permanent("the recipient's code cannot name a folder", fmt.Errorf("deliver %q to %q", name, recipient))
	}
	folder := filepath.Join(dir, recipient)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return "", order.Temporary("the delivery folder cannot be made", err)
	}
	path := filepath.Join(folder, name)
	part := path + "." + rand.Text()[:8] + ".part"
	if err := write(part, data); err != nil {
		return "", order.Temporary("the delivery folder cannot be written to", err)
	}
	if err := os.Rename(part, path); err != nil {
		_ = os.Remove(part)
		return "", order.Temporary("the delivery folder cannot be written to", err)
	}
	d, err := os.Open(folder)
	if err != nil {
		return "", order.Temporary("the delivery folder cannot be synced", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return "", order.Temporary("the delivery folder cannot be synced", err)
	}
	return path, nil
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
