package month

import (
	"fmt"
	"html"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"todoke/order"
)

// Print writes what the month came to, in a few lines.
func (r *Report) Print(w io.Writer) {
	fmt.Fprintf(w, "\n%d orders by %d departments in %d days and %d that followed: %s in all, %s of it checks\n", r.Orders, r.Options.Departments, r.Options.Days, r.Options.Tail,
		r.Took.Round(time.Second), r.checkTime().Round(time.Second))
	fmt.Fprintf(w, "web requests waited %s (half), %s (99 of 100)\n", r.Wait(50).Round(100*time.Microsecond), r.Wait(99).Round(100*time.Microsecond))
	sum := r.sum()
	fmt.Fprintf(w, "%d released, %d shipped, %d short, %d cancelled, %d dated anew; %d mails and faxes arrived, %d of them twice; the worker was killed %d times, %d jobs taken up again\n",
		sum.Figures.Released, sum.Figures.Shipped, sum.Figures.Short, sum.Figures.Cancelled, sum.Figures.Replanned, r.Posted, r.Twice, sum.Kills, sum.Abandoned)
	fmt.Fprintf(w, "processor time without checks: %s\n", sum.Used)
	for _, k := range slices.Sorted(maps.Keys(r.Left)) {
		fmt.Fprintf(w, "  not finished: %s: %d\n", k, r.Left[k])
	}
	if len(r.Wrong) == 0 {
		fmt.Fprintf(w, "all of %d checks hold, after each day and at the end\n", len(r.Checks))
	}
}

// String tells the times by process.
func (p Processor) String() string {
	if p == (Processor{}) {
		return "unknown"
	}
	const unit = 100 * time.Millisecond
	return fmt.Sprintf("%s worker, %s PostgreSQL, %s customers, people and API", p.Workers.Round(unit), p.PostgreSQL.Round(unit), p.Driver.Round(unit))
}

func (r *Report) checkTime() time.Duration {
	var sum time.Duration
	for _, c := range r.Checks {
		sum += c.Took
	}
	return sum
}

// sum adds the days up.
func (r *Report) sum() Day {
	s := Day{Received: map[way]int{}, Refused: map[string]int{}, Acts: map[string]int{}, Results: map[string]int{}, Cards: map[string]int{}}
	s.Figures.Held, s.Figures.Jobs = map[string]int{}, map[string]Job{}
	for _, d := range r.Days {
		f := d.Figures
		for _, x := range []struct {
			to *int
			n  int
		}{
			{&s.CancelledInTime, d.CancelledInTime},
			{&s.CancelRefused, d.CancelRefused},
			{&s.Lists, d.Lists},
			{&s.LateReports, d.LateReports},
			{&s.TwiceReports, d.TwiceReports},
			{&s.Decided, d.Decided},
			{&s.CapturedYen, d.CapturedYen},
			{&s.Reviewed, d.Reviewed},
			{&s.Dropped, d.Dropped},
			{&s.Restocked, d.Restocked},
			{&s.Kills, d.Kills},
			{&s.Abandoned, d.Abandoned},
			{&s.Retries, d.Retries},
			{&s.Wrong, d.Wrong},
			{&s.Figures.Accepted, f.Accepted},
			{&s.Figures.Touchless, f.Touchless},
			{&s.Figures.Released, f.Released},
			{&s.Figures.Shipped, f.Shipped},
			{&s.Figures.Short, f.Short},
			{&s.Figures.Filled, f.Filled},
			{&s.Figures.Cancelled, f.Cancelled},
			{&s.Figures.Replanned, f.Replanned},
			{&s.Figures.Fees, f.Fees},
			{&s.Figures.AddOns, f.AddOns},
			{&s.Figures.GoodsYen, f.GoodsYen},
			{&s.Figures.LeftYen, f.LeftYen},
			{&s.Figures.Answers, f.Answers},
			{&s.Figures.Sent, f.Sent},
			{&s.Figures.Lists, f.Lists},
		} {
			*x.to += x.n
		}
		for k, n := range d.Received {
			s.Received[k] += n
		}
		for k, n := range d.Refused {
			s.Refused[k] += n
		}
		for k, n := range d.Acts {
			s.Acts[k] += n
		}
		for k, n := range d.Results {
			s.Results[k] += n
		}
		for k, n := range d.Cards {
			s.Cards[k] += n
		}
		for k, n := range f.Held {
			s.Figures.Held[k] += n
		}
		for k, j := range f.Jobs {
			was := s.Figures.Jobs[k]
			s.Figures.Jobs[k] = Job{was.N + j.N, was.Sum + j.Sum, max(was.Most, j.Most), was.Failed + j.Failed}
		}
		s.Used = Processor{s.Used.Driver + d.Used.Driver, s.Used.Workers + d.Used.Workers, s.Used.PostgreSQL + d.Used.PostgreSQL}
		s.Took, s.Checked, s.Figures.Open, s.Figures.MB = s.Took+d.Took, s.Checked+d.Checked, f.Open, f.MB
	}
	return s
}

