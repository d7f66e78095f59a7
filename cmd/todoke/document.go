package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"todoke/ingest/fax"
	"todoke/order"
	"todoke/store"
)

// documentCommand looks inbound documents up.
type documentCommand struct {
	Show documentShowCommand `cmd:"" help:"Show one document, its pages and what became of them."`
	List documentListCommand `cmd:"" help:"List documents, oldest first."`
}

type documentShowCommand struct {
	Document string `arg:"" help:"Document id."`
	JSON     bool   `name:"json" help:"Print JSON."`
	Save     string `placeholder:"DIR" help:"Also write into this folder the document as it came, and its pages as PNG: upright to look at, and raw in their own pixels."`
}

// documentView is a document with all that belongs to it.
type documentView struct {
	store.Document
	Pages   []pageView    `json:"pages,omitempty"`
	Parts   []int64       `json:"parts,omitempty"`
	Claims  []store.Claim `json:"claims,omitempty"`
	Reviews []reviewView  `json:"reviews,omitempty"`
	Events  []order.Event `json:"events,omitempty"`
}

// pageView is a page with what the reader believed of it.
type pageView struct {
	store.Page
	Sheet  int `json:"sheet,omitempty"`  // of the customer's form, where it has several
	Sheets int `json:"sheets,omitempty"` // how many it has
	// Kind is what the page was taken for, the latest judgement first (PGE-1).
	Kinds []store.PageKind `json:"kinds,omitempty"`

	draft *order.Draft // nil where nothing was read
}

// pageViews gets a document's pages.
func pageViews(ctx context.Context, st *store.Store, document int64) ([]pageView, error) {
	pages, err := st.Pages(ctx, document)
	if err != nil {
		return nil, err
	}
	kinds, err := kindsOf(ctx, st, document)
	if err != nil {
		return nil, err
	}
	out := make([]pageView, 0, len(pages))
	for _, p := range pages {
		v := pageView{Page: p, Kinds: kinds[pageName{p.DocumentID, p.No}]}
		if v.draft, err = st.FindDraft(ctx, p.ID); err != nil {
			return nil, err
		}
		if v.draft != nil {
			v.Sheet, v.Sheets = v.draft.Sheet, v.draft.Sheets
		}
		out = append(out, v)
	}
	return out, nil
}

func (c *documentShowCommand) Run(ctx context.Context, a *App) error {
	id, _, err := documentID(c.Document)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		var v documentView
		var err error
		if v.Document, err = st.GetDocument(ctx, id); err != nil {
			return err
		}
		if v.Pages, err = pageViews(ctx, st, id); err != nil {
			return err
		}
		if v.Parts, err = st.DocumentParts(ctx, id); err != nil {
			return err
		}
		if v.Claims, err = st.Claims(ctx, id); err != nil {
			return err
		}
		reviews, err := st.ReviewsOf(ctx, id)
		if err != nil {
			return err
		}
		for _, r := range reviews {
			v.Reviews = append(v.Reviews, viewReview(r, false))
		}
		if v.Events, err = st.DocumentEvents(ctx, id); err != nil {
			return err
		}
		if c.Save != "" {
			if err := a.saveDocument(ctx, st, v, c.Save); err != nil {
				return err
			}
		}
		if c.JSON {
			return printJSON(a.Stdout, v)
		}
		rows := [][]string{
			{"document", strconv.FormatInt(v.ID, 10)},
			{"state", strings.TrimSpace(string(v.State) + "  " + readable(v.Detail))},
			{"source", v.Source + " / " + v.ExternalID},
			{"received", stamp(v.ReceivedAt)},
			{"stored", stamp(v.StoredAt)},
			{"file", fmt.Sprintf("%s  %s  %d bytes", v.FileName, v.MediaType, v.SizeBytes)},
			{"sha256", v.SHA256},
		}
		if v.Caller != "" && len(v.Claims) == 0 {
			rows = append(rows, []string{"caller", order.FormatPhone(v.Caller)})
		}
		for _, c := range v.Claims {
			rows = append(rows, []string{"claimed " + string(c.Kind), claimInWords(c)})
		}
		if v.ParentID != 0 {
			rows = append(rows, []string{"part of", strconv.FormatInt(v.ParentID, 10)})
		}
		for _, p := range v.Parts {
			rows = append(rows, []string{"part", strconv.FormatInt(p, 10)})
		}
		for _, p := range v.Pages {
			detail := readable(p.Detail)
			if p.Sheets > 0 {
				detail = p.draft.SheetOf() + ", " + detail
			}
			rows = append(rows, []string{fmt.Sprintf("page %d", p.No), fmt.Sprintf("%s  %s  (%s, %d × %d px, %.0f × %.0f dpi, image %s)",
				p.State, detail, p.Coding, p.WidthPX, p.HeightPX, p.XDPI, p.YDPI, p.BlobKey)})
			for _, k := range p.Kinds {
				rows = append(rows, []string{"", strings.TrimSuffix(k.Words()+" ("+k.Rule+": "+strings.Join(k.Evidence, "; "), ": ") + ")"})
			}
		}
		for _, e := range v.Events {
			rows = append(rows, []string{stamp(e.At), strings.TrimSpace(e.Rule + " " + told(e))})
		}
		if err := printTable(a.Stdout, rows); err != nil {
			return err
		}
		return a.printAnswers(ctx, st, v.ID, 0)
	})
}

