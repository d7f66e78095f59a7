package desk

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/alexedwards/scs/pgxstore"
	"github.com/alexedwards/scs/v2"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
)

// Config is what the desk needs.
type Config struct {
	Store    *store.Store
	Settings rules.Settings
	Now      func() time.Time
	Log      *slog.Logger
	ShopName string
	// DeskName, ShopFax, ShopPhone, DeskHours and ShopWeb stand on forms and mails to dealers.
	DeskName, ShopFax, ShopPhone, DeskHours, ShopWeb string
	// Secure sends cookies over HTTPS alone: wherever a proxy speaks TLS in front.
	Secure bool
	// FactorRoles do nothing before they have set a second factor.
	FactorRoles []store.Role
	// Jobs is the queue's dashboard below JobsPath; nil has none.
	Jobs http.Handler
	// Masters reads a file of regions or calendar days as an import does; nil edits none.
	Masters func(kind string, data []byte) (order.Masters, []FileProblem)
	// Ask makes the fax that asks a customer to send a review's page again, without sending it; nil
	// where there would be none.
	Ask func(ctx context.Context, r store.Review, customer string) (*Asked, error)
	// Picture draws pages of files: what was issued, and what was attached to mails; nil draws none.
	Picture Picture
	// Mails reads mails; nil shows none.
	Mails func(data []byte) (Mail, error)
	// Answerer is who answers mails that carry no fax (FAX-1); the zero value answers none.
	Answerer rules.Answerer
	// Gateways are the profiles that mails of fax gateways are read by, and what they make of a mail.
	Gateways Gateways
	// FaxShipped tells a customer of a shipment by fax, on request (WHS-3); nil does not.
	FaxShipped func(ctx context.Context, shipment int64, by, reason string) error
	// Partners reads what partner warehouses hand in.
	Partners Partners
	// Export writes what a search of the archive finds; nil exports nothing.
	Export ArchiveExport
}

// Desk is the desk's pages as an HTTP handler.
type Desk struct {
	Config
	sessions *scs.SessionManager
	guesses  *rates        // at passwords, by address
	busy     *buckets      // requests by session
	crowd    *buckets      // requests by address
	seen     *recent       // what was logged of views that repeat themselves
	draws    chan struct{} // holds one for each page that is being drawn
	handler  http.Handler
}

// Sessions longest lives, however busy: a working day.
const longestSession = 12 * time.Hour

// drawsAtOnce is how many pages of files are drawn at a time.
const drawsAtOnce = 2

// New makes the desk's pages.
func New(cfg Config) *Desk {
	d := &Desk{Config: cfg, sessions: scs.New(), guesses: newRates(guessesAMinute, time.Minute), seen: newRecent(viewAgain)}
	d.draws = make(chan struct{}, drawsAtOnce)
	b, n := cfg.Settings.RequestBurst, cfg.Settings.RequestsPerSecond
	d.busy, d.crowd = newBuckets(b, n), newBuckets(b*cfg.Settings.AddressSessions, n*cfg.Settings.AddressSessions)
	d.sessions.Store = pgxstore.NewWithCleanupInterval(cfg.Store.Pool(), 0) // each login tidies
	d.sessions.Lifetime = longestSession
	d.sessions.HashTokenInStore = true
	d.sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) { d.fail(w, r, err) }
	c := &d.sessions.Cookie
	c.Name, c.Path, c.HttpOnly, c.Secure, c.SameSite, c.Persist = "todoke_desk", "/", true, cfg.Secure, http.SameSiteLaxMode, false
	if cfg.Secure {
		c.Name = "__Host-todoke_desk" // which no other host, and no page without TLS, can plant
	}
	d.handler = d.routes()
	return d
}

// ServeHTTP implements http.Handler.
func (d *Desk) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r) }

// Everybody at the desk, and those above.
var (
	atDesk    = []store.Role{store.RoleDesk, store.RoleLead, store.RoleOperator}
	anybody   = []store.Role{store.RoleAuditor, store.RoleWarehouse, store.RoleDesk, store.RoleLead, store.RoleOperator}
	leads     = []store.Role{store.RoleLead, store.RoleOperator}
	operators = []store.Role{store.RoleOperator}
	overseers = []store.Role{store.RoleAuditor, store.RoleLead, store.RoleOperator}
	packers   = []store.Role{store.RoleWarehouse}
	parties   = append(slices.Clone(atDesk), store.RoleWarehouse)
)

