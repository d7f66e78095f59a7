// Package archive renders what an audit takes along from the archive: the index as CSV, the words
// that explain how to check it, and the letter that tells the chain's head.
//
// In: rows as plain values. Out: bytes. It reads no archive and writes no file.
package archive

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"todoke/order"
)

// Row is a line of the index.
type Row struct {
	Kind         string // inbound, issued
	DocumentID   int64
	Page         int
	IssuedID     int64
	Mail         int64
	TransactedOn order.Date
	AmountYen    *int64
	Code         string
	Company      string
	Name         string
	Contact      string
	Order        string
	What         string
	Number       string
	Subject      string
	At           time.Time
	File         string // within the export; "" where it was erased
	SHA256       string
	SizeBytes    int64
	Seq          int64
	KeepUntil    order.Date
	Erased       string
}

var headings = []string{
	"区分", "文書番号", "ページ", "取引年月日", "取引金額（税込・円）", "取引先コード", "取引先会社名", "取引先名", "取引先連絡先", "注文番号", "種類", "発行番号", "件名",
	"授受日時", "添付元メール", "ファイル", "SHA-256", "サイズ（バイト）", "台帳番号", "保存期限", "消去の記録",
}

const bom = "\xef\xbb\xbf"

// IndexHead is the index's first line, in UTF-8 with a byte order mark: Excel knows it by that.
func IndexHead() string { return bom + line(headings) }

// IndexLine is one row of the index (RFC 4180).
func IndexLine(r Row) string {
	amount := ""
	if r.AmountYen != nil {
		amount = strconv.FormatInt(*r.AmountYen, 10)
	}
	kind, id := "受領", r.DocumentID
	if r.IssuedID != 0 {
		kind, id = "発行", r.IssuedID
	}
	return line([]string{
		kind, number(id), number(int64(r.Page)), r.TransactedOn.String(), amount, r.Code, r.Company, r.Name, r.Contact, r.Order, r.What, r.Number, r.Subject,
		r.At.In(order.JST).Format(time.DateTime), number(r.Mail), r.File, r.SHA256, strconv.FormatInt(r.SizeBytes, 10), number(r.Seq), r.KeepUntil.String(), r.Erased,
	})
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// line writes every cell in quotes, so that none is torn.
func line(cells []string) string {
	quoted := make([]string, len(cells))
	for i, c := range cells {
		quoted[i] = `"` + strings.ReplaceAll(Cell(c), `"`, `""`) + `"`
	}
	return strings.Join(quoted, ",") + "\r\n"
}

// Cell is a text that no spreadsheet takes for a formula: one that begins like a formula gets an
// apostrophe before it; what breaks lines becomes a blank.
func Cell(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' || r == '\t' || r == '\v' || r == '\f' || r == 0 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if begins := strings.TrimLeft(s, " \u3000\u00a0\ufeff"); begins != "" && strings.ContainsRune("=+-@＝＋－＠|%", []rune(begins)[0]) {
		return "'" + s
	}
	return s
}

// FileName is the name of a document's file in an export: stable, and safe on any system.
func FileName(r Row, mediaType, ext string) string {
	dir, id := "inbound", r.DocumentID
	if r.IssuedID != 0 {
		dir, id = "issued", r.IssuedID
	}
	const short = 12
	return path.Join("files", dir, fmt.Sprintf("%08d-%s.%s", id, r.SHA256[:min(short, len(r.SHA256))], extension(mediaType, ext)))
}

var extensions = map[string]string{
	"image/tiff": "tif", "image/png": "png", "image/jpeg": "jpg", "application/pdf": "pdf", "message/rfc822": "eml", "application/json": "json", "text/plain": "txt", "text/csv": "csv",
}

func extension(mediaType, ext string) string {
	ext = strings.ToLower(strings.TrimPrefix(ext, "."))
	const longest = 5
	if ext != "" && len(ext) <= longest && strings.Trim(ext, "abcdefghijklmnopqrstuvwxyz0123456789") == "" {
		return ext
	}
	if e := extensions[mediaType]; e != "" {
		return e
	}
	return "bin"
}

// HeadSubject is the subject of the letter that tells the archive's head.
func HeadSubject(shop string, day order.Date) string {
	return fmt.Sprintf("【%s】電子帳簿 台帳の先頭値（%s）", shop, day)
}

// HeadLetter tells the archive's head to whoever keeps it outside the shop's systems.
func HeadLetter(shop string, seq int64, chain string, now time.Time) []byte {
	return fmt.Appendf(nil, `ご担当者様

%s の電子取引データの台帳（ハッシュチェーン）について、本日の先頭値をお知らせいたします。
後日の改ざんの有無を確かめるために、このメールを保存してくださいますようお願いいたします。

  日時　　: %s
  先頭値　: %d:%s

確認の方法: todoke archive verify --head %d:%s

本メールは自動で送信しております。

To whoever keeps this: the archive's head today. Keep this mail; the command above tells
whether anything sealed up to now was changed or cut off since.
`, shop, now.In(order.JST).Format("2006-01-02 15:04:05 -0700"), seq, chain, seq, chain)
}

