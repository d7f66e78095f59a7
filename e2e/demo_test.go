package e2e_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
		Payment   string `json:"payment"`
		Shipments []struct {
			State    string   `json:"state"`
			ShipOn   string   `json:"ship_on"`
			Tracking []string `json:"tracking"`
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
		Number     string `json:"number"`
		Kind       string `json:"kind"`
		Channel    string `json:"channel"`
		State      string `json:"state"`
		MaybeTwice bool   `json:"maybe_twice"`
	}
	partnerFileRow struct {
		Warehouse  string `json:"warehouse"`
		Channel    string `json:"channel"`
		Name       string `json:"name"`
		State      string `json:"state"`
		Kind       string `json:"kind"`
		ClosedNote string `json:"closed_note"`
		Outcome    struct {
			Result struct {
				Shipped int `json:"shipped"`
				Short   int `json:"short"`
			} `json:"result"`
			Count struct {
				Items int `json:"items"`
				Set   int `json:"set"`
				Same  int `json:"same"`
			} `json:"count"`
		} `json:"outcome"`
		Faults []struct {
			Line   int    `json:"line"`
			Column int    `json:"column"`
			Rule   string `json:"rule"`
		} `json:"faults"`
	}
	paymentRow struct {
		Order string `json:"order"`
		Kind  string `json:"kind"`
		State string `json:"state"`
		Yen   int64  `json:"yen"`
		Tries int    `json:"tries"`
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
	deliveries := listed[deliveryRow](t, who, "delivery", "list", "--json", "--data", data)
	t.Run("answers", func(t *testing.T) {
		t.Parallel()
		demoAnswers(t, run.stdout, data, deliveries)
	})
	came := listed[partnerFileRow](t, who, "warehouse", "files", "--json", "--limit", "1000", "--data", data)
	t.Run("partners", func(t *testing.T) {
		t.Parallel()
		demoPartners(t, run.stdout, data, came, deliveries, all)
	})
	payments := listed[paymentRow](t, who, "payment", "list", "--json", "--limit", "1000", "--data", data)
	t.Run("cards", func(t *testing.T) {
		t.Parallel()
		demoCards(t, run.stdout, payments, all)
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
	fate := regexp.MustCompile(`order \d{3}-\d{3}-\d{4}|review|duplicate|attachment|taken as file \d+ of warehouse W1`)
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
	two, partners := 0, 0
	for _, mail := range handed["mail"] {
		switch len(parts[mail.ID]) {
		case 0:
			partners++
		case 2:
			two++
		}
	}
	if faxes := len(handed["mail"]) - partners; faxes != 7 || two != 1 || partners < 6 ||
		!strings.Contains(stdout, fmt.Sprintf("mail: 7 came of the fax gateway and %d of the partner W1, 0 left in the mailbox", partners)) {
		t.Errorf("%d mails of the gateway came, %d of them with two TIFFs, %d of the partner", faxes, two, partners)
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
	delivered = regexp.MustCompile(`(?m)^  deliveries by (\w+) +(\d+) sent$`)
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
	for _, kind := range []string{"fax acknowledgement", "fax stockout_notice", "mail order_mail", "mail shipping_notice", "sftp pick_list", "email pick_list", "api pick_list", "sftp partner_errors"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s: %v", kind, kinds)
		}
	}
	said := map[string]int{}
	for _, m := range delivered.FindAllStringSubmatch(stdout, -1) {
		said[m[1]], _ = strconv.Atoi(m[2])
	}
	if !maps.Equal(said, want) || want["fax"] < 20 {
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
	if len(mails) != want["fax"]+want["mail"]+want["email"] || faxes != want["fax"] || server[1] != strconv.Itoa(len(mails)) || server[2] != strconv.Itoa(len(files(server[3], ".pdf"))) {
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
	out := filepath.Join(data, "partners")
	lists, what := workbooks(t, out)
	broken := shorts(t, out)
	warehouses := map[string]bool{}
	told := listRow.FindAllStringSubmatch(stdout, -1)
	for _, l := range told {
		warehouses[l[2]] = true
		number := strings.ReplaceAll(l[1], "-", "")
		if units, _ := strconv.Atoi(l[7]); lists[number] != units || units == 0 {
			t.Errorf("list %s has %d units in the workbook, %d in the summary", l[1], lists[number], units)
		}
		if dir := strings.ToLower(l[2]) + "/in/"; !strings.HasPrefix(l[8], dir) {
			t.Errorf("list %s of %s lies at %s", l[1], l[2], l[8])
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
	checkPicked(t, what, broken, all)

	reserved, ordered := map[string]int{}, map[string]int{}
	for _, s := range stock {
		if s.Reserved > s.OnHand {
			t.Errorf("%s in %s: %d reserved of %d", s.ItemCode, s.Warehouse, s.Reserved, s.OnHand)
		}
		reserved[s.ItemCode] += s.Reserved
	}
	for _, o := range all {
		for _, l := range o.Lines {
			ordered[l.ItemCode] += l.ReservedQty // what left stays with its line
		}
	}
	for key, qty := range what {
		ordered[key[strings.LastIndex(key, "/")+1:]] -= qty - broken[key]
	}
	for item, qty := range reserved {
		if ordered[item] != qty {
			t.Errorf("%s: %d reserved in stock, %d in the orders' lines and not shipped", item, qty, ordered[item])
		}
	}
}

// shorts is what the partners' results say was not there.
func shorts(t *testing.T, partners string) picked {
	t.Helper()
	out := picked{}
	for _, path := range files(filepath.Join(partners, "e1", "out", "done"), ".csv") {
		if !strings.Contains(path, "jisseki") {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		at := func(r []string, name string) string { return r[slices.Index(rows[0], name)] }
		for _, r := range rows[1:] {
			if n, _ := strconv.Atoi(at(r, "欠品数")); n > 0 {
				out[strings.ReplaceAll(at(r, "注文番号"), "-", "")+"/"+at(r, "行")+"/"+at(r, "商品コード")] += n
			}
		}
	}
	return out
}

// demoPartners wants what each partner sent to be applied or refused by its way, each list to be
// reported, and each customer to be told once.
func demoPartners(t *testing.T, stdout, data string, came []partnerFileRow, deliveries []deliveryRow, all []orderRow) {
	t.Helper()
	partners := filepath.Join(data, "partners")
	kinds := map[string]int{}
	shipped, short := 0, 0
	for _, f := range came {
		kinds[f.Warehouse+" "+f.Channel+" "+f.Kind+" "+f.State]++
		shipped += f.Outcome.Result.Shipped
		short += f.Outcome.Result.Short
		if f.State == "refused" {
			if len(f.Faults) != 2 || f.Faults[0].Line != 2 || f.Faults[0].Column == 0 || f.Faults[0].Rule != "WHS-2" || f.ClosedNote == "" {
				t.Errorf("refused: %+v", f)
			}
		}
		if f.Kind == "count" && (f.Outcome.Count.Set != 1 || f.Outcome.Count.Same != 5) {
			t.Errorf("counted: %+v", f)
		}
	}
	for kind, least := range map[string]int{
		"E1 sftp result applied": 3, "W1 mail result applied": 3, "N1 api result applied": 3, "E1 sftp result refused": 1,
		"E1 sftp count applied": 1, "E1 sftp acknowledgement applied": 3, "W1 mail acknowledgement applied": 3,
	} {
		if kinds[kind] < least || least == 1 && kinds[kind] != 1 {
			t.Errorf("%d × %s, want %d: %v", kinds[kind], kind, least, kinds)
		}
	}
	lists, _ := workbooks(t, partners)
	units := 0
	for _, n := range lists {
		units += n
	}
	broken := shorts(t, partners)
	if units != shipped+short || short != 1 || len(broken) != 1 {
		t.Errorf("%d units on lists, reported are %d shipped and %d short (%v)", units, shipped, short, broken)
	}
	told, err := os.ReadFile(filepath.Join(partners, "e1", "in", "jisseki_20261125.errors.csv"))
	if err != nil || !bytes.Contains(told, []byte("2,4,出荷数,ピッキングリストより1多く報告されています")) {
		t.Errorf("the wrong file was answered %q, %v", told, err)
	}

	notices, left := map[string]int{}, map[string]int{}
	for _, d := range deliveries {
		if d.Kind == "shipping_notice" {
			notices[d.Number]++
		}
	}
	for _, o := range all {
		for i, s := range o.Shipments {
			switch s.State {
			case "shipped":
				left[o.Channel]++
				if len(s.Tracking) == 0 {
					t.Errorf("shipment %d of order %s has no tracking number", i+1, o.Number)
				}
			case "released":
				t.Errorf("shipment %d of order %s is on a list and nobody told of it", i+1, o.Number)
			}
		}
	}
	for number, n := range notices {
		if n != 1 {
			t.Errorf("%d mails tell of shipment %s", n, number)
		}
	}
	// Customers of the web are told by mail where they have one; faxes are answered by fax.
	if len(notices) < left["web"]*4/5 || len(notices) > left["web"]+left["fax"] || !strings.Contains(stdout, fmt.Sprintf("; %d shipping mail(s) told customers", len(notices))) {
		t.Errorf("%d mails tell of the shipments %v", len(notices), left)
	}
}

// demoCards wants every card to be charged once for what left, though the gateway was not there at first.
func demoCards(t *testing.T, stdout string, payments []paymentRow, all []orderRow) {
	t.Helper()
	captured, again := map[string]int{}, 0
	for _, p := range payments {
		if p.State != "done" || p.Yen < 0 {
			t.Errorf("%+v", p)
		}
		if p.Kind == "capture" {
			captured[p.Order]++
			if p.Tries > 1 {
				again++
				if !strings.Contains(stdout, "  failed first, then done: capture of ") {
					t.Errorf("the summary does not tell of %+v", p)
				}
			}
		}
	}
	n := 0
	for _, o := range all {
		if o.Payment != "card" {
			continue
		}
		left := 0
		for _, s := range o.Shipments {
			if s.State == "shipped" || s.State == "released" {
				left++
			}
		}
		n += left
		if captured[o.Number] != left {
			t.Errorf("order %s: %d shipments left, %d captures", o.Number, left, captured[o.Number])
		}
	}
	if n < 3 || again == 0 || !strings.Contains(stdout, fmt.Sprintf("cards: %d captured before their goods were released", n)) {
		t.Errorf("%d shipments were paid by card, %d of them at the second try", n, again)
	}
}

// checkPicked holds what is on lists against the orders: nothing twice, nothing missing, and
// nothing before its ship day. What was broken is on a list twice.
func checkPicked(t *testing.T, what, broken picked, all []orderRow) {
	t.Helper()
	known := map[string]bool{}
	complete := 0
	for _, o := range all {
		released, days := 0, map[string]bool{}
		for _, s := range o.Shipments {
			days[s.ShipOn] = true
			if s.State == "released" || s.State == "shipped" {
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
			qty := what[key] - broken[key]
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
		if d.Source == "mail" && d.Parent == 0 && len(d.Parts) == 0 { // a partner's, which names orders and lists
			continue
		}
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
	blobs, out := filepath.Join(data, "blobs"), filepath.Join(data, "partners")

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
	checkPicked(t, what, shorts(t, out), all)
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
