package chaos_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// sent is what the ledger outside knows of one mail.
type sent struct {
	no    int
	kind  string
	id    string // Message-ID; not every broken mail has it
	from  string // address; "" where it does not matter
	sha   string // of the bytes as an IMAP server gives them
	size  int
	files []file // faxes that must become documents of their own
	// again tells that the same transmission was mailed before: its parts are closed as duplicates.
	again bool
	// large tells that the mail is more than is taken in.
	large bool
}

// post writes the mails of a run.
type post struct {
	seed   uint64
	run    string // makes the Message-IDs of a run its own
	desk   *desk
	broken [][]byte
	job    int
	hyla   int // last job of the one gateway that counts without gaps
	gap    int // the job that its gateway never mailed
	last   []repeat
	large  bool // one mail is larger than is taken in
}

// repeat is a fax mail that may come once more.
type repeat struct {
	raw  []byte
	sent sent
	m    mail
}

func newPost(seed uint64, run string, forms int, large bool) (*post, error) {
	d, err := newDesk(seed, forms)
	if err != nil {
		return nil, err
	}
	p := &post{seed: seed, run: run, desk: d, job: 40_000_000, hyla: 1000, large: large}
	names, err := filepath.Glob("../../ingest/mail/testdata/broken/*.eml")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("no broken mails: %w", err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		p.broken = append(p.broken, b)
	}
	return p, nil
}

