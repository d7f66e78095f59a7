package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"todoke/ingest/partner"
	"todoke/order"
	"todoke/store"
)

// Warehouses is what the API needs of the store for partner warehouses (WHS-2).
type Warehouses interface {
	FindWarehouseToken(ctx context.Context, token string) (t store.WarehouseToken, ok bool, err error)
	PickListsForPartner(ctx context.Context, warehouse string, f store.PartnerListFilter) ([]store.PartnerList, error)
	GetPickListByNumber(ctx context.Context, n order.Number) (store.PickList, error)
	PickListFiles(ctx context.Context, pickListID int64) ([]store.PickListFile, error)
	AcknowledgePickList(ctx context.Context, id int64, note, by string, now time.Time) error
	ReceivePartnerFile(ctx context.Context, f store.NewPartnerFile, now time.Time) (file store.PartnerFile, again bool, err error)
	GetPartnerFile(ctx context.Context, id int64) (store.PartnerFile, error)
	Blobs() *store.Blobs
}

// PickListSummary is a pick list among others.
type PickListSummary struct {
	Number         string     `json:"number"`
	ShipOn         string     `json:"ship_on" format:"date"`
	Class          string     `json:"class" enum:"normal,truck,phone"`
	ReleasedAt     time.Time  `json:"released_at" doc:"The wave's instant"`
	IssuedAt       time.Time  `json:"issued_at"`
	AcknowledgedAt *time.Time `json:"acknowledged_at,omitempty"`
	ShippedAt      *time.Time `json:"shipped_at,omitempty"`
	Orders         int        `json:"orders"`
	Lines          int        `json:"lines"`
	Quantity       int        `json:"quantity"`
}

// PickListsAnswer is a page of pick lists.
type PickListsAnswer struct {
	PickLists []PickListSummary `json:"pick_lists"`
	Next      string            `json:"next,omitempty" doc:"Send it as after to get the next page; absent on the last"`
}

// PickListAnswer is one pick list with its rows and files.
type PickListAnswer struct {
	PickListSummary
	Warehouse string            `json:"warehouse"`
	Rows      []PickListRow     `json:"rows"`
	Files     []PickListFileRef `json:"files"`
}

// PickListRow is a reserved quantity to pick.
type PickListRow struct {
	OrderNumber string `json:"order_number"`
	Shipment    int    `json:"shipment"`
	Line        int    `json:"line"`
	ItemCode    string `json:"item_code"`
	ItemName    string `json:"item_name"`
	Quantity    int    `json:"quantity"`
	Unit        string `json:"unit"`
	Location    string `json:"location,omitempty"`
	Customer    string `json:"customer"`
	ShipTo      string `json:"ship_to"`
	PostalCode  string `json:"postal_code"`
	Address     string `json:"address" doc:"With the prefecture"`
	ArrivalOn   string `json:"arrival_on,omitempty" format:"date"`
	Comment     string `json:"comment,omitempty"`
}

// PickListFileRef is a document of a pick list.
type PickListFileRef struct {
	Name      string `json:"name"`
	MediaType string `json:"media_type"`
	SizeBytes int64  `json:"size_bytes"`
	SHA256    string `json:"sha256"`
	URL       string `json:"url" doc:"Where it is fetched, with the same token"`
}

// PartnerFileAnswer is a file that a warehouse handed in.
type PartnerFileAnswer struct {
	ID         int64           `json:"id"`
	Name       string          `json:"name"`
	SHA256     string          `json:"sha256"`
	SizeBytes  int64           `json:"size_bytes"`
	ReceivedAt time.Time       `json:"received_at"`
	State      string          `json:"state" enum:"received,applied,asks,refused" doc:"asks: a count of which some items wait for a person"`
	Error      string          `json:"error,omitempty" doc:"Why it was refused; the first of errors; nothing of a refused file is applied"`
	Errors     []partner.Fault `json:"errors,omitempty" doc:"Everything that stands against a refused file"`
	SettledAt  *time.Time      `json:"settled_at,omitempty"`
	Again      bool            `json:"again,omitempty" doc:"These bytes were handed in before: nothing happened"`
	Message    string          `json:"message,omitempty" doc:"What to do where the same bytes should count again"`
}

