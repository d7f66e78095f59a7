package push_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"todoke/delivery"
	"todoke/delivery/push"
)

const secret = "a secret of the partner"

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func parcel() delivery.Parcel {
	return delivery.Parcel{MessageID: "todoke.1.1.abc@shop.example", FileName: "ピック.csv", MediaType: "text/csv", Data: []byte("a,b\r\n")}
}

// partner serves over TLS; the way trusts it.
func partner(t *testing.T, h http.HandlerFunc) push.Way {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return push.Way{
		URL: s.URL + "/lists", Private: true, TLS: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, Agent: "todoke",
		Secret: func() (string, error) { return secret, nil }, Now: func() time.Time { return noon }, Timeout: 10 * time.Second,
	}
}

func TestPushIsSigned(t *testing.T) {
	t.Parallel()
	w := partner(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/lists" {
			t.Error(r.Method, r.URL, err)
		}
		if err := push.Verify(secret, r.Header, body, noon.Add(time.Minute), 5*time.Minute); err != nil {
			t.Error(err)
		}
		for name, wrong := range map[string]error{
			"another secret": push.Verify("x", r.Header, body, noon, time.Minute),
			"another body":   push.Verify(secret, r.Header, append(body, ' '), noon, time.Minute),
			"an hour later":  push.Verify(secret, r.Header, body, noon.Add(time.Hour), time.Minute),
		} {
			if wrong == nil {
				t.Error(name, "verifies")
			}
		}
		if r.Header.Get(push.HeaderKey) != "todoke.1.1.abc@shop.example" || r.Header.Get(push.HeaderFile) != "%E3%83%94%E3%83%83%E3%82%AF.csv" || r.Header.Get("Content-Type") != "text/csv" {
			t.Error(r.Header)
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte("taken\r\nas 7"))
	})
	data, err := w.Compose(parcel())
	if err != nil {
		t.Fatal(err)
	}
	if receipt, err := w.Send(t.Context(), parcel(), data); err != nil || receipt != "HTTP 202: taken  as 7" {
		t.Error(receipt, err)
	}
}

// TestPushAnswers: what a server's answers come to, and how long it asks to wait.
func TestPushAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code    int
		header  string
		outcome delivery.Outcome
		after   time.Duration
	}{
		{200, "", "", 0},
		{204, "", "", 0},
		{301, "Location: https://elsewhere.example/", delivery.Permanent, 0},
		{307, "Location: /again", delivery.Permanent, 0},
		{400, "", delivery.Permanent, 0},
		{409, "", delivery.Permanent, 0},
		{429, "Retry-After: 90", delivery.Temporary, 90 * time.Second},
		{500, "", delivery.Temporary, 0},
		{503, "Retry-After: Tue, 24 Nov 2026 12:10:00 GMT", delivery.Temporary, 10 * time.Minute},
		{503, "Retry-After: 99999999999", delivery.Temporary, 24 * time.Hour},
	} {
		asked := 0
		w := partner(t, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			if name, value, ok := strings.Cut(c.header, ": "); ok {
				w.Header().Set(name, value)
			}
			w.WriteHeader(c.code)
		})
		_, err := w.Send(t.Context(), parcel(), nil)
		got := delivery.Outcome("")
		if err != nil {
			got = delivery.OutcomeOf(err)
		}
		if got != c.outcome || delivery.AfterOf(err) != c.after || asked != 1 {
			t.Errorf("%d %s: %q after %v, %v, asked %d times", c.code, c.header, got, delivery.AfterOf(err), err, asked)
		}
	}
}

// TestPushRefuses: neither private networks, nor plain HTTP, nor an unknown certificate, nor a
// missing secret; and a server that hangs up is tried again.
func TestPushRefuses(t *testing.T) {
	t.Parallel()
	reached := 0
	good := partner(t, func(http.ResponseWriter, *http.Request) { reached++ })
	send := func(change func(*push.Way)) (delivery.Outcome, string) {
		t.Helper()
		w := good
		change(&w)
		_, err := w.Send(t.Context(), parcel(), []byte("x"))
		if err == nil {
			t.Fatal("it is sent")
		}
		return delivery.OutcomeOf(err), err.Error()
	}
	if o, s := send(func(w *push.Way) { w.Private = false }); o != delivery.Permanent || !strings.Contains(s, "private network") {
		t.Error(o, s)
	}
	if o, s := send(func(w *push.Way) { w.TLS = nil }); o != delivery.Temporary || !strings.Contains(s, "certificate") {
		t.Error(o, s)
	}
	if o, _ := send(func(w *push.Way) { w.Secret = func() (string, error) { return "", nil } }); o != delivery.Permanent {
		t.Error(o)
	}
	for _, url := range []string{"http://partner.example/", "https://user:pass@partner.example/", "ftp://partner.example/", "https:///x", "::"} {
		if o, s := send(func(w *push.Way) { w.URL, w.Private = url, false }); o != delivery.Permanent {
			t.Error(url, o, s)
		}
	}
	for _, url := range []string{"https://[::1]/", "https://10.1.2.3/", "https://169.254.169.254/", "https://100.64.1.1/", "https://[::ffff:127.0.0.1]/", "https://0.0.0.0/", "https://[fd00::1]/"} {
		if o, s := send(func(w *push.Way) { w.URL, w.Private = url, false }); o != delivery.Permanent || !strings.Contains(s, "private network") {
			t.Error(url, o, s)
		}
	}
	if reached != 0 {
		t.Error("a server was reached", reached)
	}
	cut := partner(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if _, err := cut.Send(t.Context(), parcel(), []byte("x")); err == nil || delivery.OutcomeOf(err) != delivery.Temporary {
		t.Error(err)
	}
	slow := partner(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	slow.Timeout = 100 * time.Millisecond
	if _, err := slow.Send(t.Context(), parcel(), nil); err == nil || delivery.OutcomeOf(err) != delivery.Temporary {
		t.Error(err)
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "1", "-5", "9223372036854775807", "Tue, 24 Nov 2026 12:10:00 GMT", "soon"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d := push.RetryAfter(s, noon); d < 0 || d > 24*time.Hour {
			t.Error(s, d)
		}
	})
}
