package fax_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"todoke/ingest/fax"
	"todoke/internal/needs"
)

// TestPDFFilesOfEveryBuild has the same pages in files of every structure that programs write.
func TestPDFFilesOfEveryBuild(t *testing.T) {
	t.Parallel()
	needs.Programs(t, "qpdf")
	m := textPage(1728, 600, 8)
	scan := encodePDF(t, fax.Options{XDPI: 204, YDPI: 196}, m)
	typed := scanAndText("", "BT /F 24 Tf 100 700 Td (ORDER 1234567) Tj ET", pdfStream("", nil))
	for name, args := range map[string][]string{
		"linearized":         {"--linearize"},
		"object streams":     {"--object-streams=generate"},
		"plain":              {"--qdf", "--object-streams=disable"},
		"locked with RC4":    {"--allow-weak-crypto", "--encrypt", "", "owner", "128", "--"},
		"locked with AES":    {"--encrypt", "", "owner", "256", "--"},
		"locked, linearized": {"--linearize", "--object-streams=generate", "--encrypt", "", "owner", "256", "--"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			build := func(good []byte) []byte {
				dir := t.TempDir()
				in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
				if err := os.WriteFile(in, good, 0o600); err != nil {
					t.Fatal(err)
				}
				if b, err := exec.CommandContext(t.Context(), "qpdf", append(args, in, out)...).CombinedOutput(); err != nil {
					t.Fatalf("qpdf: %v\n%s", err, b)
				}
				data, err := os.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				return data
			}
			same(t, "scan", decode(t, build(scan))[0], m)
			if n := ink(decode(t, build(typed))[0], 98, 118, 310, 148); n < 1000 {
				t.Errorf("%d black pixels where the text is", n)
			}
		})
	}
}

// TestBrokenPDFFilesAreMended has files whose structure is damaged, and whose pages are not.
func TestBrokenPDFFilesAreMended(t *testing.T) {
	t.Parallel()
	m := textPage(1728, 600, 8)
	good := encodePDF(t, fax.Options{XDPI: 204, YDPI: 196}, m)
	table := bytes.Index(good, []byte("xref\n0"))
	trailer := bytes.Index(good, []byte("trailer"))
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, data := range map[string][]byte{
		"no table":           join(good[:table], []byte("trailer\n<</Root 1 0 R/Size 6>>\n")),
		"wrong startxref":    join(good[:bytes.LastIndex(good, []byte("startxref"))], []byte("startxref\n17\n%%EOF\n")),
		"wrong offsets":      join(good[:table], bytes.ReplaceAll(good[table:trailer], []byte("00000 n"), []byte("00001 n")), good[trailer:]),
		"text before":        join([]byte("\r\n\r\nFROM: 03-0000-0000\r\n"), good),
		"text behind":        join(good, bytes.Repeat([]byte("\r\n--boundary--\r\n"), 100)),
		"wrong length":       bytes.Replace(good, []byte("/Length "), []byte("/Length 1"), 1),
		"cut before the end": good[:table],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, name, decode(t, data)[0], m)
		})
	}
}

// TestPDFUpdateCounts has a page that a later part of the file turns on its head.
func TestPDFUpdateCounts(t *testing.T) {
	t.Parallel()
	m := textPage(1728, 600, 8)
	file := encodePDF(t, fax.Options{XDPI: 204, YDPI: 196}, m)
	before, at := bytes.LastIndex(file, []byte("xref\n0")), len(file)
	file = append(file, "3 0 obj\n<</Type/Page/Parent 2 0 R/Rotate 180/MediaBox[0 0 609.8824 220.4082]/Resources<</XObject<</Fax 5 0 R>>>>/Contents 4 0 R>>\nendobj\n"...)
	table := len(file)
	file = fmt.Appendf(file, "xref\n3 1\n%010d 00000 n \ntrailer\n<</Size 6/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", at, before, table)
	same(t, "updated", decode(t, file)[0], m.Rotate(180))
}
