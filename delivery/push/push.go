package push

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"todoke/delivery"
)

// DefaultTimeout is how long a whole request may take.
const DefaultTimeout = time.Minute

// The headers of a request beside the usual ones.
const (
	HeaderKey       = "Idempotency-Key"  // the same for every attempt of one sending
	HeaderTimestamp = "Todoke-Timestamp" // seconds since 1970
	HeaderSignature = "Todoke-Signature" // v1= and the hex HMAC-SHA256 of the timestamp, a dot and the body
	HeaderFile      = "Todoke-File"      // name of the file, percent-encoded
)

// longestWait bounds what a server's Retry-After may ask for.
const longestWait = 24 * time.Hour

// Way posts files to a partner's URL.
type Way struct {
	URL     string
	Secret  func() (string, error)
	TLS     *tls.Config   // nil trusts what the machine trusts
	Timeout time.Duration // 0 is DefaultTimeout
	// Private lets the server be one of our own network, and speak without TLS there.
	Private bool
	Agent   string // User-Agent
	Now     func() time.Time
}

// Name implements delivery.Way.
func (Way) Name() string { return "http" }

// Compose implements delivery.Way: what leaves is the file as it is.
func (Way) Compose(p delivery.Parcel) ([]byte, error) {
	if p.FileName == "" {
		return nil, errors.New("a text without a file cannot be pushed")
	}
	return p.Data, nil
}

// Sign is the signature of a body at a time, as the header bears it.
func Sign(secret string, timestamp int64, body []byte) string {
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(h, strconv.FormatInt(timestamp, 10)+".")
	_, _ = h.Write(body)
	return "v1=" + hex.EncodeToString(h.Sum(nil))
}

// Verify is what a partner does: the signature is that of the body, and no older than so long.
func Verify(secret string, h http.Header, body []byte, now time.Time, oldest time.Duration) error {
	at, err := strconv.ParseInt(h.Get(HeaderTimestamp), 10, 64)
	if err != nil {
		return fmt.Errorf("%s is no number of seconds", HeaderTimestamp)
	}
	if age := now.Sub(time.Unix(at, 0)); age > oldest || age < -oldest {
		return fmt.Errorf("%s is %v away from now", HeaderTimestamp, age)
	}
	if !hmac.Equal([]byte(Sign(secret, at, body)), []byte(h.Get(HeaderSignature))) {
		return fmt.Errorf("%s is not that of the body", HeaderSignature)
	}
	return nil
}

// CheckURL tells what is wrong with an address to push to.
func CheckURL(text string, private bool) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return fmt.Errorf("%q is no URL", text)
	case u.Scheme != "https" && (u.Scheme != "http" || !private):
		return errors.New("the address must begin with https://")
	case u.Hostname() == "" || u.User != nil || u.Fragment != "":
		return errors.New("the address must be https://HOST/PATH, without a user and without #")
	}
	return nil
}

// errPrivate tells that a name leads into our own network.
var errPrivate = errors.New("the address leads into a private network: nothing is sent there; if it is right, set private under partners in the configuration")

// public refuses addresses that are not of the public internet. It sees each address as it is
// connected to: a name that changes its mind in between gains nothing.
func public(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%s: %w", address, errPrivate)
	}
	if a := ap.Addr().Unmap(); !a.IsGlobalUnicast() || a.IsPrivate() || within(a, notPublic) {
		return fmt.Errorf("%s: %w", a, errPrivate)
	}
	return nil
}

// notPublic are networks that IsPrivate does not name: shared address space (RFC 6598), benchmarks,
// documentation, reserved ones, and IPv6 ways to IPv4 addresses.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("2001:db8::/32"),
}

func within(a netip.Addr, networks []netip.Prefix) bool {
	for _, n := range networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// Send implements delivery.Way. Repeating is safe: the partner knows the attempt by its
// Idempotency-Key, so an answer that was lost is a temporary failure.
func (w Way) Send(ctx context.Context, p delivery.Parcel, data []byte) (receipt string, err error) {
	if err := CheckURL(w.URL, w.Private); err != nil {
		return "", delivery.Fail(delivery.Permanent, "push to %s: %w", w.URL, err)
	}
	secret, err := w.secret()
	if err != nil {
		return "", err
	}
	timeout := w.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(data))
	if err != nil {
		return "", delivery.Fail(delivery.Permanent, "push to %s: %w", w.URL, err)
	}
	now := w.Now().Unix()
	req.Header.Set("Content-Type", p.MediaType)
	req.Header.Set("User-Agent", w.Agent)
	req.Header.Set(HeaderKey, p.MessageID)
	req.Header.Set(HeaderFile, url.PathEscape(p.FileName))
	req.Header.Set(HeaderTimestamp, strconv.FormatInt(now, 10))
	req.Header.Set(HeaderSignature, Sign(secret, now, data))
	transport := w.transport(timeout)
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		if errors.Is(err, errPrivate) {
			return "", delivery.Fail(delivery.Permanent, "push: %w", err)
		}
		return "", delivery.Fail(delivery.Temporary, "push: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	const longest = 500
	said, _ := io.ReadAll(io.LimitReader(resp.Body, longest))
	return w.answered(resp, delivery.Line(string(said)))
}

// secret is the key of the signature; without one nothing leaves.
func (w Way) secret() (string, error) {
	if w.Secret == nil {
		return "", delivery.Fail(delivery.Permanent, "no secret is set for %s: see partners in todoke config", w.URL)
	}
	secret, err := w.Secret()
	if err != nil {
		return "", delivery.Fail(delivery.Temporary, "read the secret for %s: %w", w.URL, err)
	}
	const least = 16 // bytes
	if len(secret) < least {
		return "", delivery.Fail(delivery.Permanent, "the secret for %s is not set or shorter than %d characters: see partners in todoke config", w.URL, least)
	}
	return secret, nil
}

func (w Way) transport(timeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: timeout}
	if !w.Private {
		dialer.Control = public
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if w.TLS != nil {
		config = w.TLS.Clone()
	}
	const longestHead = 64 << 10
	return &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: config, TLSHandshakeTimeout: timeout, DisableKeepAlives: true,
		MaxResponseHeaderBytes: longestHead, ForceAttemptHTTP2: true,
	}
}

// answered is what a server's answer means.
func (w Way) answered(resp *http.Response, said string) (string, error) {
	status := "HTTP " + strconv.Itoa(resp.StatusCode)
	if said != "" {
		status += ": " + said
	}
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		const longest = 200
		return strings.ToValidUTF8(status[:min(len(status), longest)], ""), nil
	case code >= 300 && code < 400:
		return "", delivery.Fail(delivery.Permanent, "the server redirects to %q: write the final address into warehouse_profiles.csv (%s)", delivery.Line(resp.Header.Get("Location")), status)
	case code == http.StatusRequestTimeout || code == http.StatusTooEarly || code == http.StatusTooManyRequests || code >= 500:
		return "", &delivery.Failure{
			Outcome: delivery.Temporary, After: RetryAfter(resp.Header.Get("Retry-After"), w.Now()),
			Err: fmt.Errorf("the server does not take it now: %s", status),
		}
	default:
		return "", delivery.Fail(delivery.Permanent, "the server refuses it: %s", status)
	}
}

// RetryAfter is how long a server asks to wait (RFC 9110, 10.2.3), at most a day; 0 where it says
// nothing that can be understood.
func RetryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	var d time.Duration
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		d = time.Duration(min(max(seconds, 0), int64(longestWait/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), longestWait)
}
