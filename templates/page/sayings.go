package page

import (
	"regexp"
	"slices"
	"strings"
)

// A saying is a message of the program, as the Go format that it is made with, and what it is in
// Japanese; $1 … are what the verbs stand for, themselves said in Japanese where they are words
// of ours. Messages are kept with what they are about, so sayings that no code says any more stay.
type saying [2]string

// pattern is a saying made ready to be looked for.
type pattern struct {
	re       *regexp.Regexp
	parts    []string // what stands between the verbs
	verbs    []byte   // of each group: q is quoted, and left as it is
	literal  int      // letters that must be there: of two that fit, the one with more is meant
	japanese string
}

var (
	said     = compile(slices.Concat(pageSayings, orderSayings, formSayings, fileSayings, mailSayings, webSayings, storeSayings, workSayings, eventSayings, archiveSayings, flowSayings, paymentSayings, gatewaySayings, tableSayings, resultSayings))
	verbs    = regexp.MustCompile(`%[-+# 0-9.]*[a-z%]`)
	holes    = regexp.MustCompile(`\$[1-9]`)
	ruled    = regexp.MustCompile(`^([A-Z]{3}-[0-9]+): (.+)$`)
	ofRule   = regexp.MustCompile(`(?s)^(.+) \(([A-Z]{3}-[0-9]+)\)$`) // an order.Error in one line
	nextRule = regexp.MustCompile(`; [A-Z]{3}-[0-9]+: `)
	english  = regexp.MustCompile(`[A-Za-z]{2}`)
	// commandLine is advice that helps at the command line alone.
	commandLine = regexp.MustCompile(`; see both with todoke .*| \(todoke [^)]*\)|: (?:see )?todoke .*|: --[a-z].*|,? and close it with todoke .*|,? close it with todoke .*`)
	exactly     = exact(said)
	listGlue    = "; "
)

// compile makes sayings into patterns that fit whole messages alone, the most telling first.
func compile(all []saying) []pattern {
	out := make([]pattern, 0, len(all))
	for _, s := range all {
		if strings.Trim(verbs.ReplaceAllString(s[0], ""), listGlue) == "" {
			continue // "%s; %s" would be every list, of which say knows more
		}
		p := pattern{japanese: s[1]}
		expr, from := `(?s)\A`, 0
		quote := func(literal string) {
			p.literal += len(literal)
			p.parts = append(p.parts, literal)
			expr += regexp.QuoteMeta(literal)
		}
		for _, at := range verbs.FindAllStringIndex(s[0], -1) {
			quote(s[0][from:at[0]])
			from = at[1]
			kind := s[0][at[1]-1]
			switch kind {
			case '%':
				quote("%")
				continue
			case 'q':
				expr += `(\[.*?\]|"(?:[^"\\]|\\.)*")`
			case 'd':
				expr += `([-+]?[0-9]+(?:,[0-9]{3})*)`
			case 'f':
				expr += `([-+]?[0-9]+(?:\.[0-9]+)?)`
			default:
				expr += `(.*?)`
			}
			p.verbs = append(p.verbs, kind)
		}
		quote(s[0][from:])
		p.re = regexp.MustCompile(expr + `\z`)
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b pattern) int { return b.literal - a.literal })
	return out
}

// exact are the sayings without verbs.
func exact(all []pattern) map[string]string {
	out := map[string]string{}
	for _, p := range all {
		if literal, complete := p.re.LiteralPrefix(); complete {
			out[literal] = p.japanese
		}
	}
	return out
}

// Limits of what is put into Japanese: beyond them a message stands as it is.
const (
	longestSaying = 4000
	deepestSaying = 4
	mostReasons   = 20
)

// Saying is what a message says to somebody at the desk.
func Saying(lang Lang, message string) string {
	if len(message) > longestSaying {
		return message
	}
	if lang == English {
		return commandLine.ReplaceAllString(message, "")
	}
	text, _ := say(message, 0)
	return text
}

// say puts a message, or the messages of a list, into Japanese, and tells whether it could.
func say(message string, deep int) (string, bool) {
	if deep > deepestSaying || !english.MatchString(message) {
		return message, false
	}
	if w, ok := sayWords[message]; ok {
		return w, true
	}
	if j, ok := exactly[message]; ok {
		return j, true
	}
	var loose *pattern // one that fits where a word of it stands for several messages of a list
	var all []string
	for i := range said {
		p := &said[i]
		if len(p.verbs) == 0 || !p.may(message) {
			continue
		}
		m := p.re.FindStringSubmatch(message)
		switch {
		case m == nil:
		case !p.spans(m):
			return p.fill(m, deep), true
		case loose == nil:
			loose, all = p, m
		}
	}
	if text, ok := sayList(message, listGlue, "。", deep, true); ok {
		return text, true
	}
	if loose != nil {
		return loose.fill(all, deep), true
	}
	if m := ofRule.FindStringSubmatch(message); m != nil {
		if text, ok := say(m[1], deep); ok {
			return text + "（" + m[2] + "）", true
		}
	}
	if at := nextRule.FindStringIndex(message); at != nil {
		first, one := say(message[:at[0]], deep+1)
		rest, other := say(message[at[0]+len(listGlue):], deep+1)
		return first + "。" + rest, one || other
	}
	if m := ruled.FindStringSubmatch(message); m != nil {
		text, ok := say(m[2], deep+1)
		return text + "（" + m[1] + "）", ok
	}
	if name := FieldName(Japanese, message); name != message {
		return name, true
	}
	if name, rest, ok := strings.Cut(message, ": "); ok { // a field and what is wrong with it
		if field := FieldName(Japanese, name); field != name {
			text, ok := say(rest, deep+1)
			return field + "：" + text, ok
		}
	}
	for _, glue := range [...][2]string{{listGlue, "。"}, {", ", "、"}} {
		if text, ok := sayList(message, glue[0], glue[1], deep, false); ok {
			return text, true
		}
	}
	return message, false
}