// claimInWords is a claim, and what we know of it.
func claimInWords(c store.Claim) string {
	text := cmp.Or(c.Value, c.Text)
	if c.Sender() || c.Kind == store.ClaimLine {
		text = cmp.Or(order.FormatPhone(c.Value), c.Text)
	}
	if at, err := time.Parse(time.RFC3339, c.Value); err == nil && c.Kind == store.ClaimReceived {
		text = stamp(at)
	}
	switch {
	case c.Problem != "":
		text = strings.TrimSpace(text + "  " + c.Problem)
	case c.Kind == store.ClaimCaller && c.Value == "":
		text = "the gateway states no caller"
	case c.Kind == store.ClaimHeader:
		text += fmt.Sprintf("  as a picture: todoke document show %d --save DIR", c.Document)
	case c.Sender() && len(c.Customers) > 0:
		text += "  registered by customer " + strings.Join(c.Customers, ", ")
	case c.Sender() && c.Value != "":
		text += "  no customer has this fax number"
	}
	return text + "  (" + c.By + ")"
}

// saveDocument writes a document's bytes and its pages' pictures for a person to look at. The
// sender's file name is used for its ending alone: it may hold anything.
func (a *App) saveDocument(ctx context.Context, st *store.Store, v documentView, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("save document: %w", err)
	}
	write := func(name string, data []byte) error {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return fmt.Errorf("save document: %w", err)
		}
		fmt.Fprintln(a.Stderr, path)
		return nil
	}
	data, err := st.DocumentBytes(ctx, v.ID)
	if err != nil {
		return err
	}
	if err := write(fmt.Sprintf("%d%s", v.ID, filepath.Ext(filepath.Base(v.FileName))), data); err != nil {
		return err
	}
	for _, p := range v.Pages {
		if p.BlobKey == "" {
			continue
		}
		image, err := st.Blobs().Get(p.BlobKey)
		if err != nil {
			return err
		}
		if err := write(fmt.Sprintf("%d.%d-raw.png", v.ID, p.No), image); err != nil {
			return err
		}
		header, err := headerPicture(image)
		if err != nil {
			return err
		}
		if header != nil {
			if err := write(fmt.Sprintf("%d.%d-header.png", v.ID, p.No), header); err != nil {
				return err
			}
		}
		if image, err = upright(image, p.Page, p.draft); err != nil {
			return err
		}
		if err := write(fmt.Sprintf("%d.%d.png", v.ID, p.No), image); err != nil {
			return err
		}
	}
	return nil
}

// headerPicture is the line that the sending machine printed at the top of a page, as a person reads
// it; nil where there is none.
func headerPicture(png []byte) ([]byte, error) {
	for page, err := range fax.Pages(png, fax.Limits{Pages: 1}) {
		if err != nil {
			return nil, fmt.Errorf("decode page: %w", err)
		}
		top, bottom, ok := fax.HeaderLine(page.Image, page.XDPI, page.YDPI)
		if !ok {
			return nil, nil
		}
		const margin = 2 // rows
		m := page.Image.Crop(0, max(0, top-margin), page.Image.W, min(page.Image.H, bottom+margin))
		const most = 8 // no fax has pixels more oblong
		higher := min(max(1, int(math.Round(page.XDPI/page.YDPI))), most)
		var out bytes.Buffer
		if err := m.Repeat(1, higher).EncodePNG(&out, page.XDPI, page.YDPI*float64(higher)); err != nil {
			return nil, fmt.Errorf("encode header line: %w", err)
		}
		return out.Bytes(), nil
	}
	return nil, nil
}

