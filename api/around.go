package api

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// record is what a request's log line tells besides the request.
type record struct {
	id        string
	front     string
	warehouse string
	order     string
	replayed  bool
}

type recordKey struct{}

func note(ctx context.Context, set func(*record)) {
	if r, ok := ctx.Value(recordKey{}).(*record); ok {
		set(r)
	}
}

func requestID(ctx context.Context) string {
	if r, ok := ctx.Value(recordKey{}).(*record); ok {
		return r.id
	}
	return ""
}

// watched remembers what was answered.
type watched struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (w *watched) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// around gives every request an id, a time limit, a log line and a measurement, and turns a
// panic into an answer.
func (a *api) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := a.Now()
		rec := &record{id: rand.Text()}
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), recordKey{}, rec), a.Timeout)
		defer cancel()
		ww := &watched{ResponseWriter: w}
		ww.Header().Set("X-Request-Id", rec.id)
		ww.Header().Set("X-Content-Type-Options", "nosniff")
		ww.Header().Set("Cache-Control", "no-store")
		r = r.WithContext(ctx)
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so, too
					panic(p)
				}
				a.Log.ErrorContext(ctx, "request panicked", "panic", p, "request", rec.id, "stack", string(debug.Stack()))
				if ww.status == 0 {
					newProblem(http.StatusInternalServerError, "Something failed on our side: tell us the X-Request-Id of this answer.").write(ww)
				}
			}
			a.finish(ctx, r, ww, rec, a.Now().Sub(began))
		}()
		next.ServeHTTP(ww, r)
	})
}

func (a *api) finish(ctx context.Context, r *http.Request, w *watched, rec *record, took time.Duration) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	a.metrics.observe(r.Pattern, w.status, took)
	level := slog.LevelInfo
	switch {
	case w.status >= http.StatusInternalServerError:
		level = slog.LevelError
	case r.URL.Path == "/healthz", r.URL.Path == "/readyz", r.URL.Path == "/metrics":
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", w.status),
		slog.Int64("took_ms", took.Milliseconds()), slog.Int("bytes", w.bytes), slog.String("remote", r.RemoteAddr), slog.String("request", rec.id),
	}
	if rec.front != "" {
		attrs = append(attrs, slog.String("shop_front", rec.front))
	}
	if rec.warehouse != "" {
		attrs = append(attrs, slog.String("warehouse", rec.warehouse))
	}
	if rec.order != "" {
		attrs = append(attrs, slog.String("order", rec.order))
	}
	if rec.replayed {
		attrs = append(attrs, slog.Bool("replayed", true))
	}
	a.Log.LogAttrs(ctx, level, "request", attrs...)
}

// metrics are the API's own; each handler has a registry of its own, so that tests may run side
// by side.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	orders   *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "todoke_http_request_seconds", Help: "Time to answer, by route and status.", Buckets: prometheus.DefBuckets,
		}, []string{"route", "status"}),
		orders: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "todoke_web_orders_total", Help: "Attempts to place an order, by what became of them.",
		}, []string{"outcome", "replayed"}),
	}
	m.registry.MustRegister(m.requests, m.orders)
	return m
}

func (m *metrics) observe(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

func (m *metrics) count(outcome string, replayed bool) {
	m.orders.WithLabelValues(outcome, strconv.FormatBool(replayed)).Inc()
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// loopbackOnly hides a handler from other machines, those behind a proxy on this one included.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		ip := net.ParseIP(host)
		forwarded := r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != ""
		if err != nil || ip == nil || !ip.IsLoopback() || forwarded {
			newProblem(http.StatusNotFound, "There is nothing here: /openapi.yaml describes what there is.").write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}
