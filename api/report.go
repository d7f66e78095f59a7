package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"todoke/ingest/partner"
	"todoke/store"
)

// The names under which reports are kept: they say what the body is.
const (
	ResultName = "results.json"
	CountName  = "stock-counts.json"
)

// ReportAnswer is what a report of a warehouse came to.
type ReportAnswer struct {
	ID     int64                `json:"id" doc:"The report's number among the warehouse's files"`
	State  string               `json:"state" enum:"applied,asks" doc:"asks: applied, but of some items less was counted than orders were promised; they are not set until a person decides"`
	Rows   int                  `json:"rows"`
	Result *store.ResultApplied `json:"result,omitempty"`
	Count  *store.CountApplied  `json:"count,omitempty"`
}

// registerReports adds what warehouses' systems report as JSON.
func (a *api) registerReports(h huma.API, problem func(string) *huma.Response) {
	registry := h.OpenAPI().Components.Schemas
	add := func(id, path, summary, description string, body *huma.Schema, example any, do func(context.Context, *reportInput) (*reportOutput, error)) {
		huma.Register(h, huma.Operation{
			OperationID: id, Method: http.MethodPost, Path: "/v1/warehouses/{warehouse}/" + path, Summary: summary, Description: description,
			Security: []map[string][]string{{"warehouse": {}}}, Middlewares: huma.Middlewares{a.authenticateWarehouse()}, Tags: []string{"warehouses"},
			DefaultStatus: http.StatusOK, MaxBodyBytes: store.MaxPartnerFile,
			RequestBody:      &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: body, Example: example}}},
			SkipValidateBody: true, // ingest/partner reads it, more strictly
			Responses: map[string]*huma.Response{
				"200": {
					Description: "The report was applied, now or by an earlier attempt",
					Headers: map[string]*huma.Param{
						"Idempotent-Replayed": {Description: "true where the report was handed in before: nothing happened", Schema: &huma.Schema{Type: huma.TypeString}},
					},
					Content: map[string]*huma.MediaType{"application/json": {Schema: huma.SchemaFromType(registry, typeOf[ReportAnswer]())}},
				},
				"401": problem("The token is missing or wrong"), "404": problem("This token speaks for another warehouse"),
				"409": problem("The Idempotency-Key was used for another report, a result or a count; or the same rows were applied under another key: detail tells what to do"), "413": problem("The report is too large"),
				"422": problem("Nothing was applied: errors tells each row and field"), "503": problem("Try again later with the same key"),
			},
		}, do)
	}
	add("report-results", "results", "Report what was shipped",
		"Applies a shipment result whole or not at all, once (WHS-2). What was told before may be said again; it changes nothing.",
		huma.SchemaFromType(registry, typeOf[partner.ResultBody]()),
		partner.ResultBody{Rows: []partner.ResultItem{{
			Order: "1000000018", Line: 1, Shipped: 18, Short: 2, Reason: "damaged", Tracking: []string{"4012-3456-7890"}, WeightGrams: 1500, ShippedOn: "2026-11-24",
		}}},
		func(ctx context.Context, in *reportInput) (*reportOutput, error) {
			return a.report(ctx, in, ResultName)
		})
	add("report-stock-count", "stock-counts", "Report what lies there",
		"Applies a stock count whole or not at all, once (WHS-2). It holds as of counted_at: what moved since is added.",
		huma.SchemaFromType(registry, typeOf[partner.CountBody]()),
		partner.CountBody{CountedAt: "2026-11-24T19:30:00+09:00", Rows: []partner.CountItem{{ItemCode: "1010013", OnHand: 120, Location: "A-01-2"}}},
		func(ctx context.Context, in *reportInput) (*reportOutput, error) { return a.report(ctx, in, CountName) })
}

type reportInput struct {
	Warehouse string `path:"warehouse" maxLength:"40" doc:"The warehouse's code"`
	Key       string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"255" doc:"The warehouse's name for this report: send the same one when you try again"`
	RawBody   []byte
}

type reportOutput struct {
	ContentType string `header:"Content-Type"`
	Replayed    string `header:"Idempotent-Replayed"`
	Body        []byte
}

// report keeps a report for good and then applies it: an attempt that dies in between is finished by
// the report's job, and the next attempt is told what came of it.
func (a *api) report(ctx context.Context, in *reportInput, name string) (*reportOutput, error) {
	if len(in.RawBody) == 0 {
		return nil, newProblem(http.StatusUnprocessableEntity, "The body is empty: send the report as JSON.")
	}
	t, _ := ctx.Value(warehouseKey{}).(store.WarehouseToken)
	f, again, err := a.Warehouses.ReceivePartnerFile(ctx, store.NewPartnerFile{
		WarehouseCode: in.Warehouse, Channel: store.PartnerAPI, Name: name, Sender: t.Name, Bytes: in.RawBody, Key: in.Key,
	}, a.Now())
	if err != nil {
		return nil, a.failure(ctx, "take in a warehouse's report", err)
	}
	if f.State == store.PartnerFileReceived {
		if f, err = a.Apply(ctx, f); err != nil {
			return nil, a.failure(ctx, "apply a warehouse's report", err)
		}
	}
	if f.State == store.PartnerFileRefused {
		p, err := refusedReport(f)
		if err != nil {
			return nil, a.failure(ctx, "read what stands against a report", err)
		}
		if again {
			p = p.with("Idempotent-Replayed", "true")
		}
		return nil, p
	}
	var outcome store.PartnerOutcome
	if err := json.Unmarshal(f.Outcome, &outcome); err != nil {
		return nil, a.failure(ctx, "read what a report came to", err)
	}
	shown, err := encodeJSON(ReportAnswer{ID: f.ID, State: f.State, Rows: f.Rows, Result: outcome.Result, Count: outcome.Count})
	if err != nil {
		return nil, err
	}
	out := &reportOutput{ContentType: shown.ContentType, Body: shown.Body}
	if again {
		out.Replayed = "true"
	}
	return out, nil
}

// refusedReport tells every row and field that stands against a report.
func refusedReport(f store.PartnerFile) (*Problem, error) {
	var faults []partner.Fault
	if err := json.Unmarshal(f.Faults, &faults); err != nil {
		return nil, fmt.Errorf("decode faults: %w", err)
	}
	p := newProblem(http.StatusUnprocessableEntity, "Nothing was applied: mend everything in errors and send all of it with a new Idempotency-Key.")
	for _, x := range faults {
		p.Errors = append(p.Errors, ProblemError{Field: x.Field, Rule: x.Rule, Message: x.Message})
	}
	return p, nil
}