// upright is a page as a person looks at it: turned as the reader found it to lie, with pixels
// as wide as high. A page at 204 × 98 dpi is squeezed to half its height otherwise.
func upright(png []byte, p store.Page, draft *order.Draft) ([]byte, error) {
	for page, err := range fax.Pages(png, fax.Limits{Pages: 1}) {
		if err != nil {
			return nil, fmt.Errorf("decode page: %w", err)
		}
		m, x, y := page.Image, p.XDPI, p.YDPI
		if draft != nil && draft.Geometry != nil {
			m, x, y = m.Rotate((360-draft.Geometry.Rotation)%360), draft.Geometry.XDPI, draft.Geometry.YDPI
		}
		wider, higher := 1, 1
		if x > 0 && y > 0 {
			wider, higher = max(1, int(math.Round(y/x))), max(1, int(math.Round(x/y)))
		}
		const most = 8 // no fax has pixels more oblong; a file may claim anything
		m = m.Repeat(min(wider, most), min(higher, most))
		var out bytes.Buffer
		if err := m.EncodePNG(&out, x*float64(wider), y*float64(higher)); err != nil {
			return nil, fmt.Errorf("encode page: %w", err)
		}
		return out.Bytes(), nil
	}
	return nil, errors.New("the page's picture is empty")
}

type documentListCommand struct {
	State  string `help:"Only documents in this state." placeholder:"STATE"`
	Source string `help:"Only documents of this source." placeholder:"SOURCE"`
	Limit  int    `help:"At most so many." default:"1000"`
	JSON   bool   `name:"json" help:"Print one JSON object a line."`
}

func (c *documentListCommand) Run(ctx context.Context, a *App) error {
	if err := oneOf("state", store.DocumentState(c.State), store.DocumentReceived, store.DocumentReview, store.DocumentSplit, store.DocumentRead,
		store.DocumentOrdered, store.DocumentRefused, store.DocumentDuplicate, store.DocumentJunk); err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		all, err := st.ListDocuments(ctx, store.DocumentFilter{State: store.DocumentState(c.State), Source: c.Source, Limit: c.Limit})
		if err != nil {
			return err
		}
		became, err := pagesBecame(ctx, st, all)
		if err != nil {
			return err
		}
		rows := [][]string{{"DOCUMENT", "STATE", "RECEIVED", "SOURCE", "FILE", "DETAIL"}}
		for _, d := range all {
			if c.JSON {
				if err := printJSON(a.Stdout, d); err != nil {
					return err
				}
				continue
			}
			rows = append(rows, []string{strconv.FormatInt(d.ID, 10), string(d.State), stamp(d.ReceivedAt), d.Source, d.FileName, cmp.Or(became[d.ID], readable(d.Detail))})
		}
		if c.JSON {
			return nil
		}
		return printTable(a.Stdout, rows)
	})
}

// pagesBecame tells what became of the pages of faxes, by document: orders by number, reviews
// by name, anything else by its state.
func pagesBecame(ctx context.Context, st *store.Store, docs []store.Document) (map[int64]string, error) {
	var ids []int64
	for _, d := range docs {
		if d.State == store.DocumentRead {
			ids = append(ids, d.ID)
		}
	}
	out := map[int64]string{}
	if len(ids) == 0 {
		return out, nil
	}
	pages, err := st.Pages(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for _, p := range pages {
		text := fmt.Sprintf("page %d %s", p.No, p.State)
		switch {
		case p.OrderNumber != "":
			text = "order " + p.OrderNumber.Grouped()
		case p.State == store.PageReview:
			text = "review " + store.Review{DocumentID: p.DocumentID, PageNo: p.No}.Name()
		}
		if out[p.DocumentID] != "" {
			text = out[p.DocumentID] + ", " + text
		}
		out[p.DocumentID] = text
	}
	return out, nil
}