// routes is every page of the desk and who may see it.
func (d *Desk) routes() http.Handler {
	m := http.NewServeMux()
	m.Handle("GET "+page.AssetPrefix, page.Assets())
	m.HandleFunc("GET /desk/login", d.showLogin)
	m.HandleFunc("POST /desk/login", d.login)
	m.HandleFunc("POST /desk/logout", d.logout)
	m.HandleFunc("POST /desk/lang", d.only(anybody, d.setLang))
	m.HandleFunc("GET /desk/queue", d.only(atDesk, d.showQueue))
	m.HandleFunc("GET /desk/review/{name}", d.only(atDesk, d.showReview))
	m.HandleFunc("GET /desk/review/{name}/field/{field}", d.only(atDesk, d.snippetImage))
	m.HandleFunc("POST /desk/review/{name}/key", d.only(atDesk, d.keyField))
	m.HandleFunc("POST /desk/review/{name}/undo", d.only(atDesk, d.undoKey))
	m.HandleFunc("POST /desk/review/{name}/settle", d.only(atDesk, d.settleReview))
	m.HandleFunc("GET /desk/review/{name}/find", d.only(atDesk, d.find))
	m.HandleFunc("GET /desk/item", d.only(atDesk, d.item))
	m.HandleFunc("POST /desk/review/{name}/line", d.only(atDesk, d.addLine))
	m.HandleFunc("POST /desk/review/{name}/drop", d.only(atDesk, d.dropLine))
	m.HandleFunc("POST /desk/review/{name}/as", d.only(atDesk, d.decideResend))
	m.HandleFunc("POST /desk/review/{name}/close", d.only(atDesk, d.closeReview))
	m.HandleFunc("POST /desk/review/{name}/reopen", d.only(atDesk, d.reopenReview))
	m.HandleFunc("POST /desk/review/{name}/claim", d.only(atDesk, d.renewClaim))
	m.HandleFunc("POST /desk/review/{name}/later", d.only(atDesk, d.putOff))
	m.HandleFunc("GET /desk/review/{name}/panel", d.only(atDesk, d.showPanel))
	m.HandleFunc("POST /desk/review/{name}/turn", d.only(atDesk, d.turnPage))
	m.HandleFunc("POST /desk/review/{name}/split", d.only(atDesk, d.splitPage))
	m.HandleFunc("POST /desk/review/{name}/join", d.only(atDesk, d.joinPage))
	m.HandleFunc("POST /desk/review/{name}/attach", d.only(atDesk, d.attachPage))
	m.HandleFunc("POST /desk/review/{name}/note", d.only(atDesk, d.notePage))
	m.HandleFunc("POST /desk/review/{name}/received", d.only(atDesk, d.decideReceived))
	m.HandleFunc("GET /desk/review/{name}/ask", d.only(atDesk, d.askAgain))
	m.HandleFunc("GET /desk/review/{name}/ask/{no}", d.only(atDesk, d.askImage))
	m.HandleFunc("GET /desk/image/{name}", d.only(atDesk, d.pageImage))
	m.HandleFunc("GET /desk/orders", d.only(atDesk, d.showOrders))
	m.HandleFunc("GET /desk/orders/{number}", d.only(atDesk, d.showOrder))
	m.HandleFunc("POST /desk/orders/{number}/act", d.only(atDesk, d.actOnOrder))
	m.HandleFunc("POST /desk/orders/{number}/payment", d.only(atDesk, d.actOnCard))
	m.HandleFunc("POST /desk/orders/{number}/payment/lead", d.only(leads, d.leadOnCard))
	m.HandleFunc("POST /desk/orders/{number}/notice/{shipment}", d.only(atDesk, d.faxNotice))
	m.HandleFunc("GET /desk/issued/{id}", d.only(atDesk, d.issuedBytes))
	m.HandleFunc("GET /desk/issued/{id}/page/{no}", d.only(atDesk, d.issuedPicture))
	m.HandleFunc("GET /desk/deliveries/{id}", d.only(atDesk, d.showDelivery))
	m.HandleFunc("POST /desk/deliveries/{id}", d.only(atDesk, d.actOnDelivery))
	m.HandleFunc("GET /desk/answers/{id}", d.only(atDesk, d.showAnswer))
	m.HandleFunc("POST /desk/answers/{id}", d.only(atDesk, d.actOnAnswer))
	m.HandleFunc("GET /desk/mails/{id}", d.only(atDesk, d.showLetter))
	m.HandleFunc("POST /desk/mails/{id}", d.only(atDesk, d.actOnLetter))
	m.HandleFunc("GET /desk/mails/{id}/files/{no}", d.only(atDesk, d.letterFile))
	m.HandleFunc("GET /desk/mails/{id}/files/{no}/picture", d.only(atDesk, d.letterPicture))
	m.HandleFunc("GET /desk/lists/{number}", d.only(atDesk, d.showList))
	m.HandleFunc("POST /desk/lists/{number}", d.only(atDesk, d.actOnList))
	m.HandleFunc("GET /desk/warehouses", d.only(parties, d.showWarehouses))
	m.HandleFunc("GET /desk/warehouses/{code}", d.only(parties, d.showWarehouse))
	m.HandleFunc("POST /desk/warehouses/{code}", d.only(parties, d.handInPartnerFile))
	m.HandleFunc("GET /desk/partner-files/{id}", d.only(parties, d.showPartnerFile))
	m.HandleFunc("GET /desk/partner-files/{id}/bytes", d.only(parties, d.partnerFileBytes))
	m.HandleFunc("POST /desk/partner-files/{id}", d.only(atDesk, d.actOnPartnerFile))
	m.HandleFunc("GET /desk/cards/{day}", d.only(atDesk, d.showCardDay))
	m.HandleFunc("POST /desk/cards/{day}", d.only(atDesk, d.actOnCardDay))
	m.HandleFunc("GET /desk/documents/{id}/bytes", d.only(atDesk, d.documentBytes))
	m.HandleFunc("POST /desk/orders/{number}/resend/{delivery}", d.only(atDesk, d.resend))
	m.HandleFunc("GET /desk/intake", d.only(atDesk, d.showIntake))
	m.HandleFunc("POST /desk/intake", d.only(atDesk, d.takeIn))
	m.HandleFunc("GET /desk/customers", d.only(atDesk, d.showCustomers))
	m.HandleFunc("GET /desk/customers/{code}", d.only(atDesk, d.showCustomer))
	m.HandleFunc("GET /desk/customers/{code}/form.pdf", d.only(atDesk, d.customerForm))
	m.HandleFunc("POST /desk/customers/{code}/dealer", d.only(atDesk, d.askDealer))
	m.HandleFunc("POST /desk/customers/{code}/wish", d.only(atDesk, d.setWish))
	m.HandleFunc("POST /desk/customers/{code}/hold", d.only(leads, d.holdCustomer))
	m.HandleFunc("GET /desk/forms/order.pdf", d.only(atDesk, d.blankForm))
	m.HandleFunc("GET /desk/dealers", d.only(atDesk, d.showDealers))
	m.HandleFunc("POST /desk/dealers/{id}", d.only(atDesk, d.moveDealerRequest))
	m.HandleFunc("GET /desk/next", d.only(atDesk, d.next))
	m.HandleFunc("POST /desk/claim", d.only(atDesk, d.renewTask))
	m.HandleFunc("POST /desk/take-over", d.only(leads, d.takeOver))
	m.HandleFunc("GET /desk/audits", d.only(atDesk, d.showAudits))
	m.HandleFunc("GET /desk/audits/{id}/image", d.only(atDesk, d.auditImage))
	m.HandleFunc("POST /desk/audits/{id}", d.only(atDesk, d.keyAudit))
	m.HandleFunc("GET /desk/audits/report", d.only(leads, d.showAuditReport))
	m.HandleFunc("POST /desk/audits/{id}/resolve", d.only(leads, d.resolveAudit))
	m.HandleFunc("GET /desk/rules", d.only(atDesk, d.showRules))
	m.HandleFunc("GET /desk/rules/{table}", d.only(leads, d.showTable))
	m.HandleFunc("POST /desk/rules/{table}", d.only(leads, d.editTable))
	m.HandleFunc("GET /desk/gateways", d.only(leads, d.showGateways))
	m.HandleFunc("POST /desk/gateways", d.only(leads, d.testGateway))
	m.HandleFunc("GET /desk/gateways/{name}", d.only(leads, d.showGateway))
	m.HandleFunc("POST /desk/gateways/{name}", d.only(operators, d.editGateway))
	m.HandleFunc(JobsPath, d.only(operators, d.showJobs))
	m.HandleFunc(JobsPath+"/", d.only(operators, d.showJobs))
	m.HandleFunc("GET /desk/today", d.only(atDesk, d.showToday))
	m.HandleFunc("GET /desk/today/list/{list}", d.only(atDesk, d.showTodayList))
	m.HandleFunc("GET /desk/runs", d.only(leads, d.showRuns))
	m.HandleFunc("POST /desk/runs", d.only(operators, d.runNow))
	m.HandleFunc("GET /desk/account", d.only(anybody, d.showAccount))
	m.HandleFunc("GET /desk/account/factor.png", d.only(anybody, d.factorImage))
	m.HandleFunc("POST /desk/account/factor", d.only(anybody, d.setFactor))
	m.HandleFunc("POST /desk/account/sessions", d.only(anybody, d.endSessions))
	m.HandleFunc("POST /desk/account/password", d.only(anybody, d.changePassword))
	m.HandleFunc("GET /desk/staff", d.only(leads, d.showStaff))
	m.HandleFunc("POST /desk/staff", d.only(operators, d.addStaff))
	m.HandleFunc("POST /desk/staff/{login}", d.only(leads, d.changeStaff))
	m.HandleFunc("GET /desk/archive", d.only(overseers, d.showArchive))
	m.HandleFunc("GET /desk/archive/export", d.only(overseers, d.exportArchive))
	m.HandleFunc("POST /desk/archive/verify", d.only(overseers, d.verifyArchive))
	m.HandleFunc("GET /desk/archive/{kind}/{id}", d.only(overseers, d.showArchived))
	m.HandleFunc("GET /desk/archive/{kind}/{id}/bytes", d.only(overseers, d.archivedBytes))
	m.HandleFunc("GET /desk/accesses", d.only(overseers, d.showAccesses))
	m.HandleFunc("GET /desk/accesses/export", d.only(overseers, d.exportAccesses))
	m.HandleFunc("GET /desk/picklists", d.only(packers, d.showPickLists))
	m.HandleFunc("GET /desk/picklists/{number}", d.only(packers, d.showPickList))
	m.HandleFunc("GET /desk/picklists/{number}/files/{id}", d.only(packers, d.pickListFile))
	m.HandleFunc("POST /desk/picklists/{number}/acknowledged", d.only(packers, d.acknowledgeOwn))
	m.HandleFunc("POST /desk/picklists/{number}/shipped", d.only(packers, d.shipPickList))
	m.HandleFunc("GET /desk", d.only(anybody, d.home))
	m.HandleFunc("GET /desk/{$}", d.only(anybody, d.home))
	m.HandleFunc("/desk/", d.only(anybody, d.nowhere))
	m.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/desk", http.StatusSeeOther) })
	return d.around(d.sessions.LoadAndSave(m))
}

