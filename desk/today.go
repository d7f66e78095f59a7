package desk

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
)

// dayOf is the day that a page is asked for; none, and one that is still to come, is today.
func (d *Desk) dayOf(r *http.Request) (on, today order.Date) {
	today = order.DateOf(d.Now().In(order.JST))
	on, err := order.ParseDate(r.URL.Query().Get("on"))
	if err != nil || on.After(today) {
		on = today
	}
	return on, today
}

func (d *Desk) showToday(w http.ResponseWriter, r *http.Request) {
	p, now := personOf(r.Context()), d.Now()
	on, today := d.dayOf(r)
	t, err := d.Store.Today(r.Context(), on, now)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v := page.Today{
		Frame: d.frame(r, "today", pick(p.Lang, "概況", "Overview")), On: on, IsToday: on == today, Before: on.Add(-1),
		Hours: hourPlot(t.Received), Unsealed: t.Waits.Unsealed, UnsealedText: upTo(p.Lang, t.Waits.Unsealed),
		SealedSeq: t.Waits.SealedSeq, SealedAt: t.Waits.SealedAt, HeadAt: t.Waits.HeadToldAt, MayRun: p.At(leads),
	}
	if on != today {
		v.After = on.Add(1)
	}
	v.Tiles = tiles(p, t)
	v.Waiting, v.WaitingOf = deadlineBars(t.Waiting)
	for _, a := range t.Accepted {
		v.Accepted = append(v.Accepted, page.ChannelRow{Channel: a.Channel, N: a.N, ValueYen: a.ValueYen, Touched: a.Touched, Share: share(a.N-a.Touched, a.N), W: (a.N - a.Touched) * barWidth / max(1, a.N)})
	}
	for _, x := range t.Waves {
		v.Waves = append(v.Waves, page.WaveRow{
			At: x.ReleasedAt, Warehouse: x.WarehouseName, Class: x.Class, Number: order.Number(x.ListNumber).Grouped(),
			Orders: x.Orders, Lines: x.Lines, Qty: x.Qty, IssuedAt: x.IssuedAt, ShippedAt: x.ShippedAt,
		})
	}
	most := int64(1)
	for _, x := range t.ShortItems {
		most = max(most, x.Qty)
	}
	for _, x := range t.ShortItems {
		v.Short = append(v.Short, page.ShortRow{Code: x.Code, Name: x.Name, Qty: x.Qty, Orders: x.Orders, RestockOn: x.RestockOn, W: max(1, int(x.Qty*barWidth/most))})
	}
	calendar, _, _, err := d.Store.Masters(r.Context())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v.Runs, v.OpenRuns = runRows(p.Lang, t.Runs, calendar), openRuns(p, t.OpenRuns)
	v.Deliveries = deliveryRows(t.Deliveries)
	d.show(w, r, v)
}

// share is a part in percent with one digit; "—" of nothing.
func share(part, of int) string {
	if of == 0 {
		return "—"
	}
	const thousand = 1000
	tenths := part * thousand / of // never rounded up to a whole that it is not
	return fmt.Sprintf("%d.%d%%", tenths/10, tenths%10)
}

// upTo is a count that ends at CountedUpTo.
func upTo(lang page.Lang, n int) string {
	if n >= store.CountedUpTo {
		return fmt.Sprintf(pick(lang, "%d以上", "%d or more"), store.CountedUpTo)
	}
	return strconv.Itoa(n)
}

