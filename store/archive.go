package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// ArchiveKind is what an entry of the archive's chain seals.
type ArchiveKind string

// The kinds of entries.
const (
	ArchiveInbound ArchiveKind = "inbound" // a document that came in
	ArchiveIssued  ArchiveKind = "issued"  // a document that was issued
	ArchiveFact    ArchiveKind = "fact"    // what a document is searched by, or its correction
	ArchiveErased  ArchiveKind = "erased"  // that a document's bytes were taken away, by whom and why
)

// ArchiveEntry is one link of the chain (KEP-1).
type ArchiveEntry struct {
	Seq      int64       `json:"seq"` // from 1, without gaps
	Kind     ArchiveKind `json:"kind"`
	ID       int64       `json:"id"`     // of the sealed row within its kind
	Digest   string      `json:"digest"` // hex SHA-256 of the sealed row's canonical text
	SealedAt time.Time   `json:"sealed_at"`
	Previous string      `json:"previous"` // chain of the entry before; zeros for the first
	Chain    string      `json:"chain"`    // hex SHA-256 of Previous, a line feed and Line
}

// ArchiveStart is the chain before the first entry.
var ArchiveStart = strings.Repeat("0", hex.EncodedLen(sha256.Size))

// Line is what the chain covers of the entry, without a line feed at its end.
func (e ArchiveEntry) Line() string {
	return fmt.Sprintf("%d %s %d %s %s", e.Seq, e.Kind, e.ID, e.Digest, canonicalTime(e.SealedAt))
}

func (e ArchiveEntry) link() string { return Key([]byte(e.Previous + "\n" + e.Line())) }

// ArchiveHead names a state of the whole archive: whoever knows it notices any change of what
// was sealed up to then.
type ArchiveHead struct {
	Seq   int64  `json:"seq"`
	Chain string `json:"chain"`
}

// String is "SEQ:HASH".
func (h ArchiveHead) String() string { return strconv.FormatInt(h.Seq, 10) + ":" + h.Chain }

var headText = regexp.MustCompile(`^([0-9]{1,18}):([0-9a-f]{64})$`)

// ParseArchiveHead reads "SEQ:HASH".
func ParseArchiveHead(s string) (ArchiveHead, error) {
	m := headText.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return ArchiveHead{}, order.Invalid("KEP-1", "head", fmt.Sprintf("%q is no head: write it as todoke archive verify prints it, SEQ:HASH", s))
	}
	seq, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil || (seq == 0) != (m[2] == ArchiveStart) {
		return ArchiveHead{}, order.Invalid("KEP-1", "head", fmt.Sprintf("%q is no head", s))
	}
	return ArchiveHead{seq, m[2]}, nil
}

// ArchiveHead is the newest entry's; of an empty archive it is 0 and zeros.
func (s *Store) ArchiveHead(ctx context.Context) (ArchiveHead, time.Time, error) {
	return archiveHead(ctx, s.pool)
}

func archiveHead(ctx context.Context, q querier) (h ArchiveHead, at time.Time, err error) {
	err = q.QueryRow(ctx, query("ArchiveHead")).Scan(&h.Seq, &h.Chain, &at)
	if missing(err) {
		return ArchiveHead{Chain: ArchiveStart}, time.Time{}, nil
	}
	return h, at, kinded(err)
}

// ArchiveWaiting tells whether anything waits to be sealed.
func (s *Store) ArchiveWaiting(ctx context.Context) (waits bool, err error) {
	err = s.pool.QueryRow(ctx, query("ArchiveWaits")).Scan(&waits)
	return waits, kinded(err)
}

// sealBatch is how many rows one transaction seals.
const sealBatch = 1000

// Seal seals everything that waits, in batches, and gives the number of entries made. Any number
// of processes may: they take turns, and nobody else waits for them.
func (s *Store) Seal(ctx context.Context) (int, error) {
	total := 0
	for {
		var entries int
		var more bool
		err := s.InTx(ctx, func(tx *Tx) (err error) {
			entries, more, err = tx.seal(ctx, at(s.now()))
			return err
		})
		total += entries
		if err != nil || !more {
			return total, err
		}
	}
}

// sealed are the ids of rows by the kind of their entries.
type sealed map[ArchiveKind][]int64

func (i sealed) args() []any {
	return []any{list(i[ArchiveInbound]), list(i[ArchiveIssued]), list(i[ArchiveFact]), list(i[ArchiveErased])}
}

type entryKey struct {
	kind ArchiveKind
	id   int64
}