const style = `body{font:14px/1.45 system-ui,sans-serif;color:#1c2733;max-width:1440px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.1rem;margin-top:2rem}p{margin:.3rem 0}
table{border-collapse:collapse;font-size:11.5px;font-variant-numeric:tabular-nums;width:100%}th,td{padding:.15rem .2rem;text-align:right;border-bottom:1px solid #e3e8ee;white-space:nowrap}
th{color:#56657a;font-weight:600;vertical-align:bottom;white-space:normal}td:first-child,th:first-child{text-align:left}.shut td{color:#8a97a8}tfoot td{font-weight:600;border-top:2px solid #9aa8b8}
.plots{display:grid;grid-template-columns:1fr 1fr;gap:1rem}figure{margin:0;border:1px solid #e3e8ee;border-radius:6px;padding:.6rem .8rem}figcaption{font-weight:600;margin-bottom:.2rem}
.key{font-size:12px;color:#56657a;font-weight:400}.key i{display:inline-block;width:.7em;height:.7em;margin:0 .3em 0 .9em;border-radius:2px}
.bad{color:#b3261e;font-weight:600}.good{color:#1a7f37;font-weight:600}.wide td{white-space:normal}`

// series is one colour of a plot.
type series struct {
	name, colour string
	of           func(*Day) int
}

// plot draws a column for each day and series: what belongs together on top of each other, else side
// by side.
func plot(b *strings.Builder, title, unit string, days []*Day, stacked bool, all ...series) {
	const w, h, top, left, foot = 540, 150, 8, 46, 18
	most := 1
	for _, d := range days {
		sum := 0
		for _, s := range all {
			n := s.of(d)
			sum += n
			most = max(most, n)
		}
		if stacked {
			most = max(most, sum)
		}
	}
	fmt.Fprintf(b, `<figure><figcaption>%s<span class="key">`, html.EscapeString(title))
	for _, s := range all {
		fmt.Fprintf(b, `<i style="background:%s"></i>%s`, s.colour, html.EscapeString(s.name))
	}
	fmt.Fprintf(b, `</span></figcaption><svg viewBox="0 0 %d %d" width="100%%" role="img" font-size="10" fill="#56657a">`, w, h+foot)
	for i := range 3 {
		y := top + (h-top)*i/2
		fmt.Fprintf(b, `<path d="M%d %dH%d" stroke="#e3e8ee"/><text x="%d" y="%d" text-anchor="end">%s</text>`, left, y, w, left-4, y+3, grouped(most-most*i/2)+unit)
	}
	step := min(60, (w-left)/max(1, len(days)))
	wide, apart := max(1, step-2), 0
	if !stacked {
		apart = max(1, (step-2)/max(1, len(all)))
		wide = apart
	}
	for i, d := range days {
		x, y := left+i*step+1, h
		for k, s := range all {
			tall := s.of(d) * (h - top) / most
			if !stacked {
				y = h
			}
			y -= tall
			fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"><title>%s %s: %s%s</title></rect>`, x+k*apart, y, wide, tall, s.colour, d.On, html.EscapeString(s.name), grouped(s.of(d)), unit)
		}
		if d.On.Weekday() == time.Monday || i == 0 {
			fmt.Fprintf(b, `<text x="%d" y="%d">%02d-%02d</text>`, x, h+13, d.On.Month, d.On.Day)
		}
	}
	b.WriteString(`</svg></figure>`)
}

func grouped(n int) string { return order.Yen(n).Grouped() }

