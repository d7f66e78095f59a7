package samples_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"todoke/ingest/master"
	"todoke/order"
	"todoke/rules"
	"todoke/samples"
)

func TestShopHasItsSize(t *testing.T) {
	t.Parallel()
	s := samples.Shop()
	companies := map[string]bool{}
	names := map[string]bool{}
	for _, d := range s.Customers {
		companies[d.CompanyCode] = true
		names[d.CompanyName] = true
	}
	for what, n := range map[string][2]int{
		"items":         {len(s.Items), samples.ItemCount},
		"departments":   {len(s.Customers), samples.DepartmentCount},
		"companies":     {len(companies), samples.CompanyCount},
		"company names": {len(names), samples.CompanyCount},
		"dealers":       {len(s.Dealers), samples.DealerCount},
		"warehouses":    {len(s.Warehouses), samples.WarehouseCount},
	} {
		if n[0] != n[1] {
			t.Errorf("%d %s, want %d", n[0], what, n[1])
		}
	}
}

func TestWrittenShopIsTheSameAndValid(t *testing.T) {
	t.Parallel()
	sum := func(dir string) string {
		if err := master.WriteDir(dir, samples.Shop()); err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		for _, k := range master.Kinds() {
			b, err := os.ReadFile(filepath.Join(dir, k.FileName()))
			if err != nil {
				t.Fatal(err)
			}
			h.Write(b)
		}
		return hex.EncodeToString(h.Sum(nil))
	}
	dir := t.TempDir()
	got := sum(dir)
	if again := sum(t.TempDir()); again != got {
		t.Fatal("two writings differ")
	}
	// A change of the sample shop changes what everybody's tests and demos see: it is made on
	// purpose or not at all.
	const want = "184d12c822089a2cdeaa7bd773b701bd4b5a0768e0b843c0973b8b451646a322"
	if got != want {
		t.Errorf("the sample shop changed: hash %s, want %s", got, want)
	}

	s, r, err := master.ReadDir(os.DirFS(dir), master.NothingKnown(), master.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.Problems {
		t.Error(p)
	}
	if s.Len(master.KindItems) != samples.ItemCount {
		t.Error(s.Len(master.KindItems))
	}
}

func TestItemsAreBelievable(t *testing.T) {
	t.Parallel()
	s := samples.Shop()
	names := map[string]bool{}
	class := map[order.Class]int{}
	byCode := map[string]order.Item{}
	for _, it := range s.Items {
		byCode[it.Code] = it
	}
	var reduced, discontinued, noSaturday, eco int
	for _, it := range s.Items {
		if names[it.Name] {
			t.Errorf("%s twice", it.Name)
		}
		names[it.Name] = true
		class[it.Class]++
		if food := it.Category == "飲料・食品"; food != (it.TaxRate == 8) || food && it.Returnable {
			t.Errorf("%s: rate %d, returnable %v", it.Name, it.TaxRate, it.Returnable)
		}
		if it.ListPrice < 20 || it.ListPrice > 500_000 {
			t.Errorf("%s costs %d", it.Name, it.ListPrice)
		}
		for _, r := range it.NameKana {
			if r >= 'ぁ' && r <= 'ゖ' || r >= '一' && r <= '龥' {
				t.Errorf("kana of %s: %s", it.Name, it.NameKana)
				break
			}
		}
		if it.TaxRate == 8 {
			reduced++
		}
		if it.Discontinued {
			discontinued++
			if next := byCode[it.SuccessorCode]; next.Discontinued || next.Category != it.Category {
				t.Errorf("%s is followed by %s", it.Name, next.Name)
			}
		}
		if it.NoSaturday {
			noSaturday++
		}
		if len(it.EcoMarks) > 0 {
			eco++
		}
	}
	if class[order.ClassTruck] < 200 || class[order.ClassPhone] < 20 || reduced < 100 || discontinued < 50 || noSaturday < 50 || eco < 500 {
		t.Error(class, reduced, discontinued, noSaturday, eco)
	}
}

func TestRegionsAreTheRulesOwn(t *testing.T) {
	t.Parallel()
	s := samples.Shop()
	def, err := rules.NewRegions(rules.DefaultRegions(rules.Default()))
	if err != nil {
		t.Fatal(err)
	}
	own, err := rules.NewRegions(s.Regions)
	if err != nil {
		t.Fatal(err)
	}
	same := func(prefecture, postal string) {
		t.Helper()
		a, okA := def.Find(prefecture, postal)
		b, okB := own.Find(prefecture, postal)
		if !okA || !okB || a.CutoffFax != b.CutoffFax || a.CutoffWeb != b.CutoffWeb || a.CutoffTruck != b.CutoffTruck || a.LeadDays != b.LeadDays {
			t.Errorf("%s %s: %+v, %+v", prefecture, postal, a, b)
		}
	}
	for _, p := range order.Prefectures() {
		same(p, "")
	}
	islands := 0
	for _, d := range s.Customers {
		same(d.Prefecture, d.PostalCode)
		if r, _ := own.Find(d.Prefecture, d.PostalCode); r.Code == rules.RegionIslands {
			islands++
			if !strings.ContainsAny(d.Address, "島利佐渡対馬奄美石垣宮古") {
				t.Errorf("%s lies on an island", d.Address)
			}
		}
	}
	if islands == 0 {
		t.Error("nobody lives on an island")
	}
	prefectures := map[string]bool{}
	for _, d := range s.Customers {
		prefectures[d.Prefecture] = true
	}
	if !prefectures["北海道"] || !prefectures["沖縄県"] || len(prefectures) < 40 {
		t.Errorf("%d prefectures", len(prefectures))
	}
}

func TestSomeItemsAreScarce(t *testing.T) {
	t.Parallel()
	s := samples.Shop()
	total := map[string]int{}
	restock := map[string]bool{}
	for _, l := range s.Stock {
		total[l.ItemCode] += l.OnHand
		if !l.RestockOn.IsZero() {
			restock[l.ItemCode] = true
			if !l.RestockOn.After(samples.Today) {
				t.Errorf("%s is restocked on %s", l.ItemCode, l.RestockOn)
			}
		}
	}
	scarce, dated := 0, 0
	for code, n := range total {
		if n <= 6 {
			scarce++
			if restock[code] {
				dated++
			}
		}
	}
	if scarce < 100 || dated < 30 {
		t.Errorf("%d items are scarce, %d of them with a restock date", scarce, dated)
	}
}

func TestNumbersBelongToNobody(t *testing.T) {
	t.Parallel()
	s := samples.Shop()
	for _, d := range s.Customers {
		if d.Email != "" && !strings.HasSuffix(d.Email, ".example.jp") {
			t.Error(d.Email)
		}
		if d.Payment == order.PaymentCard && d.Email == "" {
			t.Errorf("card customer %s has no e-mail address (ACC-5)", d.Code)
		}
	}
	for _, d := range s.Dealers {
		if !order.CorporateRegistration(d.RegistrationNumber) || d.RegistrationNumber[2:4] != "99" {
			t.Error(d.RegistrationNumber)
		}
	}
}