// sayList puts each message of a list into Japanese, and tells whether it could any, or all, of them.
func sayList(message, glue, japanese string, deep int, all bool) (string, bool) {
	parts := strings.Split(message, glue)
	if len(parts) < 2 || len(parts) > mostReasons {
		return message, false
	}
	could := 0
	for i, part := range parts {
		text, ok := say(part, deep+1)
		if ok {
			could++
		} else if all {
			return message, false
		}
		parts[i] = text
	}
	return strings.Join(parts, japanese), could > 0
}

// may tells, faster than the pattern, whether it can fit at all.
func (p *pattern) may(message string) bool {
	last := len(p.parts) - 1
	if !strings.HasPrefix(message, p.parts[0]) || !strings.HasSuffix(message, p.parts[last]) {
		return false
	}
	for _, part := range p.parts[1:last] {
		if !strings.Contains(message, part) {
			return false
		}
	}
	return true
}

// spans tells whether a verb stands for more than one message of a list; only the last one may, where
// nothing but a mark follows it.
func (p *pattern) spans(m []string) bool {
	last := len(m) - 1
	if !english.MatchString(p.parts[len(p.parts)-1]) {
		last--
	}
	return slices.ContainsFunc(m[1:last+1], func(s string) bool { return strings.Contains(s, listGlue) })
}

func (p *pattern) fill(m []string, deep int) string {
	return holes.ReplaceAllStringFunc(p.japanese, func(hole string) string {
		n := int(hole[1] - '0')
		if n >= len(m) {
			return hole
		}
		if p.verbs[n-1] == 'q' {
			return strings.Trim(m[n], `"`)
		}
		text, _ := say(m[n], deep+1)
		return text
	})
}

// sayWords are single words within messages.
var sayWords = map[string]string{
	"held": "保留中", "accepted": "受注済み", "short": "一部引当", "allocated": "引当済み", "released": "出荷指示済み", "shipped": "出荷済み",
	"cancelled": "取消済み", "planned": "予定", "open": "確認待ち", "settled": "受注", "junk": "不要", "duplicate": "重複", "handled": "対応済み", "joined": "別の頁の続き", "attached": "注文の書類",
	"fax": "FAX", "web": "Web", "normal": "通常", "truck": "トラックマーク", "phone": "電話マーク", "backorder": "入荷を待つ", "cancel": "取消",
	"invoice": "請求書払い", "card": "カード", "cover": "送付状", "advert": "広告", "other": "その他", "blank": "空欄",
	"not_a_form": "当店の用紙ではない", "unreadable": "判読不能", "review": "要確認", "accept": "確定",
	"order form (FAX注文書)": "FAX注文書", "return request (返品依頼書)": "返品依頼書", "point inquiry (ポイント確認依頼用紙)": "ポイント確認依頼用紙",
	"prize application (賞品申込み用紙)": "賞品申込み用紙", "registration change (お客様登録内容変更用紙)": "お客様登録内容変更用紙",
	"cover sheet (送付状)": "送付状", "advert (広告)": "広告", "cover sheet": "送付状", "blank page": "白紙", "none of our forms": "当店の用紙以外", "unreadable page": "判読不能の頁",
	"order": "FAX注文書", "return": "返品依頼書", "points": "ポイント確認依頼用紙", "prize": "賞品申込み用紙", "registration": "お客様登録内容変更用紙",
	"a PDF": "PDF", "a Word document": "Word文書", "an Excel workbook": "Excelブック", "a PowerPoint presentation": "PowerPoint資料", "an OpenDocument file": "OpenDocument文書",
	"a Zip archive with a password": "パスワード付きZIP", "a Zip archive": "ZIP", "an empty file": "空のファイル", "a text": "テキスト", "a file of an unknown kind": "種類の分からないファイル",
	"Sunday": "日曜日", "closed day": "休業日", "mended": "補正した", "left": "補正しなかった", "waiting": "対応待ち", "sent": "送信済み", "failed": "送信失敗", "done": "対応済み",
	"resend": "再送", "correction": "訂正", "addon": "追加", "add-on": "追加", "own": "別の注文", "different": "別のもの", "less than a minute": "1分未満",
	"total": "伝票合計", "unit_price": "単価", "over_budget": "予算超過", "all": "すべての注文", "the customer's wish": "お客様のご依頼",
	"honshu-east": "本州（東）", "honshu-west": "本州（西）", "hokkaido": "北海道", "okinawa": "沖縄", "islands": "離島", "shikoku": "四国", "kyushu": "九州",
	"drawings": "図", "comments": "注釈", "form fields": "入力欄", "text": "文字", "pictures": "画像",
}
