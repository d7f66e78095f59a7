package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// base is one undisturbed demo that several tests look at.
var base undisturbed

type undisturbed struct {
	once sync.Once
	who  person
	data string
	run  result
	err  error
}

// demo runs the demo from nothing, as who runs the tests, without naming a folder.
func (u *undisturbed) demo(t *testing.T) (person, string, result) {
	t.Helper()
	u.once.Do(func() {
		if u.who, u.err = newHome("self", nil); u.err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		u.run, u.err = u.who.try(ctx, "demo")
		made, err := filepath.Glob(filepath.Join(u.who.home, "tmp", "todoke-demo-*"))
		if u.err = errors.Join(u.err, err); u.err == nil && len(made) != 1 {
			u.err = fmt.Errorf("the demo made %q", made)
		}
		if u.err == nil {
			u.data = made[0]
		}
	})
	if u.err != nil {
		t.Fatalf("%v\n%s", u.err, u.run)
	}
	return u.who, u.data, u.run
}

func (u *undisturbed) remove() {
	if u.who.home != "" {
		_ = os.RemoveAll(u.who.home)
	}
}

// What the commands print as JSON, as far as the tests look at it.
type (
	orderRow struct {
		Number       string    `json:"number"`
		State        string    `json:"state"`
		Channel      string    `json:"channel"`
		ReceivedAt   time.Time `json:"received_at"`
		AcceptanceOn string    `json:"acceptance_on"`
		DesignatedOn string    `json:"designated_on"`
		CustomerCode string    `json:"customer_code"`
		GoodsYen     int64     `json:"goods_yen"`
		Lines        []struct {
			No          int    `json:"no"`
			ItemCode    string `json:"item_code"`
			Quantity    int    `json:"quantity"`
			ReservedQty int    `json:"reserved_quantity"`
			Comment     string `json:"comment"`
		} `json:"lines"`
		Shipments []struct {
			State  string `json:"state"`
			ShipOn string `json:"ship_on"`
		} `json:"shipments"`
	}
	documentRow struct {
		ID          int64     `json:"id"`
		Source      string    `json:"source"`
		ExternalID  string    `json:"external_id"`
		Parent      int64     `json:"parent"`
		DuplicateOf int64     `json:"duplicate_of"`
		ReceivedAt  time.Time `json:"received_at"`
		FileName    string    `json:"file_name"`
		SHA256      string    `json:"sha256"`
		SizeBytes   int64     `json:"size_bytes"`
		State       string    `json:"state"`
		Detail      string    `json:"detail"`
		Pages       []struct {
			State  string `json:"state"`
			Detail string `json:"detail"`
		} `json:"pages"`
		Parts   []int64     `json:"parts"`
		Reviews []reviewRow `json:"reviews"`
	}
	reviewRow struct {
		Name     string `json:"name"`
		Document int64  `json:"document"`
		State    string `json:"state"`
		Problems []struct {
			Rule    string `json:"rule"`
			Field   string `json:"field"`
			Message string `json:"message"`
		} `json:"problems"`
		Fields []struct {
			Name     string `json:"name"`
			Text     string `json:"text"`
			Decision string `json:"decision"`
		} `json:"fields"`
	}
	stockRow struct {
		Warehouse string `json:"warehouse"`
		ItemCode  string `json:"item_code"`
		OnHand    int    `json:"on_hand"`
		Reserved  int    `json:"reserved"`
	}
	deliveryRow struct {
		ID         int64  `json:"id"`
		Kind       string `json:"kind"`
		Channel    string `json:"channel"`
		State      string `json:"state"`
		MaybeTwice bool   `json:"maybe_twice"`
	}
	ledgerRow struct {
		Kind   string `json:"kind"`
		Name   string `json:"name"`
		State  string `json:"state"`
		Detail string `json:"detail"`
	}
)

func orders(t *testing.T, p person, data string) []orderRow {
	t.Helper()
	return listed[orderRow](t, p, "order", "list", "--json", "--limit", "100000", "--data", data)
}

func documents(t *testing.T, p person, data string) []documentRow {
	t.Helper()
	return listed[documentRow](t, p, "document", "list", "--json", "--limit", "100000", "--data", data)
}

