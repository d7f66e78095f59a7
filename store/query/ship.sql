-- Set-wise statements of shipping: what left a warehouse on a list (WHS-3).

-- name: ShipLock
SELECT p.id, w.warehouse_code, p.issued_at, p.shipped_at, p.shipped_by
FROM pick_lists p JOIN waves w ON w.id = p.wave_id WHERE p.number = $1 FOR UPDATE OF p;

-- name: ShipFinishOrders
-- rules.Shipped, set-wise; what was short at the shelf is settled first.
UPDATE orders o SET state = 'shipped'
WHERE o.id = ANY($1) AND o.state = 'released'
  AND NOT EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.reserved_qty + l.cancelled_qty < l.qty)
  AND NOT EXISTS (SELECT FROM shipments s WHERE s.order_id = o.id AND s.state NOT IN ('shipped', 'cancelled'))
RETURNING o.id;

-- name: StockOnOpenLists
-- Goods on lists of which nobody has said yet that they left. A list of which everything was said is
-- marked in that transaction (ResultListsDone): of the years of lists the few open ones are looked at.
SELECT a.warehouse_code, a.item_code, array_agg(DISTINCT p.number ORDER BY p.number)
FROM pick_lists p JOIN allocations a ON a.pick_list_id = p.id
JOIN unnest($1::text[], $2::text[]) AS t (warehouse_code, item_code)
    ON t.warehouse_code = a.warehouse_code AND t.item_code = a.item_code
WHERE p.shipped_at IS NULL AND a.shipped_qty + a.short_qty < a.qty GROUP BY 1, 2;

-- name: PickListByNumber
SELECT id FROM pick_lists WHERE number = $1;
