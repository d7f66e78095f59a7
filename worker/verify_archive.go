package worker

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/order"
	"todoke/store"
)

// VerifyArchive works jobs.VerifyArchive.
type VerifyArchive struct {
	river.WorkerDefaults[jobs.VerifyArchive]
	cfg Config
}

// Timeout implements river.Worker.
func (*VerifyArchive) Timeout(*river.Job[jobs.VerifyArchive]) time.Duration { return jobs.CheckTimeout }

// Work implements river.Worker.
func (w *VerifyArchive) Work(ctx context.Context, job *river.Job[jobs.VerifyArchive]) error {
	heads, torn, err := ReadHeads(w.cfg.ArchiveHeads)
	if err != nil {
		return verdict(order.Temporary("the file of the archive's heads cannot be read", err))
	}
	if len(torn) > 0 {
		w.cfg.logger().WarnContext(ctx, "lines of the archive's heads are no heads: cut off by a power cut, or changed", "file", w.cfg.ArchiveHeads, "lines", torn)
	}
	r, err := w.cfg.Store.CheckArchive(ctx, job.Args.By, store.VerifyOptions{Heads: heads})
	if err != nil {
		return verdict(err)
	}
	if r.Problems > 0 {
		w.cfg.logger().ErrorContext(ctx, "the archive is not as it was sealed", "problems", r.Problems)
	}
	return verdict(done(ctx, w.cfg.Store, job))
}

// ReadHeads reads the file that every evening adds a line to, and tells the numbers of lines that
// hold no head, as a power cut may leave them. No file holds none.
func ReadHeads(path string) (heads []store.ArchiveHead, torn []int, err error) {
	if path == "" {
		return nil, nil, nil
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	no := 0
	for line := range strings.Lines(string(b)) {
		no++
		_, text, _ := strings.Cut(line, " ")
		h, err := store.ParseArchiveHead(text)
		switch {
		case strings.TrimSpace(line) == "":
		case err != nil:
			torn = append(torn, no)
		default:
			heads = append(heads, h)
		}
	}
	return heads, torn, nil
}
