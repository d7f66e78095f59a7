package chaos_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// inbox counts the mails that still lie where they came in, and elsewhere in the mailbox by hash.
func (r *run) inbox() int {
	n := 0
	for _, dir := range []string{"new", "cur"} {
		names, _ := os.ReadDir(filepath.Join(r.dovecot.Maildir(user), dir))
		n += len(names)
	}
	return n
}

// settle waits until nothing moves any more: what is left waits for a person.
func (r *run) settle() {
	const still = 12 * time.Minute // longer than any pause between two tries
	last, since := "", time.Now()
	for {
		var left, docs, moving int
		err := r.db.one(`SELECT
			(SELECT count(*) FROM document_states WHERE state = 'received')
			+ (SELECT count(*) FROM deliveries WHERE state = 'waiting')
			+ (SELECT count(*) FROM answers WHERE state = 'waiting')
			+ (SELECT count(*) FROM pick_lists WHERE issued_at IS NULL)
			+ (SELECT count(*) FROM orders WHERE state = 'accepted'),
			(SELECT count(*) FROM documents WHERE source = 'mail' AND parent_id IS NULL),
			(SELECT count(*) FROM river_job WHERE state IN ('available', 'running', 'retryable'))`, &left, &docs, &moving)
		inbox := r.inbox()
		if err == nil && left == 0 && moving == 0 && inbox == 0 && docs >= r.n {
			return
		}
		if now := fmt.Sprint(left, docs, inbox, moving); now != last && err == nil {
			last, since = now, time.Now()
		}
		if time.Since(since) > still {
			r.t.Errorf("it does not come to rest: %d not final, %d jobs, %d of %d mails stored, %d in the inbox (%v)", left, moving, docs, r.n, inbox, err)
			for _, j := range rows[struct{ Line string }](r, `SELECT concat_ws(' ', kind, args::text, state::text, attempt, scheduled_at, errors[array_upper(errors, 1)]::text)
				FROM river_job WHERE state IN ('available', 'running', 'retryable') ORDER BY id LIMIT 20`) {
				r.t.Log(j.Line)
			}
			return
		}
		<-time.After(50 * time.Millisecond)
	}
}

// document is one as the database has it.
type document struct {
	ID, Parent, DuplicateOf int64
	Source, SHA, State      string
	Detail, MediaType       string
}

// page is one as the database has it.
type page struct {
	Document int64
	No       int
	State    string
	Order    int64
	Reason   string
}

type placed struct {
	ID, Document int64
	Page         int
	Number       string
	Department   string
	Lines        []byte
}

// check holds everything against the ledger outside.
func (r *run) check() {
	t := r.t
	if len(r.panics) > 0 {
		t.Errorf("it panicked: %q", r.panics[:min(len(r.panics), 5)])
	}
	docs := rows[document](r, `SELECT d.id, coalesce(d.parent_id, 0), coalesce(d.duplicate_of, 0), d.source, d.sha256, s.state, s.detail, d.media_type
		FROM documents d JOIN document_states s ON s.document_id = d.id ORDER BY d.id`)
	pages := rows[page](r, `SELECT p.document_id, p.no, p.state, coalesce(p.order_id, 0), coalesce((SELECT v.reasons::text FROM reviews v WHERE v.page_id = p.id), '')
		FROM pages p ORDER BY p.document_id, p.no`)
	orders := rows[placed](r, `SELECT o.id, coalesce(o.document_id, 0), o.page_no, o.number, o.department_code,
		(SELECT json_object_agg(l.item_code, l.qty) FROM order_lines l WHERE l.order_id = o.id)::text::bytea FROM orders o ORDER BY o.id`)
	r.checkMails(docs)
	r.checkTransmissions(docs)
	r.checkFinal(docs, pages)
	r.checkOrders(docs, pages, orders)
	r.checkMailbox()
	r.checkAnswers()
	r.checkLedger()
}

