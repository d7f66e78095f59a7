package worker

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"

	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
)

// candidate is a field that may be audited.
type candidate struct {
	field order.DraftField
	kind  rules.ReadingKind
	lot   rules.PPM
}

// candidates are the auditable fields of a page with their lots (RDR-2).
func candidates(key []byte, document int64, page int, d order.Draft) []candidate {
	var out []candidate
	for _, f := range rules.Auditable(d) {
		kind, _ := rules.KindOfField(f.Name)
		out = append(out, candidate{f, kind, rules.AuditLot(key, document, page, f.Name)})
	}
	return out
}

// drawn are the candidates whose lots are below their kind's share.
func drawn(all []candidate, s rules.Settings) []candidate {
	return slices.DeleteFunc(slices.Clone(all), func(c candidate) bool { return c.lot >= s.Reading(c.kind).SharePPM })
}

// newAudit cuts a field's picture out of its page and puts it into the blob folder.
func (c Config) newAudit(f candidate, page *bilevel.Image, g *order.Geometry, held store.Thresholds, minimum bool) (store.NewReadingAudit, error) {
	picture, err := cut(page, g, *f.field.Area)
	if err != nil {
		return store.NewReadingAudit{}, err
	}
	key, err := c.Store.Blobs().Put(picture)
	if err != nil {
		return store.NewReadingAudit{}, err
	}
	return store.NewReadingAudit{
		Field: f.field.Name, Kind: f.kind, Reading: f.field.Text, Confidence: ppm(f.field.Confidence), Threshold: held[f.kind],
		Model: c.Model, Picture: key, Minimum: minimum,
	}, nil
}

// cut is a field's area of a page as a person looks at it: upright, with pixels about as wide as
// high.
func cut(page *bilevel.Image, g *order.Geometry, a order.Area) ([]byte, error) {
	m, x, y := page, 0.0, 0.0
	if g != nil {
		m, x, y = page.Rotate((360-g.Rotation)%360), g.XDPI, g.YDPI
		if g.Rotation == 90 || g.Rotation == 270 { // stated of the page as received
			x, y = y, x
		}
	}
	m = m.Crop(max(a.X0, 0), max(a.Y0, 0), min(a.X1, m.W), min(a.Y1, m.H))
	if m.W == 0 || m.H == 0 {
		return nil, fmt.Errorf("cut a field out: its area %+v lies beside the page", a)
	}
	wide, high := 1, 1
	if x > 0 && y > 0 {
		const most = 8 // no fax has pixels more oblong
		wide, high = min(most, max(1, int(math.Round(y/x)))), min(most, max(1, int(math.Round(x/y))))
		x, y = x*float64(wide), y*float64(high)
	}
	var out bytes.Buffer
	if err := m.Repeat(wide, high).EncodePNG(&out, x, y); err != nil {
		return nil, fmt.Errorf("encode the picture of a field: %w", err)
	}
	return out.Bytes(), nil
}

// topUp chooses what makes the day's minimum up: of each kind the lowest lots that are above its
// share, the others being drawn already, each with its page.
func topUp(pages []store.UnseenPage, already map[rules.ReadingKind]int, key []byte, s rules.Settings) map[int][]candidate {
	type placed struct {
		page int
		candidate
	}
	rest := map[rules.ReadingKind][]placed{}
	for i, p := range pages {
		for _, c := range candidates(key, p.DocumentID, p.No, p.Draft) {
			if p.BlobKey != "" && c.lot >= s.Reading(c.kind).SharePPM {
				rest[c.kind] = append(rest[c.kind], placed{i, c})
			}
		}
	}
	out := map[int][]candidate{}
	for _, kind := range rules.ReadingKinds() {
		all := rest[kind]
		slices.SortFunc(all, func(a, b placed) int {
			return cmp.Or(cmp.Compare(a.lot, b.lot), cmp.Compare(a.page, b.page), cmp.Compare(a.field.Name, b.field.Name))
		})
		for _, c := range all[:min(len(all), max(0, s.AuditDailyMinimum-already[kind]))] {
			out[c.page] = append(out[c.page], c.candidate)
		}
	}
	return out
}
