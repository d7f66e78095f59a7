package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/order"
	"todoke/store"
	"todoke/templates/archive"
)

// TellArchiveHead works jobs.TellArchiveHead.
type TellArchiveHead struct {
	river.WorkerDefaults[jobs.TellArchiveHead]
	cfg Config
}

// Work implements river.Worker. Whoever changes the database later cannot change what the log, the
// file and the mail say.
func (w *TellArchiveHead) Work(ctx context.Context, job *river.Job[jobs.TellArchiveHead]) error {
	s := w.cfg.Store
	if _, err := s.Seal(ctx); err != nil {
		return verdict(err)
	}
	head, _, err := s.ArchiveHead(ctx)
	if err != nil {
		return verdict(err)
	}
	now := s.Now()
	w.cfg.logger().InfoContext(ctx, "archive head", "head", head.String())
	if w.cfg.ArchiveHeads != "" {
		if err := AppendHead(w.cfg.ArchiveHeads, head, now); err != nil {
			return verdict(order.Temporary("the file of the archive's heads cannot be written to", err))
		}
	}
	var letter []byte
	var key string
	if w.cfg.ArchiveMail != "" {
		letter = archive.HeadLetter(w.cfg.ShopName, head.Seq, head.Chain, now)
		if key, err = s.Blobs().Put(letter); err != nil {
			return verdict(err)
		}
	}
	return verdict(s.InTx(ctx, func(tx *store.Tx) error {
		if letter != nil {
			day := order.DateOf(job.Args.DueAt)
			id, _, err := tx.Issue(ctx, store.NewIssue{
				Kind: "archive_head", Number: day.String(), Format: "txt", FileName: "archive-head-" + day.String() + ".txt",
				Subject: archive.HeadSubject(w.cfg.ShopName, day), Key: key, SizeBytes: len(letter), Party: w.cfg.ArchiveMail, TransactedOn: day,
			}, now)
			if err != nil {
				return err
			}
			if err := tx.Send(ctx, id, store.Recipient{Channel: "mail", Address: w.cfg.ArchiveMail}, now); err != nil {
				return err
			}
		}
		if err := tx.FinishRun(ctx, job.Args.Schedule, job.Args.DueAt, now); err != nil {
			return err
		}
		return store.Complete(ctx, tx, job)
	}))
}

// AppendHead adds a line of time and head to a file and syncs it. The same head twice is harmless.
func AppendHead(path string, head store.ArchiveHead, now time.Time) error {
	const private = 0o700
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, private); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	// The line feed comes first, so that what a power cut left of another line stays one of its own.
	_, err = fmt.Fprintf(f, "\n%s %s\n", now.In(order.JST).Format(time.RFC3339), head)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