func TestDemo(t *testing.T) {
	t.Parallel()
	who, data, run := base.demo(t)
	if run.status != 0 {
		t.Fatal(run)
	}
	for _, want := range []string{
		"reserved stock is the sum of the allocations and never more than is on hand",
		"every released quantity is on exactly one list, none before its ship day or its ten minutes",
		"every document and page is final or in review",
	} {
		if !strings.Contains(run.stdout, want) {
			t.Errorf("the summary lacks %q", want)
		}
	}
	if strings.Contains(run.stdout, "WRONG") || strings.Contains(run.stderr, "level=ERROR") {
		t.Errorf("something is wrong:\n%s", run)
	}
	if !strings.Contains(run.stdout, data) {
		t.Errorf("the summary does not say that all lies in %s", data)
	}
	if left := postgresUnder(who.home); len(left) > 0 {
		t.Errorf("PostgreSQL is left behind: %v", left)
	}

	docs := documents(t, who, data)
	all := orders(t, who, data)
	stock := listed[stockRow](t, who, "stock", "--json", "--data", data)
	t.Run("documents", func(t *testing.T) {
		t.Parallel()
		demoDocuments(t, run.stdout, docs, all)
	})
	t.Run("pick lists", func(t *testing.T) {
		t.Parallel()
		demoLists(t, run.stdout, data, all, stock)
	})
	t.Run("answers", func(t *testing.T) {
		t.Parallel()
		demoAnswers(t, run.stdout, data, listed[deliveryRow](t, who, "delivery", "list", "--json", "--data", data))
	})
}

var pagesRead = regexp.MustCompile(`documents: (\d+) handed in, (\d+) pages read`)

// demoDocuments wants every document named with what became of it.
func demoDocuments(t *testing.T, stdout string, docs []documentRow, all []orderRow) {
	t.Helper()
	handed, web := map[string][]documentRow{}, 0
	parts := map[int64][]documentRow{}
	n := 0
	for _, d := range docs {
		switch {
		case d.Parent != 0:
			parts[d.Parent] = append(parts[d.Parent], d)
		case d.Source == "demo", d.Source == "mail":
			handed[d.ExternalID] = append(handed[d.ExternalID], d)
			if d.Source == "mail" {
				handed["mail"] = append(handed["mail"], d)
			}
			n++
		case strings.HasPrefix(d.Source, "web:"):
			web++
		}
		if d.State == "received" {
			t.Errorf("document %d %s was never read", d.ID, d.FileName)
		}
	}
	said := pagesRead.FindStringSubmatch(stdout)
	if said == nil {
		t.Fatalf("no count of documents in\n%s", stdout)
	}
	if said[1] != strconv.Itoa(n) {
		t.Errorf("the summary counts %s documents, %d are stored", said[1], n)
	}
	if pages, _ := strconv.Atoi(said[2]); pages < 40 {
		t.Errorf("%d pages, the demo has 40 or more", pages)
	}
	if web < 300 {
		t.Errorf("%d web orders, the demo has 300 or more", web)
	}

	_, section, _ := strings.Cut(stdout, "\ndocuments: ")
	section, _, _ = strings.Cut(section, "\n\n")
	fate := regexp.MustCompile(`order \d{3}-\d{3}-\d{4}|review|duplicate|attachment`)
	for _, d := range docs {
		if strings.HasPrefix(d.Source, "web:") {
			continue
		}
		line := regexp.MustCompile(fmt.Sprintf(`(?m)^  %d +%s .*$`, d.ID, regexp.QuoteMeta(d.FileName))).FindString(section)
		if !fate.MatchString(line) {
			t.Errorf("what became of document %d %s? %q", d.ID, d.FileName, line)
		}
	}

	if twice := handed["fax-01-g4.tif"]; len(twice) != 2 || twice[1].State != "duplicate" || twice[1].DuplicateOf != twice[0].ID {
		t.Errorf("handed in twice: %+v", twice)
	}
	if again := handed["fax-30-resent.tif"]; len(again) != 1 || !regexp.MustCompile(`fax-30-resent.tif .*review`).MatchString(section) {
		t.Errorf("sent again: %+v", again)
	}
	two := 0
	for _, mail := range handed["mail"] {
		if len(parts[mail.ID]) == 2 {
			two++
		}
	}
	if len(handed["mail"]) != 7 || two != 1 || !strings.Contains(stdout, "mail: 7 came, 0 left in the mailbox") {
		t.Errorf("%d mails came, %d of them with two TIFFs", len(handed["mail"]), two)
	}
	for _, kind := range []string{"fax-21-blank.tif", "fax-22-advert.tif", "fax-23-unknown-item.tif", "fax-24-empty-form.tif"} {
		if !regexp.MustCompile(kind + ` .*review`).MatchString(section) {
			t.Errorf("%s should wait for a person", kind)
		}
	}
	fax := 0
	for _, o := range all {
		if o.Channel == "fax" {
			fax++
		}
	}
	if fax < 20 {
		t.Errorf("only %d faxes became orders", fax)
	}
}

