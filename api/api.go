package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"todoke/ingest/web"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
)

// Orders is what the API needs of the store.
type Orders interface {
	FindShopFront(ctx context.Context, token string) (front store.ShopFront, ok bool, err error)
	PlaceWebOrder(ctx context.Context, w store.WebOrder, now time.Time) (store.WebAnswer, error)
	GetOrder(ctx context.Context, n order.Number) (order.Order, error)
	CancelWebOrder(ctx context.Context, shopFront string, n order.Number, now time.Time) (order.Order, error)
	Availability(ctx context.Context, ask store.AvailabilityAsk, now time.Time) (store.Availability, error)
	ApprovalOf(ctx context.Context, orderID int64, now time.Time) (c store.ApprovalCase, found bool, err error)
	Ready(ctx context.Context) error
}

// Config is what New needs. Settings and Now must be those of the store.
type Config struct {
	Orders Orders
	// Warehouses answers partner warehouses; nil answers none.
	Warehouses Warehouses
	// Apply applies a report that was taken in, and returns it settled; nil takes no reports.
	Apply    func(ctx context.Context, f store.PartnerFile) (store.PartnerFile, error)
	Settings rules.Settings
	Now      func() time.Time
	Log      *slog.Logger
	Version  string // of the program
	// Timeout ends a request's work; 0 is 20 seconds.
	Timeout time.Duration
	// MaxBody is the largest order in bytes; 0 is web.DefaultLimits'.
	MaxBody int
}

type api struct {
	Config
	limits  web.Limits
	metrics *metrics
}

type frontKey struct{}

// New makes the handler of everything under /v1, of /openapi.yaml, /healthz, /readyz and
// /metrics.
func New(c Config) http.Handler {
	takeOverErrors()
	if c.Timeout <= 0 {
		const patience = 20 * time.Second
		c.Timeout = patience
	}
	a := &api{Config: c, limits: web.DefaultLimits(), metrics: newMetrics()}
	if c.MaxBody > 0 {
		a.limits.Bytes = c.MaxBody
	}
	if c.Settings.MaxLines > 0 {
		a.limits.Lines = c.Settings.MaxLines
	}
	mux := http.NewServeMux()

	hc := huma.DefaultConfig("todoke", c.Version)
	hc.Info.Description = "Orders of office supplies from shop fronts, and what partner warehouses' systems fetch and hand in. Rule ids in descriptions and problems are those of the rule book."
	hc.DocsPath, hc.SchemasPath = "", ""
	hc.CreateHooks = nil // answers carry no $schema: they are the same byte for byte wherever they are sent from
	hc.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	hc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"shopFront": {Type: "http", Scheme: "bearer", Description: "The token of the shop front"},
		"warehouse": {Type: "http", Scheme: "bearer", Description: "The token of the warehouse (todoke warehouse token add)"},
	}
	h := humago.New(mux, hc)
	a.register(h)
	if a.Warehouses != nil {
		a.registerWarehouses(h, problemResponse(h))
	}

	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", a.ready)
	mux.Handle("GET /metrics", loopbackOnly(a.metrics.handler()))
	mux.HandleFunc("/", a.elsewhere)
	return a.around(mux)
}

// problemResponse describes an answer that is a problem.
func problemResponse(h huma.API) func(what string) *huma.Response {
	return func(what string) *huma.Response {
		return &huma.Response{Description: what, Content: map[string]*huma.MediaType{
			problemType: {Schema: huma.SchemaFromType(h.OpenAPI().Components.Schemas, typeOf[Problem]())},
		}}
	}
}

