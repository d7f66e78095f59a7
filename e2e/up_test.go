package e2e_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is a `todoke up` and the shop front that talks to it.
type server struct {
	*process
	url   string
	token string
}

var listening = regexp.MustCompile(`msg=listening url=(http://\S+)`)

// up starts todoke and waits until it is ready.
func up(t *testing.T, p person, data string, args ...string) *server {
	t.Helper()
	s := &server{process: p.start(t, append([]string{"up", "--data", data, "--listen", "127.0.0.1:0"}, args...)...)}
	s.says(t, "todoke is up")
	s.url = listening.FindStringSubmatch(s.out.String())[1]
	eventually(t, "ready", func() bool { return s.do(t, http.MethodGet, "/readyz", "", "").status == http.StatusOK })
	return s
}

// stop ends it as a supervisor does and wants a clean end.
func (s *server) stop(t *testing.T) {
	t.Helper()
	s.signal(t, syscall.SIGTERM)
	if status := s.wait(t); status != 0 {
		t.Errorf("SIGTERM: status %d\n%s", status, s.out)
	}
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (s *server) do(t *testing.T, method, path, key, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{body: err.Error()} // status 0: nobody answers
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(text)}
}

type problem struct {
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Field   string `json:"field"`
		Rule    string `json:"rule"`
		Message string `json:"message"`
	} `json:"errors"`
}

// wantProblem wants a problem document with this status and, where there is one, rule.
func wantProblem(t *testing.T, a answer, status int, rule string) {
	t.Helper()
	var p problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.status != status || p.Status != status || p.Detail == "" ||
		a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s: want a problem with status %d: %v", a.status, a.body, status, err)
		return
	}
	for _, e := range p.Errors {
		if e.Rule == rule && e.Field != "" && e.Message != "" {
			return
		}
	}
	if rule != "" {
		t.Errorf("%s: no error names rule %s", a.body, rule)
	}
}

// rows reads a CSV file with a header.
func rows(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, r := range all[1:] {
		m := map[string]string{}
		for i, name := range all[0] {
			m[strings.TrimPrefix(name, "\ufeff")] = r[i]
		}
		out = append(out, m)
	}
	return out
}

// sample is the sample shop as `todoke sample` writes it.
type sample struct {
	dir      string
	items    []string // codes of normal goods that are ordered one by one
	customer string   // a department that pays by invoice
}

var written = sync.OnceValue(func() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := person{home: filepath.Dir(samples)}.try(ctx, "sample", samples, "--faxes")
	if err == nil && r.status != 0 {
		err = errors.New(r.String())
	}
	return err
})

func newSample(t *testing.T) sample {
	t.Helper()
	if err := written(); err != nil {
		t.Fatal(err)
	}
	s := sample{dir: samples}
	for _, r := range rows(t, filepath.Join(s.dir, "items.csv")) {
		if r["class"] == "normal" && r["order_multiple"] == "1" && r["successor_code"] == "" && len(s.items) < 20 {
			s.items = append(s.items, r["code"])
		}
	}
	for _, r := range rows(t, filepath.Join(s.dir, "customers.csv")) {
		if r["payment"] == "invoice" {
			s.customer = r["code"]
			break
		}
	}
	if len(s.items) < 20 || s.customer == "" {
		t.Fatalf("the sample shop lacks what the test orders: %+v", s)
	}
	return s
}

func (s sample) fax(name string) string { return filepath.Join(s.dir, "faxes", name) }

// ingest hands files in and gives the documents' ids as the command prints them.
func ingest(t *testing.T, p person, data string, args ...string) []int64 {
	t.Helper()
	var ids []int64
	for _, v := range listed[struct {
		Document int64 `json:"document"`
	}](t, p, append([]string{"ingest", "--json", "--data", data}, args...)...) {
		ids = append(ids, v.Document)
	}
	return ids
}

// read waits until a document has been read and gives what it became.
func read(t *testing.T, p person, data string, id int64) documentRow {
	t.Helper()
	var d documentRow
	eventually(t, fmt.Sprintf("document %d is read", id), func() bool {
		d = listed[documentRow](t, p, "document", "show", strconv.FormatInt(id, 10), "--json", "--data", data)[0]
		return d.State != "received"
	})
	return d
}

// unfinished are the rows of the ledger of these kinds.
func unfinished(t *testing.T, p person, data string, kinds ...string) []ledgerRow {
	t.Helper()
	r := p.run(t, "ledger", "--check", "--json", "--data", data)
	all := decoded[ledgerRow](t, r.stdout)
	if (r.status == 0) != (len(all) == 0) {
		t.Errorf("the ledger's status does not tell what it lists: %s", r)
	}
	var out []ledgerRow
	for _, e := range all {
		for _, k := range kinds {
			if e.Kind == k {
				out = append(out, e)
			}
		}
	}
	return out
}

