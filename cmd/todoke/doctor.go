package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/image/font/sfnt"

	"todoke/internal/pgcluster"
	"todoke/migrations"
	"todoke/order"
	"todoke/store"
	"todoke/templates/typeset"
)

type doctorCommand struct {
	JSON bool `help:"One JSON object a check."`
}

func (*doctorCommand) Help() string {
	return "Checks what todoke needs on this machine, changes nothing, and says how to mend what is missing. " +
		"The exit status is 0 when nothing failed; warnings do not fail."
}

// finding is what one check found.
type finding struct {
	Check  string `json:"check"`
	Status string `json:"status"` // ok, warn or fail
	Found  string `json:"found"`
	Mend   string `json:"mend,omitempty"`
}

const (
	statusOK   = "ok"
	statusWarn = "warn"
	statusFail = "fail"
)

// Sizes in bytes below which a disk is too small to begin with, or soon will be.
const (
	diskFail = 256 << 20
	diskWarn = 2 << 30
)

// doctorPatience is how long the database may take to answer.
const doctorPatience = 10 * time.Second

// Run makes every check, whatever the ones before it found.
func (c *doctorCommand) Run(ctx context.Context, app *App) error {
	var findings []finding
	add := func(check, status, found, mend string) {
		findings = append(findings, finding{check, status, found, mend})
	}
	app.checkPrograms(add)
	app.checkData(add)
	for _, dir := range []struct{ name, path string }{{"blobs", app.Config.Blobs}, {"inbox", app.Config.Inbox}, {"out", app.Config.Out}} {
		checkFolder(add, dir.name, dir.path)
	}
	app.checkGateways(add)
	app.checkMailboxes(ctx, add)
	app.checkRoutes(ctx, add)
	app.checkPayment(ctx, add)
	app.checkDatabase(ctx, add)
	app.checkPort(ctx, add)
	app.checkDoors(ctx, add)
	checkFonts(add)
	if app.Config.sampleIdentity() {
		add("shop", statusWarn, "printed documents bear the sample shop's name or fax number", "set shop_name and the settings beside it: see todoke config")
	}
	app.checkClock(add)
	checkTools(add)

	failed := 0
	for _, f := range findings {
		if f.Status == statusFail {
			failed++
		}
		var err error
		if c.JSON {
			err = printJSON(app.Stdout, f)
		} else {
			_, err = fmt.Fprintf(app.Stdout, "%-4s  %-16s  %s\n", f.Status, f.Check, f.Found)
			if err == nil && f.Mend != "" {
				_, err = fmt.Fprintf(app.Stdout, "%24s  → %s\n", "", f.Mend)
			}
		}
		if err != nil {
			return fmt.Errorf("print findings: %w", err)
		}
	}
	if failed > 0 {
		return silentError{}
	}
	return nil
}

type addFinding func(check, status, found, mend string)

func (a *App) checkPrograms(add addFinding) {
	const check = "PostgreSQL"
	if a.Config.Database.URL != "" {
		add(check, statusOK, "its programs are not needed: database.url is set", "")
		return
	}
	b, err := pgcluster.Find(a.Config.Database.BinDir)
	switch {
	case err != nil:
		add(check, statusFail, err.Error(), "Debian, Ubuntu: apt-get install postgresql; or set database.bin_dir, or database.url to use a server")
	case b.Major < minPostgres:
		add(check, statusFail, fmt.Sprintf("version %s in %s", b.Version, b.Dir), fmt.Sprintf("install PostgreSQL %d or newer", minPostgres))
	default:
		add(check, statusOK, fmt.Sprintf("version %s in %s", b.Version, b.Dir), "")
	}
	if os.Geteuid() == 0 {
		for _, name := range []string{"postgres", "nobody"} {
			if _, err := user.Lookup(name); err == nil {
				add("user", statusOK, "root runs todoke, "+name+" will run PostgreSQL", "")
				return
			}
		}
		add("user", statusFail, "root runs todoke, and there is no user postgres or nobody to run PostgreSQL", "run todoke as an ordinary user, or add the user postgres")
	}
}

