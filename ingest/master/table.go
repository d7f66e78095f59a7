package master

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// reader is a table of any row type.
type reader interface {
	parse(s *Set, r *Report, file string, data []byte, o Options)
	encode(w io.Writer, s *Set) error
	count(s *Set) int
	columnNames() []string
}

// column is one column of a table of T: how a cell is read and written. set returns what is
// wrong with the cell and what to do, "" where nothing is.
type column[T any] struct {
	name string
	set  func(row *T, cell string, o *Options) string
	get  func(row *T) string
	rule string
}

// table is one master's file.
type table[T any] struct {
	kind    Kind
	columns []column[T]
	rows    func(s *Set) *[]T
	key     func(row *T) string // what no two rows may share
	keyName string              // the key's columns, for people
	check   func(row *T, o *Options, found func(Problem))
	// optional are columns that a file may leave out; a file that is written has them where a row does.
	optional []string
}

func (t *table[T]) count(s *Set) int { return len(*t.rows(s)) }

var bom = []byte("\xef\xbb\xbf")

func (t *table[T]) parse(s *Set, r *Report, file string, data []byte, o Options) {
	if s.sources == nil {
		s.sources = map[Kind]source{}
	}
	src := source{file: file, columns: map[string]int{}}
	defer func() { s.sources[t.kind] = src }()
	whole := func(line int, message string) {
		src.torn = true
		r.add(Problem{File: file, Line: line, Message: message})
	}

	if len(data) > o.MaxBytes {
		whole(0, fmt.Sprintf("the file is larger than %d bytes: split it", o.MaxBytes))
		return
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		whole(0, "the file is UTF-16: save it as \"CSV UTF-8\"")
		return
	}
	data = bytes.TrimPrefix(data, bom)
	if !checkLines(data, o, whole) {
		return
	}

	cr := csv.NewReader(bytes.NewReader(data))
	cr.FieldsPerRecord = -1
	cr.ReuseRecord = true
	header, err := cr.Read()
	if errors.Is(err, io.EOF) {
		whole(0, "the file is empty: its first row must name the columns "+t.names())
		return
	}
	if err != nil {
		whole(csvLine(err), csvFault(err))
		return
	}
	width := len(header)
	fields, ok := t.header(header, r, file)
	if !ok {
		src.torn = true
		return
	}
	for i, c := range fields {
		if c != nil {
			src.columns[c.name] = i + 1
		}
	}

	rows := t.rows(s)
	seen := map[string]int{}
	for {
		rec, err := cr.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			whole(csvLine(err), csvFault(err)+"; the lines after it were not looked at")
			return
		}
		line, _ := cr.FieldPos(0)
		if len(src.lines) >= o.MaxRows {
			whole(line, fmt.Sprintf("there are more than %d rows: split the file", o.MaxRows))
			return
		}
		if len(rec) != width {
			whole(line, fmt.Sprintf("the row has %d columns, the header %d: a comma is missing or too many, or a text with a comma is not in double quotes", len(rec), width))
			continue
		}
		var row T
		good := true
		for i, c := range fields {
			if msg := c.set(&row, strings.TrimSpace(rec[i]), &o); msg != "" {
				r.add(Problem{File: file, Line: line, Column: i + 1, Name: c.name, Rule: c.rule, Message: msg})
				good = false
			}
		}
		if !good {
			if s.refused == nil {
				s.refused = &Set{}
			}
			lost := t.rows(s.refused)
			*lost = append(*lost, row)
			continue
		}
		if t.check != nil {
			t.check(&row, &o, func(p Problem) {
				p.File, p.Line = file, line
				p.Column = src.columns[p.Name]
				r.add(p)
			})
		}
		key := t.key(&row)
		if first, dup := seen[key]; dup {
			r.add(Problem{File: file, Line: line, Message: fmt.Sprintf("%s is the same as on line %d: delete one of the rows", t.keyName, first)})
			continue
		}
		seen[key] = line
		*rows = append(*rows, row)
		src.lines = append(src.lines, line)
	}
}

