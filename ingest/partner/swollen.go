package partner

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Bounds on what a workbook's parts hold, in marks: each "<" and "=" may become an element or an
// attribute of some 230 bytes where a part is decoded as a whole. A workbook of 50,000 rows with
// six different texts each has 1.2 million marks of shared strings; Excel's own styles some thousands.
const (
	maxTextMarks = 2_500_000
	maxTexts     = 600_000 // shared strings
	maxPartMarks = 300_000 // of any other part but sheets, which are read row by row
	maxRowMarks  = 100_000 // of a row: 200 columns have some thousands
	maxRowsMarks = 16_000_000
	maxSheetRows = 1_100_000 // Excel has 1,048,576
)

// swollen tells what makes a workbook take far more memory than its size: nothing is decoded to find it.
// "" is nothing; what is no archive at all is left to who opens it.
func swollen(data []byte, most int64) (why string) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return ""
	}
	var sum uint64
	for _, f := range z.File {
		if sum += f.UncompressedSize64; f.UncompressedSize64 > uint64(most) || sum > uint64(most) { //nolint:gosec // most is positive
			return fmt.Sprintf("the workbook is larger than %d bytes when unpacked: send it in parts", most)
		}
	}
	for _, f := range z.File {
		if why := swollenPart(f); why != "" {
			return why
		}
	}
	return ""
}

func swollenPart(f *zip.File) string {
	name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
	sheet, texts := strings.HasPrefix(name, "xl/worksheets/sheet"), name == "xl/sharedstrings.xml"
	if strings.HasPrefix(name, "xl/media/") {
		return "" // pictures are never decoded
	}
	r, err := f.Open()
	if err != nil {
		return ""
	}
	defer func() { _ = r.Close() }()   // read only
	const block, overlap = 64 << 10, 2 // what is looked for has three bytes, or ends the part's reading
	buf := make([]byte, overlap+block)
	kept, marks, all, items, rows := 0, 0, 0, 0, 0
	for {
		got, err := io.ReadFull(r, buf[kept:])
		text := buf[:kept+got]
		fresh := text[kept:]
		n := marksOf(fresh)
		marks, all = marks+n, all+n
		switch {
		case texts:
			items += bytes.Count(text, []byte("<si")) + bytes.Count(text, []byte(":si"))
			if marks > maxTextMarks || items > maxTexts {
				return fmt.Sprintf("the workbook holds more than %d different texts, or more than can be read: send it in parts, or as CSV", maxTexts)
			}
		case sheet:
			// Excel writes neither comments nor instructions there, in which rows could be feigned.
			rows += bytes.Count(text, []byte("<row"))
			if all > maxRowsMarks || rows > maxSheetRows || bytes.Contains(text, []byte("<!")) || bytes.Contains(text[min(1, len(text)):], []byte("<?")) {
				return "the workbook's sheet is not as Excel writes it, or larger than any list: open and save it in Excel, or send CSV"
			}
			if marks > maxRowMarks {
				at := bytes.LastIndex(text, []byte("<row"))
				if at < 0 {
					return "a row of the workbook is longer than any list that we know: send CSV"
				}
				marks = marksOf(text[at:])
			}
		case marks > maxPartMarks:
			return fmt.Sprintf("the workbook's part %q is larger than any that Excel writes for a list: copy the rows into a new workbook, or send CSV", f.Name)
		}
		if err != nil {
			return "" // its end, or what cannot be unpacked: who opens it says so
		}
		kept = copy(buf, text[len(text)-overlap:])
	}
}

func marksOf(text []byte) int { return bytes.Count(text, []byte("<")) + bytes.Count(text, []byte("=")) }