// tiles are the figures at the top, each with its list.
func tiles(p Person, t store.Today) []page.Tile {
	lang, w := p.Lang, t.Waits
	list := func(name string) string { return "/desk/today/list/" + name + "?on=" + t.On.String() }
	mood := func(n int, m string) string {
		if n == 0 {
			return ""
		}
		return m
	}
	var received, accepted, touched, waiting, late int
	var value, atRisk order.Yen
	for _, c := range t.Received {
		received += c.N
	}
	for _, a := range t.Accepted {
		accepted, touched, value = accepted+a.N, touched+a.Touched, value+a.ValueYen
	}
	for _, x := range t.Waiting {
		waiting, atRisk = waiting+x.N, atRisk+x.ValueYen
		if x.Late {
			late += x.N
		}
	}
	money := func(y order.Yen) string { return pick(lang, y.Grouped()+"円", "¥"+y.Grouped()) }
	note := money(atRisk)
	if late > 0 {
		note = fmt.Sprintf(pick(lang, "締切経過 %d件", "%d too late"), late)
	}
	out := []page.Tile{
		{Label: pick(lang, "受信", "Received"), Value: strconv.Itoa(received), Note: fmt.Sprintf(pick(lang, "確認 %d件を処理", "%d reviews closed"), t.Closed), Path: list("received")},
		{Label: pick(lang, "受け付けた注文", "Orders accepted"), Value: strconv.Itoa(accepted), Note: money(value), Path: list("accepted")},
		{Label: pick(lang, "無人受付率", "Touchless"), Value: share(accepted-touched, accepted), Note: fmt.Sprintf(pick(lang, "人が関与 %d件", "%d by a person"), touched), Path: list("touched")},
		{Label: pick(lang, "確認待ち", "Waiting"), Value: strconv.Itoa(waiting), Note: note, Mood: mood(late, "bad"), Path: "/desk/queue"},
		{Label: pick(lang, "欠品の注文", "Short orders"), Value: upTo(lang, w.OrdersShort), Note: fmt.Sprintf(pick(lang, "引当待ち %s", "%s to allocate"), upTo(lang, w.OrdersNew)), Mood: mood(w.OrdersShort, "warn"), Path: list("short")},
		{Label: pick(lang, "送付の失敗", "Failed deliveries"), Value: strconv.Itoa(w.DeliveriesFailed), Note: fmt.Sprintf(pick(lang, "送付待ち %d", "%d waiting"), w.DeliveriesWaiting), Mood: mood(w.DeliveriesFailed, "bad"), Path: list("deliveries")},
		{Label: pick(lang, "未確定の頁・文書", "Not final"), Value: strconv.Itoa(w.Pages + w.Documents), Note: fmt.Sprintf(pick(lang, "頁 %d　文書 %d", "%d pages, %d documents"), w.Pages, w.Documents), Path: list("open")},
		{Label: pick(lang, "検査の誤読", "Misread (audit)"), Value: strconv.Itoa(t.Errors), Note: fmt.Sprintf(pick(lang, "入力待ち %d　不一致 %d", "%d to key, %d disputed"), w.AuditsOpen, w.AuditsDisputed), Mood: mood(t.Errors+w.AuditsDisputed, "warn"), Path: "/desk/audits"},
		{Label: pick(lang, "未完了の定時処理", "Open runs"), Value: strconv.Itoa(w.RunsOpen), Note: fmt.Sprintf(pick(lang, "断念したジョブ %d", "%d jobs given up"), w.JobsGivenUp), Mood: mood(w.RunsOpen+w.JobsGivenUp, "warn")},
	}
	if p.At(leads) {
		out[len(out)-1].Path = "/desk/runs"
	}
	return out
}

// The plot's measures, in units of its view box.
const (
	plotLeft, plotTop, plotBottom = 36, 10, 168
	plotStep, plotBar             = 30, 22
	hours                         = 24
)

// hourPlot lays out what came in by hour as stacked bars.
func hourPlot(counts []store.ReceivedCount) page.HourPlot {
	v := page.HourPlot{Columns: make([]page.HourColumn, hours)}
	totals := map[string]int{}
	for _, c := range counts {
		h := &v.Columns[c.Hour]
		switch c.Channel {
		case "fax":
			h.Fax += c.N
		case "web":
			h.Web += c.N
		default:
			h.Mail += c.N
		}
		h.N += c.N
		totals[c.Channel] += c.N
		v.N += c.N
	}
	for _, c := range []string{"fax", "web", "mail"} {
		v.Totals = append(v.Totals, page.ChannelTotal{Channel: c, N: totals[c]})
	}
	for _, h := range v.Columns {
		v.Most = max(v.Most, h.N)
	}
	top := niceAbove(v.Most)
	const lines, labels = 2, 3
	for i := 0; i <= lines; i++ {
		v.Lines = append(v.Lines, page.PlotLine{Y: plotBottom - (plotBottom-plotTop)*i/lines, N: top * i / lines})
	}
	for i := range v.Columns {
		h := &v.Columns[i]
		h.Hour, h.X, h.Label = i, plotLeft+plotStep*i, i%labels == 0
		y := plotBottom
		for _, b := range []page.Bar{{Channel: "fax", H: h.Fax}, {Channel: "web", H: h.Web}, {Channel: "mail", H: h.Mail}} {
			if b.H == 0 {
				continue
			}
			b.H = max(1, (plotBottom-plotTop)*b.H/top)
			y -= b.H
			b.X, b.Y, b.W = h.X+(plotStep-plotBar)/2, y, plotBar
			h.Bars = append(h.Bars, b)
		}
	}
	return v
}

