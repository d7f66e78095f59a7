package page

import (
	"fmt"
	"regexp"
	"strings"

	"todoke/order"
)

// regionNames are the regions of the sample table (CUT-2) in people's words; a shop's own codes
// stand as they are.
var regionNames = map[string][2]string{
	"honshu-east": {"本州東部", "eastern Honshu"}, "honshu-west": {"本州西部", "western Honshu"}, "honshu": {"本州", "Honshu"}, "tohoku": {"東北", "Tohoku"}, "kanto": {"関東", "Kanto"}, "chubu": {"中部", "Chubu"},
	"kinki": {"近畿", "Kinki"}, "kansai": {"関西", "Kansai"}, "chugoku": {"中国", "Chugoku"}, "shikoku": {"四国", "Shikoku"}, "kyushu": {"九州", "Kyushu"}, "hokkaido": {"北海道", "Hokkaido"}, "okinawa": {"沖縄", "Okinawa"},
	"islands": {"離島", "islands"}, "default": {"全国", "everywhere"},
}

// RegionName is a region in people's words.
func RegionName(lang Lang, code string) string {
	if n, ok := regionNames[code]; ok {
		return pick(lang, n[0], n[1])
	}
	return code
}

var scheduleNames = map[string][2]string{
	"adapt_thresholds": {"しきい値の見直し", "thresholds"}, "tell_archive_head": {"電子帳簿の控え", "archive's head"}, "open_items": {"未処理の一覧", "open items"}, "reconcile_cards": {"カード決済の照合", "card gateway's books"},
}

var (
	wave  = regexp.MustCompile(`^wave_(\d\d)(\d\d)$`)
	daily = regexp.MustCompile(`^(\d{1,2}) (\d{1,2}) \* \* \*$`)
	week  = regexp.MustCompile(`^(\d{1,2}) (\d{1,2}) \* \* ([0-7])$`)
)

// ScheduleName is a schedule in people's words: 出荷指示 17:41.
func ScheduleName(lang Lang, name string) string {
	if m := wave.FindStringSubmatch(name); m != nil {
		return pick(lang, "出荷指示 ", "wave ") + m[1] + ":" + m[2]
	}
	if n, ok := scheduleNames[name]; ok {
		return pick(lang, n[0], n[1])
	}
	return name
}

// CronText is when a schedule runs in people's words; what is neither daily nor weekly stands as
// it is written.
func CronText(lang Lang, cron string) string {
	if m := daily.FindStringSubmatch(cron); m != nil {
		return pick(lang, "毎日 ", "daily ") + two(m[2]) + ":" + two(m[1])
	}
	if m := week.FindStringSubmatch(cron); m != nil {
		days := [...]string{"Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays"}
		n := int(m[3][0]-'0') % len(days)
		return pick(lang, "毎週"+weekdays[n]+"曜 ", days[n]+" ") + two(m[2]) + ":" + two(m[1])
	}
	return cron
}

func two(s string) string {
	if len(s) < 2 {
		return "0" + s
	}
	return s
}

const postalHead = 3 // digits before the hyphen

// PostalCode is a postal code, or the beginning of one, as people write it: 135-0002.
func PostalCode(s string) string {
	if len(s) <= postalHead || strings.Contains(s, "-") {
		return s
	}
	return s[:postalHead] + "-" + s[postalHead:]
}

// PostalCodes are codes with a space between them.
func PostalCodes(s string) string {
	all := strings.Fields(s)
	for i := range all {
		all[i] = strings.ReplaceAll(PostalCode(all[i]), "-", "-\u2060") // never at the end of a line
	}
	return strings.Join(all, " ")
}

// Place is an address in one line: 〒135-0002 東京都江東区….
func Place(a order.Address) string {
	if a.PostalCode == "" {
		return a.Prefecture + a.Address
	}
	return "〒" + PostalCode(a.PostalCode) + " " + a.Prefecture + a.Address
}

// Date is a day with its year: 2026/11/24（火）, Tue 24 Nov 2026.
func Date(lang Lang, d order.Date) string {
	if d.IsZero() {
		return ""
	}
	at := d.At(order.Clock{})
	if lang == English {
		return at.Format("Mon 2 Jan 2006")
	}
	return at.Format("2006/1/2") + "（" + weekdays[at.Weekday()] + "）"
}

// Size is how long a file is in people's words.
func Size(lang Lang, bytes int) string {
	const kilo = 1000
	switch {
	case bytes < kilo:
		return fmt.Sprintf(pick(lang, "%dバイト", "%d bytes"), bytes)
	case bytes < kilo*kilo:
		return fmt.Sprintf("%d KB", (bytes+kilo/2)/kilo)
	}
	return fmt.Sprintf("%d.%d MB", bytes/kilo/kilo, bytes/(kilo*kilo/10)%10)
}