// checkData looks at the data folder, or at the nearest folder above it that exists.
func (a *App) checkData(add addFinding) {
	const check = "data"
	dir, err := filepath.Abs(a.Config.Data)
	if err != nil {
		add(check, statusFail, err.Error(), "name another folder with --data")
		return
	}
	above, info, err := existing(dir)
	switch {
	case err != nil:
		add(check, statusFail, err.Error(), "name another folder with --data")
		return
	case !info.IsDir():
		add(check, statusFail, above+" is not a folder", "name another folder with --data")
		return
	}
	if err := writable(above); err != nil {
		add(check, statusFail, fmt.Sprintf("%s cannot be written: %v", above, err), "give this user the folder, or name another with --data")
		return
	}
	if a.Config.Database.URL == "" && os.Geteuid() == 0 {
		// PostgreSQL's user must be able to pass. The data folder itself is opened by `up`.
		for d := filepath.Dir(dir); ; d = filepath.Dir(d) {
			if info, err := os.Stat(d); err == nil && info.Mode().Perm()&0o001 == 0 {
				add(check, statusFail, fmt.Sprintf("%s has mode %04o: the user who runs PostgreSQL for root cannot pass through it", d, info.Mode().Perm()),
					"use a folder that others can reach, such as --data /var/lib/todoke, or run todoke as an ordinary user")
				return
			}
			if d == filepath.Dir(d) {
				break
			}
		}
	}
	found := dir
	if above != dir {
		found += " (will be made)"
	}
	const socket = "/postgres/run/.s.PGSQL.5432"
	if a.Config.Database.URL == "" && len(dir)+len(socket) > 107 {
		found += "; its path is long, so the socket will lie under " + os.TempDir()
	}
	add(check, statusOK, found, "")

	var st syscall.Statfs_t
	if err := syscall.Statfs(above, &st); err != nil {
		add("disk", statusWarn, fmt.Sprintf("free space of %s is unknown: %v", above, err), "")
		return
	}
	free := st.Bavail * uint64(st.Bsize) //nolint:gosec // block sizes are positive
	status, mend := statusOK, ""
	switch {
	case free < diskFail:
		status, mend = statusFail, "free some, or name a folder on a larger disk with --data"
	case free < diskWarn:
		status, mend = statusWarn, "every fax is kept for years: plan for a larger disk"
	}
	add("disk", status, fmt.Sprintf("%d.%d GB free", free>>30, (free>>20)%1024*10/1024), mend)
}

// existing is the nearest folder at or above dir that is there.
func existing(dir string) (string, fs.FileInfo, error) {
	for {
		info, err := os.Stat(dir)
		if err == nil || !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return dir, info, err
		}
		dir = filepath.Dir(dir)
	}
}

// writable tries what counts: making a file. The file is removed at once.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".todoke-doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func checkFolder(add addFinding, name, dir string) {
	above, info, err := existing(dir)
	switch {
	case err != nil:
		add(name, statusFail, err.Error(), "name another folder: --set "+name+"=DIR")
	case !info.IsDir():
		add(name, statusFail, above+" is not a folder", "name another folder: --set "+name+"=DIR")
	default:
		if err := writable(above); err != nil {
			add(name, statusFail, fmt.Sprintf("%s cannot be written: %v", above, err), "give this user the folder, or name another: --set "+name+"=DIR")
			return
		}
		if above != dir {
			dir += " (will be made)"
		}
		add(name, statusOK, dir, "")
	}
}