// seal takes what waits longest, brings its facts up to date and appends it to the chain. more tells
// that something waits still: there were too many, or facts were written, which are sealed too, in a
// transaction of their own: while facts are written nobody changes their orders.
func (tx *Tx) seal(ctx context.Context, now time.Time) (entries int, more bool, err error) {
	if err := tx.exec(ctx, "ArchiveLock"); err != nil {
		return 0, false, err
	}
	type pending struct {
		ID   int64
		Kind string
		Ref  int64
	}
	waiting, err := collect(ctx, tx.tx, "ArchivePending", pgx.RowToStructByPos[pending], sealBatch)
	if err != nil || len(waiting) == 0 {
		return 0, false, err
	}
	var done, documents, orders []int64
	var keys []entryKey
	rows := sealed{}
	for _, p := range waiting {
		done = append(done, p.ID)
		switch p.Kind {
		case "document":
			documents = append(documents, p.Ref)
			continue
		case "order":
			orders = append(orders, p.Ref)
			continue
		case string(ArchiveInbound):
			documents = append(documents, p.Ref)
		}
		kind := ArchiveKind(p.Kind)
		rows[kind] = append(rows[kind], p.Ref)
		keys = append(keys, entryKey{kind, p.Ref})
	}
	if len(orders) > 0 {
		more, err := collect(ctx, tx.tx, "ArchiveOrderDocuments", pgx.RowTo[int64], orders)
		if err != nil {
			return 0, false, err
		}
		documents = append(documents, more...)
	}
	if err := tx.updateFacts(ctx, documents, rows[ArchiveIssued], now); err != nil {
		return 0, false, err
	}
	if entries, err = tx.appendEntries(ctx, keys, rows, now); err != nil {
		return 0, false, err
	}
	more = len(waiting) == sealBatch || len(documents)+len(rows[ArchiveIssued]) > 0
	return entries, more, tx.exec(ctx, "ArchivePendingDone", done)
}

// appendEntries appends the rows to the chain in the order of keys; what is in it already, or is
// not there any more, is passed over.
func (tx *Tx) appendEntries(ctx context.Context, keys []entryKey, rows sealed, now time.Time) (int, error) {
	already, err := collect(ctx, tx.tx, "ArchiveSealed", func(r pgx.CollectableRow) (k entryKey, err error) {
		return k, r.Scan(&k.kind, &k.id)
	}, rows.args()...)
	if err != nil {
		return 0, err
	}
	skip := map[entryKey]bool{}
	for _, k := range already {
		skip[k] = true
	}
	records, err := loadRecords(ctx, tx.tx, rows)
	if err != nil {
		return 0, err
	}
	head, _, err := archiveHead(ctx, tx.tx)
	if err != nil {
		return 0, err
	}
	var out [][]any
	for _, k := range keys {
		r, ok := records[k]
		if skip[k] || !ok {
			continue
		}
		skip[k] = true
		e := ArchiveEntry{Seq: head.Seq + 1, Kind: k.kind, ID: k.id, Digest: r.digest, SealedAt: now, Previous: head.Chain}
		e.Chain = e.link()
		ids := map[ArchiveKind]*int64{k.kind: &k.id}
		out = append(out, []any{
			e.Seq, string(e.Kind), ids[ArchiveInbound], ids[ArchiveIssued], ids[ArchiveFact], ids[ArchiveErased],
			e.Digest, e.SealedAt, e.Previous, e.Chain,
		})
		head = ArchiveHead{e.Seq, e.Chain}
	}
	_, err = tx.tx.CopyFrom(ctx, pgx.Identifier{"archive_entries"}, []string{
		"seq", "kind", "document_id", "issued_document_id", "fact_id", "erasure_id", "digest", "sealed_at", "previous", "chain",
	}, pgx.CopyFromRows(out))
	if err != nil {
		return 0, fmt.Errorf("append to the archive: %w", err)
	}
	return len(out), nil
}

// record is a sealed row as the archive sees it.
type record struct {
	digest   string
	text     []byte    // canonical
	erased   bool      // its document's bytes were taken away: digest is not what was sealed any more
	odd      string    // what is wrong with the row in itself
	storedAt time.Time // of inbound documents
}

// canonicalTime is how times are written in what is hashed: UTC, microseconds.
func canonicalTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// canonical is a row's text that is hashed: JSON on one line, fields in the order of the type,
// nothing escaped that need not be.
func canonical(v any) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // texts and numbers only
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

func newRecord(v any) record {
	text := canonical(v)
	return record{digest: Key(text), text: text}
}

type inboundText struct {
	Kind        ArchiveKind `json:"kind"`
	ID          int64       `json:"id"`
	Source      string      `json:"source"`
	ExternalID  string      `json:"external_id"`
	ParentID    int64       `json:"parent_id"`
	DuplicateOf int64       `json:"duplicate_of"`
	ReceivedAt  string      `json:"received_at"`
	StoredAt    string      `json:"stored_at"`
	Caller      string      `json:"caller"`
	FileName    string      `json:"file_name"`
	MediaType   string      `json:"media_type"`
	SHA256      string      `json:"sha256"`
	SizeBytes   int64       `json:"size_bytes"`
}

type issuedText struct {
	Kind         ArchiveKind `json:"kind"`
	ID           int64       `json:"id"`
	Document     string      `json:"document"` // its kind: pick_list …
	Number       string      `json:"number"`
	Format       string      `json:"format"`
	FileName     string      `json:"file_name"`
	Subject      string      `json:"subject"`
	Party        string      `json:"party"`
	AmountYen    *int64      `json:"amount_yen"`
	TransactedOn string      `json:"transacted_on"`
	OrderID      int64       `json:"order_id"`
	DocumentID   int64       `json:"document_id"`
	PickListID   int64       `json:"pick_list_id"`
	SHA256       string      `json:"sha256"`
	SizeBytes    int64       `json:"size_bytes"`
	IssuedAt     string      `json:"issued_at"`
}

