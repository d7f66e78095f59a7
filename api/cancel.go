package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"todoke/order"
	"todoke/store"
)

// cancel cancels an order at its customer's wish (CAN-1).
func (a *api) cancel(ctx context.Context, in *getInput) (*answerOutput, error) {
	front, _ := ctx.Value(frontKey{}).(store.ShopFront)
	n, err := order.ParseNumber(in.Number)
	if err != nil {
		return nil, newProblem(http.StatusNotFound, err.Error())
	}
	o, err := a.Orders.CancelWebOrder(ctx, front.Code, n, a.Now())
	switch e, _ := errors.AsType[*order.Error](err); {
	case order.KindOf(err) == order.KindNotFound:
		return nil, newProblem(http.StatusNotFound, "This shop front has no order "+n.Grouped()+".")
	case order.KindOf(err) == order.KindConflict && e != nil:
		return nil, newProblem(http.StatusConflict, e.Message, ProblemError{Rule: e.Rule, Message: e.Message})
	case err != nil:
		return nil, a.failure(ctx, "cancel order", err)
	}
	note(ctx, func(r *record) { r.order = string(n) })
	return encode(o)
}

type availabilityInput struct {
	Code       string `path:"code" maxLength:"20" doc:"The item's code"`
	Customer   string `query:"customer_code" maxLength:"20" doc:"For which department; left out, name the place by prefecture and postal code"`
	ShipTo     string `query:"ship_to" maxLength:"20" doc:"A registered place of the customer's company; left out, its own address"`
	Prefecture string `query:"prefecture" maxLength:"20" doc:"Of the place, where no customer is named"`
	PostalCode string `query:"postal_code" maxLength:"8"`
	Channel    string `query:"channel" enum:"web,fax" default:"web" doc:"By which way it would be ordered: the cut-offs differ (CUT-2)"`
	Quantity   int    `query:"quantity" minimum:"1" maximum:"1000000" default:"1"`
}

// Resolve refuses parameters by names that nobody knows, as the bodies of requests do.
func (availabilityInput) Resolve(ctx huma.Context) []error {
	known := []string{"customer_code", "ship_to", "prefecture", "postal_code", "channel", "quantity"}
	u := ctx.URL()
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(u.Query())) {
		if !slices.Contains(known, name) {
			errs = append(errs, &huma.ErrorDetail{Location: "query." + name, Message: "the parameter is unknown: leave it out; known here are " + strings.Join(known, ", ")})
		}
	}
	return errs
}

// AvailabilityAnswer is what is there of an item, and when it could arrive (STK-3).
type AvailabilityAnswer struct {
	ItemCode     string    `json:"item_code"`
	Name         string    `json:"name"`
	Unit         string    `json:"unit"`
	Quantity     int       `json:"quantity" doc:"As asked for"`
	AvailableQty int       `json:"available_quantity" doc:"At all warehouses together"`
	Enough       bool      `json:"enough"`
	Region       string    `json:"region" doc:"In which the place lies (CUT-2)"`
	AcceptanceOn string    `json:"acceptance_on,omitempty" format:"date" doc:"CUT-4"`
	ArrivalOn    string    `json:"arrival_on,omitempty" format:"date" doc:"What ordering at this instant would promise; none for what is made to order (CUT-6)"`
	ArrivalQty   int       `json:"arrival_quantity" doc:"How many of the quantity can arrive by arrival_on; the rest arrives by likely_on, and has no day where that is missing"`
	LikelyOn     string    `json:"likely_on,omitempty" format:"date" doc:"When the whole quantity can arrive from where it lies or comes in; none where that is not known"`
	RestockOn    string    `json:"restock_on,omitempty" format:"date" doc:"The next day on which some comes in"`
	AsOf         time.Time `json:"as_of"`
	Rules        []string  `json:"rules,omitempty" doc:"The rules that decided the days"`
}

func (a *api) availability(ctx context.Context, in *availabilityInput) (*answerOutput, error) {
	got, err := a.Orders.Availability(ctx, store.AvailabilityAsk{
		ItemCode: in.Code, Qty: in.Quantity, Channel: order.Channel(in.Channel), DepartmentCode: in.Customer, ShipToCode: in.ShipTo,
		Prefecture: in.Prefecture, PostalCode: in.PostalCode,
	}, a.Now())
	if e, ok := errors.AsType[*order.Error](err); ok && (e.Kind == order.KindNotFound || e.Kind == order.KindInvalid) {
		status := http.StatusUnprocessableEntity
		if e.Kind == order.KindNotFound {
			status = http.StatusNotFound
		}
		return nil, newProblem(status, e.Message, ProblemError{Field: e.Field, Rule: e.Rule, Message: e.Message, Suggest: e.Suggest})
	}
	if err != nil {
		return nil, a.failure(ctx, "ask for stock", err)
	}
	b, err := json.Marshal(AvailabilityAnswer{
		ItemCode: got.Item.Code, Name: got.Item.Name, Unit: got.Item.Unit, Quantity: got.Qty, AvailableQty: got.AvailableQty, Enough: got.Enough,
		Region: got.RegionCode, AcceptanceOn: got.AcceptanceOn.String(), ArrivalOn: got.ArrivalOn.String(), ArrivalQty: got.ArrivalQty, LikelyOn: got.LikelyOn.String(),
		RestockOn: got.RestockOn.String(), AsOf: japan(got.At), Rules: got.Rules,
	})
	if err != nil {
		return nil, a.failure(ctx, "encode stock", err)
	}
	return &answerOutput{ContentType: "application/json", Body: append(b, '\n')}, nil
}
