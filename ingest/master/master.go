package master

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"todoke/order"
)

// Kind names a master as `todoke import` does.
type Kind string

// The masters.
const (
	KindDealers    Kind = "dealers"
	KindRegions    Kind = "regions"
	KindWarehouses Kind = "warehouses"
	KindItems      Kind = "items"
	KindPrices     Kind = "prices"
	KindCustomers  Kind = "customers"
	KindUsers      Kind = "users"
	KindShipTos    Kind = "ship-tos"
	KindStock      Kind = "stock"
	KindCalendar   Kind = "calendar"
	KindCarriers   Kind = "carriers"
	KindProfiles   Kind = "warehouse-profiles"
	KindLocations  Kind = "locations"
	KindApprovals  Kind = "approval-flows"
	KindDelegates  Kind = "delegations"
	KindBudgets    Kind = "budgets"
	KindLocks      Kind = "item-locks"
)

// Kinds lists the masters in the order in which they can be stored: what others refer to first.
func Kinds() []Kind {
	return []Kind{
		KindDealers, KindRegions, KindWarehouses, KindItems, KindPrices, KindCustomers, KindUsers, KindShipTos, KindStock, KindCalendar, KindCarriers, KindProfiles, KindLocations,
		KindApprovals, KindDelegates, KindBudgets, KindLocks,
	}
}

// ParseKind reads a master's name, "ship_tos" too.
func ParseKind(s string) (Kind, error) {
	k := Kind(strings.ReplaceAll(s, "_", "-"))
	if slices.Contains(Kinds(), k) {
		return k, nil
	}
	names := make([]string, 0, len(Kinds()))
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return "", order.Invalid("", "", fmt.Sprintf("%q is no master: the masters are %s", s, strings.Join(names, ", ")))
}

// FileName is the master's file in a folder, such as "ship_tos.csv".
func (k Kind) FileName() string { return strings.ReplaceAll(string(k), "-", "_") + ".csv" }

// Set is masters as values, each in the order of its file.
type Set struct {
	order.Masters

	sources map[Kind]source // where the rows stood, for the problems Check finds
	refused *Set            // rows with a fault, as far as they could be read: others may refer to them
}

// source tells where the rows of one master stood.
type source struct {
	file    string
	lines   []int
	columns map[string]int
	torn    bool // some rows could not be read at all: nobody knows what codes they have
}

// Has tells whether a file of the kind was read into s.
func (s *Set) Has(k Kind) bool {
	_, ok := s.sources[k]
	return ok
}

// Len is the number of rows of a kind.
func (s *Set) Len(k Kind) int {
	if t, ok := tables[k]; ok {
		return t.count(s)
	}
	return 0
}

// Problem places a problem of one row of s, counted from 0, in the file that it stood in.
func (s *Set) Problem(k Kind, row int, column, rule, message string) Problem {
	p := Problem{File: k.FileName(), Line: row + 2, Name: column, Rule: rule, Message: message}
	if src, ok := s.sources[k]; ok {
		p.File, p.Column = src.file, src.columns[column]
		if row < len(src.lines) {
			p.Line = src.lines[row]
		}
	}
	return p
}

// Options are what a shop's files are held against, and how large they may be.
type Options struct {
	Scheme      order.Scheme
	TaxRates    []order.Percent // TAX-1
	MaxBytes    int             // of one file
	MaxLine     int             // bytes of one line
	MaxRows     int             // of one file
	MaxProblems int             // kept in a Report; the rest are counted
	WholeTables bool            // a region table of a day to come that leaves a prefecture out is an error (CUT-2), not a warning
}

// DefaultOptions are the order form's code schemes, the two rates of TAX-1 and sizes far above
// any real shop's masters.
func DefaultOptions() Options {
	return Options{
		Scheme:      order.DefaultScheme(),
		TaxRates:    []order.Percent{10, 8},
		MaxBytes:    64 << 20,
		MaxLine:     16 << 10,
		MaxRows:     1_000_000,
		MaxProblems: 200,
	}
}

// Parse reads one file. file is the name that problems carry. References to other masters are
// Check's.
func Parse(k Kind, file string, data []byte, o Options) (Set, Report) {
	var s Set
	r := Report{limit: o.MaxProblems}
	t, ok := tables[k]
	if !ok {
		r.add(Problem{File: file, Message: fmt.Sprintf("%q is no master", k)})
		return s, r
	}
	t.parse(&s, &r, file, data, o)
	return s, r
}

// ReadFile reads a file of a kind from disk, never more of it than o.MaxBytes, and checks it
// against known. The error is of the disk; what is wrong in the file stands in the report.
func ReadFile(k Kind, path string, known Known, o Options) (Set, Report, error) {
	data, err := readCapped(os.DirFS(filepath.Dir(path)), filepath.Base(path), o.MaxBytes)
	if err != nil {
		return Set{}, Report{}, fmt.Errorf("read %s: %w", path, err)
	}
	s, r := Parse(k, filepath.Base(path), data, o)
	s.checkInto(&r, known, o)
	return s, r, nil
}

// ReadDir reads every master whose file is in the folder and checks them against each other;
// all that they refer to must be there too, or in known. Files of other names are left alone.
func ReadDir(dir fs.FS, known Known, o Options) (Set, Report, error) {
	var all Set
	r := Report{limit: o.MaxProblems}
	for _, k := range Kinds() {
		data, err := readCapped(dir, k.FileName(), o.MaxBytes)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Set{}, Report{}, fmt.Errorf("read %s: %w", k.FileName(), err)
		}
		tables[k].parse(&all, &r, k.FileName(), data, o)
	}
	if len(all.sources) == 0 && r.OK() {
		r.add(Problem{File: ".", Message: "no master's file is in this folder: `todoke sample DIR` shows how they are named and written"})
	}
	all.checkInto(&r, known, o)
	return all, r, nil
}

// checkInto adds what Check finds to what reading found. What it would warn of may come of a
// row that could not be read.
func (s *Set) checkInto(r *Report, known Known, o Options) {
	found := s.Check(known, o)
	if !r.OK() {
		found.Problems = slices.DeleteFunc(found.Problems, func(p Problem) bool { return p.Warning })
		found.Warnings = 0
	}
	r.Join(found)
}

func readCapped(dir fs.FS, name string, limit int) ([]byte, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()                     // read only
	return io.ReadAll(io.LimitReader(f, int64(limit)+1)) // one byte more, so that Parse sees it is too large
}

// Encode writes one master as its CSV file: UTF-8, header row, line feeds, no byte order mark.
func Encode(w io.Writer, k Kind, s *Set) error {
	t, ok := tables[k]
	if !ok {
		return order.Invalid("", "", fmt.Sprintf("%q is no master", k))
	}
	if err := t.encode(w, s); err != nil {
		return fmt.Errorf("write %s: %w", k.FileName(), err)
	}
	return nil
}

// WriteDir writes all masters into a folder, which it makes where it is missing.
func WriteDir(dir string, s *Set) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, k := range Kinds() {
		if err := writeFile(filepath.Join(dir, k.FileName()), k, s); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(path string, k Kind, s *Set) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(Encode(f, k, s), f.Close())
}
