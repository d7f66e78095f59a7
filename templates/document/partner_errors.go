package document

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/japanese"

	"todoke/order"
)

// PartnerErrorsCSV is NAME.errors.csv: what is wrong in a partner's file, by line and column, written
// as the partner's lists are.
func PartnerErrorsCSV(encoding order.CSVEncoding, faults []order.PartnerFault) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	rows := [][]string{{"行", "列", "項目", "内容", "規則"}}
	for _, f := range faults {
		rows = append(rows, []string{number(f.Line), number(f.Column), harmless(f.Heading), harmless(f.Text), f.Rule})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write a partner's errors: %w", err)
	}
	if encoding != order.EncodingCP932 {
		return append([]byte("\xef\xbb\xbf"), b.Bytes()...), nil
	}
	var out []byte
	enc := japanese.ShiftJIS.NewEncoder()
	for _, r := range b.String() {
		one, err := enc.Bytes([]byte(string(r)))
		if err != nil { // what CP932 does not have stands as in the lists
			one = []byte{0x81, 0xac}
		}
		out = append(out, one...)
	}
	return out, nil
}

// harmless keeps what a partner wrote from running as a formula in whoever opens the errors.
func harmless(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}