// HTML writes the page of figures.
func (r *Report) HTML(w io.Writer) error {
	b := &strings.Builder{}
	o, sum := r.Options, r.sum()
	fmt.Fprintf(b, `<!doctype html><html lang="en"><meta charset="utf-8"><title>A month of todoke</title><style>%s</style>`, style)
	fmt.Fprintf(b, `<h1>A month of todoke</h1><p>%s orders sent by %d departments from %s to %s, days that followed: %d, seed %d. Run in %s, of which %s were checks. `,
		grouped(sum.Received[wayWeb]+sum.Received[wayFax]+sum.Received[wayFile]), o.Departments, o.From, o.From.Add(o.Days-1), o.Tail, o.Seed, r.Took.Round(time.Second), r.checkTime().Round(time.Second))
	if len(r.Wrong) == 0 {
		when := "after each day and at the end"
		if n := len(r.Days); n < o.Days+o.Tail || r.Left == nil {
			when = fmt.Sprintf("after each of the %d days so far", n)
		}
		fmt.Fprintf(b, `<span class="good">All of %d checks hold %s.</span></p>`, len(r.Checks), when)
	} else {
		fmt.Fprintf(b, `<span class="bad">%d things do not hold.</span></p>`, len(r.Wrong))
	}
	fmt.Fprintf(b, `<p>Web requests were answered within %s (half of them) and %s (99 of 100), the order durable by then. The worker's process was killed %d times and left %d jobs, which were taken up again. %s mails and faxes arrived, %d twice, each of those where nobody could know.</p>`,
		r.Wait(50).Round(100*time.Microsecond), r.Wait(99).Round(100*time.Microsecond), sum.Kills, sum.Abandoned, grouped(r.Posted), r.Twice)
	b.WriteString(`<div class="plots">`)
	plot(b, "Received", "", r.Days, true, series{"web", "#2f6fde", func(d *Day) int { return d.Received[wayWeb] }}, series{"fax", "#e08a1e", func(d *Day) int { return d.Received[wayFax] }}, series{"file", "#7a5fc0", func(d *Day) int { return d.Received[wayFile] }})
	plot(b, "Accepted", "", r.Days, true, series{"touchless", "#1a9c6b", func(d *Day) int { return d.Figures.Touchless }}, series{"by a person", "#d9a520", func(d *Day) int { return d.Figures.Accepted - d.Figures.Touchless }})
	plot(b, "Left", "", r.Days, false, series{"released", "#8fb3f0", func(d *Day) int { return d.Figures.Released }}, series{"shipped whole", "#2f6fde", func(d *Day) int { return d.Figures.Shipped }})
	plot(b, "Short, cancelled, dated anew", "", r.Days, false, series{"short", "#e08a1e", func(d *Day) int { return d.Figures.Short }}, series{"cancelled", "#b3261e", func(d *Day) int { return d.Figures.Cancelled }}, series{"dated anew", "#7a5fc0", func(d *Day) int { return d.Figures.Replanned }})
	plot(b, "Goods, thousand yen", "", r.Days, false, series{"accepted", "#8fb3f0", func(d *Day) int { return d.Figures.GoodsYen / 1000 }}, series{"left", "#2f6fde", func(d *Day) int { return d.Figures.LeftYen / 1000 }})
	plot(b, "Time of the run", " s", r.Days, true, series{"day", "#2f6fde", func(d *Day) int { return int(d.Took.Seconds()) }}, series{"checks", "#9aa8b8", func(d *Day) int { return int(d.Checked.Seconds()) }})
	b.WriteString(`</div>`)
	r.days(b, sum)
	r.tables(b, sum)
	if len(r.Wrong) > 0 {
		b.WriteString(`<h2>What does not hold</h2><ul>`)
		for _, x := range r.Wrong {
			fmt.Fprintf(b, `<li class="bad">%s</li>`, html.EscapeString(x))
		}
		b.WriteString(`</ul>`)
	}
	b.WriteString(`</html>`)
	_, err := io.WriteString(w, b.String())
	return err
}

func row(b *strings.Builder, class string, cells ...string) {
	fmt.Fprintf(b, `<tr class="%s">`, class)
	for _, c := range cells {
		fmt.Fprintf(b, `<td>%s</td>`, html.EscapeString(c))
	}
	b.WriteString(`</tr>`)
}

func head(b *strings.Builder, cells ...string) {
	b.WriteString(`<thead><tr>`)
	for _, c := range cells {
		fmt.Fprintf(b, `<th>%s</th>`, html.EscapeString(c))
	}
	b.WriteString(`</tr></thead>`)
}

