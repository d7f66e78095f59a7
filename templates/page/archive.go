package page

import (
	"io"
	"strings"
	"time"

	"todoke/order"
)

// Archive is a search of the archive (KEP-1) and how its chain stands.
type Archive struct {
	Frame
	Filter  ArchiveFilter
	Kinds   []Option // of issued documents
	Problem string
	Asked   bool // whether a search was made
	Rows    []ArchiveRow
	Next    string
	Export  string
	State   ArchiveState
}

// InboundKinds are ways in which documents come.
func (Archive) InboundKinds() []string { return []string{"mail", "folder", "web", "desk", "file"} }

// ArchiveFilter is what a person typed.
type ArchiveFilter struct{ From, To, MinYen, MaxYen, Party, Kind, Number string }

// ArchiveRow is one found document, or a page of one.
type ArchiveRow struct {
	ID           int64
	Path, Name   string
	Issued       bool
	On           order.Date
	AmountYen    *order.Yen
	Party, Code  string
	Contact      string
	What, Title  string
	Order, Open  string // the order's number, and where it opens
	At           time.Time
	KeepUntil    order.Date
	Seq          int64
	Erased, Note string
}

// Orders are the orders that the document is about: an answer to a fax may tell of several.
func (r ArchiveRow) Orders() []Link {
	all := strings.Fields(r.Order)
	if len(all) == 1 {
		return []Link{{Path: r.Open, Text: r.Order}}
	}
	base, out := strings.TrimSuffix(r.Open, r.Order), make([]Link, 0, len(all))
	for _, n := range all {
		out = append(out, Link{Path: base + n, Text: order.Number(n).Grouped()})
	}
	return out
}

// ArchiveState is how the chain stands.
type ArchiveState struct {
	Seq              int64
	Head             string
	SealedAt, ToldAt time.Time
	Waits            bool
	Verified         *ArchiveCheck
	MayVerify        bool
}

// ArchiveCheck is a check of the whole archive.
type ArchiveCheck struct {
	At             time.Time
	By             string
	Seq            int64
	Entries, Files int64
	Heads          int
	Problems       int64
	First          []string
}

// Render writes the page.
func (v Archive) Render(w io.Writer) error { return Render(w, v.Lang, "archive", v) }

// ArchiveDocument is one document with its place in the chain.
type ArchiveDocument struct {
	Frame
	Path, Name string
	Issued     bool
	Rows       []ArchiveRow
	Facts      [][2]string
	Mail       string // path of the mail that it came with
	SHA256     string
	Size       string
	Bytes      bool // whether they can be had
	Erased     string
	Problems   []string
	Seals      []ArchiveSeal
	History    []ArchiveFact
	Checked    time.Time
}

// ArchiveSeal is an entry of the chain.
type ArchiveSeal struct {
	Seq                           int64
	Kind, Digest, Previous, Chain string
	At                            time.Time
	Record                        string
}

// ArchiveFact is what the document was searched by at some time.
type ArchiveFact struct {
	Page       int
	On         order.Date
	AmountYen  *order.Yen
	Party      string
	Reason, By string
	At         time.Time
}

// Render writes the page.
func (v ArchiveDocument) Render(w io.Writer) error { return Render(w, v.Lang, "archive-document", v) }

var sourceNames = map[string][2]string{
	"mail": {"メール", "mail"}, "folder": {"受信フォルダ", "inbox folder"}, "file": {"ファイル取込", "file"}, "web": {"Web", "web"},
	"fax": {"FAX", "fax"}, "desk": {"紙の受付", "intake"}, "demo": {"見本", "sample"}, "cards": {"決済会社", "card gateway"},
}

// SourceName is where a document came from, in people's words.
func SourceName(lang Lang, source string) string {
	kind, rest, _ := strings.Cut(source, ":")
	if kind == "to" { // how something leaves
		return pick(lang, "送付："+ChannelName(lang, rest), "out: "+ChannelName(lang, rest))
	}
	if kind == "by" { // how a warehouse hands in
		return pick(lang, "倉庫から："+ChannelName(lang, rest), "in: "+ChannelName(lang, rest))
	}
	n, ok := sourceNames[kind]
	if !ok {
		return source
	}
	if rest != "" {
		return pick(lang, n[0], n[1]) + " " + rest
	}
	return pick(lang, n[0], n[1])
}

var sealKinds = map[string][2]string{
	"inbound": {"受領した文書", "document that came in"}, "issued": {"発行した文書", "issued document"}, "fact": {"検索項目", "what it is found by"}, "erased": {"消去の記録", "erasure"},
}

// SealKind is what an entry of the chain seals, in people's words.
func SealKind(lang Lang, kind string) string {
	if n, ok := sealKinds[kind]; ok {
		return pick(lang, n[0], n[1])
	}
	return kind
}
