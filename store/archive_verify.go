package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// VerifyOptions say against what the archive is checked.
type VerifyOptions struct {
	// Heads are states of the archive known from elsewhere: the file beside the database, a mail.
	Heads []ArchiveHead
	// Overdue is how old what is not sealed yet may be; 0 is 15 minutes.
	Overdue time.Duration
	// Files is how many files are read at the same time; 0 is the number of processors.
	Files int
	// Found is told of each problem as it is found.
	Found func(ArchiveProblem)
}

// ArchiveProblem is something that is not as it was archived.
type ArchiveProblem struct {
	Seq  int64       `json:"seq,omitempty"`
	Kind ArchiveKind `json:"kind,omitempty"`
	ID   int64       `json:"id,omitempty"` // of the row within its kind
	What string      `json:"what"`
	Do   string      `json:"do"`
}

// String names what it is about, what is wrong and what to do.
func (p ArchiveProblem) String() string {
	var b strings.Builder
	if p.Seq != 0 {
		fmt.Fprintf(&b, "entry %d: ", p.Seq)
	}
	if p.ID != 0 {
		b.WriteString(entryKey{p.Kind, p.ID}.String() + ": ")
	}
	return b.String() + p.What + "; " + p.Do
}

// String is the row in words.
func (k entryKey) String() string {
	name := map[ArchiveKind]string{ArchiveInbound: "document", ArchiveIssued: "issued document", ArchiveFact: "fact", ArchiveErased: "erasure"}[k.kind]
	return fmt.Sprintf("%s %d", name, k.id)
}

// ArchiveReport is what a verification looked at.
type ArchiveReport struct {
	Head     ArchiveHead `json:"head"`
	Sealed   int         `json:"sealed"`   // entries made just before
	Entries  int64       `json:"entries"`  // looked at
	Erased   int64       `json:"erased"`   // documents whose bytes were taken away, logged
	Files    int64       `json:"files"`    // distinct ones
	Bytes    int64       `json:"bytes"`    // of those files
	Late     int64       `json:"late"`     // documents sealed later than Overdue after they were stored
	Problems int64       `json:"problems"` // all told
}

// What to do about it.
const (
	doRestore = "somebody changed the database by its superuser: find out who, and compare with a backup of before"
	doSeal    = "let the workers run (todoke work) and verify again: if it stays, the row was brought in past todoke"
	doFile    = "bring the file back from a backup (docs/archive.md) and verify again"
)

// VerifyArchive seals what waits and then checks everything (KEP-1): that the chain has no gap and
// every link is right, that each sealed row is there and says what it said, that nothing is
// missing from the chain, that the known heads are in it, and that every file holds the bytes it
// was stored with. Memory stays the same however much is archived.
func (s *Store) VerifyArchive(ctx context.Context, o VerifyOptions) (ArchiveReport, error) {
	const overdue = 15 * time.Minute
	if o.Overdue == 0 {
		o.Overdue = overdue
	}
	if o.Files <= 0 {
		o.Files = runtime.GOMAXPROCS(0)
	}
	v := &verifier{s: s, o: o}
	var err error
	if v.report.Sealed, err = s.Seal(ctx); err != nil {
		return v.report, fmt.Errorf("seal the archive: %w", err)
	}
	for _, step := range []func(context.Context) error{v.chain, v.unsealed, v.files} {
		if err := step(ctx); err != nil {
			return v.report, err
		}
	}
	return v.report, nil
}

type verifier struct {
	s      *Store
	o      VerifyOptions
	report ArchiveReport
}

func (v *verifier) found(p ArchiveProblem) {
	v.report.Problems++
	if v.o.Found != nil {
		v.o.Found(p)
	}
}

func scanEntry(r pgx.CollectableRow) (ArchiveEntry, error) {
	var e ArchiveEntry
	return e, r.Scan(&e.Seq, &e.Kind, &e.ID, &e.Digest, &e.SealedAt, &e.Previous, &e.Chain)
}

// chain follows the chain from its start.
func (v *verifier) chain(ctx context.Context) error {
	const page = 2000
	heads := map[int64][]ArchiveHead{}
	for _, h := range v.o.Heads {
		heads[h.Seq] = append(heads[h.Seq], h)
	}
	last := ArchiveHead{Chain: ArchiveStart}
	for {
		entries, err := collect(ctx, v.s.pool, "ArchiveEntries", scanEntry, last.Seq, page)
		if err != nil {
			return err
		}
		rows := sealed{}
		for _, e := range entries {
			rows[e.Kind] = append(rows[e.Kind], e.ID)
		}
		records, err := loadRecords(ctx, v.s.pool, rows)
		if err != nil {
			return err
		}
		for _, e := range entries {
			v.link(last, e)
			v.row(e, records)
			last = ArchiveHead{e.Seq, e.Chain}
			v.heads(heads[e.Seq], last)
			delete(heads, e.Seq)
			v.report.Entries++
		}
		if len(entries) < page {
			break
		}
	}
	for seq, hs := range heads {
		for _, h := range hs {
			if seq == 0 && h.Chain == ArchiveStart {
				continue
			}
			v.found(ArchiveProblem{
				Seq: seq, What: fmt.Sprintf("the archive once reached it (%s) and now ends at %d: its end was cut off, or an older copy was put in its place", h, last.Seq),
				Do: "bring back the newest backup of the database, and find out who did this",
			})
		}
	}
	v.report.Head = last
	return nil
}