type warehouseKey struct{}

// registerWarehouses adds what partner warehouses' systems speak.
func (a *api) registerWarehouses(h huma.API, problem func(string) *huma.Response) {
	registry := h.OpenAPI().Components.Schemas
	security := []map[string][]string{{"warehouse": {}}}
	shows := func(what string, of *huma.Schema) *huma.Response {
		return &huma.Response{Description: what, Content: map[string]*huma.MediaType{"application/json": {Schema: of}}}
	}
	refused, none := problem("The token is missing or wrong"), problem("This token's warehouse has no such thing")
	middle := huma.Middlewares{a.authenticateWarehouse()}
	huma.Register(h, huma.Operation{
		OperationID: "list-pick-lists", Method: http.MethodGet, Path: "/v1/warehouses/{warehouse}/pick-lists", Summary: "List pick lists",
		Description: "The issued lists of the token's warehouse, oldest first (WHS-2).", Security: security, Middlewares: middle, Tags: []string{"warehouses"},
		Responses: map[string]*huma.Response{"200": shows("A page of lists", huma.SchemaFromType(registry, typeOf[PickListsAnswer]())), "401": refused, "404": none},
	}, a.pickLists)
	huma.Register(h, huma.Operation{
		OperationID: "get-pick-list", Method: http.MethodGet, Path: "/v1/warehouses/{warehouse}/pick-lists/{number}", Summary: "Look at a pick list",
		Description: "One list with its rows and the documents that were issued with it.", Security: security, Middlewares: middle, Tags: []string{"warehouses"},
		Responses: map[string]*huma.Response{"200": shows("The list", huma.SchemaFromType(registry, typeOf[PickListAnswer]())), "401": refused, "404": none},
	}, a.pickList)
	huma.Register(h, huma.Operation{
		OperationID: "get-pick-list-file", Method: http.MethodGet, Path: "/v1/warehouses/{warehouse}/pick-lists/{number}/files/{name}", Summary: "Fetch a document of a pick list",
		Description: "The bytes as they were issued.", Security: security, Middlewares: middle, Tags: []string{"warehouses"},
		Responses: map[string]*huma.Response{
			"200": {Description: "The document", Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}},
			"401": refused, "404": none,
		},
	}, a.pickListFile)
	huma.Register(h, huma.Operation{
		OperationID: "acknowledge-pick-list", Method: http.MethodPost, Path: "/v1/warehouses/{warehouse}/pick-lists/{number}/acknowledge", Summary: "Acknowledge a pick list",
		Description: "Says that the warehouse has the list: nobody asks after it any more (WHS-1). Sent again, it is answered alike.",
		Security:    security, Middlewares: middle, DefaultStatus: http.StatusOK, Tags: []string{"warehouses"},
		Responses: map[string]*huma.Response{"200": shows("The list, acknowledged", huma.SchemaFromType(registry, typeOf[PickListAnswer]())), "401": refused, "404": none, "503": problem("Try again later")},
	}, a.acknowledge)
	huma.Register(h, huma.Operation{
		OperationID: "hand-in-file", Method: http.MethodPost, Path: "/v1/warehouses/{warehouse}/files", Summary: "Hand in a file",
		Description: "Takes shipment results, stock counts or acknowledgements as CSV or Excel, as the body. The file is kept for good once it is answered, and applied as a whole or not at all: ask its state. The same bytes again are the same file, but for a count without times of its own that comes under another Idempotency-Key.",
		Security:    security, Middlewares: middle, DefaultStatus: http.StatusAccepted, MaxBodyBytes: store.MaxPartnerFile, Tags: []string{"warehouses"},
		Responses: map[string]*huma.Response{
			"202": shows("The file is kept", huma.SchemaFromType(registry, typeOf[PartnerFileAnswer]())), "401": refused, "404": none,
			"409": problem("The Idempotency-Key was used for another file or report; or the same result was applied under another key: detail tells what to do"),
			"413": problem("The file is too large"), "422": problem("The file is empty or has no name"), "503": problem("Try again later"),
		},
	}, a.handIn)
	huma.Register(h, huma.Operation{
		OperationID: "get-file", Method: http.MethodGet, Path: "/v1/warehouses/{warehouse}/files/{id}", Summary: "Ask what became of a file",
		Security: security, Middlewares: middle, Tags: []string{"warehouses"},
		Responses: map[string]*huma.Response{"200": shows("The file", huma.SchemaFromType(registry, typeOf[PartnerFileAnswer]())), "401": refused, "404": none},
	}, a.partnerFile)
	if a.Apply != nil {
		a.registerReports(h, problem)
	}
}