// Person is who a request comes from.
type Person struct {
	store.Staff
	Lang    page.Lang
	Session string // which of the person's sessions it is
}

// By is the name that stands with what the person does.
func (p Person) By() string { return p.Name }

// At tells whether the person has one of the roles.
func (p Person) At(roles []store.Role) bool {
	for _, r := range roles {
		if p.Role == r {
			return true
		}
	}
	return false
}

type personKey struct{}

func personOf(ctx context.Context) Person {
	p, _ := ctx.Value(personKey{}).(Person)
	return p
}

// entry is an entry of the menu and who sees it.
type entry struct {
	page.MenuItem
	roles []store.Role
}

// menu is every entry; a page that lands adds its line here.
var menu = []entry{
	{page.MenuItem{Key: "queue", Path: "/desk/queue", Japanese: "受付", English: "Queue", Shortcut: "g q"}, atDesk},
	{page.MenuItem{Key: "orders", Path: "/desk/orders", Japanese: "注文", English: "Orders", Shortcut: "g o"}, atDesk},
	{page.MenuItem{Key: "customers", Path: "/desk/customers", Japanese: "お客様", English: "Customers", Shortcut: "g c"}, atDesk},
	{page.MenuItem{Key: "intake", Path: "/desk/intake", Japanese: "紙の受付", English: "Intake", Shortcut: "g i"}, atDesk},
	{page.MenuItem{Key: "dealers", Path: "/desk/dealers", Japanese: "販売店", English: "Dealers", Shortcut: "g d", Rare: true}, atDesk},
	{page.MenuItem{Key: "today", Path: "/desk/today", Japanese: "概況", English: "Overview", Shortcut: "g t"}, atDesk},
	{page.MenuItem{Key: "audits", Path: "/desk/audits", Japanese: "検査", English: "Audit", Shortcut: "g a"}, atDesk},
	{page.MenuItem{Key: "runs", Path: "/desk/runs", Japanese: "定時処理", English: "Runs", Shortcut: "g r", Rare: true}, leads},
	{page.MenuItem{Key: "picklists", Path: "/desk/picklists", Japanese: "ピッキングリスト", English: "Pick lists"}, packers},
	{page.MenuItem{Key: "warehouses", Path: "/desk/warehouses", Japanese: "倉庫", English: "Warehouses", Shortcut: "g w", Rare: true}, parties},
	{page.MenuItem{Key: "staff", Path: "/desk/staff", Japanese: "担当者", English: "Staff", Rare: true}, leads},
	{page.MenuItem{Key: "archive", Path: "/desk/archive", Japanese: "保存文書", English: "Archive", Shortcut: "g h", Rare: true}, overseers},
	{page.MenuItem{Key: "accesses", Path: "/desk/accesses", Japanese: "閲覧記録", English: "Accesses", Rare: true}, overseers},
	{page.MenuItem{Key: "rules", Path: "/desk/rules", Japanese: "規則", English: "Rules", Shortcut: "g u", Rare: true}, leads},
}