// header matches the file's columns to the table's.
func (t *table[T]) header(header []string, r *Report, file string) ([]*column[T], bool) {
	good := true
	bad := func(col int, name, message string) {
		good = false
		r.add(Problem{File: file, Line: 1, Column: col, Name: name, Message: message})
	}
	if len(header) == 1 && strings.ContainsAny(header[0], ";\t") {
		bad(0, "", "the columns are separated by tabs or semicolons: separate them by commas")
		return nil, false
	}
	if k, ok := looksLike(header, t.kind); ok {
		bad(0, "", fmt.Sprintf("this looks like %s: import it as %s, or hand in a file of %s, whose columns are %s", k.FileName(), k, t.kind, t.names()))
		return nil, false
	}
	fields := make([]*column[T], len(header))
	have := map[string]int{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if first, dup := have[name]; dup && name != "" {
			bad(i+1, name, fmt.Sprintf("the column stands twice, in column %d too: delete one", first))
			continue
		}
		have[name] = i + 1
		for j := range t.columns {
			if t.columns[j].name == name {
				fields[i] = &t.columns[j]
			}
		}
		if fields[i] == nil {
			bad(i+1, "", fmt.Sprintf("%q is no column of this file: delete it or correct its name; the columns are %s", clip(name), t.names()))
		}
	}
	for j := range t.columns {
		if _, ok := have[t.columns[j].name]; !ok && !slices.Contains(t.optional, t.columns[j].name) {
			bad(0, t.columns[j].name, "the column is missing: add it; the columns are "+t.names())
		}
	}
	return fields, good
}

// looksLike is the other kind of master whose columns a header names, in any order.
func looksLike(header []string, not Kind) (Kind, bool) {
	names := make([]string, len(header))
	for i, name := range header {
		names[i] = strings.ToLower(strings.TrimSpace(name))
	}
	slices.Sort(names)
	for _, k := range Kinds() {
		if k != not && slices.Equal(names, slices.Sorted(slices.Values(headers[k]))) {
			return k, true
		}
	}
	return "", false
}

func (t *table[T]) columnNames() []string {
	names := make([]string, 0, len(t.columns))
	for _, c := range t.columns {
		names = append(names, c.name)
	}
	return names
}

func (t *table[T]) names() string { return strings.Join(t.columnNames(), ",") }

func (t *table[T]) encode(w io.Writer, s *Set) error {
	cw := csv.NewWriter(w)
	rows := *t.rows(s)
	columns := slices.DeleteFunc(slices.Clone(t.columns), func(c column[T]) bool {
		return slices.Contains(t.optional, c.name) && !slices.ContainsFunc(rows, func(r T) bool { return c.get(&r) != "" })
	})
	rec := make([]string, len(columns))
	for i, c := range columns {
		rec[i] = c.name
	}
	if err := cw.Write(rec); err != nil {
		return err
	}
	for i := range rows {
		for j, c := range columns {
			rec[j] = c.get(&rows[i])
		}
		if err := cw.Write(rec); err != nil {
			return err
		}
	}
	cw.Flush()
	return cw.Error()
}

// checkLines looks for what would mislead the CSV parser: over-long lines, other encodings and
// binary data.
func checkLines(data []byte, o Options, whole func(int, string)) bool {
	good := true
	line := 0
	for rest := data; len(rest) > 0; {
		line++
		text := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			text, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		switch {
		case len(text) > o.MaxLine:
			whole(line, fmt.Sprintf("the line is longer than %d bytes: a line break or a closing quote is missing", o.MaxLine))
			return false
		case bytes.IndexByte(text, 0) >= 0:
			whole(line, "the line holds binary data: this is not a CSV file")
			return false
		case !utf8.Valid(text):
			whole(line, "the line is not UTF-8: save the file as \"CSV UTF-8\" (a plain \"CSV\" of a Japanese spreadsheet is Shift_JIS)")
			return false
		}
	}
	return good
}

func csvLine(err error) int {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return e.StartLine
	}
	return 0
}

func csvFault(err error) string {
	switch {
	case errors.Is(err, csv.ErrBareQuote):
		return "a double quote stands inside a text: put the text in double quotes and write the quote twice"
	case errors.Is(err, csv.ErrQuote):
		return "a double quote is missing or too many: close the text with one and write quotes inside it twice"
	}
	return "the row cannot be read as CSV"
}
