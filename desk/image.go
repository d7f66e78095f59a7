package desk

import (
	"net/http"
	"regexp"
	"strconv"

	"todoke/order"
)

var blobKey = regexp.MustCompile(`^[0-9a-f]{64}$`)

// pageImage sends a page's picture as it is stored: a 1-bit PNG of its own pixels. A picture
// never changes, so a browser that has it keeps it.
func (d *Desk) pageImage(w http.ResponseWriter, r *http.Request) {
	doc, no, ok := reviewName(r.PathValue("name"))
	if !ok || no == 0 {
		d.fail(w, r, order.NotFound("page", "there is no such page"))
		return
	}
	if r.Header.Get(ahead) != "" {
		d.fetchedAhead(r)
	}
	pages, err := d.Store.Pages(r.Context(), doc)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	for _, p := range pages {
		if p.No == no && p.BlobKey != "" {
			d.sendImage(w, r, p.BlobKey)
			return
		}
	}
	d.fail(w, r, order.NotFound("page", "there is no picture of this page"))
}

// ahead marks a picture that is fetched before anybody sees it: of the fax that comes next.
const ahead = "Todoke-Ahead"

// fetchedAhead logs such a picture as what it is: the page that shows it logs the look.
func (d *Desk) fetchedAhead(r *http.Request) {
	p, subject := personOf(r.Context()), subjectOf(r)
	if d.seen.First(p.Session+" ahead "+subject, d.Now()) {
		d.log(r, p.Login, "view", subject, "fetched ahead")
	} else if k, ok := r.Context().Value(keptKey{}).(*kept); ok {
		k.logged = true
	}
}

func (d *Desk) sendImage(w http.ResponseWriter, r *http.Request, key string) {
	h := w.Header()
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	h.Set("ETag", `"`+key+`"`)
	if r.Header.Get("If-None-Match") == `"`+key+`"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	data, err := d.Store.Blobs().Get(key)
	if err != nil {
		h.Del("ETag")
		h.Set("Cache-Control", "no-store")
		d.fail(w, r, err)
		return
	}
	h.Set("Content-Type", "image/png")
	h.Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data)
}

// snippetImage sends a piece of a page that belongs to one of its fields: nothing else can be
// had by its key.
func (d *Desk) snippetImage(w http.ResponseWriter, r *http.Request) {
	doc, no, ok := reviewName(r.PathValue("name"))
	if !ok {
		d.fail(w, r, order.NotFound("page", "there is no such page"))
		return
	}
	rv, err := d.Store.GetReview(r.Context(), doc, no)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if rv.Draft != nil {
		if f := rv.Draft.Field(r.PathValue("field")); f != nil && blobKey.MatchString(f.Image) {
			d.sendImage(w, r, f.Image)
			return
		}
	}
	d.fail(w, r, order.NotFound("field", "there is no picture of this field"))
}