// checkDatabase reaches the database that is configured. A private one that does not run is
// looked at, not started.
func (a *App) checkDatabase(ctx context.Context, add addFinding) {
	const check = "database"
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	url := a.Config.Database.URL
	if url == "" {
		o := a.clusterOptions()
		version, err := os.ReadFile(filepath.Join(o.Dir, "data", "PG_VERSION"))
		if errors.Is(err, fs.ErrNotExist) {
			add(check, statusOK, "none yet: todoke up makes it", "")
			return
		}
		if err == nil && !hasMajor(a.Config.Database.BinDir, strings.TrimSpace(string(version))) {
			add(check, statusFail, "the private database was made by PostgreSQL "+strings.TrimSpace(string(version))+", whose programs are not here",
				"install that version beside the other, or move the data over with pg_upgrade")
			return
		}
		c, err := pgcluster.Attach(ctx, o)
		if errors.Is(err, pgcluster.ErrNotRunning) {
			add(check, statusOK, "the private one in "+o.Dir+" is not running: todoke up starts it", "")
			return
		}
		if err != nil {
			add(check, statusFail, err.Error(), "see "+filepath.Join(o.Dir, "postgres.log"))
			return
		}
		defer func() { _ = c.Close(ctx) }()
		url = c.DSN("")
	}
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		add(check, statusFail, "it does not answer: "+firstLine(err), "check database.url, the server, and that this machine may connect to it")
		return
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows := conn.ExecParams(ctx, `select current_setting('server_version'), current_setting('server_version_num')::int / 10000,
		(extract(epoch from clock_timestamp()) * 1000)::bigint`, nil, nil, nil, nil).Read()
	if rows.Err != nil || len(rows.Rows) != 1 {
		add(check, statusFail, fmt.Sprintf("it does not answer: %v", rows.Err), "look at the server's log")
		return
	}
	version := string(rows.Rows[0][0])
	major, err1 := strconv.Atoi(string(rows.Rows[0][1]))
	millis, err2 := strconv.ParseInt(string(rows.Rows[0][2]), 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		add(check, statusFail, fmt.Sprintf("it answers nonsense: %v", err), "is it PostgreSQL?")
		return
	}
	now := time.UnixMilli(millis)
	if major < minPostgres {
		add(check, statusFail, "PostgreSQL "+version, fmt.Sprintf("todoke needs %d or newer", minPostgres))
	} else {
		add(check, statusOK, "PostgreSQL "+version+" answers", "")
	}
	if d := now.Sub(a.Now()); d.Abs() > time.Minute {
		add("database clock", statusWarn, fmt.Sprintf("it differs from this machine's by %v", d.Round(time.Second)), "keep both machines on time, such as with chrony")
	}
	latest, current, err := migrations.Version(ctx, url)
	switch {
	case err != nil || current == 0:
		add("migrations", statusWarn, "the database is not migrated", "todoke migrate (todoke up does it by itself)")
	case current < latest:
		add("migrations", statusWarn, fmt.Sprintf("the database is at version %d, this todoke needs %d", current, latest), "todoke migrate (todoke up does it by itself)")
	case current > latest:
		add("migrations", statusFail, fmt.Sprintf("the database is at version %d, this todoke knows %d", current, latest), "run the todoke that migrated it, or a newer one")
	default:
		add("migrations", statusOK, fmt.Sprintf("version %d", current), "")
		a.checkWork(ctx, add, url)
	}
}

func hasMajor(binDir, major string) bool {
	all := pgcluster.FindAll()
	if binDir != "" {
		b, err := pgcluster.Find(binDir)
		if err != nil {
			return false
		}
		all = []pgcluster.Binaries{b}
	}
	for _, b := range all {
		if strconv.Itoa(b.Major) == major {
			return true
		}
	}
	return len(all) == 0 // said already
}

// checkPort opens the API's port for a moment. Where the todoke of this data folder answers
// there, that is fine.
func (a *App) checkPort(ctx context.Context, add addFinding) {
	l, err := listen(ctx, a.Config.Listen)
	if err != nil {
		switch whoListens(ctx, a.Config.Listen) {
		case dataSign(a.Config.Data):
			add("port", statusOK, "todoke is up on "+a.Config.Listen, "")
		case "":
			add("port", statusWarn, err.Error(), "")
		default:
			add("port", statusWarn, "the todoke of another data folder listens on "+a.Config.Listen, "stop it, or choose another port with --listen")
		}
		return
	}
	_ = l.Close()
	add("port", statusOK, a.Config.Listen+" is free", "")
}

// checkDoors finds pages that can be reached from elsewhere without TLS: passwords and faxes would
// cross the network in the clear.
func (a *App) checkDoors(ctx context.Context, add addFinding) {
	const check = "doors"
	host, _, err := net.SplitHostPort(a.Config.Listen)
	if err != nil {
		return // the port's check says so
	}
	addrs, err := net.DefaultResolver.LookupHost(ctx, host)
	local := err == nil && len(addrs) > 0
	for _, s := range addrs {
		ip := net.ParseIP(s)
		local = local && ip != nil && ip.IsLoopback()
	}
	switch {
	case local && a.Config.Desk.HTTPS:
		add(check, statusOK, "the desk's pages are for a proxy on this machine that speaks TLS", "")
	case local:
		add(check, statusOK, "the desk's pages are reached from this machine alone", "")
	case a.Config.Desk.HTTPS:
		add(check, statusOK, "the desk's pages are for the proxy in front that speaks TLS: let nobody else reach "+a.Config.Listen, "")
	default:
		add(check, statusWarn, "the desk's pages can be reached from other machines without TLS, by listen="+a.Config.Listen,
			"put a proxy that speaks TLS in front and set desk.https=yes, or listen on 127.0.0.1")
	}
}

