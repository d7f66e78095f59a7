package typeset

import (
	"strings"
	"unicode"
)

// Characters that may not begin a line (行頭禁則) and those that may not end one (行末禁則),
// after JIS X 4051.
const (
	notAtStart = "、。，．・：；！？゛゜´｀¨ヽヾゝゞ〃々〻ー―‐～〜…‥）］｝〉》」』】〕〙〗〟’”｠»％‰℃°′″,.:;!?)]}%" +
		"ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ｡､･ﾞﾟｰｧｨｩｪｫｬｭｮｯ｣"
	notAtEnd = "（［｛〈《「『【〔〘〖〝‘“｟«([{｢￥＄￡№＃¥$£#@"
)

var (
	startForbidden = runeSet(notAtStart)
	endForbidden   = runeSet(notAtEnd)
)

func runeSet(s string) map[rune]bool {
	m := make(map[rune]bool, len(s)/2)
	for _, r := range s {
		m[r] = true
	}
	return m
}

// wide tells the characters between which a line may break anywhere: ideographs, kana and
// full-width signs. Latin letters and digits stay together as words.
func wide(r rune) bool {
	return r >= 0x2e80 && r <= 0x9fff || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xff00 && r <= 0xffef ||
		unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= 0x2190 && r <= 0x27bf
}

// mayBreak tells whether a line may end after a and the next begin with b.
func mayBreak(a, b rune) bool {
	switch {
	case startForbidden[b] || endForbidden[a] || b == ' ':
		return false
	case a == '…' && b == '…', a == '―' && b == '―', a == '‥' && b == '‥':
		return false
	case a == ' ', a == '-' && unicode.IsLetter(b), a == '/' && unicode.IsLetter(b):
		return true
	}
	return wide(a) || wide(b)
}

// Wrap cleans a text and breaks it into lines no wider than width mm. Line ends in the text are
// kept, spaces at breaks dropped. A word wider than the line is broken inside, as is a run in
// which every break is forbidden: a line never overflows unless a single character does, and
// no character but a space at a break is ever lost. An empty text is no lines.
func Wrap(s string, width, size float64, w Weight) []string {
	s = clean(s, true)
	if strings.TrimSpace(s) == "" {
		return nil
	}
	f, limit := w.Face(), width/(size*MMPerPoint)+1e-9
	var lines []string
	for para := range strings.SplitSeq(strings.TrimRight(s, " \n"), "\n") {
		rs := []rune(strings.TrimRight(para, " 　"))
		for start := 0; ; {
			end, em, last := start, 0.0, -1 // last: the latest place where the line may end
			for end < len(rs) {
				em += f.Advance(rs[end])
				if em > limit && rs[end] != ' ' && end > start {
					break
				}
				end++
				if end < len(rs) && mayBreak(rs[end-1], rs[end]) {
					last = end
				}
			}
			if end < len(rs) && last > start {
				end = last
			}
			lines = append(lines, strings.TrimRight(string(rs[start:end]), " "))
			for end < len(rs) && rs[end] == ' ' {
				end++
			}
			if start = end; start >= len(rs) {
				break
			}
		}
	}
	return lines
}