func (a *api) register(h huma.API) {
	registry := h.OpenAPI().Components.Schemas
	problem := problemResponse(h)
	security := []map[string][]string{{"shopFront": {}}}
	found := func(what string) *huma.Response {
		return &huma.Response{Description: what, Content: map[string]*huma.MediaType{
			"application/json": {Schema: huma.SchemaFromType(registry, typeOf[OrderAnswer]())},
		}}
	}
	placed := found("The order was placed")
	headers := map[string]*huma.Param{
		"Location":            {Description: "Where the order can be looked at", Schema: &huma.Schema{Type: huma.TypeString}},
		"Idempotent-Replayed": {Description: "true where an earlier attempt with this key was answered so", Schema: &huma.Schema{Type: huma.TypeString}},
	}
	huma.Register(h, huma.Operation{
		OperationID: "place-order", Method: http.MethodPost, Path: "/v1/orders", Summary: "Place an order",
		Description: "Places an order once, however often it is sent with the same Idempotency-Key.",
		Security:    security, DefaultStatus: http.StatusCreated, MaxBodyBytes: int64(a.limits.Bytes),
		Middlewares: huma.Middlewares{a.authenticate()},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/json": {Schema: huma.SchemaFromType(registry, typeOf[OrderRequest]()), Example: exampleOrder()},
		}},
		SkipValidateBody: true, // ingest/web reads it, more strictly
		Responses: map[string]*huma.Response{
			"201": placed, "400": problem("The order cannot be read"), "401": problem("The token is missing or wrong"),
			"409": problem("The Idempotency-Key was used for another body"), "413": problem("The order is too large"),
			"422": problem("Fields or rules stand against the order"), "503": problem("Try again later with the same key"),
		},
	}, a.place)
	huma.Register(h, huma.Operation{
		OperationID: "get-order", Method: http.MethodGet, Path: "/v1/orders/{number}", Summary: "Look at an order",
		Description: "Shows an order of the same shop front as it stands now.",
		Security:    security, Middlewares: huma.Middlewares{a.authenticate()},
		Responses: map[string]*huma.Response{
			"200": found("The order"), "401": problem("The token is missing or wrong"), "404": problem("The shop front has no such order"),
		},
	}, a.get)
	huma.Register(h, huma.Operation{
		OperationID: "cancel-order", Method: http.MethodPost, Path: "/v1/orders/{number}/cancel", Summary: "Cancel an order",
		Description: "Cancels an order of the same shop front whole, up to and with its cancel_until (CAN-1); everything it touched is undone. Sent again, it is answered alike.",
		Security:    security, DefaultStatus: http.StatusOK, Middlewares: huma.Middlewares{a.authenticate()},
		Responses: map[string]*huma.Response{
			"200": found("The order, cancelled"), "401": problem("The token is missing or wrong"), "404": problem("The shop front has no such order"),
			"409": problem("It is too late (CAN-1), or goods are at the warehouse (WHS-1): take them back as a return"), "503": problem("Try again later"),
		},
	}, a.cancel)
	huma.Register(h, huma.Operation{
		OperationID: "get-availability", Method: http.MethodGet, Path: "/v1/items/{code}/availability", Summary: "Ask for an item's stock and dates",
		Description: "Tells how much of an item is there and when it would arrive if it were ordered at this instant (STK-3). Nothing is reserved.",
		Security:    security, Middlewares: huma.Middlewares{a.authenticate()},
		Responses: map[string]*huma.Response{
			"200": {Description: "Stock and dates", Content: map[string]*huma.MediaType{
				"application/json": {Schema: huma.SchemaFromType(registry, typeOf[AvailabilityAnswer]())},
			}},
			"401": problem("The token is missing or wrong"), "404": problem("There is no such item, customer or place"), "422": problem("What was asked cannot be answered"),
		},
	}, a.availability)
	// huma adds what it makes of the Go types: bodies of any bytes, headers without a word.
	place := h.OpenAPI().Paths["/v1/orders"].Post
	delete(place.RequestBody.Content, "application/octet-stream")
	maps.Copy(place.Responses["201"].Headers, headers)
}

// exampleOrder is an order that the sample shop accepts.
func exampleOrder() map[string]any {
	return map[string]any{
		"customer_code": "10000386",
		"stockout":      "backorder",
		"lines": []any{
			map[string]any{"item_code": "1010013", "quantity": 30, "comment": "3階 総務部"},
		},
	}
}

// authenticate finds the shop front of the bearer token before anything of the body is read.
// The store looks tokens up by hash, so no timing tells how near a guess was.
func (a *api) authenticate() func(huma.Context, func(huma.Context)) {
	return bearer("shop front", func(ctx huma.Context, token string) (huma.Context, *Problem) {
		front, ok, err := a.Orders.FindShopFront(ctx.Context(), token)
		switch {
		case err != nil:
			return nil, a.failure(ctx.Context(), "find shop front", err)
		case !ok:
			return nil, badToken("shop front")
		}
		note(ctx.Context(), func(r *record) { r.front = front.Code })
		return huma.WithValue(ctx, frontKey{}, front), nil
	})
}