// whoListens is the sign of the data folder of the todoke that answers at addr, "" where none
// does.
func whoListens(ctx context.Context, addr string) string {
	const patience = 2 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/healthz", nil)
	if err != nil {
		return ""
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	_ = resp.Body.Close()
	return resp.Header.Get(dataHeader)
}

// checkWork tells how the shop stands: masters, work that lies, what waits for people.
func (a *App) checkWork(ctx context.Context, add addFinding, url string) {
	v, err := store.LookAt(ctx, url)
	if err != nil {
		add("work", statusFail, firstLine(err), "look at the server's log; connect as the user who owns the database")
		return
	}
	var missing []string
	for _, m := range []struct {
		name string
		has  bool
	}{{"items", v.Items}, {"customers", v.Departments}, {"warehouses", v.Warehouses}} {
		if !m.has {
			missing = append(missing, m.name)
		}
	}
	if len(missing) > 0 {
		add("masters", statusWarn, "no "+strings.Join(missing, ", no ")+": no order can be accepted", "todoke import DIR, or todoke up --sample to try the sample shop")
	} else {
		add("masters", statusOK, "loaded", "")
	}
	a.checkApprovals(add, v)
	a.checkWays(add, v)
	const late = time.Minute
	switch waits := a.Now().Sub(v.Oldest); {
	case v.Waiting == 0:
		add("work", statusOK, "no job waits", "")
	case !v.Worker:
		add("work", statusWarn, fmt.Sprintf("%d job(s) wait for a worker, the oldest (%s) since %s", v.Waiting, v.OldestKind, stamp(v.Oldest)), "start todoke up or todoke work")
	case waits > late:
		add("work", statusWarn, fmt.Sprintf("%d job(s) wait, the oldest (%s) since %s: the workers do not keep up", v.Waiting, v.OldestKind, stamp(v.Oldest)), "todoke ledger; start todoke work on another machine")
	default:
		add("work", statusOK, fmt.Sprintf("%d job(s) wait, the oldest (%s) since %s", v.Waiting, v.OldestKind, stamp(v.Oldest)), "")
	}
	if v.Reviews > 0 {
		add("reviews", statusOK, fmt.Sprintf("%d wait for the desk: todoke review list", v.Reviews), "")
	} else {
		add("reviews", statusOK, "none waits", "")
	}
}

// checkFonts looks for the Japanese glyphs that every printed form and document needs.
func checkFonts(add addFinding) {
	for _, w := range []typeset.Weight{typeset.Regular, typeset.Bold} {
		font, err := sfnt.Parse(w.TTF())
		if err == nil {
			var glyph sfnt.GlyphIndex
			if glyph, err = font.GlyphIndex(nil, '届'); err == nil && glyph == 0 {
				err = errors.New("it lacks Japanese characters")
			}
		}
		if err != nil {
			add("fonts", statusFail, fmt.Sprintf("an embedded font cannot be used: %v", err), "this build is broken: build todoke again")
			return
		}
	}
	add("fonts", statusOK, "embedded, with Japanese characters", "")
}

// checkClock finds a clock that cannot be right: cut-offs and promises hang on it.
func (a *App) checkClock(add addFinding) {
	const check = "clock"
	now := a.Now().In(order.JST)
	release := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	switch {
	case now.Before(release):
		add(check, statusFail, "it says "+now.Format(time.RFC3339)+", which is before this program was written", "set the machine's clock, such as with chrony")
	case now.Year() >= 2036:
		add(check, statusWarn, "it says "+now.Format(time.RFC3339)+": national holidays are known until 2035", "set the clock, or todoke's calendar")
	default:
		add(check, statusOK, stamp(now)+" in Asia/Tokyo, by which days and cut-offs count", "")
	}
}

// checkTools looks for programs that todoke can do without.
func checkTools(add addFinding) {
	for _, tool := range []struct{ program, pkg, why string }{
		{"tiffcp", "libtiff-tools", "tests compare the fax decoder with libtiff"},
		{"pdftotext", "poppler-utils", "tests read the printed documents"},
		{"qpdf", "qpdf", "tests check the printed documents"},
		{"zbarimg", "zbar-tools", "tests read the bar codes"},
	} {
		if path, err := exec.LookPath(tool.program); err == nil {
			add(tool.program, statusOK, path+" (optional: "+tool.why+")", "")
		} else {
			add(tool.program, statusOK, "not here, and not needed to run todoke: only "+tool.why, "to run the tests on Debian, Ubuntu: apt-get install "+tool.pkg)
		}
	}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
