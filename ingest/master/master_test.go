package master_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"todoke/ingest/master"
	"todoke/order"
)

const itemHeader = "code,name,name_kana,unit,order_multiple,list_price_yen,tax_rate,class,category,returnable,no_saturday,eco_marks,successor_code\n"

func item(seq string) string { return order.WithCheckDigit(seq) }

func parseItems(t *testing.T, csv string) ([]order.Item, master.Report) {
	t.Helper()
	s, r := master.Parse(master.KindItems, "items.csv", []byte(csv), master.DefaultOptions())
	return s.Items, r
}

func TestItemsAreReadWhateverTheColumnOrder(t *testing.T) {
	t.Parallel()
	a, b := item("100001"), item("100002")
	csv := "\xef\xbb\xbfname,code,unit,name_kana,order_multiple,list_price_yen,tax_rate,class,category,returnable,no_saturday,successor_code,eco_marks\r\n" +
		"\"コピー用紙 A4, 500枚\"," + a + ",冊,コピーヨウシ,5,420,10,normal,コピー用紙,true,false,,エコマーク;グリーン購入法\r\n" +
		"緑茶," + b + ",箱,リョクチャ,１,2980,8,Normal,飲料,FALSE,no," + a + ",\r\n"
	got, r := parseItems(t, csv)
	if !r.OK() || r.Warnings != 0 {
		t.Fatal(r.Problems)
	}
	want := []order.Item{
		{Code: a, Name: "コピー用紙 A4, 500枚", NameKana: "コピーヨウシ", Unit: "冊", OrderMultiple: 5, ListPrice: 420, TaxRate: 10, Class: order.ClassNormal, Category: "コピー用紙", Returnable: true, EcoMarks: []string{"エコマーク", "グリーン購入法"}},
		{Code: b, Name: "緑茶", NameKana: "リョクチャ", Unit: "箱", OrderMultiple: 1, ListPrice: 2980, TaxRate: 8, Class: order.ClassNormal, Category: "飲料", SuccessorCode: a, Discontinued: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
}

func TestEveryProblemIsNamedWithItsPlace(t *testing.T) {
	t.Parallel()
	good := item("100001")
	row := func(code, multiple, price, rate, class, returnable string) string {
		return code + ",のり,ノリ,本," + multiple + "," + price + "," + rate + "," + class + ",文具," + returnable + ",false,,\n"
	}
	csv := itemHeader +
		row(good, "1", "100", "10", "normal", "true") + // 2: good
		row(good, "1", "100", "10", "normal", "true") + // 3: duplicate
		row("123", "0", "1,5", "9", "normal", "true") + // 4: comma makes one column too many
		row("123", "0", "-5", "9", "heavy", "maybe") + // 5
		"\"\",x\n" // 6
	_, r := parseItems(t, csv)
	var got []string
	for _, p := range r.Problems {
		if p.Message == "" || p.File != "items.csv" {
			t.Errorf("%+v", p)
		}
		got = append(got, strings.SplitN(p.String(), ":", 2)[0])
	}
	want := []string{
		"items.csv line 3",
		"items.csv line 4",
		"items.csv line 5, column 1 (code)",
		"items.csv line 5, column 5 (order_multiple)",
		"items.csv line 5, column 6 (list_price_yen)",
		"items.csv line 5, column 7 (tax_rate)",
		"items.csv line 5, column 8 (class)",
		"items.csv line 5, column 10 (returnable)",
		"items.csv line 6",
	}
	if !reflect.DeepEqual(got, want) || r.Errors != len(want) {
		t.Fatalf("got %d\n%s\nwant\n%s", r.Errors, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if err := r.Err(); order.KindOf(err) != order.KindInvalid || !strings.Contains(err.Error(), "9 errors") {
		t.Fatal(err)
	}
}

func TestFilesThatAreNoMaster(t *testing.T) {
	t.Parallel()
	o := master.DefaultOptions()
	o.MaxBytes, o.MaxLine, o.MaxRows = 1<<20, 1000, 3
	var rows strings.Builder
	for _, seq := range []string{"100001", "100002", "100003", "100004"} {
		rows.WriteString(item(seq) + ",のり,ノリ,本,1,100,10,normal,文具,true,false,,\n")
	}
	for name, c := range map[string]struct{ csv, want string }{
		"empty":          {"", "the file is empty"},
		"utf-16":         {"\xff\xfec\x00", "UTF-16"},
		"shift_jis":      {itemHeader + "\x92\x8d\x95\xb6\n", "line 2: the line is not UTF-8"},
		"binary":         {"PK\x03\x04\x00", "binary"},
		"tabs":           {strings.ReplaceAll(itemHeader, ",", "\t"), "separate them by commas"},
		"unknown column": {strings.Replace(itemHeader, "class", "colour", 1), "\"colour\" is no column"},
		"missing column": {strings.Replace(itemHeader, ",class", "", 1), "column class: the column is missing"},
		"twice":          {strings.Replace(itemHeader, "class", "code", 1), "stands twice"},
		"open quote":     {itemHeader + "\"abc,1\n", "double quote"},
		"bare quote":     {itemHeader + "a\"bc,1\n", "double quote"},
		"long line":      {itemHeader + strings.Repeat("a", 1001), "line 2: the line is longer than 1000"},
		"large":          {itemHeader + strings.Repeat("a\n", 1<<20), "larger"},
		"rows":           {itemHeader + rows.String(), "line 5: there are more than 3 rows"},
	} {
		_, r := master.Parse(master.KindItems, "items.csv", []byte(c.csv), o)
		if r.OK() {
			t.Errorf("%s: accepted", name)
			continue
		}
		if !strings.Contains(r.Err().Error(), c.want) {
			t.Errorf("%s: %v does not say %q", name, r.Err(), c.want)
		}
	}
}

func TestProblemsAreCappedButCounted(t *testing.T) {
	t.Parallel()
	o := master.DefaultOptions()
	o.MaxProblems = 5
	_, r := master.Parse(master.KindItems, "items.csv", []byte(itemHeader+strings.Repeat("x\n", 1000)), o)
	if r.Errors != 1000 || len(r.Problems) != 5 || !strings.Contains(r.Err().Error(), "and 995 more") {
		t.Fatal(r.Errors, len(r.Problems))
	}
}

func TestRegistrationNumbers(t *testing.T) {
	t.Parallel()
	head := "code,name,registration_number,address,fax,email\n"
	parse := func(n string) master.Report {
		_, r := master.Parse(master.KindDealers, "dealers.csv", []byte(head+"D1,見本販売,"+n+",東京都千代田区,0312345678,a@example.jp\n"), master.DefaultOptions())
		return r
	}
	if r := parse("T8700110005901"); !r.OK() || r.Warnings != 0 {
		t.Error(r.Problems)
	}
	if r := parse("T7700110005901"); !r.OK() || r.Warnings != 1 || r.Problems[0].Rule != "INV-1" {
		t.Error("a wrong corporate check digit is a warning (INV-1)", r.Problems)
	}
	if r := parse("8700110005901"); r.OK() {
		t.Error("a number without T is an error (INV-1)")
	}
}

// good is a small folder in which everything refers to something.
func good() fstest.MapFS {
	a, b := item("100001"), item("100002")
	d := order.WithCheckDigit("1000001")
	f := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"items.csv":      f(itemHeader + a + ",のり,ノリ,本,1,100,10,normal,文具,true,false,,\n" + b + ",旧のり,ノリ,本,1,90,10,normal,文具,true,false,," + a + "\n"),
		"dealers.csv":    f("code,name,registration_number,address,fax,email\nD1,見本販売,T8700110005901,東京都千代田区,03-1234-5678,a@example.jp\n"),
		"regions.csv":    f("region,prefectures,postal_prefixes,cutoff_fax,cutoff_web,cutoff_truck,lead_days\nall," + strings.Join(order.Prefectures(), " ") + ",,17:00,17:30,13:00,0\n"),
		"warehouses.csv": f("code,name,regions,fallback_order,channel,format\nW1,東,all,1,folder,xlsx;pdf\n"),
		"prices.csv":     f("price_list,item_code,price_yen,from_on\nP1," + a + ",80,2026-04-01\n"),
		"customers.csv":  f("code,name,company_code,company_name,dealer_code,fax,email,postal_code,prefecture,address,price_list,points,stockout,payment\n" + d + ",総務部,C1,見本商事,D1,03-1234-5678,,100-0001,東京都,千代田区千代田1-1,P1,true,backorder,invoice\n"),
		"users.csv":      f("code,department_code,name,email,role\nU1," + d + ",山田花子,,admin\n"),
		"ship_tos.csv":   f("code,company_code,name,postal_code,prefecture,address\n001,C1,倉庫,1000001,東京都,千代田区\n"),
		"stock.csv":      f("warehouse_code,item_code,on_hand,restock_on\nW1," + a + ",10,2026/1/5\n"),
		"carriers.csv":   f("carrier,region,class,weekdays,from_on,to_on,lead_days,name\nはやて便,all,truck,月木,,,,定休\nはやて便,,,,2026-12-15,2026-12-28,1,歳末\n"),
		"calendar.csv":   f("on,kind,name\n2026-12-30,closure,年末休業\n"),
		"warehouse_profiles.csv": f("warehouse_code,lists,sort,encoding,columns,copies,slips,returns,address,chase_minutes,host_key,fetch,contact,senders,results,carrier,tracking_url\n" +
			"W1,orders,item,CP932,location=ロケーション;item_code;quantity=数;order_number;line,2,true,false,sftp://w1@sftp.example.jp/in,30,ssh-ed25519 SHA256:" + strings.Repeat("a", 43) + ",out,pick@example.jp,a@example.jp;b@example.jp,shipped=実績;tracking=送状NO,はやて便,https://hayate.example/track?no={number}\n"),
		"locations.csv":      f("warehouse_code,item_code,location\nW1," + a + ",A-01-2\n"),
		"approval_flows.csv": f("department_code,from_on,all_orders,total_from_yen,unit_price_from_yen,over_budget,level1,level2\n" + d + ",2026-04-01,false,30000,,true,U1,\n"),
		"delegations.csv":    f("from_user,to_user,since_on,until_on\nU1,U2,2026-12-28,2027-01-04\n"),
		"budgets.csv":        f("department_code,user_code,span,limit_yen,over,from_on,year_start\n" + d + ",,year,300000,approve,2026-04-01,04-01\n"),
		"item_locks.csv":     f("department_code,user_code,item_code,category,from_on,until_on,reason\n" + d + ",," + a + ",,2026-04-01,,総務部で購入\n"),
	}
}

func TestReferencesBetweenFiles(t *testing.T) {
	t.Parallel()
	s, r, err := master.ReadDir(good(), master.NothingKnown(), master.DefaultOptions())
	if err != nil || !r.OK() || r.Warnings != 0 {
		t.Fatal(err, r.Problems)
	}
	if s.Stock[0].RestockOn != order.D(2026, 1, 5) || s.Customers[0].Fax != "0312345678" {
		t.Fatalf("%+v %+v", s.Stock[0], s.Customers[0])
	}

	a, b := item("100001"), item("100002")
	unknown := item("999999")
	for name, c := range map[string]struct{ file, old, new, want string }{
		"successor":         {"items.csv", "," + a + "\n", "," + unknown + "\n", "items.csv line 3, column 13 (successor_code): there is no item"},
		"circle":            {"items.csv", "false,,\n", "false,," + b + "\n", "circle"},
		"dealer":            {"customers.csv", "D1", "D9", "customers.csv line 2, column 5 (dealer_code): there is no dealer"},
		"department":        {"users.csv", "U1," + order.WithCheckDigit("1000001"), "U1," + order.WithCheckDigit("2000001"), "there is no department"},
		"company":           {"ship_tos.csv", "C1", "C9", "there is no company"},
		"profile of none":   {"warehouse_profiles.csv", "\nW1,", "\nW9,", "there is no warehouse"},
		"no such column":    {"warehouse_profiles.csv", ";line", ";lines", "no column of pick lists: they are no, done"},
		"column missing":    {"warehouse_profiles.csv", ";quantity=数", "", "the column quantity is missing"},
		"column twice":      {"warehouse_profiles.csv", ";line", ";line;line", "stands twice"},
		"no such result":    {"warehouse_profiles.csv", "tracking=送状NO", "parcel=送状NO", "no column of what comes back: they are list_number"},
		"result unnamed":    {"warehouse_profiles.csv", "tracking=送状NO", "tracking", "tracking has no heading"},
		"result twice":      {"warehouse_profiles.csv", "tracking=送状NO", "shipped=送状NO", "shipped stands twice"},
		"result heading":    {"warehouse_profiles.csv", "tracking=送状NO", "tracking=実績", "two columns have the heading"},
		"no parcel's place": {"warehouse_profiles.csv", "no={number}", "no=", "the address needs {number} once"},
		"number in host":    {"warehouse_profiles.csv", "https://hayate.example/track?no={number}", "https://{number}.example/", "is no address such as"},
		"no https":          {"warehouse_profiles.csv", "https://hayate", "http://hayate", "is no address such as"},
		"heading twice":     {"warehouse_profiles.csv", "quantity=数", "quantity=行", "two columns have the heading"},
		"heading empty":     {"warehouse_profiles.csv", "quantity=数", "quantity=", "empty heading"},
		"carbon of nothing": {"warehouse_profiles.csv", "true,false", "false,true", "carbon of the delivery slip"},
		"encoding":          {"warehouse_profiles.csv", "CP932", "latin1", "write one of utf-8, cp932"},
		"address":           {"warehouse_profiles.csv", "sftp://w1@", "sftp://w1:secret@", "holds a password"},
		"nothing to fetch":  {"warehouse_profiles.csv", "sftp://w1@sftp.example.jp/in", "", "fetched from an SFTP server"},
		"fingerprint":       {"warehouse_profiles.csv", "SHA256:aa", "SHA256:a", "no fingerprint of a host key"},
		"sender":            {"warehouse_profiles.csv", "b@example.jp", "b", "no mail address"},
		"location of none":  {"locations.csv", a, unknown, "there is no item"},
		"nobody approves":   {"approval_flows.csv", "true,U1", "true,", "nobody approves"},
		"second level":      {"approval_flows.csv", "U1,\n", ",U1\n", "the second level has approvers"},
		"nothing asked":     {"approval_flows.csv", "false,30000,,true", "false,,,false", "no order would need approval"},
		"half a yen":        {"approval_flows.csv", "30000", "-1", "negative"},
		"own delegate":      {"delegations.csv", "U1,U2", "U1,U1", "stands in for themselves"},
		"delegated back":    {"delegations.csv", "2027-01-04", "2026-01-04", "ends before it begins"},
		"span":              {"budgets.csv", "year,", "week,", "write one of month, year"},
		"year start":        {"budgets.csv", "04-01\n", "13-01\n", "not a day of the year"},
		"locked nothing":    {"item_locks.csv", a, "", "lock an item or a category"},
		"locked item":       {"item_locks.csv", a, unknown, "there is no item"},
		"region":            {"warehouses.csv", ",all,", ",north,", "there is no region"},
		"stock item":        {"stock.csv", a, unknown, "there is no item"},
		"stock place":       {"stock.csv", "W1", "W9", "there is no warehouse"},
		"price":             {"prices.csv", a, unknown, "there is no item"},
		"two fax users":     {"users.csv", "admin\n", "fax\nU2," + order.WithCheckDigit("1000001") + ",FAX,,fax\n", "PNT-5"},
		"fallback twice":    {"warehouses.csv", "pdf\n", "pdf\nW2,西,,1,folder,pdf\n", "same fallback order"},
		"same region":       {"warehouses.csv", "pdf\n", "pdf\nW2,西,all,2,folder,pdf\n", "served first by warehouse W1"},
		"company name":      {"customers.csv", "invoice\n", "invoice\n" + order.WithCheckDigit("1000002") + ",営業部,C1,別商事,D1,03-1234-5678,,100-0001,東京都,千代田区,,true,backorder,invoice\n", "is called"},
	} {
		dir := good()
		text := string(dir[c.file].Data)
		if !strings.Contains(text, c.old) {
			t.Fatalf("%s: %q is not in %s", name, c.old, c.file)
		}
		dir[c.file].Data = []byte(strings.Replace(text, c.old, c.new, 1))
		_, r, err := master.ReadDir(dir, master.NothingKnown(), master.DefaultOptions())
		if err != nil || r.OK() {
			t.Errorf("%s: accepted (%v)", name, err)
			continue
		}
		if !strings.Contains(r.Err().Error(), c.want) {
			t.Errorf("%s: %v does not say %q", name, r.Err(), c.want)
		}
	}
}

func TestOneFileMayReferToWhatIsStored(t *testing.T) {
	t.Parallel()
	a := item("100001")
	s, r := master.Parse(master.KindPrices, "prices.csv", []byte("price_list,item_code,price_yen,from_on\nP1,"+a+",80,2026-04-01\n"), master.DefaultOptions())
	if !r.OK() {
		t.Fatal(r.Problems)
	}
	known := master.NothingKnown()
	if r := s.Check(known, master.DefaultOptions()); r.OK() {
		t.Error("a price of an unknown item was accepted")
	}
	known.Items = map[string]bool{a: true}
	if r := s.Check(known, master.DefaultOptions()); !r.OK() {
		t.Error(r.Problems)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	s, r, err := master.ReadDir(good(), master.NothingKnown(), master.DefaultOptions())
	if err != nil || !r.OK() {
		t.Fatal(err, r.Problems)
	}
	for _, k := range master.Kinds() {
		var b bytes.Buffer
		if err := master.Encode(&b, k, &s); err != nil {
			t.Fatal(err)
		}
		back, r := master.Parse(k, k.FileName(), b.Bytes(), master.DefaultOptions())
		if !r.OK() || back.Len(k) != s.Len(k) || back.Len(k) == 0 {
			t.Fatal(k, r.Problems)
		}
		var again bytes.Buffer
		if err := master.Encode(&again, k, &back); err != nil || again.String() != b.String() {
			t.Fatalf("%s: %v\n%s\n%s", k, err, b.String(), again.String())
		}
	}
}

func FuzzParse(f *testing.F) {
	for name, file := range good() {
		for i, k := range master.Kinds() {
			if k.FileName() == name {
				f.Add(uint8(i), file.Data)
			}
		}
	}
	f.Add(uint8(3), []byte(itemHeader+"\"\n"))
	o := master.DefaultOptions()
	o.MaxBytes, o.MaxLine, o.MaxRows = 64<<10, 4<<10, 200
	f.Fuzz(func(t *testing.T, n uint8, data []byte) {
		k := master.Kinds()[int(n)%len(master.Kinds())]
		s, r := master.Parse(k, k.FileName(), data, o)
		s.Check(master.NothingKnown(), o)
		if !r.OK() {
			if r.Err() == nil || len(r.Problems) == 0 {
				t.Fatal("errors without a problem")
			}
			return
		}
		var b bytes.Buffer
		if err := master.Encode(&b, k, &s); err != nil {
			t.Fatal(err)
		}
		big := o
		big.MaxBytes, big.MaxLine = 10*o.MaxBytes, 10*o.MaxLine
		back, r2 := master.Parse(k, k.FileName(), b.Bytes(), big)
		if !r2.OK() || back.Len(k) != s.Len(k) {
			t.Fatalf("%q was read, but not what it was written as: %v", data, r2.Problems)
		}
		var again bytes.Buffer
		if err := master.Encode(&again, k, &back); err != nil || !bytes.Equal(again.Bytes(), b.Bytes()) {
			t.Fatalf("%s\n%s", b.Bytes(), again.Bytes())
		}
	})
}
