package document

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"todoke/order"
)

// OpenItems is the evening list of what is open (PGE-5), for the desk.
type OpenItems struct {
	ShopName string
	DeskName string // "" prints none
	At       time.Time
	Groups   []OpenGroup // empty ones are left out
}

// OpenGroup is what is open of one kind.
type OpenGroup struct {
	Title string // such as 確認待ちのページ
	Todo  string // what to do about them, one sentence
	Items []OpenItem
}

// OpenItem is one thing that is open.
type OpenItem struct {
	Name   string
	What   string // such as 注文用紙; "" prints none
	Since  time.Time
	Reason string
}

// Subject is the mail's.
func (l *OpenItems) Subject() string {
	n := 0
	for _, g := range l.Groups {
		n += len(g.Items)
	}
	day := order.DateOf(l.At)
	if n == 0 {
		return fmt.Sprintf("【未処理一覧】%d月%d日　未処理はありません", day.Month, day.Day)
	}
	return fmt.Sprintf("【未処理一覧】%d月%d日　%d件", day.Month, day.Day, n)
}

// most of a group's items are written out: a list nobody can read helps nobody.
const mostOpen = 200

// Text is the list as plain text of lines of at most 38 full-width characters.
func (l *OpenItems) Text() []byte {
	var b strings.Builder
	at := l.At.In(order.JST)
	fmt.Fprintf(&b, "%s\n", strings.TrimSpace(l.ShopName+"　"+l.DeskName))
	fmt.Fprintf(&b, "未処理一覧　%d年%d月%d日 %02d時%02d分 現在\n\n", at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute())
	open := false
	for _, g := range l.Groups {
		if len(g.Items) > 0 {
			open = true
			fmt.Fprintf(&b, "・%s　%d件\n", g.Title, len(g.Items))
		}
	}
	if !open {
		b.WriteString("未処理のものはありません。本日もお疲れさまでした。\n")
		return []byte(b.String())
	}
	for _, g := range l.Groups {
		if len(g.Items) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n■ %s（%d件）\n", g.Title, len(g.Items))
		wrapInto(&b, "　→ ", "　　 ", g.Todo)
		for i, item := range g.Items {
			if i == mostOpen {
				fmt.Fprintf(&b, "　ほか%d件は todoke ledger でご確認ください。\n", len(g.Items)-mostOpen)
				break
			}
			since := item.Since.In(order.JST)
			fmt.Fprintf(&b, "\n　%s", item.Name)
			if item.What != "" {
				b.WriteString("　" + item.What)
			}
			fmt.Fprintf(&b, "　%d月%d日 %02d:%02d から（%s）\n", since.Month(), since.Day(), since.Hour(), since.Minute(), age(l.At.Sub(item.Since)))
			if item.Reason != "" {
				wrapInto(&b, "　　理由：", "　　　　　", item.Reason)
			}
		}
	}
	return []byte(b.String())
}

// age is how long something has been open.
func age(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return "1分未満"
	case d < time.Hour:
		return fmt.Sprintf("%d分", int(d/time.Minute))
	case d < day:
		return fmt.Sprintf("%d時間", int(d/time.Hour))
	default:
		return fmt.Sprintf("%d日", int(d/day))
	}
}

// wrapInto writes a text in lines of 76 half-width columns, at spaces where it has them.
func wrapInto(b *strings.Builder, first, rest, text string) {
	const columns = 76
	width := func(r rune) int {
		if r < 0x1100 {
			return 1
		}
		return 2
	}
	line, used, space := "", 0, -1
	lead, room := first, columns-2*utf8.RuneCountInString(first)
	flush := func(n int) {
		b.WriteString(strings.TrimRight(lead+line[:n], " ") + "\n")
		line, used, space, lead = strings.TrimLeft(line[n:], " "), 0, -1, rest
		for i, r := range line {
			used += width(r)
			if r == ' ' {
				space = i
			}
		}
	}
	for _, r := range strings.Join(strings.Fields(text), " ") {
		if used+width(r) > room && line != "" {
			if 2*space > len(line) {
				flush(space)
			} else {
				flush(len(line))
			}
		}
		if r == ' ' {
			space = len(line)
		}
		line += string(r)
		used += width(r)
	}
	if line != "" {
		flush(len(line))
	}
}