// niceAbove is the end of a scale that n lies within: 2, 4, 10, 20, 40, 100 and so on.
func niceAbove(n int) int {
	for unit := 1; ; unit *= 10 {
		for _, m := range []int{2, 4, 10} {
			if n <= m*unit {
				return m * unit
			}
		}
	}
}

// barWidth is a bar's longest, in units of its view box.
const barWidth = 200

// deadlineBars are what waits by deadline, drawn by number.
func deadlineBars(waiting []store.WaitingCount) (rows []page.DeadlineBar, of int) {
	most := 1
	for _, x := range waiting {
		most = max(most, x.N)
		of += x.N
	}
	for _, x := range waiting {
		row := page.DeadlineBar{Late: x.Late, DeadlineAt: x.DeadlineAt, N: x.N, ValueYen: x.ValueYen, Path: "/desk/queue", W: max(1, x.N*barWidth/most)}
		if !x.Late {
			q := url.Values{"after": {"!"}} // before every task of that deadline
			if !x.DeadlineAt.IsZero() {
				q.Set("at", strconv.FormatInt(x.DeadlineAt.UnixMicro(), 10))
			}
			row.Path += "?" + q.Encode()
		}
		rows = append(rows, row)
	}
	return rows, of
}

func deliveryRows(counts []store.DeliveryCount) []page.DeliveryRow {
	var rows []page.DeliveryRow
	for _, c := range counts {
		if len(rows) == 0 || rows[len(rows)-1].Channel != c.Channel {
			rows = append(rows, page.DeliveryRow{Channel: c.Channel})
		}
		row := &rows[len(rows)-1]
		switch c.State {
		case store.DeliveryWaiting:
			row.Waiting += c.N
		case store.DeliverySent:
			row.Sent += c.N
		case store.DeliveryDelivered:
			row.Delivered += c.N
		case store.DeliveryFailed:
			row.Failed += c.N
		default:
			row.Settled += c.N
		}
	}
	for i := range rows {
		row, x := &rows[i], 0
		all := row.Waiting + row.Sent + row.Delivered + row.Failed + row.Settled
		for _, part := range []struct {
			n    int
			look string
		}{{row.Delivered, "bar-good"}, {row.Sent, "bar-fill"}, {row.Waiting, "bar-wait"}, {row.Failed, "bar-bad"}} {
			w := part.n * barWidth / max(1, all)
			if part.n > 0 {
				row.Bars = append(row.Bars, page.Bar{Channel: part.look, X: x, W: max(1, w)})
			}
			x += w
		}
	}
	return rows
}

// Lists behind the numbers: which are a day's, and what they are called.
var todayLists = map[string]struct {
	dated             bool
	japanese, english string
}{
	"received": {true, "受信した文書", "Received"}, "accepted": {true, "受け付けた注文", "Orders accepted"},
	"touched": {true, "人が関与した注文", "Orders that a person had a hand in"}, "closed": {true, "処理した確認", "Reviews closed"},
	"short": {false, "欠品の注文", "Short orders"}, "deliveries": {false, "失敗・送付待ち", "Deliveries failed or waiting"},
	"open": {false, "未確定の頁・文書", "Pages and documents that are not final"},
}

