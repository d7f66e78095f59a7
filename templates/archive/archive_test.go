package archive_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"todoke/order"
	"todoke/templates/archive"
)

func TestIndexLineIsOneRecord(t *testing.T) {
	t.Parallel()
	yen := int64(12_345)
	row := archive.Row{
		Kind: "inbound", DocumentID: 7, Page: 1, TransactedOn: order.D(2026, 11, 24), AmountYen: &yen, Company: "あおば\"商事\"\r\n株式会社", Name: "=cmd|' /C calc'!A0",
		At: time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC), File: "files/inbound/7.tif",
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(archive.IndexHead(), "\xef\xbb\xbf") + archive.IndexLine(row)))
	records, err := r.ReadAll()
	if err != nil || len(records) != 2 {
		t.Fatal(records, err)
	}
	got := records[1]
	if got[3] != "2026-11-24" || got[4] != "12345" || got[6] != `あおば"商事"  株式会社` || got[7] != "'=cmd|' /C calc'!A0" || got[13] != "2026-11-24 10:00:00" {
		t.Errorf("%q", got)
	}
	if !strings.HasPrefix(archive.IndexHead(), "\xef\xbb\xbf\"区分\"") {
		t.Error("Excel would not know the index for UTF-8")
	}
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{"", "=1+1", " =1", "　＝1", "\t=1", "\xff=1", "-5", "あ", "\ufeff@SUM(A1)", "a\r\nb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := archive.Cell(s)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\t\x00") {
			t.Fatalf("%q became %q", s, got)
		}
		if v := strings.TrimLeft(got, " 　\u00a0\ufeff"); v != "" && strings.ContainsAny(v[:1], "=+-@") {
			t.Fatalf("%q is a formula: %q", s, got)
		}
		records, err := csv.NewReader(strings.NewReader(archive.IndexLine(archive.Row{Name: s}))).ReadAll()
		if err != nil || len(records) != 1 || records[0][7] != got {
			t.Fatalf("%q: %q %v", s, records, err)
		}
	})
}

func TestFileNamesAreSafe(t *testing.T) {
	t.Parallel()
	sha := strings.Repeat("ab", 32)
	tests := []struct {
		row            archive.Row
		mediaType, ext string
		want           string
	}{
		{archive.Row{DocumentID: 7, SHA256: sha}, "image/tiff", "", "files/inbound/00000007-abababababab.tif"},
		{archive.Row{DocumentID: 7, SHA256: sha}, "application/octet-stream", ".PDF", "files/inbound/00000007-abababababab.pdf"},
		{archive.Row{DocumentID: 7, SHA256: sha}, "", "./../x", "files/inbound/00000007-abababababab.bin"},
		{archive.Row{IssuedID: 12, SHA256: sha}, "", "xlsx", "files/issued/00000012-abababababab.xlsx"},
	}
	for _, tt := range tests {
		if got := archive.FileName(tt.row, tt.mediaType, tt.ext); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
