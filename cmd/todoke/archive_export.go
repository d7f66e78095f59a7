package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"todoke/desk"
	"todoke/order"
	"todoke/store"
	"todoke/templates/archive"
)

type archiveExportCommand struct {
	archiveFilter
	Output string `short:"o" required:"" help:"New folder, or a file that ends in .zip." placeholder:"DIR|FILE.zip"`
}

func (*archiveExportCommand) Help() string {
	return "Writes what the filters match, and no more: the files as they came in and were issued, index.csv with Japanese headings for Excel, the chain's entries, and " +
		"what proves them to who has no todoke (README.txt, verify.sh). The same archive and filters give the same bytes."
}

func (c *archiveExportCommand) Run(ctx context.Context, a *App) error {
	q, err := c.query()
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		out, err := newExport(c.Output)
		if err != nil {
			return err
		}
		x, err := a.exportArchive(ctx, st, out, q, c.archiveFilter, nil)
		if err != nil {
			return errors.Join(err, out.abandon())
		}
		if err := out.finish(); err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "%d row(s), %d file(s) in %s; head %s\n", x.rows, len(x.sums), c.Output, x.head)
		for _, d := range x.damaged {
			fmt.Fprintln(a.Stderr, "todoke:", d)
		}
		if len(x.damaged) > 0 {
			return silentError{}
		}
		return nil
	})
}

// exportArchive writes what a search finds to a target that the caller finishes; mask, where it is
// given, takes out of a file what its reader must not have.
func (a *App) exportArchive(ctx context.Context, st *store.Store, out exportFiles, q store.ArchiveQuery, words archiveFilter, mask maskFile) (*exporter, error) {
	if _, err := st.Seal(ctx); err != nil {
		return nil, err
	}
	head, _, err := st.ArchiveHead(ctx)
	if err != nil {
		return nil, err
	}
	x := &exporter{st: st, out: out, head: head, shop: a.Config.ShopName, filter: words.String(), mask: mask, written: map[string]string{}, masked: map[string]bool{}}
	return x, x.run(ctx, q)
}

// deskExport writes an export as a ZIP file to where the desk sends it.
func (a *App) deskExport(st *store.Store) desk.ArchiveExport {
	return func(ctx context.Context, w io.Writer, q store.ArchiveQuery) (rows, files int, damaged []string, err error) {
		words := archiveFilter{MinYen: q.MinYen, MaxYen: q.MaxYen, Party: q.Party, Kind: q.Kind, Number: q.Number}
		if !q.From.IsZero() {
			words.From = q.From.String()
		}
		if !q.To.IsZero() {
			words.To = q.To.String()
		}
		out := zipWriter{zip.NewWriter(w)}
		x, err := a.exportArchive(ctx, st, out, q, words, func(data []byte, mediaType, format string) ([]byte, error) {
			return desk.MaskFile(ctx, st, data, mediaType, format, st.Now())
		})
		if err != nil {
			return 0, 0, nil, err
		}
		return x.rows, len(x.sums), x.damaged, out.Close()
	}
}

type maskFile func(data []byte, mediaType, format string) ([]byte, error)

// exporter writes one export.
type exporter struct {
	st           *store.Store
	out          exportFiles
	head         store.ArchiveHead
	shop, filter string
	mask         maskFile // nil where everything is written as it is

	rows    int
	sums    []string          // lines of SHA256SUMS
	written map[string]string // file → what is wrong with it
	masked  map[string]bool   // files in which links are masked
	damaged []string
	ids     [2][]int64 // documents, issued documents
	index   bytes.Buffer
}