// checkMails wants each mail once, byte for byte, and each of its faxes.
func (r *run) checkMails(docs []document) {
	t := r.t
	bySHA, parts := map[string][]document{}, map[int64]map[string][]document{}
	notes := 0
	for _, d := range docs {
		switch {
		case d.Parent != 0:
			if parts[d.Parent] == nil {
				parts[d.Parent] = map[string][]document{}
			}
			parts[d.Parent][d.SHA] = append(parts[d.Parent][d.SHA], d)
		case d.MediaType == "text/plain":
			notes++
		default:
			bySHA[d.SHA] = append(bySHA[d.SHA], d)
		}
	}
	wanted, large := map[string]int{}, 0
	of := map[string]sent{}
	for _, s := range r.ledger {
		if s.large {
			large++
			continue
		}
		wanted[s.sha]++
		of[s.sha] = s
	}
	for sha, n := range wanted {
		if got := len(bySHA[sha]); got != n {
			t.Errorf("%v: came %d times, is stored %d times", of[sha], n, got)
		}
		for _, d := range bySHA[sha] {
			for _, f := range of[sha].files {
				if got := len(parts[d.ID][f.sha]); got != 1 {
					t.Errorf("%v, document %d (%s %s): its attachment %.12s is %d documents", of[sha], d.ID, d.State, d.Detail, f.sha, got)
				}
			}
			kept, err := os.ReadFile(filepath.Join(r.data, "blobs", sha[:2], sha))
			if err != nil || hash(kept) != sha {
				t.Errorf("%v: its bytes are not kept: %v", of[sha], err)
			}
		}
		delete(bySHA, sha)
	}
	for sha, d := range bySHA {
		t.Errorf("document %d %.12s came from nowhere", d[0].ID, sha)
	}
	if notes != large {
		t.Errorf("%d mails are too large, %d notes tell of one", large, notes)
	}
}

// checkTransmissions wants each transmission to be worked once, however often its gateway mailed
// it, and each of its own that merely looks the same.
func (r *run) checkTransmissions(docs []document) {
	first, again := map[string]int{}, map[string]int{}
	of := map[string]sent{}
	for _, s := range r.ledger {
		for _, f := range s.files {
			if of[f.sha] = s; s.again {
				again[f.sha]++
			} else {
				first[f.sha]++
			}
		}
	}
	worked, closed := map[string]int{}, map[string]int{}
	for _, d := range docs {
		switch {
		case d.Parent == 0:
		case d.DuplicateOf != 0 && d.State == "duplicate":
			closed[d.SHA]++
		default:
			worked[d.SHA]++
		}
	}
	delete(of, hash(nil)) // empty files come with broken mails, too
	for sha, s := range of {
		if worked[sha] != first[sha] || closed[sha] != again[sha] {
			r.t.Errorf("%v: its attachment %.12s came in %d transmissions and %d times more; %d are worked, %d closed as duplicates", s, sha, first[sha], again[sha], worked[sha], closed[sha])
		}
	}
}

// checkFinal wants every document and page in a final state, or in a review that says why.
func (r *run) checkFinal(docs []document, pages []page) {
	t := r.t
	numbers := map[int64]int{}
	for _, p := range pages {
		if numbers[p.Document]++; numbers[p.Document] != p.No {
			t.Errorf("document %d: page %d is number %d", p.Document, p.No, numbers[p.Document])
		}
		if p.State == "review" && !strings.Contains(p.Reason, `"message"`) {
			t.Errorf("page %d.%d waits for a person and does not say why: %s", p.Document, p.No, p.Reason)
		}
	}
	length := map[string]int{}
	for _, s := range r.ledger {
		for _, f := range s.files {
			if s.kind != "damaged" && s.kind != "empty file" {
				length[f.sha] = len(f.forms)
			}
		}
	}
	for _, d := range docs {
		if d.State == "received" {
			t.Errorf("document %d was never read: %s", d.ID, d.Detail)
		}
		if want := length[d.SHA]; want != 0 && d.State != "duplicate" && numbers[d.ID] != want {
			t.Errorf("document %d has %d pages, %d were sent (%s %s)", d.ID, numbers[d.ID], want, d.State, d.Detail)
		}
	}
	for _, v := range rows[struct{ What string }](r, `SELECT format('document %s has %s open reviews of the whole', document_id, count(*))
			FROM reviews WHERE state = 'open' AND page_id IS NULL GROUP BY document_id HAVING count(*) > 1
		UNION ALL SELECT format('document %s waits for a person and no review says why', s.document_id) FROM document_states s
			WHERE s.state = 'review' AND NOT EXISTS (SELECT FROM reviews v WHERE v.document_id = s.document_id AND v.state = 'open')
		UNION ALL SELECT format('page %s of document %s made %s orders', o.page_no, o.document_id, count(*))
			FROM orders o GROUP BY o.document_id, o.page_no HAVING count(*) > 1`) {
		t.Error(v.What)
	}
}