var (
	delivered = regexp.MustCompile(`(?m)^  deliveries by (fax|mail) +(\d+) sent$`)
	serverHas = regexp.MustCompile(`(?m)^  the mail server took (\d+) mail\(s\) with (\d+) PDF\(s\): (.+)$`)
	faxedTo   = regexp.MustCompile(`(?m)^Delivered-To: \d{10,11}@fax\.example\r?$`)
)

// demoAnswers wants every fax and mail to have reached the demo's mail server once: faxes as PDFs
// to the sample gateway, and all of it kept.
func demoAnswers(t *testing.T, stdout, data string, deliveries []deliveryRow) {
	t.Helper()
	want, kinds := map[string]int{}, map[string]int{}
	for _, d := range deliveries {
		want[d.Channel]++
		kinds[d.Channel+" "+d.Kind]++
		if d.State != "sent" || d.MaybeTwice {
			t.Errorf("delivery %d by %s is %s", d.ID, d.Channel, d.State)
		}
	}
	for _, kind := range []string{"fax acknowledgement", "fax stockout_notice", "mail order_mail"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s: %v", kind, kinds)
		}
	}
	said := map[string]int{}
	for _, m := range delivered.FindAllStringSubmatch(stdout, -1) {
		said[m[1]], _ = strconv.Atoi(m[2])
	}
	if said["fax"] != want["fax"] || said["mail"] != want["mail"] || want["fax"] < 20 {
		t.Errorf("the summary tells of %v, sent are %v", said, want)
	}
	server := serverHas.FindStringSubmatch(stdout)
	if server == nil || server[3] != filepath.Join(data, "sent") {
		t.Fatalf("the summary does not say what the mail server took: %q", server)
	}
	mails, faxes := files(server[3], ".eml"), 0
	for _, path := range mails {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !faxedTo.Match(b) {
			continue
		}
		faxes++
		pdf, err := os.ReadFile(strings.TrimSuffix(path, ".eml") + "-1.pdf")
		if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
			t.Errorf("the fax of %s: %v, %d bytes", path, err, len(pdf))
		}
	}
	if len(mails) != want["fax"]+want["mail"] || faxes != want["fax"] || server[1] != strconv.Itoa(len(mails)) || server[2] != strconv.Itoa(len(files(server[3], ".pdf"))) {
		t.Errorf("the mail server has %d mails, %d of them faxes; sent are %v; the summary says %q", len(mails), faxes, want, server)
	}
}

// picked is what the workbooks tell to pick: order number and line to quantity.
type picked map[string]int

var (
	listRow  = regexp.MustCompile(`(?m)^  (\d{3}-\d{3}-\d{4})  +(\S+) +(\d{4}-\d\d-\d\d) +(\S+) +(\d+) +(\d+) +(\d+) +(\S+)\.xlsx, \.pdf$`)
	listName = regexp.MustCompile(`^picklist_([A-Z0-9]+)_(\d{8})_(\w+)_(\d{10})\.xlsx$`)
)

// workbooks opens every pick list of a folder and adds up what it tells to pick.
func workbooks(t *testing.T, out string) (lists map[string]int, what picked) {
	t.Helper()
	lists, what = map[string]int{}, picked{}
	for _, path := range files(out, ".xlsx") {
		name := listName.FindStringSubmatch(filepath.Base(path))
		if name == nil {
			t.Errorf("%s is named oddly", path)
			continue
		}
		pdf, err := os.ReadFile(strings.TrimSuffix(path, ".xlsx") + ".pdf")
		if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.Contains(pdf[max(0, len(pdf)-64):], []byte("%%EOF")) {
			t.Errorf("the PDF of %s: %v, %d bytes", path, err, len(pdf))
		}
		lists[name[4]] += readList(t, path, what)
	}
	return lists, what
}

// readList adds a workbook's rows to what and gives their sum.
func readList(t *testing.T, path string, what picked) int {
	t.Helper()
	book, err := excelize.OpenFile(path)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return 0
	}
	defer func() { _ = book.Close() }()
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return 0
	}
	head := slices.IndexFunc(rows, func(r []string) bool { return slices.Contains(r, "商品コード") && slices.Contains(r, "数量") })
	if head < 0 {
		t.Errorf("%s has no head of columns", path)
		return 0
	}
	column := func(r []string, name string) string {
		if i := slices.Index(rows[head], name); i >= 0 && i < len(r) {
			return r[i]
		}
		return ""
	}
	sum := 0
	for _, r := range rows[head+1:] {
		number := column(r, "注文番号")
		if number == "" {
			continue
		}
		qty, err := strconv.Atoi(column(r, "数量"))
		if err != nil || qty <= 0 {
			t.Errorf("%s tells to pick %q", path, column(r, "数量"))
		}
		what[strings.ReplaceAll(number, "-", "")+"/"+column(r, "行")+"/"+column(r, "商品コード")] += qty
		sum += qty
	}
	return sum
}

