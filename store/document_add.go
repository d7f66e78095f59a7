package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/order"
)

// Added is what became of a document that was handed in.
type Added struct {
	ID          int64
	DuplicateOf int64 // the first's id where it is the same transmission, closed as a duplicate
}

// AddDocument stores a document for good (blob synced, then row and read_document job in one
// transaction) and returns its id: once it returns, the mail may be moved or the request
// answered. A transmission handed in again with the same bytes is kept as a duplicate of the
// first and closed; duplicateOf is then the first's id. A transmission name that comes again
// with other bytes is read like any document: the name alone proves nothing.
func (s *Store) AddDocument(ctx context.Context, d NewDocument) (id, duplicateOf int64, err error) {
	added, err := s.AddDocuments(ctx, []NewDocument{d})
	if err != nil {
		return 0, 0, err
	}
	return added[0].ID, added[0].DuplicateOf, nil
}

// AddDocuments is AddDocument for several at once, all or none: their ids ascend in the order
// given, but for duplicates. It is many times as fast as one after the other.
func (s *Store) AddDocuments(ctx context.Context, docs []NewDocument) ([]Added, error) {
	data := make([][]byte, len(docs))
	for i := range docs {
		data[i] = docs[i].Bytes
	}
	keys, err := s.blobs.PutAll(data)
	if err != nil {
		return nil, order.Temporary("the document could not be stored", err)
	}
	var added []Added
	err = s.InTx(ctx, func(tx *Tx) error {
		added, err = tx.addDocuments(ctx, docs, keys)
		return err
	})
	return added, err
}

// AddPart stores a part of a mail inside the transaction that closes the mail; its bytes must
// be in the blob folder already, under key.
func (tx *Tx) AddPart(ctx context.Context, d NewDocument, key string) (id, duplicateOf int64, err error) {
	return tx.addDocument(ctx, d, key, nil)
}

// addDocuments inserts documents whose blobs are stored under keys, in a few round trips however
// many they are.
func (tx *Tx) addDocuments(ctx context.Context, docs []NewDocument, keys []string) ([]Added, error) {
	now := at(tx.s.now())
	insert := &pgx.Batch{}
	for i, d := range docs {
		d, err := d.clean()
		if err != nil {
			return nil, err
		}
		insert.Queue(query("DocumentInsert"), d.columns(keys[i], nil, now)...)
	}
	added := make([]Added, len(docs))
	var known []int // transmissions that are stored already
	results := tx.tx.SendBatch(ctx, insert)
	for i := range docs {
		err := results.QueryRow().Scan(&added[i].ID)
		if missing(err) {
			known = append(known, i)
			continue
		}
		if err != nil {
			_ = results.Close()
			return nil, fmt.Errorf("insert document: %w", err)
		}
	}
	if err := results.Close(); err != nil {
		return nil, fmt.Errorf("insert documents: %w", err)
	}
	states := &pgx.Batch{}
	var read []river.JobArgs
	for _, a := range added {
		if a.ID != 0 {
			states.Queue(query("DocumentStateInsert"), a.ID, string(DocumentReceived), "", nil, now)
			read = append(read, jobs.ReadDocument{DocumentID: a.ID})
		}
	}
	if len(read) > 0 {
		if err := tx.tx.SendBatch(ctx, states).Close(); err != nil {
			return nil, fmt.Errorf("insert states of documents: %w", err)
		}
		if err := tx.Enqueue(ctx, read...); err != nil {
			return nil, err
		}
	}
	for _, i := range known {
		var err error
		if added[i].ID, added[i].DuplicateOf, err = tx.addDocument(ctx, docs[i], keys[i], nil); err != nil {
			return nil, err
		}
	}
	return added, nil
}

// clean is the document as the database can hold it.
func (d NewDocument) clean() (NewDocument, error) {
	if d.Source == "" || d.ExternalID == "" || d.ReceivedAt.IsZero() {
		return d, order.Invalid("", "", "a document needs its source, its transmission's name and when it was received")
	}
	if d.MediaType == "" {
		d.MediaType = "application/octet-stream"
	}
	d.FileName, d.Caller, d.MediaType = text(d.FileName), text(d.Caller), text(d.MediaType)
	d.ExternalID = bounded(text(d.ExternalID))
	return d, nil
}

// columns are those of its row.
func (d NewDocument) columns(key string, body []byte, now time.Time) []any {
	return []any{d.Source, d.ExternalID, null(d.ParentID), at(d.ReceivedAt), now, d.Caller, d.FileName, d.MediaType, key, int64(len(d.Bytes)), body}
}

func (tx *Tx) addDocument(ctx context.Context, d NewDocument, key string, body []byte) (id, duplicateOf int64, err error) {
	if d, err = d.clean(); err != nil {
		return 0, 0, err
	}
	now := at(tx.s.now())
	for {
		err = tx.tx.QueryRow(ctx, query("DocumentInsert"), d.columns(key, body, now)...).Scan(&id)
		if err == nil {
			break
		}
		if !missing(err) {
			return 0, 0, fmt.Errorf("insert document: %w", err)
		}
		var first int64
		var sha string
		if err := tx.tx.QueryRow(ctx, query("DocumentByTransmission"), d.Source, d.ExternalID).Scan(&first, &sha); err != nil {
			return 0, 0, fmt.Errorf("find transmission: %w", err)
		}
		if sha != key {
			d.ExternalID += "~" + key[:16]
			continue
		}
		if err := tx.tx.QueryRow(ctx, query("DocumentInsertDuplicate"), append(d.columns(key, body, now), first)...).Scan(&id); err != nil {
			return 0, 0, fmt.Errorf("insert duplicate: %w", err)
		}
		detail := fmt.Sprintf("the same transmission as document %d", first)
		b := &pgx.Batch{}
		b.Queue(query("DocumentStateInsert"), id, string(DocumentDuplicate), detail, nil, now)
		queueEvents(b, 0, id, []order.Event{{Kind: order.EventNoted, Rule: "FAX-5", At: now, Text: "closed as " + detail}})
		return id, first, tx.tx.SendBatch(ctx, b).Close()
	}
	if body != nil { // a web order: its state comes with its answer
		return id, 0, nil
	}
	if err := tx.exec(ctx, "DocumentStateInsert", id, string(DocumentReceived), "", nil, now); err != nil {
		return 0, 0, err
	}
	return id, 0, tx.Enqueue(ctx, jobs.ReadDocument{DocumentID: id})
}
