package desk

import (
	"context"
	"io"
	"net/http"
	"time"

	"todoke/templates/page"
)

// Gateways are what the desk knows of fax gateways' mails; parsing is not its own.
type Gateways struct {
	List func(ctx context.Context) ([]GatewayProfile, error)
	Test func(ctx context.Context, mail []byte) (GatewayReading, error)
	// Preview reads the mails that came last as if a profile were so; without text, as if it were not
	// written at the desk.
	Preview func(ctx context.Context, name, text string) (GatewayPreview, error)
}

// Where a profile stands.
const (
	FromShipped = "shipped"
	FromFolder  = "folder"
	FromDesk    = "desk"
)

// GatewayProfile is one profile in the order in which they are tried.
type GatewayProfile struct {
	Name, File, About string
	Text, Origin      string
	Off               bool
}

// GatewayPreview is what a changed profile would read differently.
type GatewayPreview struct {
	Problems             []string // of the text, each in a line; nothing was tried
	Mails, Before, After int      // read, and by this profile before and after
	Changes              []GatewayChange
}

// GatewayChange is a mail that would be read differently.
type GatewayChange struct {
	Document      int64
	ReceivedAt    time.Time
	From, Subject string
	Facts         []GatewayDiff
}

// GatewayDiff is a fact of it.
type GatewayDiff struct{ Fact, Before, After string }

// GatewayReading is what the profiles make of a mail.
type GatewayReading struct {
	Profile, Kind         string
	Caller, Station, Line string
	ReceivedAt            time.Time
	Job                   string
	Pages                 int
	Incomplete            string
	Problems, Notes       []string
	Tries                 []GatewayTry
}

// GatewayTry is what one profile makes of it, and what it lacks.
type GatewayTry struct {
	Profile string
	Missing []string
	Found   []GatewayFinding
}

// GatewayFinding is a fact that a profile found.
type GatewayFinding struct{ Fact, Text, Value, By string }

// mailBytes is the largest mail that is tried.
const mailBytes = 40 << 20

func (d *Desk) showGateways(w http.ResponseWriter, r *http.Request) {
	d.gatewaysPage(w, r, http.StatusOK, nil, "", "")
}

func (d *Desk) gatewaysPage(w http.ResponseWriter, r *http.Request, status int, reading *GatewayReading, pasted, problem string) {
	p := personOf(r.Context())
	v := page.Gateways{Frame: d.frame(r, "rules", pick(p.Lang, "FAX受信の読み取り方", "Gateways")), Pasted: pasted, Problem: problem}
	if d.Gateways.List != nil {
		list, err := d.Gateways.List(r.Context())
		if err != nil {
			v.Problem = err.Error() // a shop's own profile that is written wrongly
		}
		for _, x := range list {
			v.Profiles = append(v.Profiles, page.GatewayProfile{Name: x.Name, File: x.File, About: x.About, Origin: x.Origin, Off: x.Off})
		}
		v.MayEdit = p.At(operators) && d.Gateways.Preview != nil
	}
	if reading != nil {
		v.Reading = &page.GatewayReading{
			Profile: reading.Profile, Kind: reading.Kind, Caller: reading.Caller, Station: reading.Station, Line: reading.Line, ReceivedAt: reading.ReceivedAt,
			Job: reading.Job, Pages: reading.Pages, Incomplete: reading.Incomplete, Problems: append(reading.Problems, reading.Notes...),
		}
		for _, t := range reading.Tries {
			try := page.GatewayTry{Profile: t.Profile, Missing: t.Missing}
			for _, f := range t.Found {
				try.Found = append(try.Found, page.GatewayFinding(f))
			}
			v.Reading.Tries = append(v.Reading.Tries, try)
		}
	}
	d.showAs(w, r, status, v)
}

// testGateway tells what each profile makes of a mail. Nothing is taken in and nothing is sent.
func (d *Desk) testGateway(w http.ResponseWriter, r *http.Request) {
	p := personOf(r.Context())
	r.Body = http.MaxBytesReader(w, r.Body, mailBytes)
	defer func() { // the server tidies up only the request that it made itself
		if r.MultipartForm != nil {
			_ = r.MultipartForm.RemoveAll()
		}
	}()
	pasted := r.PostFormValue("text")
	data := []byte(pasted)
	if f, _, err := r.FormFile("mail"); err == nil {
		data, err = io.ReadAll(f)
		_ = f.Close()
		if err != nil {
			d.fail(w, r, err)
			return
		}
	}
	if len(data) == 0 || d.Gateways.Test == nil {
		d.gatewaysPage(w, r, http.StatusUnprocessableEntity, nil, "", pick(p.Lang, "メール（.eml）を選ぶか、貼り付けてください。", "Choose a mail (.eml) or paste one."))
		return
	}
	d.log(r, p.Login, "view", "gateway test", "")
	reading, err := d.Gateways.Test(r.Context(), data)
	if err != nil {
		d.gatewaysPage(w, r, http.StatusUnprocessableEntity, nil, pasted, pick(p.Lang, "メールとして読めません：", "This cannot be read as a mail: ")+message(err))
		return
	}
	d.gatewaysPage(w, r, http.StatusOK, &reading, pasted, "")
}