// demoLists opens every pick list and holds it against the summary, the orders and the stock.
func demoLists(t *testing.T, stdout, data string, all []orderRow, stock []stockRow) {
	t.Helper()
	out := filepath.Join(data, "out")
	lists, what := workbooks(t, out)
	warehouses := map[string]bool{}
	told := listRow.FindAllStringSubmatch(stdout, -1)
	for _, l := range told {
		warehouses[l[2]] = true
		number := strings.ReplaceAll(l[1], "-", "")
		if units, _ := strconv.Atoi(l[7]); lists[number] != units || units == 0 {
			t.Errorf("list %s has %d units in the workbook, %d in the summary", l[1], lists[number], units)
		}
		for _, ext := range []string{".xlsx", ".pdf"} {
			if _, err := os.Stat(filepath.Join(out, l[8]+ext)); err != nil {
				t.Error(err)
			}
		}
	}
	if len(told) == 0 || len(told) != len(lists) {
		t.Errorf("the summary tells of %d lists, the folder holds %d", len(told), len(lists))
	}
	for _, w := range []string{"E1", "W1", "N1"} {
		if !warehouses[w] {
			t.Errorf("no list for warehouse %s", w)
		}
	}
	checkPicked(t, what, all)

	reserved, ordered := map[string]int{}, map[string]int{}
	for _, s := range stock {
		if s.Reserved > s.OnHand {
			t.Errorf("%s in %s: %d reserved of %d", s.ItemCode, s.Warehouse, s.Reserved, s.OnHand)
		}
		reserved[s.ItemCode] += s.Reserved
	}
	for _, o := range all {
		for _, l := range o.Lines {
			ordered[l.ItemCode] += l.ReservedQty
		}
	}
	for item, qty := range reserved {
		if ordered[item] != qty {
			t.Errorf("%s: %d reserved in stock, %d in the orders' lines", item, qty, ordered[item])
		}
	}
}

// checkPicked holds what is on lists against the orders: nothing twice, nothing missing, and
// nothing before its ship day.
func checkPicked(t *testing.T, what picked, all []orderRow) {
	t.Helper()
	known := map[string]bool{}
	complete := 0
	for _, o := range all {
		released, days := 0, map[string]bool{}
		for _, s := range o.Shipments {
			days[s.ShipOn] = true
			if s.State == "released" {
				released++
			}
		}
		whole := released > 0 && released == len(o.Shipments)
		if whole {
			complete++
		}
		for _, l := range o.Lines {
			key := fmt.Sprintf("%s/%d/%s", o.Number, l.No, l.ItemCode)
			known[key] = true
			qty := what[key]
			switch {
			case qty > l.ReservedQty:
				t.Errorf("order %s line %d: %d on lists, %d reserved", o.Number, l.No, qty, l.ReservedQty)
			case whole && qty != l.ReservedQty:
				t.Errorf("order %s line %d is released: %d on lists, %d reserved", o.Number, l.No, qty, l.ReservedQty)
			case released == 0 && qty > 0:
				t.Errorf("order %s line %d is on a list and not released", o.Number, l.No)
			}
		}
	}
	for key := range what {
		if !known[key] {
			t.Errorf("a list names %s, which no order has", key)
		}
	}
	if complete < 100 {
		t.Errorf("only %d orders are released", complete)
	}
}

// unstable is what a line has from when it was worked: the reservation, and the document that
// its written comment stands on.
var unstable = regexp.MustCompile(`"reserved_quantity":\d+|受信文書\d+`)

// contents are the orders without what depends on when each was worked: numbers, and where
// stock was found.
func contents(all []orderRow) []string {
	var out []string
	for _, o := range all {
		lines, err := json.Marshal(o.Lines)
		if err != nil {
			panic(err)
		}
		lines = unstable.ReplaceAll(lines, nil)
		out = append(out, fmt.Sprint(o.Channel, o.ReceivedAt.Unix(), o.AcceptanceOn, o.DesignatedOn, o.CustomerCode, o.GoodsYen, string(lines)))
	}
	slices.Sort(out)
	return out
}

