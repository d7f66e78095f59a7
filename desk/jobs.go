package desk

import (
	"net/http"
	"strings"

	"todoke/templates/page"
)

// JobsPath is where the queue's dashboard is.
const JobsPath = "/desk/jobs"

// jobsPolicy is that of the dashboard, a program of its own: its script is a file, but it writes
// styles into the page.
const jobsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
	"form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

// showJobs passes on to the dashboard. Jobs are the work still to be done: they can be tried again
// or cancelled there, never deleted; every change is logged.
func (d *Desk) showJobs(w http.ResponseWriter, r *http.Request) {
	p := personOf(r.Context())
	if d.Jobs == nil {
		d.show(w, r, page.Problem{Frame: d.frame(r, "", pick(p.Lang, "ジョブ", "Jobs")), Text: pick(p.Lang, "ジョブの画面はこの起動方法では使えません。", "The jobs' pages are not part of this process.")})
		return
	}
	w.Header().Set("Content-Security-Policy", jobsPolicy)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		if r.Method == http.MethodDelete || strings.HasSuffix(r.URL.Path, "/delete") {
			http.Error(w, pick(p.Lang, "ジョブは削除できません。取り消しをお使いください。", "Jobs are not deleted: cancel them."), http.StatusForbidden)
			return
		}
		d.log(r, p.Login, "change", "jobs "+strings.TrimPrefix(r.URL.Path, JobsPath), r.Method)
	}
	d.Jobs.ServeHTTP(w, r)
}