func (d *Desk) frame(r *http.Request, here, title string) page.Frame {
	p := personOf(r.Context())
	f := page.Frame{
		Lang: p.Lang, Title: title + " — " + d.ShopName, Here: here, Name: p.Name, Role: string(p.Role), Shop: d.ShopName,
		Now: d.Now().In(order.JST),
	}
	if p.ID == 0 {
		return f // nobody signed in, or not even a session that could be read
	}
	f.Notice = d.sessions.PopString(r.Context(), "notice")
	for _, e := range menu {
		if p.At(e.roles) {
			f.Menu = append(f.Menu, e.MenuItem)
		}
	}
	return f
}

// tell keeps what an action came to for the next page.
// What was told before and not yet seen stands before it.
func (d *Desk) tell(ctx context.Context, notice string) {
	if was := d.sessions.GetString(ctx, "notice"); was != "" && was != notice {
		notice = was + " " + notice
	}
	d.sessions.Put(ctx, "notice", notice)
}

// saw logs a view of personal data (ASVS 8.3.5).
func (d *Desk) saw(r *http.Request, subject string) {
	d.log(r, personOf(r.Context()).Login, "view", subject, "")
}

func (d *Desk) log(r *http.Request, login, action, subject, detail string) {
	if k, ok := r.Context().Value(keptKey{}).(*kept); ok && (action == "view" || action == "change") {
		k.logged = true
	}
	a := store.Access{At: d.Now(), Login: login, Address: address(r), Action: action, Subject: subject, Detail: detail}
	if err := d.Store.LogAccess(r.Context(), a); err != nil {
		d.Log.ErrorContext(r.Context(), "access could not be logged", "action", action, "subject", subject, "error", err)
	}
}

func (d *Desk) home(w http.ResponseWriter, r *http.Request) {
	p := personOf(r.Context())
	for _, e := range menu {
		if p.At(e.roles) {
			http.Redirect(w, r, e.Path, http.StatusSeeOther)
			return
		}
	}
	d.show(w, r, page.Problem{
		Frame: d.frame(r, "", pick(p.Lang, "お客様サービスデスク", "Customer desk")),
		Text:  pick(p.Lang, "この役割で開けるページはまだありません。", "There is no page for your role yet."),
	})
}

func pick(lang page.Lang, japanese, english string) string {
	if lang == page.English {
		return english
	}
	return japanese
}