// days is the table of the days' runs.
func (r *Report) days(b *strings.Builder, sum Day) {
	b.WriteString(`<h2>Day by day</h2><table>`)
	head(b, "day", "web", "fax", "file", "refused", "accepted", "touchless", "held", "released", "shipped", "short", "filled", "cancelled", "dated anew", "goods accepted, k yen", "goods left, k yen", "lists", "sent", "open", "kills", "run", "checks", "wrong")
	line := func(d *Day, name string) []string {
		f := d.Figures
		refused, held := 0, 0
		for _, n := range d.Refused {
			refused += n
		}
		for _, n := range f.Held {
			held += n
		}
		share := "–"
		if f.Accepted > 0 {
			share = fmt.Sprintf("%d %%", f.Touchless*100/f.Accepted)
		}
		out := []string{name}
		for _, n := range []int{d.Received[wayWeb], d.Received[wayFax], d.Received[wayFile], refused, f.Accepted} {
			out = append(out, grouped(n))
		}
		out = append(out, share)
		for _, n := range []int{held, f.Released, f.Shipped, f.Short, f.Filled, f.Cancelled, f.Replanned, f.GoodsYen / 1000, f.LeftYen / 1000, f.Lists, f.Sent, f.Open, d.Kills} {
			out = append(out, grouped(n))
		}
		return append(out, fmt.Sprintf("%.1f s", d.Took.Seconds()), fmt.Sprintf("%.1f s", d.Checked.Seconds()), grouped(d.Wrong))
	}
	b.WriteString(`<tbody>`)
	for _, d := range r.Days {
		class := ""
		if !d.Business {
			class = "shut"
		}
		row(b, class, line(d, d.On.String()+" "+d.On.Weekday().String()[:3])...)
	}
	b.WriteString(`</tbody><tfoot>`)
	row(b, "", line(&sum, "together")...)
	b.WriteString(`</tfoot></table>`)
}

// tables are what happened by kind, what the jobs took and what the checks found.
func (r *Report) tables(b *strings.Builder, sum Day) {
	b.WriteString(`<h2>What happened</h2><table class="wide">`)
	byCount := func(m map[string]int) string {
		keys := slices.SortedFunc(maps.Keys(m), func(x, y string) int { return m[y] - m[x] })
		var out []string
		for _, k := range keys {
			out = append(out, fmt.Sprintf("%s %s", k, grouped(m[k])))
		}
		return strings.Join(out, ", ")
	}
	for _, x := range [][2]string{
		{"web orders refused, by rule", byCount(sum.Refused)},
		{"orders held, by rule", byCount(sum.Figures.Held)},
		{"cancelled by shop fronts", fmt.Sprintf("%d within ten minutes; %d later requests refused (CAN-1)", sum.CancelledInTime, sum.CancelRefused)},
		{"fees", fmt.Sprintf("%s orders pay one, %s are add-ons (FEE-2)", grouped(sum.Figures.Fees), grouped(sum.Figures.AddOns))},
		{"approvers", grouped(sum.Decided) + " decisions (APR-1)"},
		{"desk", fmt.Sprintf("%s reviews settled, %s of them came to no order; %s", grouped(sum.Reviewed), grouped(sum.Dropped), byCount(sum.Acts))},
		{"warehouses", fmt.Sprintf("%s lists reported, %d late, %d twice at once; %s rows of stock came in or were counted", grouped(sum.Lists), sum.LateReports, sum.TwiceReports, grouped(sum.Restocked)) + "; results: " + byCount(sum.Results)},
		{"cards", grouped(sum.CapturedYen) + " yen captured; " + byCount(sum.Cards)},
		{"answers", fmt.Sprintf("%s customers told, %s documents sent", grouped(sum.Figures.Answers), grouped(sum.Figures.Sent))},
		{"not finished at the end", byCount(r.Left)},
		{"processor time without checks", sum.Used.String()},
		{"database", grouped(sum.Figures.MB) + " MB"},
	} {
		fmt.Fprintf(b, `<tr><td>%s</td><td style="text-align:left">%s</td></tr>`, html.EscapeString(x[0]), html.EscapeString(x[1]))
	}
	b.WriteString(`</table><h2>Jobs</h2><table>`)
	head(b, "kind", "worked", "together", "each", "longest", "tried again")
	jobs := sum.Figures.Jobs
	for _, k := range slices.SortedFunc(maps.Keys(jobs), func(x, y string) int { return int(jobs[y].Sum - jobs[x].Sum) }) {
		j := jobs[k]
		row(b, "", k, grouped(j.N), fmt.Sprintf("%.1f s", j.Sum), fmt.Sprintf("%.1f ms", j.Sum*1000/float64(max(1, j.N))), fmt.Sprintf("%.2f s", j.Most), grouped(j.Failed))
	}
	b.WriteString(`</table><h2>Checks</h2><table class="wide">`)
	head(b, "what must hold", "times", "found", "longest", "together")
	for _, c := range r.Checks {
		class := ""
		if c.Found > 0 {
			class = "bad"
		}
		row(b, class, c.Name, grouped(c.Times), grouped(c.Found), fmt.Sprintf("%.2f s", c.Worst.Seconds()), fmt.Sprintf("%.1f s", c.Took.Seconds()))
	}
	b.WriteString(`</table>`)
}
