package worker

import (
	"fmt"
	"strconv"
	"strings"
)

// absentSheets notes which sheets of customers' forms a fax does not bring although it brings
// others. Sheets that nobody filled in need not be sent, and each is an order of its own: a person
// may want to know, and nothing waits for it. "" where none is absent.
func absentSheets(pages []readPage) string {
	type form struct {
		customer string
		sheets   int
	}
	came := map[form]map[int]bool{}
	var forms []form
	for _, p := range pages {
		if p.draft == nil || p.draft.Sheets == 0 {
			continue
		}
		f := form{sheets: p.draft.Sheets}
		if code := p.draft.Field("customer_code"); code != nil {
			f.customer = code.Text
		}
		if came[f] == nil {
			came[f], forms = map[int]bool{}, append(forms, f)
		}
		came[f][p.draft.Sheet] = true
	}
	var note strings.Builder
	for _, f := range forms {
		var absent []string
		for n := 1; n <= f.sheets; n++ {
			if !came[f][n] {
				absent = append(absent, strconv.Itoa(n))
			}
		}
		if len(absent) > 0 {
			fmt.Fprintf(&note, "; of the %d sheets of customer %s without %s", f.sheets, f.customer, strings.Join(absent, ", "))
		}
	}
	return note.String()
}