func (d *Desk) showTodayList(w http.ResponseWriter, r *http.Request) {
	p := personOf(r.Context())
	name := r.PathValue("list")
	on, _ := d.dayOf(r)
	var after store.TodayEntry
	after.ID, _ = strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	if n, err := strconv.ParseInt(r.URL.Query().Get("at"), 10, 64); err == nil {
		after.At = time.UnixMicro(n)
	}
	rows, err := d.Store.TodayList(r.Context(), name, on, after, queueRows+1)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	about := todayLists[name]
	head := pick(p.Lang, about.japanese, about.english)
	v := page.TodayList{Frame: d.frame(r, "today", head), On: on, Dated: about.dated, Name: name, Head: head}
	if len(rows) > queueRows {
		rows = rows[:queueRows]
		last := rows[queueRows-1]
		v.Next = r.URL.Path + "?" + url.Values{
			"on": {on.String()}, "after": {strconv.FormatInt(last.ID, 10)}, "at": {strconv.FormatInt(last.At.UnixMicro(), 10)},
		}.Encode()
	}
	for _, x := range rows {
		row := page.TodayEntry{ID: x.ID, At: x.At, Kind: x.Kind, Name: x.Name, Customer: x.Customer, Detail: x.Detail, State: x.State, ValueYen: x.ValueYen}
		switch x.Kind {
		case "order":
			row.Path, row.Name = "/desk/orders/"+x.Name, order.Number(x.Name).Grouped()
		case "review":
			row.Path = "/desk/review/" + x.Name
		}
		v.Rows = append(v.Rows, row)
	}
	d.saw(r, "list "+name+" "+on.String())
	d.show(w, r, v)
}

func runRows(lang page.Lang, runs []store.RunRow, c *rules.Calendar) []page.RunRow {
	out := make([]page.RunRow, 0, len(runs))
	for _, x := range runs {
		out = append(out, page.RunRow{Schedule: x.Schedule, DueAt: x.DueAt, FinishedAt: x.FinishedAt, Did: runDid(lang, x, c), By: x.By, Reason: x.Reason})
		if x.CardDays > 0 {
			out[len(out)-1].Path = cardDayPath(order.DateOf(x.DueAt).Add(-1))
		}
	}
	return out
}

// runDid is what a run left behind, in words.
func runDid(lang page.Lang, x store.RunRow, c *rules.Calendar) string {
	switch {
	case x.FinishedAt.IsZero():
		return ""
	case x.Schedule == "adapt_thresholds":
		return fmt.Sprintf(pick(lang, "しきい値の変更 %d件、追加の検査 %d件", "%d thresholds moved, %d more fields drawn"), x.Changes, x.Drawn)
	case x.Schedule == "tell_archive_head":
		return fmt.Sprintf(pick(lang, "記録の先頭 %d番", "archive's head: %d"), x.HeadSeq)
	case x.Schedule == "open_items":
		return pick(lang, "一覧を送付", "list sent")
	case x.Schedule == "reconcile_cards" && x.CardDays == 0:
		return pick(lang, "決済会社の設定なし", "no card gateway is configured")
	case x.Schedule == "reconcile_cards":
		did := fmt.Sprintf(pick(lang, "当社の記録 %d件、差異 %d件", "%d operations of ours, %d differences"), x.CardOps, x.CardDiffers)
		if x.CardUnanswered > 0 {
			did += fmt.Sprintf(pick(lang, "、回答なし %d件（次回に再確認）", ", %d not answered (asked again next time)"), x.CardUnanswered)
		}
		return did
	case x.Lists == 0 && strings.HasPrefix(x.Schedule, "wave_") && !c.Business(order.DateOf(x.FinishedAt)):
		return pick(lang, "休業日のため出荷指示なし", "the day is closed: nothing was released")
	case x.Lists == 0:
		return pick(lang, "対象なし", "nothing was due")
	}
	return fmt.Sprintf(pick(lang, "リスト %d件、注文 %d件、数量 %d", "%d lists, %d orders, quantity %d"), x.Lists, x.Orders, x.Qty)
}

func openRuns(p Person, runs []store.OpenRun) []page.OpenRunRow {
	out := make([]page.OpenRunRow, 0, len(runs))
	for _, x := range runs {
		row := page.OpenRunRow{Schedule: x.Schedule, DueAt: x.DueAt, State: x.JobState, Error: x.Error, Failed: x.Failed(), Attempt: x.Attempt}
		if p.At(operators) {
			row.Again = "/desk/runs?" + url.Values{"run": {x.Schedule}, "at": {x.DueAt.In(order.JST).Format("2006-01-02T15:04")}}.Encode() + "#by-hand"
		}
		out = append(out, row)
	}
	slices.SortStableFunc(out, func(a, b page.OpenRunRow) int { // what nobody tries again comes first
		switch {
		case a.Failed == b.Failed:
			return 0
		case a.Failed:
			return -1
		}
		return 1
	})
	return out
}
