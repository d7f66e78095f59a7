package partner

import "strconv"

// ShownRow is a row of a file as it stands there, for people to look at.
type ShownRow struct {
	Name string   // what errors of the row begin with
	Line int      // of the file, 1-based; of JSON the row
	Text []string // as it is written
	Row  *Row     // as it was read; nil where it could not be
}

// Show is a file as it stands: its headings and at most so many of its rows, whether they can be
// applied or not, and how many there are. What is no table at all has none.
func Show(data []byte, kind Kind, o Options, most int) (head []string, rows []ShownRow, all int) {
	if kind != "" {
		f, _ := ReadJSON(data, kind, o)
		return showRead(f, most)
	}
	p := &parser{o: o, file: File{Columns: map[string]Place{}}}
	lines, workbook := p.table(data)
	if len(p.faults) > 0 || len(lines) == 0 {
		return nil, nil, 0
	}
	at := p.header(lines)
	known := at >= 0 && len(p.faults) == 0
	if known {
		head, lines = lines[at].text, lines[at+1:]
	}
	for _, r := range lines {
		if blank(r.text) {
			continue
		}
		if all++; all > most {
			continue
		}
		s := ShownRow{Line: r.line, Text: r.text, Name: p.file.Name(Row{Line: r.line})}
		if before := len(p.file.Rows); known {
			if p.row(r, workbook); len(p.file.Rows) > before {
				read := p.file.Rows[before]
				s.Row = &read
			}
		}
		rows = append(rows, s)
	}
	return head, rows, all
}

// showRead shows what came as JSON by its fields.
func showRead(f File, most int) (head []string, rows []ShownRow, all int) {
	head = []string{"order", "line", "item_code", "shipped", "short", "reason", "tracking"}
	if f.Kind == KindCount {
		head = []string{"item_code", "on_hand", "location"}
	}
	for i := range f.Rows {
		if i == most {
			break
		}
		r := &f.Rows[i]
		text := []string{r.Order, number(r.LineNo), r.ItemCode, strconv.Itoa(r.Shipped), number(r.Short), r.Reason, r.Tracking}
		if f.Kind == KindCount {
			text = []string{r.ItemCode, strconv.Itoa(r.OnHand), r.Location}
		}
		rows = append(rows, ShownRow{Name: f.Name(*r), Line: r.Line, Text: text, Row: r})
	}
	return head, rows, len(f.Rows)
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
