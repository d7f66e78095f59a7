package desk

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// Page is one page that is measured; %s is one of what the page is asked for.
type Page struct {
	Name, Path string
	Of         string     // query of what it is asked for, a column of text
	Form       url.Values // what is posted; nil asks for the page
}

// Pages are what is measured.
func Pages(today order.Date) []Page {
	const open = `SELECT document_id || '.1' FROM reviews WHERE state = 'open' ORDER BY id DESC LIMIT 200`
	return []Page{
		{"queue", "/desk/queue", "", nil},
		{"queue filtered", "/desk/queue?why=rule", "", nil},
		{"queue of a customer", "/desk/queue?customer=60000042", "", nil},
		{"queue of a person", "/desk/queue?who=me", "", nil},
		{"queue, second page", "/desk/queue?after=%s&at=0", `SELECT 'review%20' || id FROM reviews WHERE state = 'open' LIMIT 20`, nil},
		{"take the next", "/desk/next", "", nil},
		{"review", "/desk/review/%s", open, nil},
		{"key a field", "/desk/review/%s/key", open, url.Values{"field": {"lines[12].quantity"}, "value": {"4"}}},
		{"find an item", "/desk/review/%s/find?what=item&q=%%E3%%83%%9A%%E3%%83%%B3", open, nil},
		{"page image", "/desk/image/%s", open, nil},
		{"today", "/desk/today", "", nil},
		{"another day", "/desk/today?on=" + today.Add(-40).String(), "", nil},
		{"list of received", "/desk/today/list/received", "", nil},
		{"list of touched", "/desk/today/list/touched", "", nil},
		{"list of short", "/desk/today/list/short", "", nil},
		{"list of open", "/desk/today/list/open", "", nil},
		{"runs", "/desk/runs", "", nil},
		{"orders", "/desk/orders", "", nil},
		{"orders that are held", "/desk/orders?state=held", "", nil},
		{"search by number", "/desk/orders?q=%s", `SELECT number FROM orders WHERE id % 2777 = 0 LIMIT 200`, nil},
		{"search by document", "/desk/orders?q=%s", `SELECT id::text FROM documents WHERE id % 2777 = 0 LIMIT 200`, nil},
		{"search by customer", "/desk/orders?q=%s", `SELECT code FROM departments WHERE code LIKE '6%' LIMIT 200`, nil},
		{"search by name", "/desk/orders?q=%%E5%%8D%%B0%%E5%%88%%B7", "", nil},
		{"search by full name", "/desk/orders?q=%s", `SELECT name FROM companies WHERE code LIKE 'B%' ORDER BY code LIMIT 200`, nil},
		{"search by fax number", "/desk/orders?q=%s", `SELECT fax FROM departments WHERE code LIKE '6%' LIMIT 200`, nil},
		{"search by caller", "/desk/orders?q=03%s", `SELECT lpad((i * 37)::text, 8, '0') FROM generate_series(1, 200) i`, nil},
		{"search by digits", "/desk/orders?q=03%s", `SELECT lpad(i::text, 5, '0') FROM generate_series(1, 90) i`, nil},
		{"search by day", "/desk/orders?q=%s", `SELECT to_char(date '2026-11-24' - i, 'YYYY-MM-DD') FROM generate_series(1, 200) i`, nil},
		{"search by item", "/desk/orders?q=%s", `SELECT code FROM items WHERE class = 'normal' LIMIT 200`, nil},
		{"search by amount", "/desk/orders?q=%s", `SELECT goods_yen || '%E5%86%86' FROM orders WHERE id % 2777 = 0 LIMIT 200`, nil},
		{"search by both", "/desk/orders?q=%s", `SELECT o.department_code || '%20' || l.item_code FROM orders o JOIN order_lines l ON l.order_id = o.id AND l.no = 1 WHERE o.id % 2777 = 0 LIMIT 200`, nil},
		{"order", "/desk/orders/%s", `SELECT number FROM orders WHERE id % 2777 = 0 LIMIT 200`, nil},
		{"customers", "/desk/customers", "", nil},
		{"customers by name", "/desk/customers?q=%%E5%%8D%%B0%%E5%%88%%B7", "", nil},
		{"customer", "/desk/customers/%s", `SELECT code FROM departments WHERE code LIKE '6%' LIMIT 200`, nil},
		{"dealers", "/desk/dealers", "", nil},
		{"audit", "/desk/audits", "", nil},
		{"rules", "/desk/rules", "", nil},
		{"accesses", "/desk/accesses", "", nil},
	}
}