// A day with `todoke up`: web orders over HTTP, faxes from the command line, a person who
// settles what is in doubt, a kill, and a clean end.
func TestUp(t *testing.T) {
	t.Parallel()
	who := self(t)
	data := filepath.Join(who.home, "shop")
	shop := newSample(t)
	s := up(t, who, data, "--sample", "--no-faxes")

	if a := s.do(t, http.MethodGet, "/healthz", "", ""); a.status != http.StatusOK {
		t.Errorf("/healthz: %d", a.status)
	}
	if a := s.do(t, http.MethodGet, "/openapi.yaml", "", ""); a.status != http.StatusOK || !strings.Contains(a.body, "/v1/orders/{number}") {
		t.Errorf("/openapi.yaml: %d %.200s", a.status, a.body)
	}

	// A shop front and its orders.
	body := func(item string, qty int) string {
		return fmt.Sprintf(`{"customer_code":%q,"lines":[{"item_code":%q,"quantity":%d,"comment":"3F会議室"}]}`, shop.customer, item, qty)
	}
	wantProblem(t, s.do(t, http.MethodPost, "/v1/orders", "first", body(shop.items[0], 2)), http.StatusUnauthorized, "")
	s.token = strings.TrimSpace(who.must(t, "shopfront", "add", "honten", "--title", "本店", "--data", data))
	placed := s.do(t, http.MethodPost, "/v1/orders", "first", body(shop.items[0], 2))
	if placed.status != http.StatusCreated {
		t.Fatalf("%d %s", placed.status, placed.body)
	}
	var web orderRow
	if err := json.Unmarshal([]byte(placed.body), &web); err != nil || len(web.Number) != 10 {
		t.Fatalf("%v: %s", err, placed.body)
	}
	if again := s.do(t, http.MethodPost, "/v1/orders", "first", body(shop.items[0], 2)); again.status != http.StatusCreated || again.body != placed.body {
		t.Errorf("sent again: %d %s", again.status, again.body)
	}
	wantProblem(t, s.do(t, http.MethodPost, "/v1/orders", "first", body(shop.items[0], 3)), http.StatusConflict, "")
	wantProblem(t, s.do(t, http.MethodPost, "/v1/orders", "second", body("9999990", 1)), http.StatusUnprocessableEntity, "ITM-1")
	location := placed.header.Get("Location")
	if location != "/v1/orders/"+web.Number {
		t.Errorf("Location %q", location)
	}
	eventually(t, "stock is reserved", func() bool {
		got := s.do(t, http.MethodGet, location, "", "")
		var o orderRow
		return json.Unmarshal([]byte(got.body), &o) == nil && o.Number == web.Number && len(o.Lines) == 1 && o.Lines[0].ReservedQty == 2
	})

	// Faxes: a clean one, one with an item that does not exist, a blank sheet.
	at := time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
	ids := ingest(t, who, data, "--received-at", at, "--from", "03-5211-4402",
		shop.fax("fax-01-g4.tif"), shop.fax("fax-23-unknown-item.tif"), shop.fax("fax-21-blank.tif"), shop.fax("mail-38-two-tiffs.eml"))
	if len(ids) != 4 {
		t.Fatalf("documents %v", ids)
	}
	clean, doubtful, blank, mail := read(t, who, data, ids[0]), read(t, who, data, ids[1]), read(t, who, data, ids[2]), read(t, who, data, ids[3])
	if len(clean.Pages) != 1 || clean.Pages[0].State != "ordered" && clean.Pages[0].State != "review" {
		t.Errorf("a clean fax: %+v", clean)
	}
	if len(mail.Parts) != 2 {
		t.Errorf("a mail with two faxes: %+v", mail)
	}
	for _, id := range mail.Parts {
		if d := read(t, who, data, id); len(d.Pages) != 1 {
			t.Errorf("a fax from a mail: %+v", d)
		}
	}
	if len(doubtful.Reviews) != 1 || len(blank.Reviews) != 1 {
		t.Fatalf("what is in doubt is not in review: %+v, %+v", doubtful, blank)
	}
	twice := who.must(t, "ingest", "--received-at", at, shop.fax("fax-01-g4.tif"), "--data", data)
	if !strings.Contains(twice, fmt.Sprintf("duplicate of %d", clean.ID)) {
		t.Errorf("the same file again: %s", twice)
	}

	settleAll(t, who, data, shop, doubtful.ID, blank.ID)

	// Killed outright. What was answered is there, and commands work without it.
	s.signal(t, syscall.SIGKILL)
	s.wait(t)
	if got := orders(t, who, data); !hasOrder(got, web.Number) {
		t.Errorf("order %s is gone after a kill", web.Number)
	}
	token := s.token
	s = up(t, who, data)
	s.token = token
	if again := s.do(t, http.MethodPost, "/v1/orders", "first", body(shop.items[0], 2)); again.status != http.StatusCreated || again.body != placed.body {
		t.Errorf("sent again after the kill: %d %s", again.status, again.body)
	}
	s.stop(t)
	if left := postgresUnder(data); len(left) > 0 {
		t.Errorf("PostgreSQL is left behind: %v", left)
	}
	if got := who.must(t, "order", "show", web.Number, "--data", data); !strings.Contains(got, shop.items[0]) {
		t.Errorf("order show after the end: %s", got)
	}
	if left := postgresUnder(data); len(left) > 0 {
		t.Errorf("a command leaves PostgreSQL behind: %v", left)
	}
}

