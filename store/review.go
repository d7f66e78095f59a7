package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// PageState is where a page stands. Review is not final.
type PageState string

// The states of a page.
const (
	PageReview    PageState = "review"
	PageOrdered   PageState = "ordered"
	PageBlank     PageState = "blank"
	PageDuplicate PageState = "duplicate"
	PageJunk      PageState = "junk"
	PageCover     PageState = "cover"    // a cover sheet, by a person or as PGE-4 allows
	PageHandled   PageState = "handled"  // a person dealt with it outside
	PageJoined    PageState = "joined"   // its lines are on another page's order
	PageAttached  PageState = "attached" // belongs to an order, without ordering anything
)

// Page is one page of a document.
type Page struct {
	ID          int64        `json:"-"`
	DocumentID  int64        `json:"document"`
	No          int          `json:"page"`
	BlobKey     string       `json:"image,omitempty"` // 1-bit PNG in its own pixels
	WidthPX     int          `json:"width_px"`
	HeightPX    int          `json:"height_px"`
	XDPI        float64      `json:"x_dpi"` //nolint:forbidigo // dots an inch
	YDPI        float64      `json:"y_dpi"` //nolint:forbidigo // dots an inch
	Coding      string       `json:"coding,omitempty"`
	BadRows     int          `json:"bad_rows,omitempty"`
	State       PageState    `json:"state"`
	Detail      string       `json:"detail,omitempty"`
	OrderID     int64        `json:"-"`
	OrderNumber order.Number `json:"order,omitempty"`
	JoinedTo    string       `json:"joined_to,omitempty"`  // the page whose order its lines are on
	SplitFrom   int          `json:"split_from,omitempty"` // number of the page as it came, of which this is a second reading
}

// Name is how people name the page.
func (p Page) Name() string { return Review{DocumentID: p.DocumentID, PageNo: p.No}.Name() }

// Pages are a document's pages, in order.
func (s *Store) Pages(ctx context.Context, documentIDs ...int64) ([]Page, error) {
	return collect(ctx, s.pool, "PagesByDocument", scanPage, list(documentIDs))
}

func (tx *Tx) pages(ctx context.Context, documentID int64) ([]Page, error) {
	return collect(ctx, tx.tx, "PagesByDocument", scanPage, []int64{documentID})
}

func scanPage(r pgx.CollectableRow) (Page, error) {
	var p Page
	var joined Review
	err := r.Scan(&p.ID, &p.DocumentID, &p.No, &p.BlobKey, &p.WidthPX, &p.HeightPX, &p.XDPI, &p.YDPI, &p.Coding, &p.BadRows,
		&p.State, &p.Detail, &p.OrderID, &p.OrderNumber, &joined.DocumentID, &joined.PageNo, &p.SplitFrom)
	if joined.DocumentID != 0 {
		p.JoinedTo = joined.Name()
	}
	return p, err
}

// FindDraft is what the reader believed of a page; nil where it read nothing.
func (s *Store) FindDraft(ctx context.Context, pageID int64) (*order.Draft, error) {
	return findDraft(ctx, s.pool, pageID)
}

func findDraft(ctx context.Context, q querier, pageID int64) (*order.Draft, error) {
	var text []byte
	err := q.QueryRow(ctx, query("DraftLatest"), pageID).Scan(&text)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, kinded(fmt.Errorf("find draft: %w", err))
	}
	d := &order.Draft{}
	if err := json.Unmarshal(text, d); err != nil {
		return nil, fmt.Errorf("decode draft: %w", err)
	}
	return d, nil
}

// PricedItem is an item with what a department pays for one order unit, ex tax (ITM-2).
type PricedItem struct {
	order.Item
	Price order.Yen
}

// FindItems are the items of those codes, by code, priced for a department on a day; codes that
// are in no master are missing from it.
func (s *Store) FindItems(ctx context.Context, department string, on order.Date, codes ...string) (map[string]PricedItem, error) {
	return findItems(ctx, s.pool, department, on, codes...)
}

func findItems(ctx context.Context, q querier, department string, on order.Date, codes ...string) (map[string]PricedItem, error) {
	items, err := collect(ctx, q, "ItemsWithSuccessors", scanItem, list(codes))
	if err != nil {
		return nil, err
	}
	prices, err := collect(ctx, q, "PricesOfDepartment", scanContractPrice, slices.Repeat([]string{department}, len(codes)), list(codes))
	if err != nil {
		return nil, err
	}
	out := map[string]PricedItem{}
	for _, i := range items {
		var priceList string // the query gives one department's prices, all of one list
		if len(prices) > 0 {
			priceList = prices[0].PriceList
		}
		price, _ := rules.Price(i, priceList, prices, on)
		out[i.Code] = PricedItem{i, price}
	}
	return out, nil
}