// Readme explains an export, in Japanese and English.
func Readme(shop, filter string, documents int, first, last int64, head string) string {
	return fmt.Sprintf(readme, shop, filter, documents, first, last, head, shop, filter, documents, first, last, head)
}

const readme = `%s　電子取引データ（電子帳簿保存法）

抽出条件　: %s
件数　　　: %d
台帳の範囲: %d ～ %d
先頭値　　: %s

index.csv    　一覧（UTF-8、Excelで開けます）。取引年月日・取引金額・取引先で並べ替えや絞り込みができます。
files/       　受領・発行したデータそのもの（1バイトも変えていません。画面からの出力では、まだ使える承認リンクだけを「*」で伏せ、一覧に記します）。
entries.jsonl　抽出した文書の台帳の記載。record の値（{ から } まで）がハッシュの対象となる文字列です。
chain.txt    　台帳のハッシュチェーン（最初に抽出した文書から先頭まで）。
SHA256SUMS   　files/ の各ファイルの SHA-256。
verify.sh    　下の確認をまとめて行います（sh、awk、sha256sum だけを使います）。

確認の方法（todoke は不要です）
1. ファイルが変わっていないこと:  sha256sum -c SHA256SUMS
2. 台帳のつながり: chain.txt の各行は「番号 種類 文書番号 要約値 封印日時 連鎖値」です。
   連鎖値は、前の行の連鎖値、改行（LF）、その行の連鎖値より前の部分（末尾の空白を除く）を続けたものの SHA-256 です。
   最初の行の前の連鎖値は、ファイルの先頭の # で始まる行にあります。
3. 記載: entries.jsonl の record の SHA-256 は要約値です。record の sha256 はファイルの SHA-256 です。
4. 先頭値を、別に保管してある先頭値（毎夕のメールや記録）と比べてください。
消去の記録がある文書は、誤って届いた個人情報などを所定の手続きで消去したもので、要約値だけが残っています。

----------------------------------------------------------------------------------------

%s: electronic transaction data (Electronic Books Preservation Act)

Filter   : %s
Documents: %d
Entries  : %d to %d
Head     : %s

index.csv      the index (UTF-8, opens in Excel): sort and filter by day, amount, counterparty.
files/         what came in and was issued, byte for byte (the desk masks approval links that still work; the index says where).
entries.jsonl  the chain's entries of these documents; record, from { to }, is the text that was hashed.
chain.txt      the hash chain, from the first of these documents to the head.
SHA256SUMS     the SHA-256 of each file.
verify.sh      does the checks below (sh, awk and sha256sum alone).

How to check without todoke
1. The files:    sha256sum -c SHA256SUMS
2. The chain:    each line of chain.txt is "seq kind id digest sealed-at chain". chain is the SHA-256 of
   the chain of the line before, a line feed, and the line up to its digest and time (no blank at the end).
   The chain before the first line stands in the line that begins with #.
3. The entries:  the SHA-256 of a record is its digest; sha256 in the record is that of the file.
4. The head:     compare it with one kept elsewhere (the evening mails, the file beside the database).
Documents with an erasure noted were taken away by a logged process; their digest stays in the chain.
`

// VerifyScript checks an export with sha256sum alone.
const VerifyScript = `#!/bin/sh
# Checks an export of the archive: sh verify.sh [SEQ:HASH]
cd "$(dirname "$0")" || exit 2
bad=0
if [ -s SHA256SUMS ]; then sha256sum --quiet -c SHA256SUMS || bad=1; fi
last=$(sed -n 's/^# previous //p' chain.txt)
head=$1
while read -r seq kind id digest sealed chain; do
	case $seq in '#'*) continue ;; esac
	want=$(printf '%s\n%s %s %s %s %s' "$last" "$seq" "$kind" "$id" "$digest" "$sealed" | sha256sum | cut -c1-64)
	[ "$want" = "$chain" ] || { echo "entry $seq: the chain is broken"; bad=1; }
	last=$chain; at=$seq
	case $head in "$seq":*) [ "$head" = "$seq:$chain" ] || { echo "entry $seq: not the head $head"; bad=1; }; head= ;; esac
done < chain.txt
[ -z "$head" ] || { echo "the head $head is not in chain.txt"; bad=1; }
tmp=$(mktemp) || exit 2
while IFS= read -r line; do
	seq=$(printf '%s' "$line" | sed 's/^{"seq":\([0-9]*\),.*/\1/')
	record=${line#*'"record":'}
	record=${record%'}'}
	[ "$record" = null ] || echo "$seq $(printf '%s' "$record" | sha256sum | cut -c1-64)"
done < entries.jsonl > "$tmp"
awk 'NR == FNR { digest[$1] = $4; next } digest[$1] != $2 { print "entry " $1 ": its record is not what was sealed"; bad = 1 } END { exit bad }' chain.txt "$tmp" || bad=1
rm -f "$tmp"
[ $bad = 0 ] && echo "all right; head $at:$last"
exit $bad
`