// checkOrders wants each form that the reader is sure of to be one order, and no order twice or
// from nowhere.
func (r *run) checkOrders(docs []document, pages []page, orders []placed) {
	t := r.t
	made := map[string][]placed{}
	for _, o := range orders {
		var lines map[string]int
		must(t, json.Unmarshal(o.Lines, &lines))
		name := goods(o.Department, lines)
		made[name] = append(made[name], o)
	}
	known := map[string]int{}
	for n, f := range r.post.desk.made {
		known[f.goods] = n
	}
	for name, all := range made {
		if _, ok := known[name]; !ok {
			t.Errorf("order %s of document %d is of nobody: %s", all[0].Number, all[0].Document, name)
		}
		if len(all) > 1 {
			t.Errorf("%d orders of one form: %s of document %d, %s of document %d", len(all), all[0].Number, all[0].Document, all[1].Number, all[1].Document)
		}
	}
	sure := r.readAlone()
	r.sure = len(sure)
	for n, where := range sure {
		f := r.post.desk.made[n]
		if len(made[f.goods]) != 0 {
			continue
		}
		t.Errorf("form %d (%s) is read with certainty in %s and became no order: %s", n, f.goods, where, r.fate(where, docs, pages))
	}
}

// fate tells what became of a fax file.
func (r *run) fate(path string, docs []document, pages []page) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, d := range docs {
		if d.SHA != hash(data) {
			continue
		}
		fmt.Fprintf(&b, "\n  document %d %s %s", d.ID, d.State, d.Detail)
		for _, p := range pages {
			if p.Document == d.ID {
				fmt.Fprintf(&b, "; page %d %s %.300s", p.No, p.State, p.Reason)
			}
		}
	}
	return b.String()
}

// readAlone reads every file that was sent, one by one, with nothing else going on, and gives the
// forms that are accepted so, each with a file that holds it.
func (r *run) readAlone() map[int]string {
	t := r.t
	shop := filepath.Join(r.dir, "shop")
	out, err := exec.CommandContext(t.Context(), r.todoke, "sample", shop).CombinedOutput() //nolint:gosec // ours
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	forms := map[string][]int{}
	for _, s := range r.ledger {
		for _, f := range s.files {
			forms[f.sha] = f.forms
		}
	}
	paths, err := filepath.Glob(filepath.Join(r.dir, "faxes", "*"))
	must(t, err)
	sure := map[int]string{}
	const atOnce = 100
	for some := range slices.Chunk(paths, atOnce) {
		args := []string{"read", "--json", "--items", filepath.Join(shop, "items.csv"), "--customers", filepath.Join(shop, "customers.csv"), "--ship-tos", filepath.Join(shop, "ship_tos.csv")}
		cmd := exec.CommandContext(t.Context(), r.todoke, append(args, some...)...) //nolint:gosec // ours
		text, err := cmd.Output()
		if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok { // some cannot be decoded
			t.Fatal(err)
		}
		for d := json.NewDecoder(bytes.NewReader(text)); ; {
			var p struct {
				File     string
				Page     int
				Decision string
			}
			if err := d.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(p.File)
			must(t, err)
			of := forms[hash(data)]
			if p.Decision == "accept" && p.Page <= len(of) && of[p.Page-1] >= 0 {
				sure[of[p.Page-1]] = p.File
			}
		}
	}
	return sure
}