// AddPage saves a page and what the reader believed of it. Its image must be in the blob
// folder already.
func (tx *Tx) AddPage(ctx context.Context, p Page, draft *order.Draft, now time.Time) (int64, error) {
	var id int64
	err := tx.tx.QueryRow(ctx, query("PageInsert"), p.DocumentID, p.No, p.BlobKey, p.WidthPX, p.HeightPX, p.XDPI, p.YDPI,
		p.Coding, p.BadRows, string(p.State), p.Detail, null(p.OrderID), at(now)).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("insert page: %w", err)
	}
	if draft == nil {
		return id, nil
	}
	return id, tx.addDraft(ctx, id, draft, now)
}

// ReviewState is where a review stands.
type ReviewState string

// The states of a review.
const (
	ReviewOpen      ReviewState = "open"
	ReviewSettled   ReviewState = "settled"
	ReviewJunk      ReviewState = "junk"
	ReviewDuplicate ReviewState = "duplicate"
	ReviewHandled   ReviewState = "handled"
	ReviewJoined    ReviewState = "joined"
	ReviewAttached  ReviewState = "attached"
)

// Review is what a person must settle: a page, or a whole document.
type Review struct {
	ID         int64
	DocumentID int64
	PageID     int64 // 0 for a whole document
	PageNo     int   // 0 for a whole document
	State      ReviewState
	Reasons    []*order.Error
	Draft      *order.Draft // as it stands, persons' values included; nil where nothing was read
	DeadlineAt time.Time    // dispatch deadline it can still make (KEP-3)
	OpenedAt   time.Time
	ClosedAt   time.Time
	ClosedBy   string
	OrderID    int64
}

// Name is how people name a review on the command line: document, or document.page.
func (r Review) Name() string {
	if r.PageNo == 0 {
		return strconv.FormatInt(r.DocumentID, 10)
	}
	return fmt.Sprintf("%d.%d", r.DocumentID, r.PageNo)
}

func scanReview(r pgx.CollectableRow) (Review, error) {
	var v Review
	var reasons, draft []byte
	err := r.Scan(&v.ID, &v.DocumentID, &v.PageID, &v.PageNo, &v.State, &reasons, &draft, (*instant)(&v.DeadlineAt), &v.OpenedAt,
		(*instant)(&v.ClosedAt), &v.ClosedBy, &v.OrderID)
	if err != nil {
		return v, err
	}
	if v.Reasons, err = decodeProblems(reasons); err != nil {
		return v, err
	}
	if draft != nil {
		v.Draft = &order.Draft{}
		return v, json.Unmarshal(draft, v.Draft)
	}
	return v, nil
}

// OpenReviews are what people must settle, the most urgent first (KEP-3).
func (s *Store) OpenReviews(ctx context.Context) ([]Review, error) {
	return collect(ctx, s.pool, "ReviewsOpen", scanReview)
}

// ReviewsOf are a document's reviews, open and closed.
func (s *Store) ReviewsOf(ctx context.Context, documentID int64) ([]Review, error) {
	return collect(ctx, s.pool, "ReviewsByDocument", scanReview, documentID)
}

// OpenReview asks a person to settle a page, or with pageID 0 a document, and says why.
func (tx *Tx) OpenReview(ctx context.Context, documentID, pageID int64, reasons []*order.Error, draft *order.Draft, receivedAt, now time.Time) error {
	var text []byte
	if draft != nil {
		var err error
		if text, err = json.Marshal(draft); err != nil {
			return fmt.Errorf("encode draft: %w", err)
		}
	}
	deadline, err := tx.deadline(ctx, draft, receivedAt, now)
	if err != nil {
		return err
	}
	var id int64
	if err := tx.tx.QueryRow(ctx, query("ReviewInsert"), documentID, null(pageID), encodeProblems(reasons), text, instant(deadline), at(now)).Scan(&id); err != nil {
		return fmt.Errorf("insert review: %w", err)
	}
	if pageID != 0 {
		if err := tx.wantPageAnswer(ctx, documentID, draft, now); err != nil {
			return err
		}
	}
	if err := tx.weigh(ctx, id, reasons, draft, order.DateOf(receivedAt)); err != nil {
		return err
	}
	why := make([]string, len(reasons))
	for i, r := range reasons {
		why[i] = r.Error()
	}
	return tx.note(ctx, documentID, "KEP-3", "", "a person must settle this: "+strings.Join(why, "; "), nil, now)
}