// Measure asks for each page so many times, one after the other, and prints how long answers took,
// and what each cost in processor time: that says something on a busy machine, too. What is not
// there is said to be missing.
func Measure(ctx context.Context, w io.Writer, pages http.Handler, superuser string, c Options, list []Page) error {
	db, err := pgx.Connect(ctx, superuser)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	// Nobody is at work on what a measurement before took.
	if _, err := db.Exec(ctx, "DELETE FROM desk_claims"); err != nil {
		return fmt.Errorf("free what was taken: %w", err)
	}
	server := httptest.NewServer(pages)
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form := url.Values{"login": {c.Login}, "password": {c.Secret}}
	login, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/desk/login", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	login.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	in, err := client.Do(login)
	if err != nil {
		return err
	}
	_ = in.Body.Close()
	fmt.Fprintf(w, "%-22s %6s %9s %9s %9s %9s %9s %10s\n", "PAGE", "N", "P50", "P95", "MOST", "GO CPU", "DB CPU", "BYTES")
	for _, p := range list {
		asked := []string{""}
		if p.Of != "" {
			rows, err := db.Query(ctx, p.Of)
			if err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
			if asked, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
		}
		if err := c.measure(ctx, w, db, client, server.URL, p, asked); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	fmt.Fprintf(w, "memory: this process at most %s; PostgreSQL's shared buffers %s\n", status("VmHWM"), setting(ctx, db, "shared_buffers"))
	return nil
}

func (c Options) measure(ctx context.Context, w io.Writer, db *pgx.Conn, client *http.Client, server string, p Page, asked []string) error {
	const warm = 2
	took := make([]time.Duration, 0, c.N)
	var size, code int
	var own, others time.Duration
	for i := range c.N + warm {
		if i == warm {
			own, others = cpu(), backends(ctx, db)
		}
		path := strings.ReplaceAll(p.Path, "%%", "%")
		if p.Of != "" {
			path = fmt.Sprintf(p.Path, asked[i%len(asked)])
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, server+path, http.NoBody)
		if p.Form != nil {
			r, err = http.NewRequestWithContext(ctx, http.MethodPost, server+path, strings.NewReader(p.Form.Encode()))
		}
		if err != nil {
			return err
		}
		if p.Form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("HX-Request", "true")
		}
		started := time.Now()
		resp, err := client.Do(r)
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			return err
		}
		if i >= warm {
			took = append(took, time.Since(started))
		}
		size, code = int(n), resp.StatusCode
		if code >= http.StatusBadRequest {
			fmt.Fprintf(w, "%-22s not measured: it answers %d\n", p.Name, code)
			return nil
		}
	}
	own, others = cpu()-own, backends(ctx, db)-others
	slices.Sort(took)
	at := func(percent int) time.Duration { return took[(len(took)-1)*percent/100].Round(100 * time.Microsecond) }
	each := func(d time.Duration) time.Duration {
		return (d / time.Duration(len(took))).Round(100 * time.Microsecond)
	}
	fmt.Fprintf(w, "%-22s %6d %9s %9s %9s %9s %9s %10d\n", p.Name, len(took), at(50), at(95), at(100), each(own), each(others), size)
	return nil
}

// cpu is what this process has used so far, this measurement's own client included.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// tick is the unit of /proc/PID/stat.
const tick = 10 * time.Millisecond

// backends is what PostgreSQL's processes that serve connections have used so far; 0 where they are
// on another machine.
func backends(ctx context.Context, db *pgx.Conn) time.Duration {
	rows, err := db.Query(ctx, "SELECT pid FROM pg_stat_activity WHERE backend_type IN ('client backend', 'parallel worker') AND pid <> pg_backend_pid()")
	if err != nil {
		return 0
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return 0
	}
	var sum time.Duration
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		const user, system = 11, 12 // of what follows the name
		if f := strings.Fields(rest); len(f) > system {
			for _, i := range []int{user, system} {
				n, _ := strconv.ParseInt(f[i], 10, 64)
				sum += time.Duration(n) * tick
			}
		}
	}
	return sum
}

// status is a line of /proc/self/status.
func status(name string) string {
	text, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(rest)
		}
	}
	return "unknown"
}

func setting(ctx context.Context, db *pgx.Conn, name string) string {
	var v string
	if err := db.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&v); err != nil {
		return "unknown"
	}
	return v
}
