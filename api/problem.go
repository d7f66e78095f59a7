package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"todoke/order"
)

// Problem is an error answer (RFC 9457).
type Problem struct { //nolint:errname // the RFC's word
	Type   string         `json:"type" doc:"about:blank: the status says what kind of problem it is"`
	Title  string         `json:"title" doc:"The status in words"`
	Status int            `json:"status" doc:"The HTTP status"`
	Detail string         `json:"detail,omitempty" doc:"What to do, for a person"`
	Errors []ProblemError `json:"errors,omitempty" doc:"Everything that stands against the order"`

	header http.Header
}

// ProblemError is one thing that stands against a request.
type ProblemError struct {
	Field      string `json:"field,omitempty" doc:"Where it stands in the body, such as lines[0].quantity"`
	Rule       string `json:"rule,omitempty" doc:"The rule that decided, such as CUT-7"`
	Message    string `json:"message" doc:"What is wrong and what to do"`
	EarliestOn string `json:"earliest_on,omitempty" format:"date" doc:"The earliest date that could be designated (CUT-7)"`
	Suggest    string `json:"suggest,omitempty" doc:"The nearest value that would be accepted"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

func newProblem(status int, detail string, errs ...ProblemError) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Errors: errs}
}

func (p *Problem) with(name, value string) *Problem {
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set(name, value)
	return p
}

// write answers with the problem where huma is not in between.
func (p *Problem) write(w http.ResponseWriter) {
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	b, err := json.Marshal(p)
	if err != nil {
		return // strings and numbers only
	}
	_, _ = w.Write(b)
}

// takeOverErrors makes huma's own errors (a body too large, a header missing) problems of ours.
// The hook is global to huma; nothing else in this program uses it.
var takeOverErrors = sync.OnceFunc(func() {
	huma.NewError = func(status int, detail string, errs ...error) huma.StatusError {
		switch {
		case detail == "request body is required":
			detail = "The order is empty: send a JSON object, as /openapi.yaml describes it."
		case status == http.StatusRequestEntityTooLarge:
			detail = "The order is too large: split it."
		case detail == "validation failed":
			detail = "The request cannot be taken: mend everything in errors and send it again."
		}
		p := newProblem(status, detail)
		for _, err := range errs {
			if err == nil {
				continue
			}
			if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
				p.Errors = append(p.Errors, ours(d))
			}
			// Anything else is a cause for our log, never for the caller.
		}
		return p
	}
})

// ours is one of huma's errors in our words.
func ours(d *huma.ErrorDetail) ProblemError {
	field := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(d.Location, "body."), "header."), "query.")
	message := d.Message
	switch {
	case field != "Idempotency-Key":
	case strings.HasSuffix(message, "is missing"):
		message = "the header is missing: name this attempt, such as by a UUID, and send the same name when you try again"
	default:
		message = "the header is empty or longer than 255 characters: send a shorter name for this attempt"
	}
	return ProblemError{Field: field, Message: message}
}

// refusal is the answer to an order that cannot be placed. What cannot be read at all is a bad
// request, what rules or fields stand against is unprocessable.
func refusal(problems []*order.Error) *Problem {
	if len(problems) == 1 && problems[0].Field == "" && problems[0].Rule == "" {
		return newProblem(http.StatusBadRequest, problems[0].Message)
	}
	p := newProblem(http.StatusUnprocessableEntity, "The order was not placed: mend everything in errors and send it with a new Idempotency-Key.")
	for _, e := range problems {
		pe := ProblemError{Field: e.Field, Rule: e.Rule, Message: e.Message}
		if e.Rule == ruleDesignated {
			pe.EarliestOn = e.Suggest
		} else {
			pe.Suggest = e.Suggest
		}
		p.Errors = append(p.Errors, pe)
	}
	return p
}

// ruleDesignated is the rule whose suggestion is the earliest possible date.
const ruleDesignated = "CUT-7"