// Note saves an event of a document that no change of state tells.
func (tx *Tx) Note(ctx context.Context, documentID int64, rule, text string, now time.Time) error {
	return tx.note(ctx, documentID, rule, "", text, nil, at(now))
}

// note saves an event of a document.
func (tx *Tx) note(ctx context.Context, documentID int64, rule, by, text string, inputs json.RawMessage, now time.Time) error {
	b := &pgx.Batch{}
	queueEvents(b, 0, documentID, []order.Event{{Kind: order.EventNoted, Rule: rule, By: by, Text: text, Inputs: inputs, At: now}})
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("note event: %w", err)
	}
	return nil
}

// deadline is the dispatch deadline that a fax can still make: its customer's where the draft
// names one, else the first region's. Zero where no date can be promised.
func (tx *Tx) deadline(ctx context.Context, draft *order.Draft, receivedAt, now time.Time) (time.Time, error) {
	_, at, err := tx.promised(ctx, draft, receivedAt, now)
	return at, err
}

// promised is what a fax of normal items would be promised, and the dispatch deadline that goes
// with it.
func (tx *Tx) promised(ctx context.Context, draft *order.Draft, receivedAt, now time.Time) (rules.Dates, time.Time, error) {
	sh, err := tx.s.shared(ctx, tx.tx)
	if err != nil {
		return rules.Dates{}, time.Time{}, err
	}
	var region order.Region
	regions := sh.regions.On(order.DateOf(receivedAt))
	if rows := regions.Rows(); len(rows) > 0 {
		region = rows[0]
	}
	if draft != nil {
		if f := draft.Field("customer_code"); f != nil {
			d, err := scanDepartment(tx.tx.QueryRow(ctx, query("DepartmentGet"), f.Text))
			if err != nil && !missing(err) {
				return rules.Dates{}, time.Time{}, fmt.Errorf("find customer: %w", err)
			}
			if r, ok := regions.Find(d.Prefecture, d.PostalCode); ok {
				region = r
			}
		}
	}
	var warehouse string
	if w := rules.WarehouseOrder(region.Code, sh.warehousesOn(order.DateOf(receivedAt))); len(w) > 0 {
		warehouse = w[0]
	}
	settings := sh.settings.On(order.DateOf(receivedAt))
	d, problem := rules.Promise(rules.Wish{
		Channel: order.ChannelFax, Class: order.ClassNormal, Region: region, Warehouse: warehouse, ReceivedAt: receivedAt, Now: now,
	}, settings, sh.calendar)
	if problem != nil || d.ShipOn.IsZero() {
		return d, time.Time{}, nil //nolint:nilerr // no date, no deadline: the review stands all the same
	}
	return d, d.ShipOn.At(sh.settings.On(d.ShipOn).Deadline(warehouse, order.ClassNormal)), nil
}

// findReview finds the open review that document and page name; page 0 is the only open one.
func (tx *Tx) findReview(ctx context.Context, documentID int64, page int) (Review, error) {
	// Locked, then read: what another person has just settled must not be lost.
	if err := tx.exec(ctx, "ReviewsLock", documentID); err != nil {
		return Review{}, err
	}
	all, err := collect(ctx, tx.tx, "ReviewsByDocument", scanReview, documentID)
	if err != nil {
		return Review{}, err
	}
	var open []Review
	var names []string
	for _, r := range all {
		if r.State == ReviewOpen && (page == 0 || r.PageNo == page) {
			open = append(open, r)
			names = append(names, r.Name())
		}
	}
	switch len(open) {
	case 0:
		return Review{}, tx.nothingWaits(ctx, documentID, page, all)
	case 1:
	default:
		if i := slices.IndexFunc(open, func(r Review) bool { return r.PageID == 0 }); i >= 0 {
			return open[i], nil // that of the document as a whole has the document's own name
		}
		return Review{}, order.Invalid("", "document", "say which page: "+strings.Join(names, ", "))
	}
	return open[0], nil
}