// checkMailbox wants the inbox empty and every mail in the folder that it belongs to.
func (r *run) checkMailbox() {
	t := r.t
	if n := r.inbox(); n != 0 {
		t.Errorf("%d mails are left in the mailbox", n)
	}
	there := map[string]int{}
	for _, folder := range []string{".Processed", ".Failed"} {
		for _, dir := range []string{"new", "cur"} {
			path := filepath.Join(r.dovecot.Maildir(user), folder, dir)
			names, err := os.ReadDir(path)
			if err != nil {
				continue
			}
			for _, name := range names {
				raw, err := os.ReadFile(filepath.Join(path, name.Name()))
				must(t, err)
				there[hash(asServed(raw))+folder]++
			}
		}
	}
	wanted := map[string]int{}
	for _, s := range r.ledger {
		folder := ".Processed"
		if s.large {
			folder = ".Failed"
		}
		wanted[s.sha+folder]++
	}
	for sha, n := range wanted {
		if there[sha] < n {
			t.Errorf("mail %.12s came %d times and lies %d times in its folder", sha, n, there[sha])
		}
		r.copies += max(0, there[sha]-n)
		delete(there, sha)
	}
	for sha := range there {
		t.Errorf("mail %.12s lies in a folder that it does not belong to: %s", sha, sha[64:])
	}
}

// checkLedger wants the program's own ledger and audit to agree.
func (r *run) checkLedger() {
	t := r.t
	cmd := r.command("ledger", "--check", "--json")
	text, err := cmd.Output()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	r.listed = map[string]int{}
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var e struct{ Kind, Name, State, Detail string }
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		r.listed[e.Kind+" "+e.State]++
		switch {
		case e.State == "review":
		case e.Kind == "order" && (e.State == "short" || e.State == "accepted" || e.State == "held"):
		case e.Kind == "pick_list" && e.State == "issued": // no warehouse reports here
		case e.Kind == "gateway" && strings.Contains(e.Name+e.Detail, strconv.Itoa(r.post.gap)):
			r.listed["gateway (the job that never came)"]++
		default:
			t.Errorf("the ledger lists %s %s %s: %s", e.Kind, e.Name, e.State, e.Detail)
		}
	}
	if r.post.gap != 0 && r.listed["gateway (the job that never came)"] != 1 {
		t.Errorf("the ledger does not tell that job %d never came", r.post.gap)
	}
}

// report prints the figures.
func (r *run) report(mails, all time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kinds, whom := map[string]int{}, map[string]int{}
	size := 0
	for _, s := range r.ledger {
		kinds[s.kind]++
		size += s.size
	}
	hit := 0
	for _, d := range r.deaths {
		whom[d.whom]++
		if d.when != "" {
			hit++
		}
	}
	states := map[string]int{}
	for _, s := range rows[struct {
		What string
		N    int
	}](r, `SELECT 'document ' || state, count(*) FROM document_states GROUP BY 1 UNION ALL SELECT 'page ' || state, count(*) FROM pages GROUP BY 1
		UNION ALL SELECT 'order ' || state, count(*) FROM orders GROUP BY 1 UNION ALL SELECT 'delivery ' || channel || ' ' || state, count(*) FROM deliveries v GROUP BY 1
		UNION ALL SELECT 'answer ' || state, count(*) FROM answers GROUP BY 1`) {
		states[s.What] = s.N
	}
	tell := func(m map[string]int) string {
		var all []string
		for _, k := range slices.Sorted(maps.Keys(m)) {
			all = append(all, fmt.Sprintf("%s %d", k, m[k]))
		}
		return strings.Join(all, ", ")
	}
	r.t.Logf("seed %d: %d mails (%.1f MB) and %d kills in %v; at rest and checked after %v", r.seed, len(r.ledger), float64(size)/1e6, len(r.deaths), mails.Round(time.Second), all.Round(time.Second))
	r.t.Logf("mails: %s", tell(kinds))
	r.t.Logf("killed: %s; %d at a moment waited for", tell(whom), hit)
	r.t.Logf("state: %s", tell(states))
	r.t.Logf("forms: %d different, %d read with certainty", len(r.post.desk.made), r.sure)
	r.t.Logf("ledger: %s", tell(r.listed))
	r.t.Logf("mails that lie twice in their folder: %d (moved, but killed before the server said so)", r.copies)
	r.t.Logf("answers: %s", tell(r.answers))
	peak, lives := r.shop.weight()
	r.t.Logf("todoke's peak memory: %d MiB over %d lives", peak>>20, lives)
}