// authenticateWarehouse finds the warehouse of the bearer token before anything of the body is read,
// and answers for every other warehouse as if there were none.
func (a *api) authenticateWarehouse() func(huma.Context, func(huma.Context)) {
	return bearer("warehouse", func(ctx huma.Context, token string) (huma.Context, *Problem) {
		t, ok, err := a.Warehouses.FindWarehouseToken(ctx.Context(), token)
		switch {
		case err != nil:
			return nil, a.failure(ctx.Context(), "find warehouse's token", err)
		case !ok:
			return nil, badToken("warehouse")
		case ctx.Param("warehouse") != t.WarehouseCode:
			return nil, newProblem(http.StatusNotFound, "This token speaks for another warehouse.")
		}
		note(ctx.Context(), func(r *record) { r.warehouse = t.WarehouseCode })
		return huma.WithValue(ctx, warehouseKey{}, t), nil
	})
}

type pickListsInput struct {
	Warehouse string    `path:"warehouse" maxLength:"40" doc:"The warehouse's code"`
	State     string    `query:"state" enum:"open,acknowledged,shipped" doc:"Left out, all: open are those that nobody acknowledged"`
	Since     time.Time `query:"since" doc:"Only those issued from this instant on"`
	After     string    `query:"after" maxLength:"40" doc:"next of the page before"`
	Limit     int       `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

func (a *api) pickLists(ctx context.Context, in *pickListsInput) (*answerOutput, error) {
	f := store.PartnerListFilter{State: in.State, Since: in.Since, Limit: in.Limit + 1}
	if in.After != "" {
		n, err := order.ParseNumber(in.After)
		if err != nil {
			return nil, newProblem(http.StatusUnprocessableEntity, err.Error(), ProblemError{Field: "after", Message: err.Error()})
		}
		f.After = n
	}
	lists, err := a.Warehouses.PickListsForPartner(ctx, in.Warehouse, f)
	if err != nil {
		return nil, a.failure(ctx, "list pick lists", err)
	}
	out := PickListsAnswer{PickLists: []PickListSummary{}}
	if len(lists) > in.Limit {
		lists = lists[:in.Limit]
		out.Next = string(lists[in.Limit-1].Number)
	}
	for _, l := range lists {
		out.PickLists = append(out.PickLists, PickListSummary{
			Number: string(l.Number), ShipOn: l.ShipOn.String(), Class: string(l.Class), ReleasedAt: l.ReleasedAt, IssuedAt: l.IssuedAt,
			AcknowledgedAt: instantOrNone(l.AcknowledgedAt), ShippedAt: instantOrNone(l.ShippedAt), Orders: l.Orders, Lines: l.Lines, Quantity: l.Qty,
		})
	}
	return encodeJSON(out)
}

func instantOrNone(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func encodeJSON(v any) (*answerOutput, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return &answerOutput{ContentType: "application/json", Body: append(b, '\n')}, nil
}

type pickListInput struct {
	Warehouse string `path:"warehouse" maxLength:"40" doc:"The warehouse's code"`
	Number    string `path:"number" maxLength:"40" doc:"The list's number, grouped or not"`
}

// ownList is an issued list of the token's warehouse; another's is answered like none at all.
func (a *api) ownList(ctx context.Context, in pickListInput) (store.PickList, error) {
	n, err := order.ParseNumber(in.Number)
	if err != nil {
		return store.PickList{}, newProblem(http.StatusNotFound, err.Error())
	}
	l, err := a.Warehouses.GetPickListByNumber(ctx, n)
	if order.KindOf(err) == order.KindNotFound || err == nil && (l.WarehouseCode != in.Warehouse || l.IssuedAt.IsZero()) {
		return l, newProblem(http.StatusNotFound, "This warehouse has no pick list "+n.Grouped()+".")
	}
	if err != nil {
		return l, a.failure(ctx, "get pick list", err)
	}
	return l, nil
}

func (a *api) pickList(ctx context.Context, in *pickListInput) (*answerOutput, error) {
	l, err := a.ownList(ctx, *in)
	if err != nil {
		return nil, err
	}
	return a.showList(ctx, l)
}

func (a *api) showList(ctx context.Context, l store.PickList) (*answerOutput, error) {
	files, err := a.Warehouses.PickListFiles(ctx, l.ID)
	if err != nil {
		return nil, a.failure(ctx, "list files of a pick list", err)
	}
	out := PickListAnswer{Warehouse: l.WarehouseCode, Rows: []PickListRow{}, Files: []PickListFileRef{}, PickListSummary: PickListSummary{
		Number: string(l.Number), ShipOn: l.ShipOn.String(), Class: string(l.Class), ReleasedAt: l.ReleasedAt, IssuedAt: l.IssuedAt,
		AcknowledgedAt: instantOrNone(l.Acknowledged), ShippedAt: instantOrNone(l.ShippedAt), Lines: len(l.Lines),
	}}
	orders := map[int64]bool{}
	for _, r := range l.Lines {
		orders[r.OrderID] = true
		out.Quantity += r.Qty
		row := PickListRow{
			OrderNumber: string(r.OrderNumber), Shipment: r.ShipmentNo, Line: r.LineNo, ItemCode: r.ItemCode, ItemName: r.ItemName, Quantity: r.Qty, Unit: r.Unit,
			Location: r.Location, Customer: strings.TrimSpace(r.Company + " " + r.Department), ShipTo: r.ShipTo.Name, PostalCode: r.ShipTo.PostalCode,
			Address: r.ShipTo.Prefecture + r.ShipTo.Address, Comment: r.Comment,
		}
		if !r.ArrivalOn.IsZero() {
			row.ArrivalOn = r.ArrivalOn.String()
		}
		out.Rows = append(out.Rows, row)
	}
	out.Orders = len(orders)
	for _, f := range files {
		out.Files = append(out.Files, PickListFileRef{
			Name: f.FileName, MediaType: mediaType(f.Format), SizeBytes: f.SizeBytes, SHA256: f.SHA256,
			URL: "/v1/warehouses/" + url.PathEscape(l.WarehouseCode) + "/pick-lists/" + string(l.Number) + "/files/" + url.PathEscape(f.FileName),
		})
	}
	return encodeJSON(out)
}

func mediaType(format string) string {
	switch format {
	case "xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case "pdf":
		return "application/pdf"
	case "csv":
		return "text/csv"
	default:
		return "application/octet-stream"
	}
}

type listFileInput struct {
	Warehouse string `path:"warehouse" maxLength:"40" doc:"The warehouse's code"`
	Number    string `path:"number" maxLength:"40" doc:"The list's number, grouped or not"`
	Name      string `path:"name" maxLength:"200" doc:"The file's name as the list tells it"`
}

type fileOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Digest      string `header:"Content-Digest"`
	Body        []byte
}

func (a *api) pickListFile(ctx context.Context, in *listFileInput) (*fileOutput, error) {
	l, err := a.ownList(ctx, pickListInput{in.Warehouse, in.Number})
	if err != nil {
		return nil, err
	}
	files, err := a.Warehouses.PickListFiles(ctx, l.ID)
	if err != nil {
		return nil, a.failure(ctx, "list files of a pick list", err)
	}
	for _, f := range files {
		if f.FileName != in.Name {
			continue
		}
		data, err := a.Warehouses.Blobs().Get(f.SHA256)
		if err != nil {
			return nil, a.failure(ctx, "read a file of a pick list", err)
		}
		sum := sha256.Sum256(data)
		return &fileOutput{
			ContentType: mediaType(f.Format), Disposition: mime.FormatMediaType("attachment", map[string]string{"filename": f.FileName}),
			Digest: "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":", Body: data,
		}, nil
	}
	return nil, newProblem(http.StatusNotFound, "The list has no such file.")
}

func (a *api) acknowledge(ctx context.Context, in *pickListInput) (*answerOutput, error) {
	l, err := a.ownList(ctx, *in)
	if err != nil {
		return nil, err
	}
	if l.Acknowledged.IsZero() {
		t, _ := ctx.Value(warehouseKey{}).(store.WarehouseToken)
		err := a.Warehouses.AcknowledgePickList(ctx, l.ID, "by API", l.WarehouseCode+" ("+t.Name+")", a.Now())
		if err != nil && order.KindOf(err) != order.KindConflict { // at the same instant by another way
			return nil, a.failure(ctx, "acknowledge pick list", err)
		}
		if l, err = a.ownList(ctx, *in); err != nil {
			return nil, err
		}
	}
	return a.showList(ctx, l)
}

type handInInput struct {
	Warehouse string `path:"warehouse" maxLength:"40" doc:"The warehouse's code"`
	Name      string `query:"name" required:"true" minLength:"1" maxLength:"200" doc:"The file's name, such as result_20261124.csv"`
	Key       string `header:"Idempotency-Key" maxLength:"255" doc:"The warehouse's name for this sending: send the same one when you try again. The same count without times of its own under another key is another count"`
	RawBody   []byte
}

func (a *api) handIn(ctx context.Context, in *handInInput) (*answerOutput, error) {
	t, _ := ctx.Value(warehouseKey{}).(store.WarehouseToken)
	f, again, err := a.Warehouses.ReceivePartnerFile(ctx, store.NewPartnerFile{
		WarehouseCode: in.Warehouse, Channel: store.PartnerAPI, Name: in.Name, Sender: t.Name, Bytes: in.RawBody, Key: in.Key,
	}, a.Now())
	if err != nil {
		return nil, a.failure(ctx, "take in a partner's file", err)
	}
	message := ""
	if again && f.Undated && in.Key == "" {
		message = store.UndatedAgain + ", or send it under an Idempotency-Key of its own"
	}
	return a.fileAnswer(ctx, f, again, message)
}

func (a *api) fileAnswer(ctx context.Context, f store.PartnerFile, again bool, message string) (*answerOutput, error) {
	out := PartnerFileAnswer{
		ID: f.ID, Name: f.Name, SHA256: f.SHA256, SizeBytes: f.SizeBytes, ReceivedAt: f.ReceivedAt, State: f.State, Error: f.Error,
		SettledAt: instantOrNone(f.SettledAt), Again: again, Message: message,
	}
	if len(f.Faults) > 0 {
		if err := json.Unmarshal(f.Faults, &out.Errors); err != nil {
			return nil, a.failure(ctx, "read what stands against a file", fmt.Errorf("decode faults: %w", err))
		}
	}
	return encodeJSON(out)
}

type partnerFileInput struct {
	Warehouse string `path:"warehouse" maxLength:"40" doc:"The warehouse's code"`
	ID        int64  `path:"id" minimum:"1"`
}

func (a *api) partnerFile(ctx context.Context, in *partnerFileInput) (*answerOutput, error) {
	f, err := a.Warehouses.GetPartnerFile(ctx, in.ID)
	if order.KindOf(err) == order.KindNotFound || err == nil && f.WarehouseCode != in.Warehouse {
		return nil, newProblem(http.StatusNotFound, "This warehouse handed in no such file.")
	}
	if err != nil {
		return nil, a.failure(ctx, "get a partner's file", err)
	}
	return a.fileAnswer(ctx, f, false, "")
}