func (x *exporter) run(ctx context.Context, q store.ArchiveQuery) error {
	x.index.WriteString(archive.IndexHead())
	for h, err := range x.st.SearchArchive(ctx, q) {
		if err != nil {
			return err
		}
		if err := x.hit(ctx, h); err != nil {
			return err
		}
	}
	first, err := x.entries(ctx)
	if err != nil {
		return err
	}
	for _, f := range []struct{ name, text string }{
		{"SHA256SUMS", strings.Join(x.sums, "")},
		{"README.txt", archive.Readme(x.shop, x.filter, x.rows, first, x.head.Seq, x.head.String())},
		{"verify.sh", archive.VerifyScript},
	} {
		if err := x.write(f.name, []byte(f.text)); err != nil {
			return err
		}
	}
	return x.write("index.csv", x.index.Bytes())
}

func (x *exporter) write(name string, data []byte) error {
	w, err := x.out.create(name)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// hit writes a row of the index and, once, the document's file.
func (x *exporter) hit(ctx context.Context, h store.ArchiveHit) error {
	r := archive.Row{
		Kind: h.Kind, DocumentID: h.DocumentID, Page: h.Page, IssuedID: h.IssuedID, Mail: h.Mail, TransactedOn: h.TransactedOn, AmountYen: h.AmountYen,
		Code: h.Party.Code, Company: h.Party.Company, Name: h.Party.Name, Contact: h.Party.Contact, What: h.What, Number: h.Number, Subject: h.Subject,
		At: h.At, SHA256: h.SHA256, SizeBytes: h.SizeBytes, Seq: h.Seq, KeepUntil: h.KeepUntilOn, Erased: h.Erased,
	}
	if n, ok := order.ParsePhone(h.Party.Contact); ok { // a spreadsheet takes bare digits for a number
		r.Contact = order.FormatPhone(n)
	}
	if h.Order != "" {
		r.Order = order.Number(h.Order).Grouped()
	}
	x.rows++
	if h.Erased == "" {
		ext := h.Format
		if ext == "" {
			ext = filepath.Ext(h.FileName)
		}
		r.File = archive.FileName(r, h.MediaType, ext)
		if err := x.file(ctx, r.File, h); err != nil {
			return err
		}
		if bad := x.written[r.File]; bad != "" {
			r.File, r.Erased = "", "ファイルが破損または欠落しています"
		}
		if x.masked[r.File] {
			r.Erased = "有効な承認リンクを伏せています（期限後の出力では原本のまま）"
		}
	}
	x.index.WriteString(archive.IndexLine(r))
	list := &x.ids[0]
	id := h.DocumentID
	if id == 0 {
		list, id = &x.ids[1], h.IssuedID
	}
	*list = append(*list, id)
	return nil
}

func (x *exporter) file(ctx context.Context, name string, h store.ArchiveHit) error {
	if _, done := x.written[name]; done {
		return nil
	}
	data, err := x.st.ArchiveBytes(ctx, h)
	if err != nil {
		if order.KindOf(err) != order.KindPermanent {
			return err
		}
		x.written[name] = err.Error()
		x.damaged = append(x.damaged, fmt.Sprintf("%s is left out: %v", name, err))
		return nil
	}
	sum := h.SHA256
	if x.mask != nil {
		masked, err := x.mask(data, h.MediaType, h.Format)
		if err != nil {
			return err
		}
		if !bytes.Equal(masked, data) {
			data, x.masked[name], sum = masked, true, fmt.Sprintf("%x", sha256.Sum256(masked))
		}
	}
	x.written[name] = ""
	x.sums = append(x.sums, sum+"  "+name+"\n")
	return x.write(name, data)
}

// entries writes the chain from the first entry that the export is about to the head, and the
// entries themselves.
func (x *exporter) entries(ctx context.Context) (first int64, err error) {
	seqs := map[int64]bool{}
	const batch = 10_000
	for i, ids := range x.ids {
		for some := range slices.Chunk(ids, batch) {
			var args [2][]int64
			args[i] = some
			found, err := x.st.ArchiveSeals(ctx, args[0], args[1])
			if err != nil {
				return 0, err
			}
			for _, seq := range found {
				if seq <= x.head.Seq {
					seqs[seq] = true
				}
				if first == 0 || seq < first {
					first = seq
				}
			}
		}
	}
	if first == 0 {
		first = x.head.Seq + 1
	}
	pass := func(name string, records bool, line func(io.Writer, store.ArchiveLink) error) error {
		w, err := x.out.create(name)
		if err != nil {
			return err
		}
		for l, err := range x.st.ArchiveChain(ctx, first, func(e store.ArchiveEntry) bool { return records && seqs[e.Seq] }) {
			if err != nil {
				return err
			}
			if l.Seq > x.head.Seq {
				break
			}
			if err := line(w, l); err != nil {
				return err
			}
		}
		return nil
	}
	err = pass("chain.txt", false, func(w io.Writer, l store.ArchiveLink) error {
		if l.Seq == first {
			if _, err := fmt.Fprintf(w, "# previous %s\n", l.Previous); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintf(w, "%s %s\n", l.Line(), l.Chain)
		return err
	})
	if err != nil {
		return 0, err
	}
	return first, pass("entries.jsonl", true, func(w io.Writer, l store.ArchiveLink) error {
		if !seqs[l.Seq] {
			return nil
		}
		record := l.Record // by hand: every byte of it is hashed
		if record == "" {
			record = "null"
		}
		_, err := fmt.Fprintf(w, `{"seq":%d,"kind":%q,"id":%d,"digest":%q,"chain":%q,"record":%s}`+"\n", l.Seq, l.Kind, l.ID, l.Digest, l.Chain, record)
		return err
	})
}

// exportFiles takes one file after the other.
type exportFiles interface {
	create(name string) (io.Writer, error) // the last one's is finished by the next
}

// exportTarget is a folder or a ZIP file, whole or not there.
type exportTarget interface {
	exportFiles
	finish() error
	abandon() error
}

func newExport(path string) (exportTarget, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, order.Conflict("output", path+" is there already: name a new one")
	}
	part := path + ".part"
	if strings.EqualFold(filepath.Ext(path), ".zip") {
		f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return nil, fmt.Errorf("write export: %w", err)
		}
		return &zipExport{path: path, file: f, zipWriter: zipWriter{zip.NewWriter(f)}}, nil
	}
	if err := os.Mkdir(part, 0o700); err != nil { // one that was interrupted is for its owner to remove
		return nil, fmt.Errorf("write export: %w", err)
	}
	return &folderExport{path: path}, nil
}

