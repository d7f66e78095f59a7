package typeset_test

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"todoke/templates/typeset"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"コピー用紙 A4", "コピー用紙 A4"},
		{"𠮷田", "吉田"},
		{"髙橋", "髙橋"}, // the font has it: nothing is replaced that need not be
		{"か\u3099き\u309aハ\u309a", "がき\u309aパ"},
		{"一行\n二行\tタブ\r", "一行 二行 タブ "},
		{"葛\U000e0100飾区", "葛飾区"},
		{"ゼロ\u200b幅\ufeff", "ゼロ幅"},
		{"\U0001f4e6至急", "〓至急"},
		{"\xff\xfe", "〓"},
		{"①②㈱㎏", "①②㈱㎏"},
		{"10〜20", "10～20"},
	} {
		got := typeset.Clean(c.in)
		if c.in == "か\u3099き\u309aハ\u309a" {
			if !strings.HasPrefix(got, "が") || !strings.HasSuffix(got, "パ") {
				t.Errorf("Clean(%q) = %q", c.in, got)
			}
			continue
		}
		if c.in == "10〜20" {
			if strings.ContainsRune(got, typeset.Geta) {
				t.Errorf("Clean(%q) = %q", c.in, got)
			}
			continue
		}
		if got != c.want {
			t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestWidth(t *testing.T) {
	t.Parallel()
	// Ten ideographs at 10 points are 100 points wide.
	if got, want := typeset.Width("日本国日本国日本国日", 10, typeset.Regular), 100*typeset.MMPerPoint; math.Abs(got-want) > 0.01 {
		t.Errorf("ten ideographs are %.3f mm wide, want %.3f", got, want)
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	const text = "とても長い会社名株式会社"
	full := typeset.Width(text, 10, typeset.Regular)
	if s, size := typeset.Fit(text, full+1, 10, typeset.Regular); s != text || size != 10 {
		t.Errorf("a text that fits became %q at %g", s, size)
	}
	if s, size := typeset.Fit(text, full*0.8, 10, typeset.Regular); s != text || math.Abs(size-8) > 1e-9 {
		t.Errorf("shrunk to %q at %g, want all of it at 8", s, size)
	}
	s, size := typeset.Fit(text, full*0.3, 10, typeset.Regular)
	if !strings.HasSuffix(s, "…") || typeset.Width(s, size, typeset.Regular) > full*0.3+1e-9 {
		t.Errorf("cut to %q at %g: %.2f mm of %.2f", s, size, typeset.Width(s, size, typeset.Regular), full*0.3)
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	em := func(n float64) float64 { return n * 10 * typeset.MMPerPoint } // width of n ideographs at 10 points
	for _, c := range []struct {
		name, in string
		width    float64
		want     []string
	}{
		{"nothing", "", em(5), nil},
		{"blank", " 　\n ", em(5), nil},
		{"fits", "日本国", em(5), []string{"日本国"}},
		{"ideographs break anywhere", "一二三四五六七八", em(5), []string{"一二三四五", "六七八"}},
		{"no 。 at the start", "一二三四五。六七", em(5), []string{"一二三四", "五。六七"}},
		{"no small kana at the start", "一二三四チョ", em(5), []string{"一二三四", "チョ"}},
		{"no long sound at the start", "一二三四カー", em(5), []string{"一二三四", "カー"}},
		{"no opening bracket at the end", "一二三四「五」", em(5), []string{"一二三四", "「五」"}},
		{"words stay whole", "用紙 ABCDEF", em(5), []string{"用紙", "ABCDEF"}},
		{"a number keeps its unit", "一二三16.5kg", em(5), []string{"一二三", "16.5kg"}},
		{"line ends are kept", "一\n二\r\n三", em(5), []string{"一", "二", "三"}},
		{"an empty line is kept", "一\n\n二", em(5), []string{"一", "", "二"}},
		{"a word wider than the line", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", em(5), nil},
		{"only forbidden breaks", "。。。。。。。。。。。。。。", em(5), nil},
		{"narrower than a character", "日本", em(0.5), []string{"日", "本"}},
	} {
		got := typeset.Wrap(c.in, c.width, 10, typeset.Regular)
		if c.want != nil || strings.TrimSpace(c.in) == "" {
			if strings.Join(got, "|") != strings.Join(c.want, "|") {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
			continue
		}
		if len(got) < 2 || strings.Join(got, "") != c.in {
			t.Errorf("%s: %q loses characters or does not break", c.name, got)
		}
	}
}

// Whatever comes in: no character but space is lost, no line overflows unless it is one
// character, and cleaning is idempotent.
func FuzzWrap(f *testing.F) {
	for _, s := range []string{"", "株式会社みなと設計事務所（総務部）", "A4 500枚×5冊 ABCDEFGHIJKLMNOP", "「「「「「「", "。。。。。。\n\n x", "\U0001f4e6\xff髙﨑𠮷か\u3099"} {
		f.Add(s, 20.0)
	}
	f.Fuzz(func(t *testing.T, s string, width float64) {
		if len(s) > 10000 || math.IsNaN(width) || width < 0 || width > 1000 {
			return
		}
		c := typeset.Clean(s)
		if again := typeset.Clean(c); again != c {
			t.Fatalf("Clean(%q) = %q, cleaned again %q", s, c, again)
		}
		if !utf8.ValidString(c) {
			t.Fatalf("Clean(%q) is not UTF-8", s)
		}
		for _, r := range c {
			if r > 0xffff || !typeset.Regular.Face().Has(r) {
				t.Fatalf("Clean(%q) leaves %U", s, r)
			}
		}
		lines := typeset.Wrap(s, width, 9, typeset.Regular)
		squeeze := strings.NewReplacer(" ", "", "　", "", "\n", "").Replace
		if got, want := squeeze(strings.Join(lines, "")), squeeze(typeset.Clean(s)); got != want {
			t.Fatalf("Wrap(%q, %g) loses text: %q, want %q", s, width, got, want)
		}
		for _, l := range lines {
			if typeset.Width(l, 9, typeset.Regular) > width+1e-6 && utf8.RuneCountInString(l) > 1 {
				t.Fatalf("Wrap(%q, %g): line %q is %.3f mm wide", s, width, l, typeset.Width(l, 9, typeset.Regular))
			}
		}
	})
}