// kinds are the mails that come, with how many of a thousand are of each.
var kinds = []struct {
	name  string
	share int
	write func(p *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error)
}{
	{"fax", 420, func(p *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		return p.fax(r, s, at, anyGateway(r, 1), p.sheets(r, 1))
	}},
	{"pages", 60, func(p *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		pages := p.sheets(r, 1+r.IntN(3))
		all := [][]sheet{append([]sheet{{p.desk.cover, -1}}, flat(pages)...)}
		if r.IntN(2) == 0 {
			all[0] = append(all[0], sheet{p.desk.white, -1})
		}
		return p.fax(r, s, at, anyGateway(r, 1), all)
	}},
	{"two files", 60, func(p *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		return p.fax(r, s, at, anyGateway(r, 2), p.sheets(r, 2))
	}},
	{"sent again", 60, func(p *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		if len(p.last) == 0 {
			return p.fax(r, s, at, anyGateway(r, 1), p.sheets(r, 1))
		}
		old := p.last[r.IntN(len(p.last))]
		var all [][]sheet // the same paper goes into the machine once more: the same pixels, for what we can tell
		for _, f := range old.sent.files {
			var pages []sheet
			for _, n := range f.forms {
				if n < 0 || p.desk.made[n].page.image == nil {
					pages = append(pages, sheet{p.desk.cover, -1})
					continue
				}
				pages = append(pages, sheet{p.desk.made[n].page, n})
			}
			all = append(all, pages)
		}
		return p.fax(r, s, at, anyGateway(r, len(all)), all)
	}},
	{"same job twice", 40, func(p *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		if len(p.last) == 0 {
			return p.fax(r, s, at, anyGateway(r, 1), p.sheets(r, 1))
		}
		old := p.last[r.IntN(len(p.last))]
		s.files, s.again, s.from = old.sent.files, true, old.sent.from
		return old.m.bytes(s.id, at), nil
	}},
	{"same mail twice", 30, func(p *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		if len(p.last) == 0 {
			return p.fax(r, s, at, anyGateway(r, 1), p.sheets(r, 1))
		}
		old := p.last[r.IntN(len(p.last))]
		s.files, s.again, s.id, s.from = old.sent.files, true, old.sent.id, old.sent.from
		return old.raw, nil
	}},
	{"forwarded", 20, func(p *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		var inner sent
		inner.id = "inner-" + s.id
		raw, err := p.fax(r, &inner, at, gateways()[0], p.sheets(r, 1))
		if err != nil {
			return nil, err
		}
		p.last = p.last[:len(p.last)-1] // sent by nobody by itself
		s.files, s.from = inner.files, "soumu@midori.example.jp"
		m := mail{from: "総務部 <soumu@midori.example.jp>", subject: "Fwd: FAX", text: "転送します。\n", parts: []part{{"", "message/rfc822", raw}}}
		return m.bytes(s.id, at), nil
	}},
	{"empty file", 20, func(p *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		c := p.call(at, nil, 1, gateways()[0])
		m := gateways()[0].note(c)
		m.parts = []part{{"fax.tif", "image/tiff", nil}}
		s.files, s.from = []file{{ext: "tif", forms: []int{-1}}}, address(m.from)
		return m.bytes(s.id, at), nil
	}},
	{"damaged", 25, func(p *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		n := p.desk.fresh(r, p.desk.next())
		f, err := encode([]scan{p.desk.made[n].page}, []int{-1}, false, r)
		if err != nil {
			return nil, err
		}
		f.data = f.data[:len(f.data)*(1+r.IntN(8))/10]
		c := p.call(at, []int{n}, 1, gateways()[0])
		m := gateways()[0].note(c)
		m.parts = []part{{"fax.tif", "image/tiff", f.data}}
		s.files, s.from = []file{f}, address(m.from)
		return m.bytes(s.id, at), nil
	}},
	{"not whole", 15, func(p *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		g := gateways()[1]
		pages := p.sheets(r, 1)
		c := p.call(at, []int{pages[0][0].form}, 1, g)
		c.note = "RSPREC error/got DCN"
		return p.mailed(r, s, at, g, c, pages, true)
	}},
	{"page missing", 15, func(p *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		g := gateways()[0]
		pages := p.sheets(r, 1)
		c := p.call(at, []int{pages[0][0].form}, 2, g) // the gateway counted two
		return p.mailed(r, s, at, g, c, pages, true)
	}},
	{"advert", 20, func(p *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		return p.fax(r, s, at, anyGateway(r, 1), [][]sheet{{{p.desk.advert, -1}}})
	}},
	{"blank", 10, func(p *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		return p.fax(r, s, at, anyGateway(r, 1), [][]sheet{{{p.desk.white, -1}}})
	}},
	{"broken", 60, func(p *post, r *rand.Rand, s *sent, _ time.Time) ([]byte, error) {
		s.id = "" // as it is in the corpus
		return p.broken[r.IntN(len(p.broken))], nil
	}},
	{"person", 60, func(_ *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		names := []string{"佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤"}
		s.from = fmt.Sprintf("k%d@customer%d.example.jp", r.IntN(40), r.IntN(3))
		m := mail{from: names[r.IntN(len(names))] + " <" + s.from + ">", subject: "注文", text: fmt.Sprintf("いつもお世話になっております。\nコピー用紙A4を%d箱お願いいたします。\n", 1+r.IntN(9))}
		if r.IntN(3) == 0 {
			m.charset = "iso-2022-jp"
		}
		return m.bytes(s.id, at), nil
	}},
	{"automatic", 20, func(_ *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		s.from = fmt.Sprintf("auto%d@customer.example.jp", r.IntN(9))
		how := []string{"Auto-Submitted: auto-replied", "Precedence: bulk", "X-Auto-Response-Suppress: All\r\nAuto-Submitted: auto-generated"}
		m := mail{from: s.from, subject: "不在通知", text: "ただいま不在にしております。\n", header: []string{how[r.IntN(len(how))]}}
		return m.bytes(s.id, at), nil
	}},
	{"bounce", 15, func(_ *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		s.from = "mailer-daemon@mx.example.jp"
		report := "Reporting-MTA: dns; mx.example.jp\r\n\r\nFinal-Recipient: rfc822; nobody@customer.example.jp\r\nAction: failed\r\nStatus: 5.1.1\r\n"
		m := mail{
			from: "Mail Delivery System <" + s.from + ">", subject: "Undelivered Mail Returned to Sender", text: "I'm sorry.\n", returnPath: "<>",
			header: []string{"Auto-Submitted: auto-replied"}, parts: []part{{"report", "message/delivery-status", []byte(report)}},
		}
		return m.bytes(s.id, at), nil
	}},
	{"list", 15, func(_ *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		s.from = fmt.Sprintf("list%d@shoukai.example.jp", r.IntN(3))
		m := mail{from: s.from, subject: "[shoukai] 例会のお知らせ", text: "例会を開催いたします。\n", header: []string{"List-Id: <shoukai.example.jp>", "Precedence: list"}}
		return m.bytes(s.id, at), nil
	}},
	{"notice", 15, func(_ *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		s.from = "info@faximo.example.jp"
		m := mail{from: "faximo <" + s.from + ">", subject: "FAX送信失敗のお知らせ", text: "■送信結果：NG\n■相手先FAX番号：03-5211-9999\n■受付番号：B-1\n", charset: "iso-2022-jp"}
		return m.bytes(s.id, at), nil
	}},
	{"other file", 15, func(_ *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		s.from = "eigyou@hidamari.example.jp"
		m := mail{from: s.from, subject: "資料", text: "添付いたします。\n", parts: []part{{"shiryou.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", noise(r, 20_000)}}}
		return m.bytes(s.id, at), nil
	}},
	{"big", 5, func(p *post, r *rand.Rand, s *sent, at time.Time) ([]byte, error) {
		pages := p.sheets(r, 1)
		g := gateways()[0]
		c := p.call(at, []int{pages[0][0].form}, 1, g)
		m, files, err := p.write(r, g, c, pages)
		if err != nil {
			return nil, err
		}
		m.parts = append(m.parts, part{"shashin.zip", "application/zip", noise(r, (3+r.IntN(9))<<20)})
		s.files, s.from = files, address(m.from)
		return m.bytes(s.id, at), nil
	}},
}

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	source := rand.NewChaCha8([32]byte{byte(r.Uint32()), byte(r.Uint32())})
	_, _ = source.Read(b)
	return b
}