// zipWriter writes files one after the other.
type zipWriter struct{ *zip.Writer }

func (z zipWriter) create(name string) (io.Writer, error) {
	// One time for all: the same export is the same bytes.
	return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
}

type zipExport struct {
	zipWriter
	path string
	file *os.File
}

func (z *zipExport) finish() error {
	if err := errors.Join(z.Close(), z.file.Sync(), z.file.Close()); err != nil {
		return fmt.Errorf("write export: %w", errors.Join(err, os.Remove(z.file.Name())))
	}
	return os.Rename(z.file.Name(), z.path)
}

func (z *zipExport) abandon() error { return errors.Join(z.file.Close(), os.Remove(z.file.Name())) }

type folderExport struct {
	path string
	last *os.File
	buf  *bufio.Writer
}

func (d *folderExport) close() error {
	if d.last == nil {
		return nil
	}
	f := d.last
	d.last = nil
	return errors.Join(d.buf.Flush(), f.Sync(), f.Close())
}

func (d *folderExport) create(name string) (io.Writer, error) {
	if err := d.close(); err != nil {
		return nil, err
	}
	path := filepath.Join(d.path+".part", filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	d.last, d.buf = f, bufio.NewWriter(f)
	return d.buf, nil
}

func (d *folderExport) finish() error {
	if err := d.close(); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return os.Rename(d.path+".part", d.path)
}

func (d *folderExport) abandon() error { return errors.Join(d.close(), os.RemoveAll(d.path+".part")) }