// Junk closes a review without an order: the page is nothing that the shop works on. It is kept
// like any other. The closed review is returned.
func (s *Store) Junk(ctx context.Context, documentID int64, page int, by string, now time.Time) (Review, error) {
	return s.JunkAs(ctx, documentID, page, order.PageUnknown, by, now)
}

// JunkAs is Junk that says what the page is, a cover sheet, an advert or unknown: pages to come
// that look like it are told so (PGE-3).
func (s *Store) JunkAs(ctx context.Context, documentID int64, page int, kind order.PageKind, by string, now time.Time) (Review, error) {
	now = at(now)
	if by == "" {
		return Review{}, order.Invalid("KEP-2", "by", "say who decides this")
	}
	var r Review
	err := s.InTx(ctx, func(tx *Tx) error {
		var err error
		if r, err = tx.findReview(ctx, documentID, page); err != nil {
			return err
		}
		r.State, r.ClosedAt, r.ClosedBy = ReviewJunk, now, by
		text, state := "junk by "+by, PageJunk
		if r.PageID == 0 && kind != order.PageUnknown {
			return order.Invalid("PGE-3", "kind", "only a page is a cover sheet or an advert: name it as DOC.PAGE")
		}
		switch kind {
		case order.PageCover:
			text, state = "cover sheet by "+by, PageCover
		case order.PageAdvert:
			text = "advert by " + by
		case order.PageBlank:
			text, state = "blank page by "+by, PageBlank
		case order.PageUnknown:
		default:
			return order.Invalid("PGE-3", "kind", "say cover, advert or other")
		}
		if err := tx.judgePage(ctx, r, kind, by, now); err != nil {
			return err
		}
		if err := tx.note(ctx, documentID, "KEP-2", by, "review "+r.Name()+" closed as "+text, nil, now); err != nil {
			return err
		}
		rest, err := tx.rest(ctx, r)
		if err != nil {
			return err
		}
		return tx.closeReview(ctx, r, state, rest, text, now)
	})
	return r, err
}

// rest is the state of a document whose review as a whole is closed without an order: what it
// holds carries on by itself.
func (tx *Tx) rest(ctx context.Context, r Review) (DocumentState, error) {
	if r.PageID != 0 {
		return DocumentJunk, nil
	}
	pages, err := tx.pages(ctx, r.DocumentID)
	if err != nil || len(pages) > 0 {
		return DocumentRead, err
	}
	parts, err := collect(ctx, tx.tx, "DocumentChildren", pgx.RowTo[int64], r.DocumentID)
	if err != nil || len(parts) > 0 {
		return DocumentSplit, err
	}
	return DocumentJunk, nil
}

// nothingWaits says why a document or page has no open review.
func (tx *Tx) nothingWaits(ctx context.Context, documentID int64, page int, all []Review) error {
	docs, err := collect(ctx, tx.tx, "DocumentsByID", scanDocument, []int64{documentID})
	if err != nil {
		return err
	}
	if len(docs) == 0 {
		return order.NotFound("document", fmt.Sprintf("there is no document %d", documentID))
	}
	name := Review{DocumentID: documentID, PageNo: page}.Name()
	for _, r := range all {
		if page == 0 || r.PageNo == page {
			return order.NotFound("document", fmt.Sprintf("nothing of document %s waits for review: it was closed as %s by %s", name, r.State, r.ClosedBy))
		}
	}
	return order.NotFound("document", fmt.Sprintf("nothing of document %s waits for review, nor ever did", name))
}

func (tx *Tx) saveReview(ctx context.Context, r Review) error {
	var text []byte
	if r.Draft != nil {
		var err error
		if text, err = json.Marshal(r.Draft); err != nil {
			return fmt.Errorf("encode draft: %w", err)
		}
	}
	return tx.exec(ctx, "ReviewUpdate", r.ID, string(r.State), encodeProblems(r.Reasons), text, instant(r.ClosedAt), r.ClosedBy, null(r.OrderID))
}

func (tx *Tx) closeReview(ctx context.Context, r Review, page PageState, document DocumentState, detail string, now time.Time) error {
	if err := tx.saveReview(ctx, r); err != nil {
		return err
	}
	if page != PageOrdered {
		if err := tx.wantSettledAnswer(ctx, r, now); err != nil {
			return err
		}
	}
	if r.PageID != 0 {
		return tx.exec(ctx, "PageStateUpdate", r.PageID, string(page), detail, null(r.OrderID), now)
	}
	_, err := tx.SetDocument(ctx, r.DocumentID, document, detail, r.OrderID, now)
	return err
}
