package month

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// openList is a pick list of which something is not reported.
type openList struct {
	id        int64
	number    order.Number
	warehouse string
	released  time.Time
}

func (m *run) openLists(ctx context.Context) ([]openList, error) {
	rows, err := m.Admin.Query(ctx, `SELECT p.id, p.number, w.warehouse_code, w.released_at FROM pick_lists p JOIN waves w ON w.id = p.wave_id
		WHERE p.issued_at IS NOT NULL AND p.shipped_at IS NULL ORDER BY p.id`)
	if err != nil {
		return nil, fmt.Errorf("find lists: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (l openList, err error) {
		return l, r.Scan(&l.id, &l.number, &l.warehouse, &l.released)
	})
	if err != nil {
		return nil, fmt.Errorf("find lists: %w", err)
	}
	return out, nil
}

// packer is who reports for the warehouses.
const packer = "倉庫 出荷係"

// reportList reports a list in one of the ways that warehouses have: whole at the desk, twice at the
// same time, or by a file: as it should be, in two parts of which the later comes first, after one that is
// broken, twice, or with less than was asked for.
func (m *run) reportList(ctx context.Context, l openList, now time.Time) error {
	switch l.id % 10 {
	case 0, 1, 2:
		_, err := m.Store.ShipPickList(ctx, l.number, packer, now)
		return err
	case 3:
		return m.reportTwice(ctx, l, now)
	}
	rows, err := m.resultRows(ctx, l)
	if err != nil || len(rows) == 0 {
		return err
	}
	switch l.id % 10 {
	case 5: // something is wrong with the file from its first row on
		broken := slices.Clone(rows)
		broken[0].Order = "999999999999"
		if err := m.hand(l, "of no order", broken, true); err != nil {
			return err
		}
	case 7: // the second part comes before the first, which comes with the next report
		if len(rows) > 1 && !m.world.parts[l.number] {
			if m.world.parts == nil {
				m.world.parts = map[order.Number]bool{}
			}
			m.world.parts[l.number] = true
			return m.hand(l, "second part", rows[len(rows)/2:], false)
		}
	case 8:
		broken := slices.Clone(rows)
		broken[len(broken)-1].Shipped += 1000
		if err := m.hand(l, "too much", broken, true); err != nil {
			return err
		}
	case 9:
		r := &rows[m.r.IntN(len(rows))]
		r.Short = 1 + m.r.IntN(r.Shipped)
		r.Shipped -= r.Short
		r.Reason = []rules.ShortReason{rules.PickMissing, rules.PickDamaged, rules.PickLate}[m.r.IntN(3)]
		if r.Reason.StockGone() {
			m.world.arrived[rules.StockKey{WarehouseCode: l.warehouse, ItemCode: r.ItemCode}] -= r.Short
		}
		return m.hand(l, "short pick", rows, false)
	case 6: // the same file twice, and the same rows once more in another order
		if err := m.hand(l, "result", rows, false); err != nil {
			return err
		}
		if err := m.hand(l, "result again", rows, false); err != nil {
			return err
		}
		other := slices.Clone(rows)
		slices.Reverse(other)
		return m.hand(l, "rows again", other, false)
	}
	return m.hand(l, "result", rows, false)
}

// reportTwice reports a list twice at the same time: one counts.
func (m *run) reportTwice(ctx context.Context, l openList, now time.Time) error {
	const times = 2
	m.day.TwiceReports++
	var errs [times]error
	var again [times]bool
	var wg sync.WaitGroup
	for i := range times {
		wg.Go(func() {
			out, err := m.Store.ShipPickList(ctx, l.number, packer, now)
			errs[i], again[i] = err, out.Again
		})
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	if again[0] == again[1] {
		m.wrong("pick list %s was reported twice at once, and both counted or none", l.number)
	}
	return nil
}

// resultRows are what a warehouse writes of all that is open on a list.
func (m *run) resultRows(ctx context.Context, l openList) ([]rules.ResultRow, error) {
	rows, err := m.Admin.Query(ctx, `SELECT o.number, a.line_no, a.item_code, sum(a.qty)::int FROM allocations a JOIN orders o ON o.id = a.order_id
		WHERE a.pick_list_id = $1 AND a.shipped_qty + a.short_qty < a.qty GROUP BY 1, 2, 3 ORDER BY 1, 2`, l.id)
	if err != nil {
		return nil, fmt.Errorf("read list: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (rules.ResultRow, error) {
		x := rules.ResultRow{List: string(l.number)}
		return x, r.Scan(&x.Order, &x.LineNo, &x.ItemCode, &x.Shipped)
	})
	if err != nil {
		return nil, fmt.Errorf("read list: %w", err)
	}
	for i := range out {
		out[i].Field = fmt.Sprintf("rows[%d]", i)
		out[i].Tracking = fmt.Sprintf("4%011d", l.id*1000+int64(i))
	}
	return out, nil
}