// sheet is a page and the form on it.
type sheet struct {
	scan
	form int // -1 for none
}

// sheets are n faxes of a page each, all of one customer: a form of another than who called goes to
// a person (FAX-3).
func (p *post) sheets(r *rand.Rand, n int) [][]sheet {
	var all [][]sheet
	who := p.desk.next()
	for range n {
		f := p.desk.fresh(r, who)
		all = append(all, []sheet{{p.desk.made[f].page, f}})
	}
	return all
}

func flat(all [][]sheet) []sheet {
	var out []sheet
	for _, s := range all {
		out = append(out, s...)
	}
	return out
}

// call is a new call for these forms.
func (p *post) call(at time.Time, forms []int, pages int, g gateway) call {
	c := call{caller: "0352114402", at: at.Add(-40 * time.Second).Truncate(time.Second), pages: pages}
	for _, n := range forms {
		if n >= 0 {
			c.caller = p.desk.made[n].fax
			break
		}
	}
	if g.name == "hylafax" {
		p.hyla++
		if p.gap == 0 && p.hyla > 1003 {
			p.gap = p.hyla
			p.hyla++
		}
		c.job = p.hyla
		return c
	}
	p.job++
	c.job = p.job
	return c
}

func (p *post) fax(r *rand.Rand, s *sent, at time.Time, g gateway, all [][]sheet) ([]byte, error) {
	n, forms := 0, []int{}
	for _, pages := range all {
		n += len(pages)
		for _, q := range pages {
			forms = append(forms, q.form)
		}
	}
	return p.mailed(r, s, at, g, p.call(at, forms, n, g), all, false)
}

// write makes the gateway's mail of a call, an attachment for each fax of all.
func (p *post) write(r *rand.Rand, g gateway, c call, all [][]sheet) (mail, []file, error) {
	m := g.note(c)
	var files []file
	for i, pages := range all {
		var scans []scan
		var forms []int
		for _, q := range pages {
			scans, forms = append(scans, q.scan), append(forms, q.form)
		}
		f, err := encode(scans, forms, g.pdf || r.IntN(6) == 0 && g.name != "hylafax", r)
		if err != nil {
			return m, nil, err
		}
		files = append(files, f)
		m.parts = append(m.parts, part{g.file(c, i+1, f.ext), f.kind, f.data})
	}
	return m, files, nil
}

func (p *post) mailed(r *rand.Rand, s *sent, at time.Time, g gateway, c call, all [][]sheet, odd bool) ([]byte, error) {
	m, files, err := p.write(r, g, c, all)
	if err != nil {
		return nil, err
	}
	s.files, s.from = files, address(m.from)
	raw := m.bytes(s.id, at)
	if !odd {
		const remembered = 40
		p.last = append(p.last, repeat{raw: raw, sent: *s, m: m})
		if len(p.last) > remembered {
			p.last = p.last[1:]
		}
	}
	const kept = 150 // pictures of forms that may be sent again
	if old := len(p.desk.made) - kept; old >= 0 && p.desk.most > kept {
		p.desk.made[old].page.image = nil
	}
	return raw, nil
}

// next writes mail no.
func (p *post) next(no int, at time.Time) (sent, []byte, error) {
	r := rand.New(rand.NewPCG(p.seed, uint64(no)|1<<50))
	total := 0
	for _, k := range kinds {
		total += k.share
	}
	pick := r.IntN(total)
	s := sent{no: no, id: fmt.Sprintf("%s-%d@chaos.example.jp", p.run, no)}
	var raw []byte
	var err error
	if p.large && no == 700 {
		s.kind, s.large, s.from = "larger than is taken in", true, "eigyou@hidamari.example.jp"
		m := mail{from: s.from, subject: "動画", text: "添付いたします。\n", parts: []part{{"douga.mp4", "video/mp4", noise(r, 50<<20)}}}
		raw = m.bytes(s.id, at)
	} else {
		for _, k := range kinds {
			if pick -= k.share; pick < 0 {
				s.kind = k.name
				raw, err = k.write(p, r, &s, at)
				break
			}
		}
	}
	if err != nil {
		return s, nil, fmt.Errorf("write mail %d (%s): %w", no, s.kind, err)
	}
	served := asServed(raw)
	s.sha, s.size = hash(served), len(served)
	return s, raw, nil
}

// asServed is a mail as IMAP gives it: lines end in CRLF (RFC 9051, 4.3.1).
func asServed(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func (s sent) String() string {
	return strings.TrimSpace(fmt.Sprintf("mail %d (%s, %d bytes) %s", s.no, s.kind, s.size, s.id))
}