// bearer hands a request's bearer token to find, and goes on with the context that it gives, or answers
// with what stands against it. whose is who has such tokens.
func bearer(whose string, find func(ctx huma.Context, token string) (huma.Context, *Problem)) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		var known huma.Context
		p := newProblem(http.StatusUnauthorized, "Send the "+whose+"'s token as \"Authorization: Bearer …\".").with("WWW-Authenticate", "Bearer")
		scheme, token, ok := strings.Cut(ctx.Header("Authorization"), " ")
		if token = strings.TrimSpace(token); ok && strings.EqualFold(scheme, "Bearer") && token != "" {
			known, p = find(ctx, token)
		}
		if p == nil {
			next(known)
			return
		}
		for name, values := range p.header {
			ctx.SetHeader(name, values[0])
		}
		ctx.SetHeader("Content-Type", problemType)
		ctx.SetStatus(p.Status)
		_ = json.NewEncoder(ctx.BodyWriter()).Encode(p)
	}
}

func badToken(whose string) *Problem {
	return newProblem(http.StatusUnauthorized, "The token belongs to no "+whose+".").with("WWW-Authenticate", `Bearer error="invalid_token"`)
}

type placeInput struct {
	Key     string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"255" doc:"The shop front's name for this attempt: send the same one when you try again"`
	RawBody []byte
}

type answerOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

type placedOutput struct {
	ContentType string `header:"Content-Type"`
	Location    string `header:"Location"`
	Replayed    string `header:"Idempotent-Replayed"`
	Body        []byte
}

func (a *api) place(ctx context.Context, in *placeInput) (*placedOutput, error) {
	front, _ := ctx.Value(frontKey{}).(store.ShopFront)
	now := a.Now()
	o, problems := web.Parse(in.RawBody, a.limits)
	if len(problems) == 0 {
		o.Request.ReceivedAt = rules.WebReceivedAt(o.OrderedAt, now, a.Settings)
		if o.Request.ShipTo != nil && !front.FreeAddress {
			problems = []*order.Error{order.Invalid("ACC-1", "address", "this shop front may name registered places only: send ship_to instead")}
		}
	}
	answer, err := a.Orders.PlaceWebOrder(ctx, store.WebOrder{
		ShopFront: front.Code, Key: in.Key, Body: in.RawBody, Request: o.Request, Problems: problems,
	}, now)
	if err != nil {
		return nil, a.failure(ctx, "place order", err)
	}
	note(ctx, func(r *record) { r.replayed, r.order = answer.Replayed, string(answer.Order.Number) })
	if len(answer.Problems) > 0 {
		a.metrics.count("refused", answer.Replayed)
		p := refusal(fields(answer.Problems, o.Request))
		if answer.Replayed {
			p = p.with("Idempotent-Replayed", "true")
		}
		return nil, p
	}
	a.metrics.count("placed", answer.Replayed)
	shown, err := encode(answer.Order)
	if err != nil {
		return nil, a.failure(ctx, "encode order", err)
	}
	out := &placedOutput{ContentType: shown.ContentType, Body: shown.Body, Location: "/v1/orders/" + string(answer.Order.Number)}
	if answer.Replayed {
		out.Replayed = "true"
	}
	return out, nil
}

// fields names the request's fields as the body does: the rules call a full address ship_to.
func fields(problems []*order.Error, r order.Request) []*order.Error {
	if r.ShipTo == nil {
		return problems
	}
	out := make([]*order.Error, len(problems))
	for i, p := range problems {
		named := *p
		if rest, ok := strings.CutPrefix(p.Field, "ship_to"); ok {
			named.Field = "address" + rest
		}
		out[i] = &named
	}
	return out
}

type getInput struct {
	Number string `path:"number" maxLength:"40" doc:"The order's number, grouped or not"`
}

func (a *api) get(ctx context.Context, in *getInput) (*answerOutput, error) {
	front, _ := ctx.Value(frontKey{}).(store.ShopFront)
	n, err := order.ParseNumber(in.Number)
	if err != nil {
		return nil, newProblem(http.StatusNotFound, err.Error())
	}
	o, err := a.Orders.GetOrder(ctx, n)
	if order.KindOf(err) == order.KindNotFound || err == nil && o.Source.ShopFront != front.Code {
		// Another shop front's order is answered like none at all.
		return nil, newProblem(http.StatusNotFound, "This shop front has no order "+n.Grouped()+".")
	}
	if err != nil {
		return nil, a.failure(ctx, "get order", err)
	}
	note(ctx, func(r *record) { r.order = string(n) })
	c, found, err := a.Orders.ApprovalOf(ctx, o.ID, a.Now())
	if err != nil {
		return nil, a.failure(ctx, "get approval", err)
	}
	shown := answerOf(o)
	if found {
		shown.Approval = approvalOf(c)
	}
	return encodeAnswer(shown)
}

func encode(o order.Order) (*answerOutput, error) { return encodeAnswer(answerOf(o)) }

func encodeAnswer(v OrderAnswer) (*answerOutput, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return &answerOutput{ContentType: "application/json", Body: append(b, '\n')}, nil
}

// failure is the answer to an error of the store: what the caller can mend is told, the rest
// goes to the log.
func (a *api) failure(ctx context.Context, doing string, err error) *Problem {
	e, _ := errors.AsType[*order.Error](err)
	switch order.KindOf(err) {
	case order.KindInvalid:
		return newProblem(http.StatusUnprocessableEntity, e.Message, ProblemError{Field: e.Field, Rule: e.Rule, Message: e.Message})
	case order.KindConflict:
		return newProblem(http.StatusConflict, e.Message)
	case order.KindTemporary:
		a.Log.WarnContext(ctx, "request failed, it may pass", "doing", doing, "error", err, "request", requestID(ctx))
		return newProblem(http.StatusServiceUnavailable, "We cannot answer now: try again with the same Idempotency-Key.").with("Retry-After", "2")
	case order.KindNotFound, order.KindPermanent, order.KindInternal: // nothing the caller could mend
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		a.Log.WarnContext(ctx, "request ran out of time", "doing", doing, "error", err, "request", requestID(ctx))
		return newProblem(http.StatusServiceUnavailable, "We could not answer in time: try again with the same Idempotency-Key.").with("Retry-After", "2")
	}
	a.Log.ErrorContext(ctx, "request failed", "doing", doing, "error", err, "request", requestID(ctx))
	return newProblem(http.StatusInternalServerError, "Something failed on our side: try again with the same Idempotency-Key, or tell us the X-Request-Id of this answer.")
}

func (a *api) ready(w http.ResponseWriter, r *http.Request) {
	if err := a.Orders.Ready(r.Context()); err != nil {
		a.Log.WarnContext(r.Context(), "not ready", "error", err)
		plain(w, http.StatusServiceUnavailable, "the database does not answer or lacks migrations\n")
		return
	}
	plain(w, http.StatusOK, "ok\n")
}

// elsewhere answers what no route takes.
func (a *api) elsewhere(w http.ResponseWriter, r *http.Request) {
	allow := ""
	switch {
	case r.URL.Path == "/v1/orders":
		allow = http.MethodPost
	case strings.HasPrefix(r.URL.Path, "/v1/orders/") && strings.HasSuffix(r.URL.Path, "/cancel") && strings.Count(r.URL.Path, "/") == 4:
		allow = http.MethodPost
	case strings.HasPrefix(r.URL.Path, "/v1/items/") && strings.HasSuffix(r.URL.Path, "/availability") && strings.Count(r.URL.Path, "/") == 4,
		strings.HasPrefix(r.URL.Path, "/v1/orders/") && strings.Count(r.URL.Path, "/") == 3,
		r.URL.Path == "/openapi.yaml", r.URL.Path == "/openapi.json", r.URL.Path == "/healthz", r.URL.Path == "/readyz":
		allow = http.MethodGet
	}
	if rest, ok := strings.CutPrefix(r.URL.Path, "/v1/warehouses/"); ok && a.Warehouses != nil {
		switch parts := strings.Split(rest, "/"); {
		case len(parts) == 2 && parts[1] == "files", len(parts) == 4 && parts[1] == "pick-lists" && parts[3] == "acknowledge":
			allow = http.MethodPost
		case len(parts) == 3 && (parts[1] == "files" || parts[1] == "pick-lists"), len(parts) == 2 && parts[1] == "pick-lists",
			len(parts) == 5 && parts[1] == "pick-lists" && parts[3] == "files":
			allow = http.MethodGet
		}
	}
	if allow != "" && r.Method != allow {
		newProblem(http.StatusMethodNotAllowed, "Only "+allow+" is possible here.").with("Allow", allow).write(w)
		return
	}
	newProblem(http.StatusNotFound, "There is nothing here: /openapi.yaml describes what there is.").write(w)
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}