func (v *verifier) heads(hs []ArchiveHead, is ArchiveHead) {
	for _, h := range hs {
		if h.Chain != is.Chain {
			v.found(ArchiveProblem{
				Seq: is.Seq, What: fmt.Sprintf("the chain was %s here and is %s: it was written anew from this entry or one before", h.Chain[:16], is.Chain[:16]),
				Do: doRestore,
			})
		}
	}
}

func (v *verifier) link(last ArchiveHead, e ArchiveEntry) {
	switch {
	case e.Seq != last.Seq+1:
		v.found(ArchiveProblem{Seq: last.Seq + 1, What: fmt.Sprintf("entries %d to %d are missing", last.Seq+1, e.Seq-1), Do: doRestore})
	case e.Previous != last.Chain:
		v.found(ArchiveProblem{Seq: e.Seq, Kind: e.Kind, ID: e.ID, What: "it does not follow the entry before: one of the two was changed or put in", Do: doRestore})
	}
	if e.Chain != e.link() {
		v.found(ArchiveProblem{Seq: e.Seq, Kind: e.Kind, ID: e.ID, What: "its own hash is wrong: the entry was changed", Do: doRestore})
	}
}

func (v *verifier) row(e ArchiveEntry, records map[entryKey]record) {
	r, ok := records[entryKey{e.Kind, e.ID}]
	switch {
	case !ok:
		v.found(ArchiveProblem{Seq: e.Seq, Kind: e.Kind, ID: e.ID, What: "it was deleted from the database", Do: doRestore})
	case r.erased: // what is left is not what was sealed, and that is logged
		if e.Kind == ArchiveInbound {
			v.report.Erased++
		}
	case r.digest != e.Digest:
		v.found(ArchiveProblem{Seq: e.Seq, Kind: e.Kind, ID: e.ID, What: "what the database says of it was changed after it was sealed", Do: doRestore})
	case r.odd != "":
		v.found(ArchiveProblem{Seq: e.Seq, Kind: e.Kind, ID: e.ID, What: r.odd, Do: doRestore})
	case !r.storedAt.IsZero() && e.SealedAt.Sub(r.storedAt) > v.o.Overdue:
		v.report.Late++
	}
}

// unsealed finds what the chain does not cover, or searches would not find.
func (v *verifier) unsealed(ctx context.Context) error {
	limit := at(v.s.now().Add(-v.o.Overdue))
	for _, check := range []struct{ name, what string }{
		{"ArchiveUnsealed", "it is not sealed in the chain since"},
		{"ArchiveWithoutFacts", "no search finds it, since"},
	} {
		rows, err := v.s.pool.Query(ctx, query(check.name), limit)
		if err != nil {
			return kinded(fmt.Errorf("query %s: %w", check.name, err))
		}
		var kind ArchiveKind
		var id int64
		var since time.Time
		_, err = pgx.ForEachRow(rows, []any{&kind, &id, &since}, func() error {
			v.found(ArchiveProblem{Kind: kind, ID: id, What: check.what + " " + since.In(order.JST).Format(time.DateTime), Do: doSeal})
			return nil
		})
		if err != nil {
			return kinded(fmt.Errorf("query %s: %w", check.name, err))
		}
	}
	return nil
}

// files reads every file once, in the order in which they lie, several at a time.
func (v *verifier) files(ctx context.Context) error {
	type file struct {
		Key  string
		Size int64
	}
	const page = 1000
	for _, name := range []string{"ArchiveFilesInbound", "ArchiveFilesIssued"} {
		for after := ""; ; {
			files, err := collect(ctx, v.s.pool, name, pgx.RowToStructByPos[file], after, page)
			if err != nil {
				return err
			}
			var running sync.WaitGroup
			free := make(chan struct{}, v.o.Files)
			bad := make([]error, len(files))
			for i, f := range files {
				after = f.Key
				v.report.Files++
				v.report.Bytes += f.Size
				free <- struct{}{}
				running.Go(func() {
					defer func() { <-free }()
					bad[i] = v.s.blobs.Check(ctx, f.Key, f.Size)
				})
			}
			running.Wait()
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("check files: %w", err)
			}
			for i, f := range files {
				if bad[i] != nil {
					if err := v.badFile(ctx, f.Key, bad[i]); err != nil {
						return err
					}
				}
			}
			if len(files) < page {
				break
			}
		}
	}
	return nil
}

func (v *verifier) badFile(ctx context.Context, key string, cause error) error {
	what := "its file " + key + " cannot be read: " + cause.Error()
	switch {
	case errors.Is(cause, fs.ErrNotExist):
		what = "its file " + key + " is missing"
	case errors.Is(cause, errBlobChanged):
		what = "its file " + key + " holds other bytes than it was stored with"
	}
	owners, err := collect(ctx, v.s.pool, "ArchiveFileOwners", func(r pgx.CollectableRow) (k entryKey, err error) {
		return k, r.Scan(&k.kind, &k.id)
	}, key)
	if err != nil {
		return err
	}
	for _, k := range owners {
		v.found(ArchiveProblem{Kind: k.kind, ID: k.id, What: what, Do: doFile})
	}
	return nil
}
