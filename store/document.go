package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// DocumentState is where an inbound document stands.
type DocumentState string

// The states of a document. Received and review are not final; read and split are: what the
// document held is followed page by page and part by part.
const (
	DocumentReceived  DocumentState = "received"  // waits to be read
	DocumentReview    DocumentState = "review"    // a person must look at it as a whole
	DocumentSplit     DocumentState = "split"     // a mail: its parts are documents of their own
	DocumentRead      DocumentState = "read"      // a fax: its pages carry on
	DocumentOrdered   DocumentState = "ordered"   // a web order
	DocumentRefused   DocumentState = "refused"   // a web order that was refused and answered so
	DocumentDuplicate DocumentState = "duplicate" // of another document
	DocumentJunk      DocumentState = "junk"      // by a person
	DocumentAttached  DocumentState = "attached"  // belongs to an order, without ordering anything
	DocumentNotice    DocumentState = "notice"    // a mail that tells what became of a delivery of ours
)

// Final tells whether nothing is left to do for the document itself.
func (s DocumentState) Final() bool { return s != DocumentReceived && s != DocumentReview }

// NewDocument is what a collector hands in.
type NewDocument struct {
	Source     string    // file, folder, mail, web:FRONT …
	ExternalID string    // the source's own name of the transmission; equal names are one transmission
	ReceivedAt time.Time // CUT-3
	Caller     string    // claimed sender number, digits
	FileName   string
	MediaType  string // "" where unknown: the bytes decide
	Bytes      []byte
	ParentID   int64 // the mail it was attached to
}

// Document is an inbound document and where it stands.
type Document struct {
	ID          int64         `json:"id"`
	Source      string        `json:"source"`
	ExternalID  string        `json:"external_id"`
	ParentID    int64         `json:"parent,omitempty"`
	DuplicateOf int64         `json:"duplicate_of,omitempty"`
	ReceivedAt  time.Time     `json:"received_at"`
	StoredAt    time.Time     `json:"stored_at"`
	Caller      string        `json:"caller,omitempty"`
	FileName    string        `json:"file_name,omitempty"`
	MediaType   string        `json:"media_type"`
	SHA256      string        `json:"sha256"`
	SizeBytes   int64         `json:"size_bytes"`
	State       DocumentState `json:"state"`
	Detail      string        `json:"detail,omitempty"`
	OrderID     int64         `json:"-"`
	ChangedAt   time.Time     `json:"changed_at"`
}

// text is s as the database can hold it: file systems and mails carry names in any encoding,
// and no name may keep a document out. Each byte that is no text is written out, as in "\x92".
func text(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x00") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == 0 || r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, s[i])
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// bounded keeps a transmission's name within what an index holds; a longer one ends in its hash.
func bounded(name string) string {
	const most = 1000 // bytes; an index takes 2,704
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "~" + Key([]byte(name))
}

// DocumentBytes are a document's bytes as received, checked against their SHA-256.
func (s *Store) DocumentBytes(ctx context.Context, id int64) ([]byte, error) {
	var key string
	var body []byte
	err := s.pool.QueryRow(ctx, query("DocumentBody"), id).Scan(&key, &body)
	if missing(err) {
		return nil, order.NotFound("document", fmt.Sprintf("there is no document %d", id))
	}
	if err != nil {
		return nil, kinded(fmt.Errorf("read document: %w", err))
	}
	if body != nil {
		if Key(body) != key {
			return nil, order.Permanent(fmt.Sprintf("document %d is damaged", id), errors.New("sha256 differs"))
		}
		return body, nil
	}
	return s.blobs.Get(key)
}

// GetDocument reads one document.
func (s *Store) GetDocument(ctx context.Context, id int64) (Document, error) {
	d, err := collect(ctx, s.pool, "DocumentsByID", scanDocument, []int64{id})
	if err != nil {
		return Document{}, err
	}
	if len(d) == 0 {
		return Document{}, order.NotFound("document", fmt.Sprintf("there is no document %d", id))
	}
	return d[0], nil
}

// DocumentFilter narrows ListDocuments; empty fields do not.
type DocumentFilter struct {
	State   DocumentState
	Source  string
	AfterID int64
	Limit   int // 0 is 100
}

// ListDocuments reads documents in the order they were stored.
func (s *Store) ListDocuments(ctx context.Context, f DocumentFilter) ([]Document, error) {
	const page = 100
	if f.Limit <= 0 {
		f.Limit = page
	}
	ids, err := collect(ctx, s.pool, "DocumentIDsList", pgx.RowTo[int64], string(f.State), f.Source, f.AfterID, f.Limit)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s.pool, "DocumentsByID", scanDocument, ids)
}

// DocumentParts are the ids of the documents that a mail was split into.
func (s *Store) DocumentParts(ctx context.Context, id int64) ([]int64, error) {
	return collect(ctx, s.pool, "DocumentChildren", pgx.RowTo[int64], id)
}

func scanDocument(r pgx.CollectableRow) (Document, error) {
	var d Document
	err := r.Scan(&d.ID, &d.Source, &d.ExternalID, &d.ParentID, &d.DuplicateOf, &d.ReceivedAt, &d.StoredAt, &d.Caller,
		&d.FileName, &d.MediaType, &d.SHA256, &d.SizeBytes, &d.State, &d.Detail, &d.OrderID, &d.ChangedAt)
	return d, err
}

// SetDocument moves a document in the transaction. Only one that waits (received or review)
// moves; ok is false where it stands elsewhere already, as after a job that ran twice.
func (tx *Tx) SetDocument(ctx context.Context, id int64, state DocumentState, detail string, orderID int64, now time.Time) (ok bool, err error) {
	if ok, err = tx.Waits(ctx, id); !ok || err != nil {
		return false, err
	}
	return true, tx.exec(ctx, "DocumentStateUpdate", id, string(state), detail, null(orderID), at(now))
}

// Waits locks a document and tells whether it still waits to be read or settled.
func (tx *Tx) Waits(ctx context.Context, id int64) (bool, error) {
	var state DocumentState
	err := tx.tx.QueryRow(ctx, query("DocumentStateLock"), id).Scan(&state)
	if missing(err) {
		return false, order.NotFound("document", fmt.Sprintf("there is no document %d", id))
	}
	if err != nil {
		return false, fmt.Errorf("lock document: %w", err)
	}
	return !state.Final(), nil
}