type factText struct {
	Kind         ArchiveKind `json:"kind"`
	ID           int64       `json:"id"`
	DocumentID   int64       `json:"document_id"`
	Page         int         `json:"page"`
	IssuedID     int64       `json:"issued_document_id"`
	OrderID      int64       `json:"order_id"`
	Code         string      `json:"code"`
	Name         string      `json:"name"`
	Company      string      `json:"company"`
	Contact      string      `json:"contact"`
	AmountYen    *int64      `json:"amount_yen"`
	TransactedOn string      `json:"transacted_on"`
	Reason       string      `json:"reason"`
	By           string      `json:"by"`
	RecordedAt   string      `json:"recorded_at"`
	Replaces     int64       `json:"replaces"`
}

type erasedText struct {
	Kind       ArchiveKind `json:"kind"`
	ID         int64       `json:"id"`
	DocumentID int64       `json:"document_id"`
	SHA256     string      `json:"sha256"`
	SizeBytes  int64       `json:"size_bytes"`
	Files      []string    `json:"files"`
	Reason     string      `json:"reason"`
	By         string      `json:"by"`
	ErasedAt   string      `json:"erased_at"`
}

// loadRecords reads rows as they stand now.
func loadRecords(ctx context.Context, q querier, rows sealed) (map[entryKey]record, error) {
	out := map[entryKey]record{}
	load := func(kind ArchiveKind, name string, scan func(pgx.Row) (int64, record, error)) error {
		if len(rows[kind]) == 0 {
			return nil
		}
		found, err := q.Query(ctx, query(name), rows[kind])
		if err != nil {
			return kinded(fmt.Errorf("query %s: %w", name, err))
		}
		defer found.Close()
		for found.Next() {
			id, r, err := scan(found)
			if err != nil {
				return fmt.Errorf("query %s: %w", name, err)
			}
			out[entryKey{kind, id}] = r
		}
		return kinded(found.Err())
	}
	for _, l := range []struct {
		kind ArchiveKind
		name string
		scan func(pgx.Row) (int64, record, error)
	}{
		{ArchiveInbound, "ArchiveInbound", scanInbound},
		{ArchiveIssued, "ArchiveIssued", scanIssued},
		{ArchiveFact, "ArchiveFacts", scanFactRecord},
		{ArchiveErased, "ArchiveErasures", scanErased},
	} {
		if err := load(l.kind, l.name, l.scan); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func scanInbound(row pgx.Row) (int64, record, error) {
	t := inboundText{Kind: ArchiveInbound}
	var received, stored time.Time
	var damaged, erased bool
	err := row.Scan(&t.ID, &t.Source, &t.ExternalID, &t.ParentID, &t.DuplicateOf, &received, &stored, &t.Caller,
		&t.FileName, &t.MediaType, &t.SHA256, &t.SizeBytes, &damaged, &erased)
	t.ReceivedAt, t.StoredAt = canonicalTime(received), canonicalTime(stored)
	r := newRecord(t)
	r.erased, r.storedAt = erased, stored
	if damaged {
		r.odd = "its body in the database is not what came in"
	}
	return t.ID, r, err
}

func scanIssued(row pgx.Row) (int64, record, error) {
	t := issuedText{Kind: ArchiveIssued}
	var issued time.Time
	var on date
	var other bool
	err := row.Scan(&t.ID, &t.Document, &t.Number, &t.Format, &t.FileName, &t.Subject, &t.Party, &t.AmountYen, &on, &t.OrderID, &t.DocumentID,
		&t.PickListID, &t.SHA256, &t.SizeBytes, &issued, &other)
	t.TransactedOn, t.IssuedAt = dayText(on), canonicalTime(issued)
	r := newRecord(t)
	if other {
		r.odd = "it names other bytes than it was issued with"
	}
	return t.ID, r, err
}

func scanFactRecord(row pgx.Row) (int64, record, error) {
	f, erased, err := scanFact(row)
	r := newRecord(factText{
		ArchiveFact, f.ID, f.DocumentID, f.Page, f.IssuedID, f.OrderID, f.Party.Code, f.Party.Name, f.Party.Company, f.Party.Contact,
		f.AmountYen, dayText(date(f.TransactedOn)), f.Reason, f.By, canonicalTime(f.RecordedAt), f.Replaces,
	})
	r.erased = erased
	return f.ID, r, err
}

func scanErased(row pgx.Row) (int64, record, error) {
	t := erasedText{Kind: ArchiveErased}
	var erased time.Time
	err := row.Scan(&t.ID, &t.DocumentID, &t.SHA256, &t.SizeBytes, &t.Files, &t.Reason, &t.By, &erased)
	t.ErasedAt = canonicalTime(erased)
	return t.ID, newRecord(t), err
}

func dayText(d date) string {
	if order.Date(d).IsZero() {
		return ""
	}
	return order.Date(d).String()
}
