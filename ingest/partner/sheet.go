package partner

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/japanese"
)

// cells is one row of a file as text.
type cells struct {
	line int // 1-based, as a text editor or the spreadsheet counts
	text []string
}

// table reads a file's rows, whatever kind of file it is. workbook tells that numbers stand in it
// as the spreadsheet keeps them.
func (p *parser) table(data []byte) (rows []cells, workbook bool) {
	switch {
	case len(data) > p.o.MaxBytes:
		p.bad(0, 0, fmt.Sprintf("the file is larger than %d bytes: send it in parts", p.o.MaxBytes))
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return p.workbook(data), true
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		p.bad(0, 0, "the workbook is of an old kind (.xls) or protected by a password: save it as .xlsx without a password")
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		p.bad(0, 0, "the file is UTF-16: save it as CSV in UTF-8 or Shift_JIS")
	case bytes.HasPrefix(data, []byte("%PDF")):
		p.bad(0, 0, "the file is a PDF: send CSV or Excel")
	default:
		return p.text(data), false
	}
	return nil, false
}

func (p *parser) text(data []byte) []cells {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if i := bytes.IndexByte(data, 0); i >= 0 {
		p.bad(1+bytes.Count(data[:i], []byte("\n")), 0, "the line holds binary data: send CSV or Excel")
		return nil
	}
	if !utf8.Valid(data) {
		decoded, err := japanese.ShiftJIS.NewDecoder().Bytes(data) // CP932, as Windows means it
		if i := bytes.IndexRune(decoded, utf8.RuneError); err != nil || i >= 0 {
			p.bad(1+bytes.Count(decoded[:max(0, i)], []byte("\n")), 0, "the line is neither UTF-8 nor Shift_JIS: save the file as CSV in one of them")
			return nil
		}
		data = decoded
	}
	for line, rest := 1, data; len(rest) > 0; line++ {
		text, after, _ := bytes.Cut(rest, []byte("\n"))
		if len(text) > p.o.MaxLine {
			p.bad(line, 0, fmt.Sprintf("the line is longer than %d bytes: a line break or a closing quote is missing", p.o.MaxLine))
			return nil
		}
		rest = after
	}
	// A lone carriage return ends lines in files of old systems.
	if !bytes.Contains(data, []byte("\n")) {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = delimiter(data), -1, false
	var rows []cells
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			line := 0
			if e, ok := errors.AsType[*csv.ParseError](err); ok {
				line = e.StartLine
			}
			p.bad(line, 0, "a double quote is missing or too many: close the text with one and write quotes inside it twice")
			return nil
		}
		line, _ := r.FieldPos(0)
		rows = append(rows, cells{line, rec})
		if !p.fits(line, len(rows), rec) {
			return nil
		}
	}
}

// delimiter is what separates the columns of the first lines.
func delimiter(data []byte) rune {
	const look = 4 << 10
	head := data[:min(len(data), look)]
	best, most := ',', bytes.Count(head, []byte(","))
	for _, d := range []rune{'\t', ';'} {
		if n := bytes.Count(head, []byte(string(d))); n > most {
			best, most = d, n
		}
	}
	return best
}

// workbook reads the first sheet that has rows.
func (p *parser) workbook(data []byte) []cells {
	const unreadable = "the workbook cannot be read: open and save it in Excel, or send CSV"
	if why := swollen(data, p.o.MaxInflated); why != "" {
		p.bad(0, 0, why)
		return nil
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: p.o.MaxInflated, UnzipXMLSizeLimit: p.o.MaxInflated,
	})
	if err != nil {
		p.bad(0, 0, unreadable)
		return nil
	}
	defer func() { _ = f.Close() }() // read only
	for _, sheet := range f.GetSheetList() {
		it, err := f.Rows(sheet)
		if err != nil {
			continue // a chart
		}
		var rows []cells
		for line := 1; it.Next(); line++ {
			text, err := it.Columns()
			if err != nil {
				p.bad(line, 0, unreadable)
				return nil
			}
			if blank(text) {
				if line > p.o.MaxRows*2 {
					break // a sheet formatted down to its end
				}
				continue
			}
			rows = append(rows, cells{line, text})
			if !p.fits(line, len(rows), text) {
				return nil
			}
		}
		if err := it.Close(); err != nil || it.Error() != nil {
			p.bad(0, 0, unreadable)
			return nil
		}
		if len(rows) > 0 {
			return rows
		}
	}
	return nil
}

// fits holds a row against the bounds.
func (p *parser) fits(line, rows int, text []string) bool {
	const columns = 200
	if rows > p.o.MaxRows {
		p.bad(line, 0, fmt.Sprintf("there are more than %d rows: send the file in parts", p.o.MaxRows))
		return false
	}
	if len(text) > columns {
		p.bad(line, 0, fmt.Sprintf("the row has more than %d columns: this is not a list that we know", columns))
		return false
	}
	return true
}

func blank(text []string) bool {
	for _, c := range text {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}