func hasOrder(all []orderRow, number string) bool {
	for _, o := range all {
		if o.Number == number {
			return true
		}
	}
	return false
}

// settleAll does what a person at the desk does with everything that waits: one fax is settled
// from the page, the rest is junk.
func settleAll(t *testing.T, who person, data string, shop sample, doubtful, blank int64) {
	t.Helper()
	listing := who.must(t, "review", "list", "--data", data)
	for _, id := range []int64{doubtful, blank} {
		if !strings.Contains(listing, fmt.Sprintf("\n%d.1 ", id)) {
			t.Errorf("review list lacks %d:\n%s", id, listing)
		}
	}
	if rest := unfinished(t, who, data, "document", "page"); len(rest) < 2 {
		t.Errorf("the ledger lacks what waits: %+v", rest)
	}

	// One field alone keeps the refusal, with the rule; then the whole page as it is written.
	name := strconv.FormatInt(doubtful, 10)
	refused := who.run(t, "review", "settle", name, "lines[1].item_code=9999990", "--by", "sano", "--data", data)
	if refused.status != 1 || !strings.Contains(refused.stdout, "lines[1].item_code") {
		t.Errorf("settled with an item that does not exist: %s", refused)
	}
	shown := listed[reviewRow](t, who, "review", "show", name, "--json", "--data", data)
	args := []string{"review", "settle", name, "--by", "sano", "--data", data, "--json"}
	lines, total := 0, 0
	for _, f := range shown[0].Fields {
		switch {
		case f.Name == "customer_code":
			args = append(args, f.Name+"="+shop.customer)
		case strings.HasPrefix(f.Name, "delivery_"), f.Name == "ship_to":
			args = append(args, f.Name+"=")
		case strings.HasSuffix(f.Name, ".item_code") && f.Text != "":
			args = append(args, f.Name+"="+shop.items[lines])
			lines++
		case strings.HasSuffix(f.Name, ".quantity") && f.Text != "":
			args = append(args, f.Name+"=2")
			total += 2
		}
	}
	args = append(args, fmt.Sprintf("total_quantity=%d", total))
	settled := who.run(t, args...)
	var made struct {
		Order orderRow `json:"order"`
	}
	if err := json.Unmarshal([]byte(settled.stdout), &made); err != nil || settled.status != 0 || len(made.Order.Lines) != lines || made.Order.Channel != "fax" {
		t.Fatalf("todoke %s: %s", strings.Join(args, " "), settled)
	}
	if why := who.must(t, "order", "explain", made.Order.Number, "--data", data); !strings.Contains(why, "CUT-3") || !strings.Contains(why, "FEE-1") || !strings.Contains(why, "sano") {
		t.Errorf("the order's decisions lack a rule or who settled it:\n%s", why)
	}
	if again := who.run(t, "review", "settle", name, "--by", "sano", "--data", data); again.status != 1 || !strings.Contains(again.stderr, "nothing of document") {
		t.Errorf("settled twice: %s", again)
	}

	for _, r := range listed[reviewRow](t, who, "review", "list", "--json", "--data", data) {
		who.must(t, "review", "junk", r.Name, "--by", "sano", "--data", data)
	}
	eventually(t, "all documents are final", func() bool { return len(unfinished(t, who, data, "document", "page", "audit")) == 0 })
}

// Whoever reads the output may have seen enough: the command ends and takes PostgreSQL along.
func TestOutputCut(t *testing.T) {
	t.Parallel()
	who := self(t)
	data := filepath.Join(who.home, "shop")
	if err := written(); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"warehouses", "regions", "items", "stock"} {
		who.must(t, "import", kind, filepath.Join(samples, kind+".csv"), "--data", data)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := who.command(t.Context(), "stock", "--data", data)
	errs := newOutput()
	cmd.Stdout, cmd.Stderr = w, errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	if _, err := io.ReadFull(r, make([]byte, 20)); err != nil {
		t.Error(err)
	}
	_ = r.Close()
	_ = cmd.Wait()
	if got := cmd.ProcessState.String(); got != "exit status 1" || errs.String() != "" {
		t.Errorf("%s, and it said %q", got, errs)
	}
	if left := postgresUnder(data); len(left) > 0 {
		t.Errorf("PostgreSQL is left behind: %v", left)
	}
}