// handIns are the documents without their numbers.
func handIns(docs []documentRow) []string {
	var out []string
	for _, d := range docs {
		if d.Source == "mail" && d.Parent == 0 { // named by its number in the mailbox, which is another in each run
			d.ExternalID, d.FileName = "", ""
		}
		out = append(out, fmt.Sprint(d.Source, " ", d.ExternalID, " ", d.FileName, " ", d.ReceivedAt.Unix(), " ", d.SHA256[:12], " ", d.State, " ", d.Parent != 0))
	}
	slices.Sort(out)
	return out
}

// difference tells what is in only one of two sorted lists.
func difference(a, b []string) string {
	var out strings.Builder
	for _, s := range a {
		if _, found := slices.BinarySearch(b, s); !found {
			fmt.Fprintln(&out, "-", s)
		}
	}
	for _, s := range b {
		if _, found := slices.BinarySearch(a, s); !found {
			fmt.Fprintln(&out, "+", s)
		}
	}
	return out.String()
}

// A demo that is killed again and again, itself and its PostgreSQL, ends where one ends that
// nobody disturbed: the same documents, the same orders, nothing picked twice.
func TestDemoKilled(t *testing.T) {
	t.Parallel()
	who := ordinary(t)
	data := filepath.Join(who.home, "届け, the shop's") // people name folders as they please
	demo := func() *process { return who.start(t, "demo", "--data", data) }
	blobs, out := filepath.Join(data, "blobs"), filepath.Join(data, "out")

	first := demo()
	eventually(t, "the first documents are stored", func() bool { return first.ended() || len(files(blobs, "")) > 10 })
	first.signal(t, syscall.SIGKILL)
	if first.wait(t) != -1 {
		t.Fatalf("the kill came too late:\n%s", first.out)
	}
	eventually(t, "PostgreSQL ends when its parent is killed", func() bool { return len(postgresUnder(data)) == 0 })

	second := demo()
	second.says(t, "going on where a demo stood at ")
	eventually(t, "the first pick list is delivered", func() bool { return second.ended() || len(files(out, ".pdf"))+len(files(out, ".xlsx")) > 0 })
	second.signal(t, syscall.SIGKILL)
	if second.wait(t) != -1 {
		t.Fatalf("the kill came too late:\n%s", second.out)
	}

	// At once, while the PostgreSQL of the one before may still be stopping.
	third := demo()
	third.says(t, "faxes and web orders written")
	seen := len(files(out, ".xlsx"))
	eventually(t, "more pick lists", func() bool { return third.ended() || len(files(out, ".xlsx")) > seen+2 })
	pid := postmaster(data)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("kill postmaster %d: %v\n%s", pid, err, third.out)
	}
	switch status := third.wait(t); status {
	case 0: // it started PostgreSQL again and went on
	case 1:
		if !strings.Contains(third.out.String(), "todoke: ") {
			t.Errorf("it failed without a word:\n%s", third.out)
		}
	default:
		t.Errorf("status %d:\n%s", status, third.out)
	}
	eventually(t, "no PostgreSQL is left behind", func() bool { return len(postgresUnder(data)) == 0 })

	last := who.run(t, "demo", "--data", data)
	if last.status != 0 {
		t.Fatal(last)
	}
	all, docs := orders(t, who, data), documents(t, who, data)
	lists, what := workbooks(t, out)
	checkPicked(t, what, all)
	if left := files(out, ".part"); len(left) > 0 {
		t.Errorf("half a delivery is left: %q", left)
	}

	owner, whole, run := base.demo(t)
	if run.status != 0 {
		t.Fatal("the undisturbed demo failed")
	}
	if d := difference(contents(orders(t, owner, whole)), contents(all)); d != "" {
		t.Errorf("orders that only the undisturbed demo (-) or the killed one (+) has:\n%s", d)
	}
	if d := difference(handIns(documents(t, owner, whole)), handIns(docs)); d != "" {
		t.Errorf("documents that only the undisturbed demo (-) or the killed one (+) has:\n%s", d)
	}

	// Once more on the same folder: nothing is added.
	again := who.run(t, "demo", "--data", data)
	if again.status != 0 {
		t.Fatal(again)
	}
	if n := len(orders(t, who, data)); n != len(all) {
		t.Errorf("%d orders, and %d after a second run", len(all), n)
	}
	if n := len(documents(t, who, data)); n != len(docs) {
		t.Errorf("%d documents, and %d after a second run", len(docs), n)
	}
	if after, _ := workbooks(t, out); len(after) != len(lists) {
		t.Errorf("%d pick lists, and %d after a second run", len(lists), len(after))
	}
}
